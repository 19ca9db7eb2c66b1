"""Events by WebSocket in the API's day, read by `websockets` and `cloudevents` from Python's index: CloudEvents WebSockets Protocol Binding
1.0.2. What is not to be had is left out, and that is said.
"""
import json, sys, time

try:
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect
except ImportError:
    connect = None
    print("day: websockets is not to be had here, events by WebSocket are not read", file=sys.stderr)
try:
    from cloudevents.v1.http import from_json
except ImportError:
    try:
        from cloudevents.http import from_json
    except ImportError:
        from_json = None


def play(ask, get, post, url, failures):
    if not connect:
        return

    def holds(what, is_so):
        if not is_so:
            failures.append(f"day: sockets: {what}")

    token = post("/api/v1/tokens", {"name": "listener", "readOnly": True, "scopes": ["events", "personal"]}, expect=201)
    other = post("/api/v1/tokens", {"name": "other", "scopes": ["stock.see"]}, expect=201)

    def listen(query="", shown=token["token"], protocols=("cloudevents.json",), **headers):
        headers = {**({"Authorization": f"Bearer {shown}"} if shown else {}), **headers}
        return connect(url.replace("http", "ws") + "/api/v1/events" + query, subprotocols=protocols or None, additional_headers=headers, open_timeout=20)

    def refused(code, **how):
        with listen(**how) as socket:
            try:
                socket.recv(timeout=20)
                return False
            except ConnectionClosed as closed:
                return closed.rcvd and closed.rcvd.code == code

    holds("without a token nobody is let in", refused(4401, shown=None))
    holds("nor with one that is none", refused(4401, shown="quai_" + "0" * 43))
    holds("nor without the right", refused(4403, shown=other["token"]))
    holds("without the subprotocol it is said", refused(4400, protocols=()) and refused(4400, protocols=("cloudevents.avro",)))
    holds("and where nothing can begin", refused(4400, query="?since=yesterday"))

    # The same events as Server-Sent Events, in the same order.
    known = [json.loads(line[6:]) for line in get("/api/v1/events?since=0").decode().splitlines() if line.startswith("data: ")]
    with listen("?since=0") as socket:
        holds("the subprotocol is agreed on", socket.subprotocol == "cloudevents.json")
        told = [json.loads(socket.recv(timeout=20)) for _ in known]
        holds("they are those of Server-Sent Events", told == known)
        for event in told if from_json else []:
            holds(f"{event['id']} is a CloudEvent", from_json(json.dumps(event))["id"] == event["id"])
        holds("nobody is named unasked", all("who" not in event["data"] for event in told))
        begin = time.monotonic()
        post("/api/v1/deliveries/blind", {"supplier": "Wago", "zone": "dock-9", "note": "BL-SOCKET"})
        news = json.loads(socket.recv(timeout=20))
        print(f"day: {len(known)} CloudEvents by WebSocket, a new one after {(time.monotonic() - begin) * 1000:.0f} ms")
        holds("what happens is told", news["type"].startswith("quai.delivery.") and news["id"] not in {event["id"] for event in known})
    # Whoever was away goes on after the last id that they have.
    with listen("?since=" + known[2]["id"]) as socket:
        holds("one goes on after an id", json.loads(socket.recv(timeout=20)) == known[3])
    with listen(**{"Last-Event-ID": known[-1]["id"]}) as socket:
        holds("the header says it too", json.loads(socket.recv(timeout=20))["id"] == news["id"])
        socket.send("{}")
        try:
            while True:
                socket.recv(timeout=20)
        except ConnectionClosed as closed:
            holds("what is sent there is refused", closed.rcvd and closed.rcvd.code == 1003)
    with listen("?since=0&personal=1") as socket:
        holds("who did it is told to whoever may ask", any("who" in json.loads(socket.recv(timeout=20))["data"] for _ in range(20)))
    with listen() as socket:
        ask("DELETE", f"/api/v1/tokens/{token['id']}", expect=200)
        begin = time.monotonic()
        try:
            while True:
                socket.recv(timeout=20)
        except ConnectionClosed as closed:
            holds("with the token it ends", closed.rcvd and closed.rcvd.code == 4401)
        print(f"day: closed {(time.monotonic() - begin) * 1000:.0f} ms after its token")
    ask("DELETE", f"/api/v1/tokens/{other['id']}", expect=200)
