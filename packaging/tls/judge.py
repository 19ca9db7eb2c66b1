"""What others make of the pages' TLS: Python's ssl, websockets, sslyze and Chromium where they are to be had.
judge.py PORT REDIRECT-PORT FOLDER: ca.pem, one.*, two.* and site.* (the centre's own) lie in FOLDER."""
import asyncio, base64, hashlib, http.client, json, os, shutil, socket, ssl, subprocess, sys, tempfile, time, urllib.request, warnings

# Old versions of TLS are asked for on purpose.
warnings.simplefilter("ignore")
os.environ["PYTHONWARNINGS"] = "ignore"

port, redirect, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
trust = ssl.create_default_context(cafile=f"{folder}/ca.pem")


def request(method, path, body=None, cookie=None, context=trust):
    line = http.client.HTTPSConnection("localhost", port, context=context, timeout=20)
    line.request(method, path, body, {"cookie": cookie} if cookie else {})
    answer = line.getresponse()
    return answer, answer.read(), line


def subject():
    with socket.create_connection(("localhost", port), 20) as plain, trust.wrap_socket(plain, server_hostname="localhost") as line:
        return dict(part[0] for part in line.getpeercert()["subject"])["commonName"], line.version()


def metric(name):
    text = request("GET", "/metrics")[1].decode()
    return float(next(line for line in text.splitlines() if line.startswith(name + " ")).split()[-1])


def until(say, seconds=60):
    end = time.monotonic() + seconds
    while not say():
        assert time.monotonic() < end, say
        time.sleep(0.5)


def put(certificate, key):
    """As those do who renew: a new file in the place of the old one."""
    for source, name in [(certificate, "pem"), (key, "key")]:
        shutil.copy(f"{folder}/{source}.{name}", f"{folder}/new.{name}")
        os.chmod(f"{folder}/new.{name}", 0o600)
        os.rename(f"{folder}/new.{name}", f"{folder}/site.{name}")


def versions():
    assert subject() == ("one", "TLSv1.3")
    old = ssl.create_default_context(cafile=f"{folder}/ca.pem")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    assert request("GET", "/health", context=old)[0].status == 200
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    try:
        request("GET", "/health", context=old)
        raise SystemExit("TLS 1.1 is taken")
    except ssl.SSLError:
        pass


def headers():
    answer, _, _ = request("POST", "/api/v1/session", json.dumps({"name": "Camille"}))
    assert answer.status == 200 and "; Secure" in answer.headers["set-cookie"], answer.headers
    root, body, _ = request("GET", "/ca.crt")
    assert root.headers["content-type"] == "application/x-x509-ca-cert"
    assert ssl.DER_cert_to_PEM_cert(body).split() == open(f"{folder}/ca.pem").read().split()
    plain = http.client.HTTPConnection("localhost", redirect, timeout=20)
    plain.request("GET", "/calls?x=1")
    sent = plain.getresponse()
    assert (sent.status, sent.headers["location"]) == (308, f"https://localhost:{port}/calls?x=1")
    named = http.client.HTTPSConnection("127.0.0.1", port, context=trust, timeout=20)
    named.request("GET", "/health", headers={"host": "quai.test"})
    assert named.getresponse().headers["strict-transport-security"] == "max-age=31536000"
    return answer.headers["set-cookie"].split(";")[0]


def refusals():
    """Who never agrees on TLS is gone after the time for a first header; it is counted."""
    before = metric('quai_ingest_http_refused_total{reason="handshake"}')
    silent = socket.create_connection(("localhost", port))
    half = socket.create_connection(("localhost", port))
    half.sendall(b"\x16\x03\x01\x02\x00\x01")
    clear = socket.create_connection(("localhost", port))
    clear.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    began = time.monotonic()
    for line in (clear, silent, half):
        line.settimeout(40)
        try:
            while line.recv(4096):
                pass
        except ConnectionResetError:
            pass
    assert time.monotonic() - began < 30
    assert metric('quai_ingest_http_refused_total{reason="handshake"}') - before == 3


def renewal(cookie, pid):
    """Connections that run go on; new ones have the new certificate; a bad pair is refused, and told."""
    open_line = request("GET", "/health")[2]
    put("two", "two")
    until(lambda: subject()[0] == "two")
    open_line.request("GET", "/health")
    assert open_line.getresponse().read() and dict(p[0] for p in open_line.sock.getpeercert()["subject"])["commonName"] == "one"
    put("one", "two")
    until(lambda: metric("quai_ingest_http_certificate_refused") == 1)
    assert subject()[0] == "two"
    put("one", "one")
    os.kill(pid, 1)
    until(lambda: subject()[0] == "one", 20)
    assert metric("quai_ingest_http_certificate_refused") == 0
    return open_line


