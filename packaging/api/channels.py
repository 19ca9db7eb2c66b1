"""Channels of the API's day: a letter goes to a real SMTP server (aiosmtpd, from Python's index) with TLS and an account, and is read by Python's own mail
parser; a push is decrypted by http_ece and its sender's word checked by py-vapid, as a browser and its service would; ntfy, Gotify and a provider of text messages are
stand-ins that keep what their documents say. Where the libraries are not to be had, that is said and their part is left out.
"""
import base64, email, email.policy, json, os, re, ssl, sys, threading, time, urllib.parse, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

try:
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult
except ImportError:
    Controller = None
    print("day: aiosmtpd is not to be had here, no letter is sent", file=sys.stderr)
try:
    import http_ece
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from py_vapid import Vapid02
except ImportError:
    http_ece = None
    print("day: http_ece and py-vapid are not to be had here, no browser is told", file=sys.stderr)


def text64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Ways(ThreadingHTTPServer):
    """A push service, ntfy, Gotify and a provider of text messages, told apart by the path."""

    def __init__(self, port):
        super().__init__(("127.0.0.1", port), Handler)
        self.got = []
        self.daemon_threads = True
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def at(self, path):
        return [one for one in list(self.got) if one["path"] == path]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append({"path": self.path, "headers": {n.lower(): v for n, v in self.headers.items()}, "body": body})
        self.send_response({"/push/gone": 410}.get(self.path, 201))
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Letters:
    """Takes letters over TLS, from who has the account."""

    def __init__(self, port, folder):
        self.got = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/mail.pem", f"{folder}/mail.key")
        self.controller = Controller(
            self, hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True, auth_required=True,
            authenticator=lambda _, __, ___, ____, data: AuthResult(success=(data.login, data.password) == (b"quai", b"mail-secret"), handled=False))
        self.controller.start()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.got.append((envelope, session.ssl is not None, session.authenticated))
        return "250 taken"


def play(url, ask, get, post, wait, failures):
    ports = os.environ.get("QUAI_WAYS")
    if not ports:
        return
    ways, letters = (int(port) for port in ports.split()[:2])
    folder = os.environ["QUAI_WAYS_FOLDER"]
    server = Ways(ways)
    server.centre = url
    mail = Letters(letters, folder) if Controller else None
    try:
        run(server, mail, ways, ask, get, post, wait, failures)
    finally:
        server.shutdown()
        if mail:
            mail.controller.stop()


