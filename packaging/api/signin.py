"""Second factors, sessions and tokens of the API's day. An app's codes come from `pyotp`, a passkey's bytes from `fido2`, both from Python's index;
where they are not to be had, codes are made by hand (RFC 6238), and passkeys are left out, and that is said.
"""
import base64, hashlib, hmac, os, struct, sys, time

try:
    import pyotp
except ImportError:
    pyotp = None
    print("day: pyotp is not to be had here, codes are made by hand", file=sys.stderr)
try:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from fido2 import cbor
    from fido2.cose import ES256
    from fido2.webauthn import AttestationObject, AttestedCredentialData, Aaguid, AuthenticatorData, CollectedClientData
    # Somebody was there, and was seen.
    FLAGS = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV
except ImportError:
    cbor = None
    print("day: fido2 is not to be had here, passkeys are left out", file=sys.stderr)

PASSKEYS = {"POST /api/v1/me/factors/passkeys", "DELETE /api/v1/me/factors/passkeys/{id}", "POST /api/v1/session/passkey"}
PASSWORD = "another long password"


def code(secret, at):
    if pyotp:
        return pyotp.TOTP(secret).at(at)
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(at) // 30), hashlib.sha1).digest()
    return f"{(struct.unpack('>I', mac[mac[19] & 15:][:4])[0] & 0x7FFFFFFF) % 1000000:06}"


