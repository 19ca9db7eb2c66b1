"""Signing in by a provider in the API's day: a real one, oidc-provider-mock from Python's index (Authlib behind it), on which somebody signs in by its
own page. Logout tokens are signed with its key. Where it is not to be had, the provider is away, and that is what is tried.
"""
import http.client, json, logging, sys, threading, time, urllib.error, urllib.parse, urllib.request, uuid

try:
    import flask
    import oidc_provider_mock
    import werkzeug.serving
    from joserfc import jwt
    from joserfc.jwk import RSAKey
except ImportError:
    oidc_provider_mock = None
    print("day: oidc-provider-mock is not to be had here, sign-ins by a provider are not tried", file=sys.stderr)

NAME = "mock"
EVENT = "http://schemas.openid.net/event/backchannel-logout"


class Provider:
    """At http://localhost:PORT, as the configuration has it."""

    def __init__(self, port):
        users = [
            oidc_provider_mock.User(sub="s-nadia", claims={"preferred_username": "Nadia H", "groups": ["depot managers", "cooks"]}),
            oidc_provider_mock.User(sub="s-cook", claims={"preferred_username": "Cook", "groups": ["cooks"]}),
            oidc_provider_mock.User(sub="s-lea", claims={"preferred_username": "Lea P", "groups": ["buyers"], "amr": ["pwd", "mfa"]}),
            oidc_provider_mock.User(sub="s-rolf", claims={"preferred_username": "Rolf", "groups": ["no role"]}),
            oidc_provider_mock.User(sub="s-claire", claims={"preferred_username": "Claire", "groups": ["depot managers"]}),
        ]
        self.issuer = f"http://localhost:{port}"
        self.asked = []
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        app = oidc_provider_mock.app(require_nonce=True, user_claims=users)

        @app.before_request
        def look():
            self.storage = flask.g.oidc_provider_mock_storage
            self.asked.append((flask.request.path, flask.request.args.to_dict(), flask.request.form.to_dict(), flask.request.headers.get("Authorization")))

        self.server = werkzeug.serving.make_server("localhost", port, app, threaded=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def logout(self, **claims):
        now = int(time.time())
        whole = {"iss": self.issuer, "aud": "quai", "iat": now, "exp": now + 120, "jti": str(uuid.uuid4()), "events": {EVENT: {}}, **claims}
        key = RSAKey.import_key(self.storage.jwk.as_dict(is_private=True))
        return jwt.encode({"alg": "RS256", "kid": self.storage.jwk.as_dict().get("kid"), "typ": "logout+jwt"}, whole, key)


class Visitor:
    """A browser of its own: cookies by name, no redirect followed by itself."""

    def __init__(self, url):
        self.host = urllib.parse.urlsplit(url).netloc
        self.cookies = {}

    def ask(self, method, path, body=None, headers=None):
        link = http.client.HTTPConnection(self.host, timeout=30)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        link.request(method, path, body, {"Cookie": cookies, **(headers or {})})
        answer = link.getresponse()
        content = answer.read()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, value = line.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return answer.status, answer.headers, content

    def start(self, query=""):
        status, headers, _ = self.ask("GET", f"/api/v1/openid/{NAME}/start?moved=1{query}")
        return headers["Location"] if status == 303 else ""

    def back(self, address):
        parts = urllib.parse.urlsplit(address)
        status, headers, _ = self.ask("GET", f"{parts.path}?{parts.query}")
        return headers["Location"] if status == 303 else f"status {status}"

    def me(self):
        return json.loads(self.ask("GET", "/api/v1/me")[2])


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def allow(address, sub):
    """What a person does on the provider's page; where it sends them."""
    try:
        answer = urllib.request.build_opener(Stay).open(address, urllib.parse.urlencode({"sub": sub}).encode(), timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    return answer.headers["Location"] or ""


def play(url, port, reached, failures):
    """`port`: where the configuration has the provider."""

    def holds(what, is_so):
        if not is_so:
            failures.append(f"day: openid: {what}")

    path = "/api/v1/openid/{name}"
    one = Visitor(url)
    holds("a provider that is away is said", one.start() == f"/?refused=openid-away&by={NAME}")
    holds("no other has that name", one.ask("GET", "/api/v1/openid/other/start")[0] == 404)
    holds("an answer that nobody asked for is none", one.back(f"/api/v1/openid/{NAME}/back?code=x&state=y") == f"/?refused=openid-expired&by={NAME}")
    reached |= {f"GET {path}/start", f"GET {path}/back"}
    if not oidc_provider_mock or not port:
        reached.add(f"POST {path}/logout")
        return
    provider = Provider(port)
    # What was not to be had is asked for again after five seconds.
    end = time.time() + 30
    while not one.start("&to=/receiving").startswith(provider.issuer) and time.time() < end:
        time.sleep(1)

    # The whole way.
    address = one.start("&to=/receiving")
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))
    holds("code with PKCE, state and nonce is asked for", query.get("response_type") == "code" and query.get("code_challenge_method") == "S256" and len(query.get("state", "")) == 43 and query.get("nonce"))
    back = allow(address, "s-nadia")
    holds("the provider sends back", f"/api/v1/openid/{NAME}/back?" in back)
    other = Visitor(url)
    holds("another browser gets nothing of it", "openid-expired" in other.back(back) and "quai_session" not in other.cookies)
    holds("the person's own goes on", one.back(back) == "/receiving")
    me = one.me()
    holds(f"somebody new is made, with the rights of their group: {me}", me.get("name") == "Nadia H" and {"imports", "stock"} <= set(me.get("rights", [])) and me.get("roles") == ["staff"])
    sessions = json.loads(one.ask("GET", "/api/v1/me/sessions")[2])
    holds(f"the session says by what it began: {sessions}", [row.get("proof") for row in sessions] == ["provider"] and sessions[0]["expires"] - sessions[0]["created"] == 12 * 3600000)
    token = next((asked for asked in reversed(provider.asked) if asked[0].endswith("token")), (None, {}, {}, None))
    holds("the verifier and the secret go to the provider", len(token[2].get("code_verifier", "")) >= 43 and (token[3] or "").startswith("Basic "))
    holds("an answer counts once", "openid-expired" in one.back(back))
    again = Visitor(url)
    replayed = again.start()
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)["code"][0]
    state = urllib.parse.parse_qs(urllib.parse.urlsplit(replayed).query)["state"][0]
    holds("a code that was used is none", "openid-expired" in again.back(f"/api/v1/openid/{NAME}/back?code={code}&state={state}"))
    stolen = Visitor(url)
    state = urllib.parse.parse_qs(urllib.parse.urlsplit(stolen.start()).query)["state"][0]
    foreign = allow(one.start(), "s-nadia")
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(foreign).query).get("code", [""])[0]
    holds("a code of another browser is of another nonce", "openid-token" in stolen.back(f"/api/v1/openid/{NAME}/back?code={code}&state={state}"))
    mixed = Visitor(url)
    state = urllib.parse.parse_qs(urllib.parse.urlsplit(mixed.start()).query)["state"][0]
    holds("an answer of another issuer is none", "openid-token" in mixed.back(f"/api/v1/openid/{NAME}/back?code=x&state={state}&iss=https://evil.example"))

    # Other keys: asked for once, because the token names one that is not known.
    before = sum(asked[0].endswith("jwks") for asked in provider.asked)
    provider.storage.jwk = type(provider.storage.jwk).generate_key(is_private=True)
    turned = Visitor(url)
    holds("keys that turned over are fetched", turned.back(allow(turned.start(), "s-nadia")) == "/" and turned.me().get("name") == "Nadia H")
    holds("once", sum(asked[0].endswith("jwks") for asked in provider.asked) == before + 1)

    # Who is let in, and who is not.
    for sub, kind in [("s-cook", "openid-nobody"), ("s-claire", "openid-name"), ("s-rolf", "openid-role")]:
        visitor = Visitor(url)
        holds(f"{sub}: {kind}", kind in visitor.back(allow(visitor.start(), sub)) and not visitor.me())
    visitor = Visitor(url)
    visitor.back(allow(visitor.start(), "s-lea"))
    me = visitor.me()
    holds(f"a group gives a role: {me}", me.get("roles") == ["buyer"] and "prices" in me.get("rights", []) and "calls.see" not in me.get("rights", []))
    visitor = Visitor(url)
    state = urllib.parse.parse_qs(urllib.parse.urlsplit(visitor.start()).query)["state"][0]
    holds("who thinks better of it is told", "openid-denied" in visitor.back(f"/api/v1/openid/{NAME}/back?error=access_denied&state={state}"))

    # Out again: here and there, and from there.
    status, _, content = turned.ask("DELETE", "/api/v1/session")
    following = json.loads(content).get("next", "")
    holds(f"signing out goes on to the provider: {following}", status == 200 and following.startswith(provider.issuer) and "post_logout_redirect_uri=" in following)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    where = f"/api/v1/openid/{NAME}/logout"
    for body in ["", "logout_token=x", "logout_token=" + provider.logout(sub="s-nadia", nonce="n"), "logout_token=" + provider.logout(sub="s-nadia", aud="another")]:
        holds("what is no logout token ends nothing", one.ask("POST", where, body, form)[0] == 400)
    holds("the first session goes on", one.me().get("name") == "Nadia H")
    holds("a logout token is taken", one.ask("POST", where, "logout_token=" + provider.logout(sub="s-nadia"), form)[0] == 200)
    holds("and ends it", not one.me())
    reached.add(f"POST {path}/logout")
    provider.server.shutdown()
