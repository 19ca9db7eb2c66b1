"""The pages behind a proxy: judge.py PORT NAME PASSWORD CA-FILE. Signs in from 127.0.0.9, and asks what the centre knows of that."""
import base64, http.client, json, os, socket, ssl, sys

port, name, password, authority = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
trust = ssl.create_default_context(cafile=authority)
here = ("127.0.0.9", 0)


def ask(method, path, body=None, **headers):
    line = http.client.HTTPSConnection("localhost", port, context=trust, timeout=30, source_address=here)
    line.request(method, path, body, {key.replace("_", "-"): value for key, value in headers.items()})
    answer = line.getresponse()
    return answer, answer.read()


# A browser that says where it comes from is not believed: the proxy takes it off, or writes behind it.
liar = {"x_forwarded_for": "198.51.100.1", "forwarded": "for=198.51.100.2;proto=http", "x_real_ip": "198.51.100.3"}
answer, body = ask("POST", "/api/v1/session", json.dumps({"name": name, "password": password}),
                   origin=f"https://localhost:{port}", **liar)
assert answer.status == 200, (answer.status, body)
assert "; Secure" in answer.headers["set-cookie"], answer.headers["set-cookie"]
cookie = answer.headers["set-cookie"].split(";")[0]
sessions = json.loads(ask("GET", "/api/v1/me/sessions", cookie=cookie)[1])
assert sessions[0]["source"] == "127.0.0.9", sessions

# A stranger's page is refused also here; an upload of 8 MiB comes whole, and is read.
assert ask("POST", "/api/v1/session", "{}", origin="https://evil.example")[0].status == 403
table = "gtin;description\n" + "".join(f"{n:013d};{'x' * 60}\n" for n in range(100_000))
answer, body = ask("POST", "/api/v1/import/products?dry=1", table, cookie=cookie, content_type="text/csv")
assert answer.status == 200 and json.loads(body), (answer.status, body[:300])

# What happened, as a stream that ends; and the pages' own, as a WebSocket.
answer, body = ask("GET", "/api/v1/events?since=0", cookie=cookie)
assert answer.status == 200 and answer.headers["content-type"] == "text/event-stream", (answer.status, body)
assert b"\ndata:" in body or body.startswith((b"id:", b"data:", b"event:", b"retry:")), body[:200]
line = trust.wrap_socket(socket.create_connection(("localhost", port), 30, source_address=here), server_hostname="localhost")
key = base64.b64encode(os.urandom(16)).decode()
line.sendall(f"GET /ws HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: https://localhost:{port}\r\nUpgrade: websocket\r\n"
             f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nCookie: {cookie}\r\n\r\n".encode())
told = line.makefile("rb")
assert b" 101 " in told.readline()
while told.readline().strip():
    pass
text, mask = b'{"resume":0}', os.urandom(4)
line.sendall(bytes([0x81, 0x80 | len(text)]) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(text)))
assert told.read(1) == b"\x81"
# Whose tries they were: after wrong passwords from there, there alone one waits.
codes = [ask("POST", "/api/v1/session", json.dumps({"name": "nobody", "password": "wrong wrong"}))[0].status for _ in range(3)]
assert all(400 <= code < 500 for code in codes), codes