def text(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Key:
    """A passkey in software, by the library's own structures."""

    def __init__(self, origin):
        self.origin, self.id, self.counter = origin, os.urandom(32), 0
        self.private = ec.generate_private_key(ec.SECP256R1())

    def client(self, kind, asked):
        challenge = base64.urlsafe_b64decode(asked["challenge"] + "==")
        return bytes(CollectedClientData.create(kind, challenge, self.origin))

    def make(self, asked):
        public = ES256.from_cryptography_key(self.private.public_key())
        attested = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        site = hashlib.sha256(asked["site"].encode()).digest()
        data = AuthenticatorData.create(site, FLAGS | AuthenticatorData.FLAG.AT, 0, bytes(attested))
        return {"clientData": text(self.client("webauthn.create", asked)), "attestation": text(bytes(AttestationObject.create("none", data, {})))}

    def sign(self, asked):
        self.counter += 1
        client = self.client("webauthn.get", asked)
        data = bytes(AuthenticatorData.create(hashlib.sha256(asked["site"].encode()).digest(), FLAGS, self.counter))
        signature = self.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return {"credential": text(self.id), "clientData": text(client), "authenticatorData": text(data), "signature": text(signature)}


def play(ask, get, post, url, other, failures):
    """Claire is signed in with PASSWORD, `other` is the number of somebody else. Returns the endpoints that were left out."""

    def holds(what, is_so):
        if not is_so:
            failures.append(f"day: signing in: {what}")

    def sign_in(expect=200, **more):
        return post("/api/v1/session", {"name": "Claire", "password": PASSWORD, **more}, expect=expect)

    port = url.rsplit(":", 1)[1]
    local = {"Host": f"localhost:{port}"}

    # Sessions: where one is signed in.
    sign_in()
    mine = get("/api/v1/me/sessions")
    holds("a session names itself", sum(one.get("current", False) for one in mine) == 1 and len(mine) >= 2)
    ask("DELETE", "/api/v1/me/sessions/0000000000000000", expect=404)
    ask("DELETE", "/api/v1/me/sessions/" + next(one["id"] for one in mine if not one.get("current")), expect=200)
    sign_in()
    ask("DELETE", "/api/v1/me/sessions", expect=200)
    holds("the others have ended", len(get("/api/v1/me/sessions")) == 1)
    ask("PUT", f"/api/v1/users/{other}", {"disabled": False, "password": "five words are better"}, expect=200)
    get(f"/api/v1/users/{other}/sessions")
    ask("DELETE", f"/api/v1/users/{other}/sessions", expect=200)

    # An app.
    ask("PUT", "/api/v1/me/factors/code", {"code": "000000"}, expect=409)
    made = ask("POST", "/api/v1/me/factors/code", expect=200)
    holds("the address is the secret's", f"secret={made['secret']}&" in made["address"] and made["picture"].startswith("<svg"))
    if pyotp:
        parsed = pyotp.parse_uri(made["address"])
        holds("another program reads the address", parsed.secret == made["secret"] and parsed.name.endswith("Claire") and parsed.issuer == "Quai")
    ask("PUT", "/api/v1/me/factors/code", {"code": "12"}, expect=400)
    now = time.time()
    recovery = ask("PUT", "/api/v1/me/factors/code", {"code": code(made["secret"], now - 30)}, expect=200)["recovery"]
    holds("there are ten recovery codes", len(set(recovery)) == 10)
    asked = sign_in(expect=401)
    holds("a code is asked for", asked["code"] == "code-needed" and asked["app"] and not asked["passkey"])
    used = code(made["secret"], time.time())
    sign_in(code=used)
    sign_in(code=used, expect=401)
    sign_in(code=recovery[0])
    sign_in(code=recovery[0], expect=401)
    holds("a recovery code is used up", get("/api/v1/me/factors")["recovery"] == 9)
    holds("new ones are others", not set(ask("POST", "/api/v1/me/factors/recovery", expect=200)["recovery"]) & set(recovery))
    post("/api/v1/me/factors/shown", {"password": "wrong"}, expect=401)
    post("/api/v1/me/factors/shown", {"password": PASSWORD})

    # A passkey.
    options = ask("POST", "/api/v1/me/factors/passkeys/options", headers=local, expect=200)
    if cbor:
        key = Key(f"http://localhost:{port}")
        body = {"name": "soft", **key.make(options)}
        post("/api/v1/me/factors/passkeys", {**body, "attestation": "AAAA"}, expect=400)
        ask("POST", "/api/v1/me/factors/passkeys", body, headers=local, expect=200)
        ask("POST", "/api/v1/me/factors/passkeys", body, headers=local, expect=400)
        shown = key.sign(ask("POST", "/api/v1/session/passkey/options", headers=local, expect=200))
        post("/api/v1/session/passkey", shown, expect=401)
        person = ask("POST", "/api/v1/session/passkey", shown, headers=local, expect=200)
        holds("a passkey says who it is", person["name"] == "Claire")
        ask("POST", "/api/v1/session/passkey", shown, headers=local, expect=401)
        ask("DELETE", f"/api/v1/me/factors/passkeys/{get('/api/v1/me/factors')['passkeys'][0]['id']}", expect=200)
    else:
        ask("POST", "/api/v1/session/passkey/options", headers=local, expect=200)

    # A program.
    post("/api/v1/tokens", {"name": "script", "days": 731}, expect=400)
    reader = post("/api/v1/tokens", {"name": "reader", "readOnly": True, "scopes": ["users"]}, expect=201)
    writer = post("/api/v1/tokens", {"name": "writer", "days": 30, "scopes": ["deliveries.count"]}, expect=201)
    holds("a token is shown once", "token" not in get("/api/v1/tokens")[0])

    def program(one):
        return {"Authorization": f"Bearer {one['token']}"}

    ask("GET", "/api/v1/users", headers=program(reader), expect=200)
    ask("GET", "/api/v1/users", headers=program(writer), expect=403)
    scan = {"clock": int(now * 1000), "scans": [{"key": "01ARZ3NDEKTSV4RRFFQ69G5FC1", "zone": "dock-9", "text": "by a program", "at": int(now * 1000)}]}
    ask("POST", "/api/v1/scans", scan, headers=program(reader), expect=403)
    ask("POST", "/api/v1/scans", scan, headers=program(writer), expect=200)
    ask("GET", "/api/v1/tokens", headers=program(reader), expect=403)
    ask("GET", "/api/v1/me/factors", headers=program(reader), expect=403)
    ask("GET", "/api/v1/me", headers={"Authorization": "Bearer quai_0"}, expect=401)
    ask("DELETE", f"/api/v1/tokens/{reader['id']}", expect=200)
    ask("GET", "/api/v1/users", headers=program(reader), expect=401)

    ask("DELETE", "/api/v1/me/factors/code", expect=200)
    sign_in()
    ask("DELETE", f"/api/v1/users/{other}/factors", expect=404)
    return set() if cbor else PASSKEYS
