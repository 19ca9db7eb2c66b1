"""Webhooks of the API's day: a receiver whose messages are checked by the specification's own library (standardwebhooks, from Python's
index) and, for `v1a`, by OpenSSL. Where the library is not to be had, its check is made by hand, and that is said.
"""
import base64, hashlib, hmac, json, subprocess, sys, tempfile, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

try:
    from standardwebhooks import Webhook
except ImportError:
    Webhook = None
    print("day: standardwebhooks is not to be had here, signatures are checked by hand", file=sys.stderr)

# How long /slow thinks, in seconds; the centre waits 15.
SLOW = 8


class Receiver(ThreadingHTTPServer):
    """Answers by the path, and keeps what came."""

    # Connections that wait to be taken: five, the usual, are lost where many come at once.
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.got = []
        self.daemon_threads = True
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server_port}{path}"

    def at(self, path, kind=None):
        return [one for one in list(self.got) if one["path"] == path and kind in (None, one["event"].get("type"))]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        one = {"path": self.path, "headers": headers, "body": body, "event": json.loads(body), "begun": time.time()}
        first = not self.server.at(self.path)
        self.server.got.append(one)
        status = {"/gone": 410, "/moved": 302, "/busy": 503 if first else 204, "/long": 200}.get(self.path, 204)
        if self.path == "/slow":
            time.sleep(SLOW)
        self.send_response(status)
        if status == 302:
            self.send_header("location", self.server.url("/elsewhere"))
        # More than is read of an answer.
        long = b"x" * 200_000 if self.path == "/long" else b""
        if status != 204 or long:
            self.send_header("content-length", str(len(long)))
        one["ended"] = time.time()
        try:
            self.end_headers()
            self.wfile.write(long)
        except OSError:
            pass

    def log_message(self, *_):
        pass


def is_good(one, secret):
    """By the specification's library: the signature is right and the moment is now."""
    if Webhook:
        try:
            Webhook(secret).verify(one["body"], one["headers"])
            return True
        except Exception:
            return False
    signed = f"{one['headers']['webhook-id']}.{one['headers']['webhook-timestamp']}.".encode() + one["body"]
    mac = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(mac).decode() in one["headers"]["webhook-signature"].split(" ")


def is_good_asymmetric(one, public):
    """By OpenSSL; RFC 8410 gives the twelve bytes before a public key of Ed25519."""
    signed = f"{one['headers']['webhook-id']}.{one['headers']['webhook-timestamp']}.".encode() + one["body"]
    key = bytes.fromhex("302a300506032b6570032100") + base64.b64decode(public.removeprefix("whpk_"))
    found = [part[4:] for part in one["headers"]["webhook-signature"].split(" ") if part.startswith("v1a,")]
    with tempfile.TemporaryDirectory() as folder:
        for name, content in [("key", key), ("message", signed)]:
            open(f"{folder}/{name}", "wb").write(content)
        for text in found:
            open(f"{folder}/signature", "wb").write(base64.b64decode(text))
            verify = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key", "-rawin", "-in", "message", "-sigfile", "signature"]
            if subprocess.run(verify, cwd=folder, capture_output=True).returncode == 0:
                return True
    return False


def play(ask, get, post, wait, failures):
    receiver = Receiver()
    try:
        run(receiver, ask, get, post, wait, failures)
    finally:
        for hook in get("/api/v1/webhooks") or []:
            ask("DELETE", f"/api/v1/webhooks/{hook['id']}", expect=200)
        receiver.shutdown()


