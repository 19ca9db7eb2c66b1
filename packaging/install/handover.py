#!/usr/bin/env python3
"""Whether somebody who asks for pages is refused while the centre is replaced.

handover.py kept PROGRAM CONFIGURATION PORT [TIMES]
    plays systemd's store of descriptors (FDSTORE=1 of sd_notify(3), LISTEN_FDS of sd_listen_fds(3)): the program is ended and begun
    again, while somebody asks all the time
handover.py moved PROGRAM CONFIGURATION PORT NEXT
    the pages go on to NEXT and PORT is redirected, then not any more: each at the first start
handover.py unit PROGRAM CONFIGURATION PORT
    the socket is that of systemd-socket-activate(1), as of a .socket unit; the program is asked once
prints how many asked, how many were refused, and how long the longest waited; 0: none was refused
"""
import array
import http.client
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time


class Keeper:
    """What systemd does for a service of Type=notify."""

    def __init__(self, command):
        self.command, self.kept, self.ready = command, {}, threading.Event()
        self.folder = tempfile.mkdtemp()
        self.line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.line.bind(f"{self.folder}/notify")
        threading.Thread(target=self.hear, daemon=True).start()

    def hear(self):
        while True:
            text, words, _, _ = self.line.recvmsg(4096, socket.CMSG_SPACE(64))
            state = dict(line.split("=", 1) for line in text.decode().splitlines())
            given = array.array("i")
            for level, kind, data in words:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    given.frombytes(data[: len(data) - len(data) % given.itemsize])
            if state.get("FDSTORE") == "1":
                # What came this way would be inherited beside those that are given.
                os.set_inheritable(given[0], False)
                self.kept[state["FDNAME"]] = given[0]
            if state.get("FDSTOREREMOVE") == "1" and state["FDNAME"] in self.kept:
                os.close(self.kept.pop(state["FDNAME"]))
            if state.get("READY") == "1":
                self.ready.set()

    def begin(self):
        self.ready.clear()
        names, descriptors = list(self.kept), [os.dup(one) for one in self.kept.values()]
        environment = dict(os.environ, NOTIFY_SOCKET=f"{self.folder}/notify")
        if names:
            environment.update(LISTEN_FDS=str(len(names)), LISTEN_FDNAMES=":".join(names))

        def place():
            # Out of the way first: a target may be another's source.
            high = [os.dup2(one, 100 + index, inheritable=False) for index, one in enumerate(descriptors)]
            for index, one in enumerate(high):
                os.dup2(one, 3 + index, inheritable=True)

        shell = ["sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh"] + self.command
        self.process = subprocess.Popen(shell, env=environment, preexec_fn=place, close_fds=False)
        for one in descriptors:
            os.close(one)
        end = time.monotonic() + 180
        while not self.ready.wait(0.2):
            if self.process.poll() is not None or time.monotonic() > end:
                sys.exit("handover: it does not say that it is ready")

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def ask(port, patience):
    for kind in (http.client.HTTPConnection, http.client.HTTPSConnection):
        more = {"context": ssl._create_unverified_context()} if kind is http.client.HTTPSConnection else {}
        line = kind("127.0.0.1", port, timeout=patience, **more)
        try:
            line.request("GET", "/health")
            if line.getresponse().read() is not None:
                return
        except ConnectionRefusedError:
            raise
        except (OSError, http.client.HTTPException) as error:
            last = error
        finally:
            line.close()
    raise last


class Asker(threading.Thread):
    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.asked, self.refused, self.longest, self.isOver = port, 0, [], 0.0, False

    def run(self):
        while not self.isOver:
            began = time.monotonic()
            try:
                ask(self.port, 120)
            except (OSError, http.client.HTTPException) as error:
                self.refused.append(repr(error))
            self.asked += 1
            self.longest = max(self.longest, time.monotonic() - began)
            time.sleep(0.005)


def kept(program, configuration, port, times=3):
    keeper = Keeper([program, "run", "--config", configuration])
    keeper.begin()
    if not keeper.kept:
        sys.exit("handover: it gave no socket to be kept")
    ask(port, 60)
    asker = Asker(port)
    asker.start()
    for _ in range(times):
        time.sleep(0.3)
        keeper.end()
        keeper.begin()
    time.sleep(0.3)
    asker.isOver = True
    asker.join(130)
    keeper.end()
    print(f"asked {asker.asked}, refused {len(asker.refused)}, waited {asker.longest:.2f} s at most, {times} times replaced")
    for why in asker.refused[:5]:
        print(f"refused: {why}")
    return 1 if asker.refused or asker.asked < times else 0


def moved(program, configuration, port, following):
    with open(configuration) as file:
        text = file.read()

    def begin(lines, *kept):
        with open(configuration, "w") as file:
            file.write(text.replace(f"port = {port}\n", lines, 1))
        keeper.begin()
        end = time.monotonic() + 60
        while sorted(keeper.kept) != list(kept):
            if time.monotonic() > end:
                sys.exit(f"handover: kept are {sorted(keeper.kept)}, and not {kept}")
            time.sleep(0.05)

    keeper = Keeper([program, "run", "--config", configuration])
    begin(f"port = {port}\n", "quai-pages")
    keeper.end()
    begin(f"port = {following}\nredirect-port = {port}\n", "quai-pages", "quai-redirect")
    ask(following, 60)
    ask(port, 60)
    keeper.end()
    begin(f"port = {following}\n", "quai-pages")
    ask(following, 60)
    keeper.end()
    with socket.socket() as line:
        is_refused = line.connect_ex(("127.0.0.1", port)) != 0
    print(f"moved, and what is dropped is refused: {is_refused}")
    return 0 if is_refused else 1


def unit(program, configuration, port):
    activate = shutil.which("systemd-socket-activate")
    if not activate:
        print("there is no systemd-socket-activate: left out")
        return 0
    process = subprocess.Popen([activate, "-l", f"127.0.0.1:{port}", program, "run", "--config", configuration])
    try:
        end = time.monotonic() + 180
        while True:
            try:
                ask(port, 180)
                break
            except ConnectionRefusedError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
        print("answered on the socket that it was given")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    return 0


if __name__ == "__main__":
    verb, program, configuration, *numbers = sys.argv[1:]
    sys.exit({"kept": kept, "moved": moved, "unit": unit}[verb](program, configuration, *map(int, numbers)))