async def socket_of(cookie, meanwhile):
    import websockets
    async with websockets.connect(f"wss://localhost:{port}/ws", ssl=trust, additional_headers={"cookie": cookie}) as line:
        await line.send(json.dumps({"resume": 0}))
        assert json.loads(await line.recv())
        await asyncio.to_thread(meanwhile)
        await line.send(json.dumps({"ask": True}))
        while json.loads(await asyncio.wait_for(line.recv(), 20)).get("type") != "alive":
            pass


def scan():
    out = f"{folder}/sslyze.json"
    subprocess.run([sys.executable, "-m", "sslyze", "--json_out", out, f"localhost:{port}"], check=False, stdout=subprocess.DEVNULL)
    found = json.load(open(out))["server_scan_results"][0]["scan_result"]
    suites = {v: [s["cipher_suite"]["name"] for s in found[f"{v}_cipher_suites"]["result"]["accepted_cipher_suites"]]
              for v in ("ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1", "tls_1_2", "tls_1_3")}
    assert not any(suites[v] for v in ("ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1")), suites
    assert suites["tls_1_3"] and suites["tls_1_2"]
    assert all(name.startswith("TLS_ECDHE") and ("GCM" in name or "CHACHA20" in name) for name in suites["tls_1_2"]), suites
    assert not found["heartbleed"]["result"]["is_vulnerable_to_heartbleed"]
    assert not found["openssl_ccs_injection"]["result"]["is_vulnerable_to_ccs_injection"]
    assert not found["session_renegotiation"]["result"]["is_vulnerable_to_client_renegotiation_dos"]
    assert not found["tls_compression"]["result"]["supports_compression"]
    return suites["tls_1_2"] + suites["tls_1_3"]


async def browser():
    """A browser that trusts the key: the page is a secure context, with what is had there alone."""
    import websockets
    public = subprocess.run(f"openssl x509 -in {folder}/site.pem -pubkey -noout | openssl pkey -pubin -outform der",
                            shell=True, capture_output=True, check=True).stdout
    pin = base64.b64encode(hashlib.sha256(public).digest()).decode()
    home = tempfile.mkdtemp(dir=folder)
    program = subprocess.Popen(["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={home}",
                                f"--ignore-certificate-errors-spki-list={pin}", "--remote-debugging-port=0", f"https://localhost:{port}/"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: os.path.exists(f"{home}/DevToolsActivePort") and os.path.getsize(f"{home}/DevToolsActivePort") > 0)
        debug = int(open(f"{home}/DevToolsActivePort").read().split()[0])
        pages = json.load(urllib.request.urlopen(f"http://127.0.0.1:{debug}/json"))
        async with websockets.connect(next(p for p in pages if p["type"] == "page")["webSocketDebuggerUrl"], max_size=None) as line:
            said = {}
            for turn in range(60):
                await line.send(json.dumps({"id": turn, "method": "Runtime.evaluate", "params": {"awaitPromise": True, "returnByValue": True, "expression": """
                    (async () => ({secure: isSecureContext, who: !!document.querySelector('#who'), camera: !!navigator.mediaDevices?.getUserMedia,
                      notices: typeof Notification === 'function', keys: !!window.PublicKeyCredential,
                      worker: !!(await navigator.serviceWorker?.getRegistration())?.active}))()"""}}))
                while (answer := json.loads(await line.recv())).get("id") != turn:
                    pass
                # While it goes to the page there is nobody to ask.
                said = answer.get("result", {}).get("result", {}).get("value") or {}
                if said and all(said.values()):
                    return said
                await asyncio.sleep(0.5)
            raise SystemExit(f"Chromium: {said}")
    finally:
        program.terminate()
        program.wait()


pid = int(sys.argv[4])
versions()
cookie = headers()
refusals()
try:
    import websockets  # noqa: F401
    asyncio.run(socket_of(cookie, lambda: renewal(cookie, pid)))
    print("test-tls: websockets stayed over wss while the certificate changed")
    if shutil.which("chromium"):
        print("test-tls: Chromium has", ", ".join(asyncio.run(browser())))
    else:
        print("test-tls: there is no chromium here", file=sys.stderr)
except ImportError:
    print("test-tls: websockets is not to be had here", file=sys.stderr)
    renewal(cookie, pid)
try:
    import sslyze  # noqa: F401
    print("test-tls: sslyze found nothing beside", ", ".join(scan()))
except ImportError:
    print("test-tls: sslyze is not to be had here", file=sys.stderr)