def run(server, mail, port, ask, get, post, wait, failures):
    def holds(what, is_so):
        if not is_so:
            failures.append(f"day: channels: {what}")

    def standing(id):
        return next((one for one in get("/api/v1/channels")["channels"] if one["id"] == id), None)

    offered = get("/api/v1/channels")
    holds("not all are offered", sorted(offered["offers"]) == ["email", "gotify", "ntfy", "push", "sms"])
    for body, status in [({"kind": "fax"}, 400), ({"kind": "email", "address": "x"}, 422), ({"kind": "push", "endpoint": "http://example.com/", "p256dh": "", "auth": ""}, 422)]:
        post("/api/v1/channels", body, expect=status)
    made = {}
    for kind, address in [("ntfy", "depot-4f2a9c"), ("gotify", "AbC.d-9"), ("sms", "06 12 34 56 78")]:
        made[kind] = post("/api/v1/channels", {"kind": kind, "address": address}, expect=201)["id"]
    holds("a topic is shown", "depot-4f2a9c" not in json.dumps(get("/api/v1/channels")))
    post("/api/v1/channels", {"kind": "ntfy", "address": "depot-4f2a9c"}, expect=409)
    for kind, id in made.items():
        post(f"/api/v1/channels/{id}/test", {}, expect=202)
    if wait("ntfy is not told", lambda: server.at("/")):
        told = json.loads(server.at("/")[0]["body"])
        holds(f"ntfy: {told}", told["topic"] == "depot-4f2a9c" and told["title"] and told["message"] and 1 <= told["priority"] <= 5)
    if wait("Gotify is not told", lambda: server.at("/message")):
        one = server.at("/message")[0]
        holds("Gotify's token", one["headers"]["x-gotify-key"] == "AbC.d-9" and json.loads(one["body"])["message"])
    if wait("the provider is not told", lambda: server.at("/sms?to=%2B33612345678")):
        one = server.at("/sms?to=%2B33612345678")[0]
        holds("the text message", json.loads(one["body"])["text"] and one["headers"]["x-key"] == "sms-secret")
    if http_ece:
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        auth = os.urandom(16)
        browser = {"kind": "push", "p256dh": text64(public), "auth": text64(auth)}
        id = post("/api/v1/channels", {**browser, "endpoint": f"http://127.0.0.1:{port}/push/good"}, expect=201)["id"]
        post(f"/api/v1/channels/{id}/test", {}, expect=202)
        if wait("the browser is not told", lambda: server.at("/push/good")):
            one = server.at("/push/good")[0]
            told = json.loads(http_ece.decrypt(one["body"], private_key=key, auth_secret=auth, version="aes128gcm"))
            holds(f"the push: {told}", told["title"] and told["page"].startswith("/"))
            holds("the sender's word", Vapid02.verify(one["headers"]["authorization"]))
            holds("its key", one["headers"]["authorization"].endswith("k=" + offered["pushKey"]))
            holds("its headers", one["headers"]["content-encoding"] == "aes128gcm" and int(one["headers"]["ttl"]) > 0)
        gone = post("/api/v1/channels", {**browser, "endpoint": f"http://127.0.0.1:{port}/push/gone"}, expect=201)["id"]
        post(f"/api/v1/channels/{gone}/test", {}, expect=202)
        wait("a subscription that is gone is kept", lambda: standing(gone) is None)
    if mail:
        id = post("/api/v1/channels", {"kind": "email", "address": "lea@example.com"}, expect=201)["id"]
        post(f"/api/v1/channels/{id}/test", {}, expect=202)
        if wait("no letter came", lambda: mail.got):
            envelope, is_safe, is_known = mail.got[0]
            letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
            holds("the letter goes in clear, or without the account", is_safe and is_known)
            holds("the envelope", envelope.mail_from == "quai@example.com" and envelope.rcpt_tos == ["lea@example.com"])
            words = letter["subject"] + letter.get_content()
            holds("the letter", ("essai" in words or "test" in words) and not letter.defects and letter["auto-submitted"])
        dead = post("/api/v1/channels", {"kind": "email", "address": "nobody@example.com"}, expect=201)["id"]
        post(f"/api/v1/channels/{dead}/test", {}, expect=202)
        wait("a refusal is not told", lambda: standing(dead)["dead"] == 1 and "550" in standing(dead)["sentence"])
        ask("DELETE", f"/api/v1/channels/{dead}", expect=200)
        # What is for information, once, as a letter that one click ends.
        choices = get("/api/v1/inbox/preferences?lang=en")
        types = [{"type": one["type"], "web": one["web"], "sound": one["sound"], "channels": one["channels"]} for one in choices["types"]]
        before = len(mail.got)
        # From now on, later today; then something happens, and its hour has come. In the day's last hour there is no later.
        late = time.localtime().tm_hour < 23
        saved = ask("PUT", "/api/v1/inbox/preferences?lang=en", {"types": types, "loud": True, "digest": 23}, expect=200)
        holds("the digest is not kept", saved and saved["digest"] == 23 and saved["loud"])
        somebody_receives(server.centre)
        ask("PUT", "/api/v1/inbox/preferences?lang=en", {"types": types, "digest": 0}, expect=200)
        path = unsubscribing(mail, before, wait) if late else None
        if path:
            page = get(path)
            holds("the page does not ask", b"List-Unsubscribe" in page)
            holds("looking ended it", get("/api/v1/inbox/preferences?lang=en").get("digest") == 0)
            ask("POST", path, raw=b"List-Unsubscribe=One-Click", headers={"Content-Type": "application/x-www-form-urlencoded"}, expect=200)
            holds("one click did not end it", "digest" not in get("/api/v1/inbox/preferences?lang=en"))
        ask("POST", "/api/v1/unsubscribe/1.x", raw=b"List-Unsubscribe=One-Click", expect=404)
    me = get("/api/v1/me")["id"]
    ask("PUT", "/api/v1/duty", {"duty": [{"user": me, "days": 127, "from": 0, "until": 0}]}, expect=200)
    holds("nobody is on duty", get("/api/v1/duty")["duty"][0]["user"] == me)
    ask("PUT", "/api/v1/duty", {"duty": [{"user": 9999, "days": 1, "from": 0, "until": 0}]}, expect=422)
    ask("PUT", "/api/v1/duty", {"duty": []}, expect=200)
    for one in get("/api/v1/channels")["channels"]:
        ask("DELETE", f"/api/v1/channels/{one['id']}", expect=200)


def wait_quietly(is_so):
    """Ten seconds."""
    for _ in range(100):
        if is_so():
            return True
        time.sleep(0.1)
    return False


def somebody_receives(url):
    """Another person opens a delivery: for information to everybody else."""
    jar = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    for path, body in [("/api/v1/session", {"name": "Somebody"}), ("/api/v1/deliveries/blind", {"supplier": "Rexel", "zone": "dock", "note": "BL-DIGEST"})]:
        request = urllib.request.Request(url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST")
        jar.open(request, timeout=20).read()


def unsubscribing(mail, before, wait):
    """The path in the digest's header; nothing where no digest came: then there was nothing to tell."""
    def digest():
        letters = [email.message_from_bytes(one[0].content, policy=email.policy.default) for one in mail.got[before:]]
        return next((one for one in letters if one["list-unsubscribe"]), None)

    # An e-mail rests for ten seconds after the last one, and digests are looked for every five.
    if not any(wait_quietly(digest) for _ in range(3)) and not wait("no digest came", digest):
        return None
    letter = digest()
    if letter["list-unsubscribe-post"] != "List-Unsubscribe=One-Click":
        return None
    return urllib.parse.urlparse(re.search("<(.*)>", letter["list-unsubscribe"])[1]).path
