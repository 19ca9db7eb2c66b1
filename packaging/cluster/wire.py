"""Machines that are not there: network namespaces on one bridge, each with an address, and what befalls their lines.

Everything is made under names of this process alone and is gone at the end. Needs root and iproute2.
"""
import contextlib, ctypes, os, signal, subprocess

network = "10.246.0."


def ip(*words, quiet=False):
    return subprocess.run(["ip", *map(str, words)], check=not quiet, capture_output=True, text=True)


def tree(pid):
    """A process and all below it: a server of PostgreSQL is a process for each connection."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat") as file:
            parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


class Wire:
    def __init__(self, folder):
        self.folder, self.tag = folder, f"quai{os.getpid()}"
        self.addresses, self.running, self.moved = {}, {}, {}
        self.hub = self.name("hub")
        ip("netns", "add", self.hub)
        ip("-n", self.hub, "link", "add", "name", "hub0", "type", "bridge")
        ip("-n", self.hub, "link", "set", "hub0", "up")

    def name(self, place):
        return f"{self.tag}-{place}"

    def add(self, place, number):
        """A machine with its line to the bridge."""
        space, line = self.name(place), f"v{number}"
        self.addresses[place] = f"{network}{number}"
        ip("netns", "add", space)
        ip("link", "add", "name", line, "netns", self.hub, "type", "veth", "peer", "name", "eth0", "netns", space)
        ip("-n", self.hub, "link", "set", line, "master", "hub0", "up")
        for link in ("lo", "eth0"):
            ip("-n", space, "link", "set", link, "up")
        ip("-n", space, "address", "add", f"{network}{number}/24", "dev", "eth0")

    def enter(self, place):
        """This process itself stands there from now on, and the threads that it will begin."""
        with open(f"/run/netns/{self.name(place)}") as file:
            if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), 0x40000000) != 0:
                raise OSError(ctypes.get_errno(), "setns")

    # MARK: programs

    def start(self, name, place, *command, stdin=subprocess.DEVNULL):
        with open(self.folder / f"{name}.log", "ab") as log:
            self.running[name] = subprocess.Popen(
                ["ip", "netns", "exec", self.name(place), *map(str, command)], stdin=stdin, stdout=log, stderr=log, start_new_session=True)
        return self.running[name]

    def send(self, name, how):
        if (process := self.running.get(name)) is None or process.poll() is not None:
            return
        for pid in tree(process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)

    def pause(self, name):
        self.send(name, signal.SIGSTOP)

    def go_on(self, name):
        self.send(name, signal.SIGCONT)

    def kill(self, name, how=signal.SIGKILL, seconds=30):
        process = self.running.pop(name, None)
        if process is None:
            return
        if how == signal.SIGKILL:
            for pid in tree(process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, how)
        else:
            process.send_signal(how)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return False
        return True

    def lives(self, name):
        return name in self.running and self.running[name].poll() is None

    # MARK: lines

    def line(self, place, state):
        """Its cable is taken out, or put in again: `down`, `up`."""
        ip("-n", self.hub, "link", "set", f"v{self.addresses[place].rpartition('.')[2]}", state)

    def at(self, place):
        return [self.addresses[place], *(address for address, there in self.moved.items() if there == place)]

    def cut(self, one, other):
        """What the two send each other goes to nobody, in silence; all others hear both."""
        for here, there in ((one, other), (other, one)):
            for address in self.at(there):
                ip("-n", self.name(here), "neigh", "replace", address, "lladdr", "02:00:00:00:00:01", "nud", "permanent", "dev", "eth0")

    def mend(self, one, other):
        for here, there in ((one, other), (other, one)):
            for address in self.at(there):
                ip("-n", self.name(here), "neigh", "del", address, "dev", "eth0", quiet=True)

    def move(self, address, place):
        """An address goes to another machine, as keepalived does it: taken here, given there, said to all."""
        if old := self.moved.get(address):
            ip("-n", self.name(old), "address", "del", f"{address}/24", "dev", "eth0", quiet=True)
        ip("-n", self.name(place), "address", "add", f"{address}/24", "dev", "eth0")
        self.moved[address] = place
        # Instead of an ARP that nobody asked for: each forgets where the address was.
        for one in self.addresses:
            ip("-n", self.name(one), "neigh", "flush", "to", address, "dev", "eth0", quiet=True)

    def close(self):
        for name in list(self.running):
            self.go_on(name)
            self.kill(name)
        for place in [*self.addresses, "hub"]:
            ip("netns", "del", self.name(place), quiet=True)
