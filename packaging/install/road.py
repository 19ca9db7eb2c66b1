#!/usr/bin/env python3
"""What was accepted at the gateway, and what of it is in the centre's database: nothing lost, nothing doubled.

  road.py verdict DATABASE SAVED.jsonl   0: each once; 1: with what is missing or there twice
  road.py gap HOST:PORT/PATH SECONDS     the longest time in which a page did not answer, asked twenty times a second
  road.py cut FOLDER PID…                these processes die, and the disk (ext4) that is mounted there has no power from this moment on
"""
import collections
import fcntl
import http.client
import json
import os
import signal
import sqlite3
import ssl
import struct
import sys
import time
import urllib.request


def verdict(database, saved):
    accepted = []
    for line in open(saved, errors="replace"):
        try:
            one = json.loads(line)
        except ValueError:
            continue  # the last line of a machine without power
        if one.get("kind") == "barcode" and one["text"].startswith("01"):
            accepted.append(one["text"])
    # By SQL alone: no rule of the product has a say here. 3 is a barcode (docs/reference/wire.cddl).
    view = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    there = collections.Counter(text for (text,) in view.execute("SELECT subject FROM record WHERE kind=3 AND subject LIKE '01%'"))
    counted = dict(view.execute("SELECT r.subject, count(*) FROM counted JOIN record r USING (stream, seq) GROUP BY 1"))
    dead = view.execute("SELECT count(*) FROM dead_letter").fetchone()[0]
    lost = [text for text in accepted if text not in there]
    twice = [text for text, times in there.items() if times > 1 or counted.get(text, 0) > 1]
    uncounted = [text for text in there if text not in counted]
    # The scanner numbers what it says: a number that is missing between two was said while nobody listened, and never accepted.
    runs = collections.defaultdict(list)
    for text in there:
        runs[int(text[18:]) // 100000].append(int(text[18:]))
    unheard = sum(max(run) - min(run) + 1 - len(run) for run in runs.values())
    print(
        f"seen saved {len(set(accepted))}, in the centre {len(there)}, counted in the delivery {len(counted)}: "
        f"lost {len(lost)}, doubled {len(twice)}, without effect {len(uncounted)}, dead letters {dead}, "
        f"never heard {unheard}"
    )
    for kind, texts in (("lost", lost), ("doubled", twice), ("without effect", uncounted)):
        for text in texts[:5]:
            print(f"{kind}: {text}")
    return 1 if lost or twice or uncounted or dead or not accepted else 0


def answers(page):
    # By whichever it is served; whose certificate it is does not count here.
    for scheme in ("http", "https"):
        try:
            urllib.request.urlopen(f"{scheme}://{page}", timeout=20, context=ssl._create_unverified_context()).read()
            return True
        except (OSError, http.client.HTTPException) as error:
            refused = isinstance(getattr(error, "reason", None), ConnectionRefusedError)
    return None if refused else False


def gap(page, seconds):
    end = time.monotonic() + seconds
    last, longest, refused = time.monotonic(), 0.0, 0
    while time.monotonic() < end:
        said = answers(page)
        refused += said is None
        if said:
            now = time.monotonic()
            longest, last = max(longest, now - last), now
        time.sleep(0.05)
    print(f"{max(longest, time.monotonic() - last):.2f} s at most, {refused} were refused")
    return 0


# Linux, include/uapi/linux/ext4.h: EXT4_IOC_SHUTDOWN, _IOR('X', 125, __u32), and EXT4_GOING_FLAGS_NOLOGFLUSH: not even the journal is
# written; what was not synchronised is gone, all of it at one moment.
SHUTDOWN, WITHOUT_LOG = 0x8004587D, 2


def cut(folder, *processes):
    disk = os.open(folder, os.O_RDONLY)
    for process in processes:
        try:
            os.kill(int(process), signal.SIGKILL)
        except ProcessLookupError:
            pass
    fcntl.ioctl(disk, SHUTDOWN, struct.pack("I", WITHOUT_LOG))
    return 0


if __name__ == "__main__":
    verb, *arguments = sys.argv[1:]
    if verb == "cut":
        sys.exit(cut(*arguments))
    sys.exit(verdict(*arguments) if verb == "verdict" else gap(arguments[0], float(arguments[1])))
