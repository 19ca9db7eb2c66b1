"""Who scans, who calls, and whoever sees the cards; each notes what happened when, and knows nothing of what the centre thinks."""
import http.client, json, os, pathlib, random, re, selectors, socket, subprocess, threading, time, tty

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

gtin = "03608439390616"
number_form = re.compile(r"\+336(\d{8})")


class Scanners:
    """A barcode scanner at each agent, on a line of its own that outlives the agent: each scan is a piece with a serial that never comes again."""

    def __init__(self, agents, seed, rate):
        self.agents, self.rate, self.dice = agents, rate, random.Random(f"{seed} scans")
        self.made, self.ends, self.names = {}, {}, []
        self.stopping = threading.Event()
        for agent in agents:
            master, slave = os.openpty()
            tty.setraw(slave)
            os.set_blocking(master, False)
            os.symlink(os.ttyname(slave), agent.line)
            # The slave stays open here, so that the line is there while its agent is dead.
            self.ends[agent.name] = (master, slave)

    def scan(self, agent, text):
        try:
            os.write(self.ends[agent.name][0], f"]C1{text}\r\n".encode())
            return True
        except BlockingIOError:
            return False

    def start(self):
        threading.Thread(target=self.loop, daemon=True).start()

    def loop(self):
        number, due = 0, time.monotonic()
        while not self.stopping.is_set():
            due += self.dice.expovariate(self.rate)
            self.stopping.wait(max(0, due - time.monotonic()))
            agent = self.dice.choice(self.agents)
            text = f"01{gtin}21{agent.name}-{number}"
            number += 1
            if self.scan(agent, text):
                self.made[text] = time.time()


class Tail:
    """What each agent called safe, when: read at its control socket, of which a new life of the agent has a new one."""

    def __init__(self, agents):
        self.agents, self.saved, self.last = agents, {}, {}
        self.selector, self.open = selectors.DefaultSelector(), {}
        threading.Thread(target=self.loop, daemon=True).start()

    def attach(self):
        for agent in self.agents:
            if agent.name not in self.open:
                line = socket.socket(socket.AF_UNIX)
                try:
                    line.connect(str(agent.control))
                    line.sendall(b'{"verb":"tail"}\n')
                except OSError:
                    line.close()
                    continue
                line.setblocking(False)
                self.open[agent.name] = [line, b"", False]
                self.selector.register(line, selectors.EVENT_READ, agent.name)

    def loop(self):
        while True:
            self.attach()
            end = time.monotonic() + 0.1
            while (left := end - time.monotonic()) > 0:
                for key, _ in self.selector.select(left):
                    self.read(key.data)

    def read(self, name):
        entry = self.open[name]
        try:
            piece = entry[0].recv(65536)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self.selector.unregister(entry[0])
            entry[0].close()
            del self.open[name]
            return
        *lines, entry[1] = (entry[1] + piece).split(b"\n")
        now = time.time()
        for said in map(json.loads, lines):
            if said.get("event") == "watching":
                entry[2] = True
            elif said.get("event") == "saved" and said.get("text"):
                self.saved.setdefault(said["text"], now)
                self.last[name] = now

    def attached(self):
        return sum(1 for entry in list(self.open.values()) if entry[2])


class Confirmations:
    """When agents were told that the centre has what they saved: ten times a second, some of those that scanned are asked for their account."""

    def __init__(self, agents, tail):
        self.agents, self.tail, self.moments, self.known, self.dice = agents, tail, [], {}, random.Random(0)
        threading.Thread(target=self.loop, daemon=True).start()

    def loop(self):
        done = {}
        while True:
            time.sleep(0.1)
            waiting = [agent for agent in self.agents if self.tail.last.get(agent.name, 0) > done.get(agent.name, 0)]
            for agent in self.dice.sample(waiting, min(20, len(waiting))):
                asked = time.time()
                account = (ask_agent(agent, "buffer", 0.3) or {}).get("account")
                if not account:
                    continue
                if account["committed"] > self.known.get(agent.name, 0):
                    self.known[agent.name] = account["committed"]
                    self.moments.append(time.time())
                if account["pending"] == 0:
                    done[agent.name] = asked


def ask_agent(agent, verb, seconds=5):
    """What an agent answers to a question without arguments; None while it does not."""
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(seconds)
            line.connect(str(agent.control))
            line.sendall(json.dumps({"verb": verb}).encode() + b"\n")
            return json.loads(line.makefile().readline())
    except (OSError, ValueError):
        return None