def run(receiver, ask, get, post, wait, failures):
    def holds(what, is_so):
        if not is_so:
            failures.append(f"day: webhooks: {what}")

    def hook(name):
        return next(one for one in get("/api/v1/webhooks") if one["id"] == made[name]["id"])

    def told(name):
        return get(f"/api/v1/webhooks/{made[name]['id']}/deliveries")

    get("/api/v1/webhooks")
    for bad in [{"url": receiver.url("/x")}, {"name": "x", "url": "ftp://x"}, {"name": "x", "url": receiver.url("/x"), "types": ["x"]}]:
        post("/api/v1/webhooks", bad, expect=400)
    made = {}
    for name in ["slow", "good", "busy", "gone", "moved", "long"]:
        body = {"name": name, "url": receiver.url("/" + name), "types": ["quai.delivery.*"]}
        made[name] = post("/api/v1/webhooks", body, expect=201)
    made["inner"] = post("/api/v1/webhooks", {"name": "inner", "url": "http://10.255.255.1/in", "types": ["quai.take.*"]}, expect=201)
    begun = time.time()
    tests = {name: post(f"/api/v1/webhooks/{made[name]['id']}/test", None, expect=202)["seq"] for name in made}
    opened = post("/api/v1/deliveries/blind", {"zone": "dock-hooks", "supplier": "Webhook"})["id"]

    wait("webhooks: nothing came", lambda: len(receiver.at("/good")) >= 2)
    good = receiver.at("/good")
    holds("a test and what happened come", {one["event"]["type"] for one in good} >= {"quai.delivery.open", "quai.webhook.test"})
    holds("the subject is the delivery", any(one["event"]["subject"] == str(opened) for one in good))
    holds("it is a CloudEvent", all(one["event"]["specversion"] == "1.0" and one["headers"]["content-type"].startswith("application/cloudevents+json") for one in good))
    holds("the id is the event's", all(one["headers"]["webhook-id"] == one["event"]["id"] for one in good))
    holds("signatures are good (v1)", good and all(is_good(one, made["good"]["secret"]) for one in good))
    holds("another secret's signature is not", good and not is_good(good[0], made["busy"]["secret"]))
    holds("a changed body is found", good and not is_good({**good[0], "body": good[0]["body"] + b" "}, made["good"]["secret"]))
    holds("signatures are good (v1a)", good and all(is_good_asymmetric(one, made["good"]["publicKey"]) for one in good))
    holds("a slow one delays no other", good and max(one["ended"] for one in good) < begun + SLOW)
    holds("a secret is shown once", "whsec_" not in json.dumps(get("/api/v1/webhooks")))

    # What is refused, moved, gone, busy, too long, or not to be reached from here.
    wait("webhooks: it is gone", lambda: hook("gone").get("why") == "gone")
    holds("of one that is gone somebody is told", any(one["kind"] == "webhook-disabled" for one in get("/api/v1/notices")))
    post(f"/api/v1/webhooks/{made['gone']['id']}/test", None, expect=409)
    ask("PUT", f"/api/v1/webhooks/{made['gone']['id']}", {"disabled": False, "url": receiver.url("/back"), "name": "back"}, expect=200)
    wait("webhooks: what waited for one that is enabled comes", lambda: receiver.at("/back"))
    wait("webhooks: an inner address is tried", lambda: hook("inner").get("sentence"))
    holds("an inner address is not connected to", "not a public one" in hook("inner").get("sentence", ""))
    wait("webhooks: a redirect is an answer", lambda: hook("moved").get("status") == 302)
    holds("a redirect is not followed", not receiver.at("/elsewhere"))
    wait("webhooks: a long answer is one", lambda: hook("long").get("status") == 200)
    holds("of a long answer the status counts", all(one["state"] == "done" for one in told("long") if one["attempts"]))
    wait("webhooks: one that was busy is told again", lambda: len(receiver.at("/busy", "quai.webhook.test")) > 1 or len(receiver.at("/busy", "quai.delivery.open")) > 1)
    ids = [one["headers"]["webhook-id"] for one in receiver.at("/busy")]
    holds("under the same id", len(set(ids)) < len(ids))

    # Another key: both sign for a while.
    key = f"/api/v1/webhooks/{made['good']['id']}/key"
    post(key, {"overlapHours": 1000}, expect=400)
    renewed = post(key, {"overlapHours": 1})
    post(f"/api/v1/webhooks/{made['good']['id']}/test", None, expect=202)
    wait("webhooks: a second test comes", lambda: len(receiver.at("/good", "quai.webhook.test")) == 2)
    last = receiver.at("/good", "quai.webhook.test")[-1]
    holds("the new key signs", is_good(last, renewed["secret"]) and is_good_asymmetric(last, renewed["publicKey"]))
    holds("the old key signs, too", is_good(last, made["good"]["secret"]) and renewed["secret"] != made["good"]["secret"])

    # Once more, and what the list says.
    again = f"/api/v1/webhooks/{made['good']['id']}/replay"
    post(again, {}, expect=400)
    post(again, {"dead": True})
    before = len(receiver.at("/good"))
    holds("one is told again", post(again, {"from": tests["good"], "to": tests["good"]}) == {"queued": 1})
    wait("webhooks: what is told again comes", lambda: len(receiver.at("/good")) > before)
    holds("a replay has the id of before", receiver.at("/good")[-1]["headers"]["webhook-id"] in [one["headers"]["webhook-id"] for one in good])
    get(f"/api/v1/webhooks/{made['good']['id']}/deliveries?state=done&before=999999999")
    get("/api/v1/webhooks/999999/deliveries", expect=404)