class Exchanges:
    """A telephone exchange at each site, played by edge-sim; somebody calls each `pause` seconds, who gives up after 15 or is answered."""

    def __init__(self, wire, program, sites, seed, pause):
        self.pause, self.dice, self.rung, self.sites = pause, random.Random(f"{seed} calls"), {}, sites
        self.stopping = threading.Event()
        self.lines = [wire.start(f"pbx-{site}", site, program, "pbx", stdin=subprocess.PIPE) for site in sites]

    def start(self):
        threading.Thread(target=self.loop, daemon=True).start()

    def loop(self):
        number = 0
        while not self.stopping.wait(self.pause):
            line = self.lines[number % len(self.lines)]
            number += 1
            digits = f"{10_000_000 + number:08}"
            answer = " answer 8" if self.dice.random() < 0.5 else ""
            self.rung[digits] = time.time()
            try:
                line.stdin.write(f"call 06{digits} 101{answer}\n".encode())
                line.stdin.flush()
            except OSError:
                del self.rung[digits]

    def ledgers(self, folder):
        """What the telephones saw, as the exchanges tell it: numbers of which a telephone rang."""
        for line in self.lines:
            line.stdin.write(b"ledger\n")
            line.stdin.flush()
        time.sleep(2)
        told = "".join((folder / f"pbx-{site}.log").read_text() for site in self.sites)
        return {digits for digits in self.rung if f"06{digits}" in told}


class Browser:
    """A page of somebody who answers calls: signs in once, follows the stream, comes back as pages do, and notes each card as it is shown."""

    def __init__(self, host, port, name, password):
        self.host, self.port, self.login = host, port, {"name": name, "password": password}
        self.shown, self.cookie, self.seq, self.signed_in, self.refused = {}, "", None, 0, []
        self.pause, self.closes, self.live = 0.5, [], threading.Event()
        self.stopping = threading.Event()

    def start(self):
        threading.Thread(target=self.loop, daemon=True).start()

    def request(self, method, path, body=None, seconds=5):
        line = http.client.HTTPConnection(self.host, self.port, timeout=seconds)
        try:
            headers = {"Content-Type": "application/json", **({"Cookie": self.cookie} if self.cookie else {})}
            line.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = line.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            line.close()

    def sign_in(self):
        self.cookie = ""
        status, headers, body = self.request("POST", "/api/v1/session", self.login)
        if status != 200:
            raise OSError(f"sign in: {status} {body[:200]}")
        self.cookie = headers["Set-Cookie"].split(";")[0]
        self.signed_in += 1
        status, _, body = self.request("PUT", "/api/v1/me/extension", {"extension": "101"})
        if status >= 300:
            raise OSError(f"extension: {status} {body[:200]}")

    def loop(self):
        while not self.stopping.is_set():
            try:
                if not self.cookie:
                    self.sign_in()
                self.follow()
            except (OSError, WebSocketException, http.client.HTTPException, EOFError) as error:
                self.closes.append((time.time(), f"{type(error).__name__}: {error}"[:120]))
            self.live.clear()
            # stream.js: half a second, twice as much each time, ten at most.
            self.stopping.wait(self.pause * random.uniform(0.5, 1.5))
            self.pause = min(self.pause * 2, 10)

    def follow(self):
        with connect(f"ws://{self.host}:{self.port}/ws", additional_headers={"Cookie": self.cookie}, origin=f"http://{self.host}:{self.port}",
                     open_timeout=8, ping_interval=None, close_timeout=0.2, max_size=None) as stream:
            stream.send(json.dumps({"resume": self.seq}))
            while not self.stopping.is_set():
                try:
                    text = stream.recv(timeout=75)
                except WebSocketException:
                    code = stream.close_code
                    if code == 4401:
                        # Nobody who was signed in may have to do it again because a machine died.
                        self.refused.append(time.time())
                        self.cookie = ""
                    raise
                self.pause = 0.5
                self.take(stream, text)

    def take(self, stream, text):
        now, said = time.time(), json.loads(text)
        self.seq = said.get("seq", self.seq)
        kind = said.get("type")
        if kind == "alive":
            stream.send('{"alive":true}')
        elif kind == "ready":
            self.live.set()
        if kind == "ready" or kind == "call" and said["data"].get("mine") in ("ringing", "talking"):
            for digits in number_form.findall(text):
                self.shown.setdefault(digits, now)


class Balancer:
    """HAProxy before the centres: asks each whether it works, twice a second, and takes people away from one that does not."""

    def __init__(self, wire, place, centres, port, check):
        file = wire.folder / "haproxy.cfg"
        servers = "".join(f"    server {name} {wire.addresses[name]}:{port}\n" for name in centres)
        file.write_text(
            "defaults\n    mode http\n    timeout connect 1s\n    timeout client 2m\n    timeout server 2m\n    timeout tunnel 2m\n    timeout check 1s\n"
            "    option redispatch 1\n    retries 2\n    option forwardfor\n"
            f"frontend pages\n    bind {wire.addresses[place]}:{port}\n    default_backend centres\n"
            f"backend centres\n    balance first\n    option httpchk\n"
            # To whom it asks as people do: a centre answers to its names alone.
            f"    http-check send meth GET uri {check} ver HTTP/1.1 hdr Host {wire.addresses[place]}\n"
            f"    default-server check inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions\n{servers}")
        wire.start("haproxy", place, "haproxy", "-db", "-f", file)
