"""Doors for other programs in the API's day: an EPCIS repository that is played here, whose documents are judged by a public
implementation of CBV's event hash with GS1's own JSON-LD context (epcis-event-hash-generator); events at the broker, read by paho-mqtt
and cloudevents; Home Assistant's discovery messages, read as its documentation says and their templates by Jinja. All from Python's
index; what is not to be had is left out, and that is said.

GS1's JSON schema is not copied here: with its file in QUAI_EPCIS_SCHEMA (https://ref.gs1.org/standards/epcis/epcis-json-schema.json)
documents are held against it, too.
"""
import base64, hashlib, json, os, re, sys, threading, time, urllib.parse, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

try:
    from epcis_event_hash_generator import hash_generator, json_to_py
except ImportError:
    hash_generator = None
    print("day: epcis-event-hash-generator is not to be had here, ids of EPCIS events are not judged", file=sys.stderr)
try:
    import paho.mqtt.client as mqtt
except ImportError:
    mqtt = None
    print("day: paho-mqtt is not to be had here, events at the broker are not read", file=sys.stderr)
try:
    from cloudevents.v1.http import from_json
except ImportError:
    try:
        from cloudevents.http import from_json
    except ImportError:
        from_json = None
try:
    from jinja2.sandbox import SandboxedEnvironment
except ImportError:
    SandboxedEnvironment = None

USER, PASSWORD = "quai", "a secret of the repository"


# EPCIS


def objections(document):
    """What is wrong with an EPCISDocument or an EPCISQueryDocument (EPCIS 2.0 §9, as GS1's JSON schema has it)."""
    found = []

    def holds(what, is_so):
        if not is_so:
            found.append(what)

    def is_uri(text):
        return isinstance(text, str) and bool(re.fullmatch(r"[a-z][a-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+", text))

    def is_time(text):
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text))

    body = document.get("epcisBody", {})
    kind = document.get("type")
    holds("its type", kind in ("EPCISDocument", "EPCISQueryDocument"))
    holds("its version", document.get("schemaVersion") == "2.0" and is_time(document.get("creationDate", "")))
    events = body.get("eventList") if kind == "EPCISDocument" else body["queryResults"]["resultsBody"]["eventList"]
    for event in events:
        name = event.get("type")
        holds(f"{name}: its times", is_time(event["eventTime"]) and re.fullmatch(r"[+-]\d\d:\d\d", event["eventTimeZoneOffset"]))
        holds(f"{name}: action", event["action"] in ("ADD", "OBSERVE", "DELETE"))
        things, amounts = ("childEPCs", "childQuantityList") if name == "AggregationEvent" else ("epcList", "quantityList")
        holds(f"{name}: of something", event.get(things) or event.get(amounts))
        holds(f"{name}: names", all(map(is_uri, event.get(things, []))) and all(is_uri(one["epcClass"]) for one in event.get(amounts, [])))
        holds(f"{name}: amounts", all(one["quantity"] > 0 and re.fullmatch(r"[A-Z0-9]{2,3}", one.get("uom", "KGM")) for one in event.get(amounts, [])))
        holds(f"{name}: places", all(is_uri(event[place]["id"]) for place in ("readPoint", "bizLocation") if place in event))
        holds(f"{name}: papers", all(is_uri(one["bizTransaction"]) for one in event.get("bizTransactionList", [])))
        holds(f"{name}: a parent", name != "AggregationEvent" or is_uri(event.get("parentID")))
        holds(f"{name}: of which papers", name != "TransactionEvent" or event.get("bizTransactionList"))
        error = event.get("errorDeclaration")
        holds(f"{name}: an error", error is None or is_time(error["declarationTime"]) and error["reason"] in ("did_not_occur", "incorrect_data"))
        known = {"type", "eventID", "eventTime", "eventTimeZoneOffset", "recordTime", "errorDeclaration", "action", "bizStep", "disposition", "readPoint", "bizLocation", "bizTransactionList", "parentID", things, amounts}
        holds(f"{name}: members {set(event) - known}", set(event) <= known)
    if hash_generator and events:
        plain = {**document, "type": "EPCISDocument", "epcisBody": {"eventList": json.loads(json.dumps(events))}}
        parsed = json_to_py.event_list_from_epcis_document_json(plain)
        ids = hash_generator.calculate_hashes_from_pre_hashes(hash_generator.derive_prehashes_from_events(parsed))
        for event, made in zip(events, ids):
            holds(f"{event['type']} {event['bizStep']}: its id is {event['eventID']}, not {made}", event["eventID"] == made)
        # A word that GS1's context does not know stays as it is: it is not in the vocabulary then.
        text = "".join(hash_generator.derive_prehashes_from_events(parsed))
        for event in events:
            holds(f"{event['bizStep']} is in CBV", f"bizStep=https://ref.gs1.org/cbv/BizStep-{event['bizStep']}" in text)
            holds(f"{event.get('disposition')} is in CBV", "disposition" not in event or f"/Disp-{event['disposition']}" in text)
    if os.environ.get("QUAI_EPCIS_SCHEMA"):
        import jsonschema

        schema = json.load(open(os.environ["QUAI_EPCIS_SCHEMA"]))
        found += [f"GS1's schema: {error.message[:200]}" for error in jsonschema.validators.validator_for(schema)(schema).iter_errors(document)]
    return found


class Repository(ThreadingHTTPServer):
    """GS1's capture interface, as its OpenAPI document has it: a job for each document, which is answered a while later. The first answer
    is lost; a document with an article that it does not like is refused."""

    def __init__(self, port):
        super().__init__(("127.0.0.1", port), Handler)
        self.daemon_threads = True
        self.lock = threading.Lock()
        self.events, self.jobs, self.objections, self.posts = [], {}, [], 0
        self.refused = None
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def steps(self):
        with self.lock:
            return [(event["type"], event["bizStep"], event["action"], "errorDeclaration" in event) for event in self.events]


class Handler(BaseHTTPRequestHandler):
    def answer(self, status, value=None, **headers):
        body = json.dumps(value).encode() if value is not None else b""
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def is_welcome(self):
        return self.headers["authorization"] == "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    def do_POST(self):
        server = self.server
        document = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if not self.is_welcome():
            return self.answer(401, {"type": "epcisException:SecurityException", "title": "who?", "status": 401})
        with server.lock:
            server.posts += 1
            server.objections += objections(document)
            if self.headers["gs1-epcis-version"] != "2.0" or self.headers["gs1-epcis-capture-error-behaviour"] != "rollback":
                server.objections.append(f"headers {dict(self.headers)}")
            events = document["epcisBody"]["eventList"]
            is_bad = server.refused and any(server.refused in json.dumps(event) for event in events)
            name = f"job-{len(server.jobs) + 1}"
            problem = {"type": "epcisException:ValidationException", "title": "unknown article", "status": 400}
            server.jobs[name] = {"captureID": name, "running": True, "success": not is_bad, "errors": [problem] if is_bad else []}
            if not is_bad:
                server.events += events
            if server.posts == 1:
                self.close_connection = True
                return None
        self.answer(202, None, location=f"http://elsewhere.example/epcis/capture/{name}")

    def do_GET(self):
        server = self.server
        if not self.is_welcome():
            return self.answer(401)
        path = urllib.parse.unquote(self.path)
        with server.lock:
            if path.startswith("/epcis/capture/"):
                job = server.jobs[path.removeprefix("/epcis/capture/")]
                told = dict(job)
                job["running"] = False
                return self.answer(200, told)
            found = [event for event in server.events if event["eventID"] == path.removeprefix("/epcis/events/")]
        if not found:
            return self.answer(404, {"type": "epcisException:NoSuchResourceException", "title": "no", "status": 404})
        self.answer(200, {"type": "EPCISQueryDocument", "epcisBody": {"queryResults": {"resultsBody": {"eventList": found}}}})

    def log_message(self, *_):
        pass


def play_epcis(repository, ask, get, post, failures, metrics, gtin, sscc):
    def holds(what, is_so):
        if not is_so:
            failures.append(f"day: epcis: {what}")

    def patient(what, ready):
        """A minute: each document is a job that is asked about, and what is refused goes again alone."""
        end = time.time() + 60
        while time.time() < end:
            if ready():
                return
            time.sleep(0.2)
        failures.append(f"day: epcis: {what}")

    for bad in ["GE_eventTime=yesterday", "EQ_bizStep=flying", "perPage=0", "nextPageToken=x", "MATCH_anyEPC=x"]:
        get(f"/api/v1/epcis/events?{bad}", expect=400)
    try:
        here = post("/api/v1/deliveries/blind", {"zone": "dock-epcis", "supplier": "Acme", "note": "E 1"})["id"]
        post(f"/api/v1/deliveries/{here}/decisions", {"kind": "adjust", "gtin": gtin, "quantity": 5})
        post(f"/api/v1/deliveries/{here}/decisions", {"kind": "damaged", "gtin": gtin, "quantity": 1})
        end = {"short": "never", "extra": "accept", "unknown": "ignore"}
        post(f"/api/v1/deliveries/{here}/close", end)
        patient("nothing is captured", lambda: ("ObjectEvent", "inspecting", "OBSERVE", False) in repository.steps())
        post(f"/api/v1/deliveries/{here}/reopen", {"zone": "dock-epcis", "reason": "counted twice"})
        post(f"/api/v1/deliveries/{here}/decisions", {"kind": "adjust", "gtin": gtin, "quantity": -2})
        # A pallet whose label is read: what is on it is seen, and taken apart.
        unit = {"sscc": sscc, "contents": [{"gtin": gtin, "quantity": 4, "lot": "L/7"}]}
        paper = {"deliveries": [{"note": "E2", "supplier": "Acme", "lines": [{"gtin": gtin, "quantity": 4}], "units": [unit]}]}
        ask("POST", "/api/v1/import/deliveries", raw=json.dumps(paper).encode(), expect=200)
        pallet = next(one["id"] for one in get("/api/v1/deliveries?days=3")["deliveries"] if one["note"] == "E2")
        post(f"/api/v1/deliveries/{pallet}/open", {"zone": "dock-pallet"})
        now = int(time.time() * 1000)
        scan = {"key": "01ARZ3NDEKTSV4RRFFQ69G5FB9", "zone": "dock-pallet", "text": f"]C100{sscc}", "at": now}
        post("/api/v1/scans", {"clock": now, "scans": [scan]})
        post(f"/api/v1/deliveries/{pallet}/close", end)
        patient("a pallet is not taken apart", lambda: ("AggregationEvent", "unpacking", "DELETE", False) in repository.steps())
        repository.refused = "A%2FB"
        take = post("/api/v1/takes", {"zone": "shelf-epcis"})["id"]
        ask("PUT", "/api/v1/products/%23A%2FB", {"description": "Screw"}, expect=200)
        post(f"/api/v1/takes/{take}/decisions", {"kind": "adjust", "gtin": "#A/B", "quantity": 1})
        post(f"/api/v1/takes/{take}/review", {})
        post(f"/api/v1/takes/{take}/post", {"complete": False})
        post(f"/api/v1/deliveries/{here}/close", end)
        patient("an error is not declared", lambda: any(step[3] for step in repository.steps()))

        def stands(state):
            # Metrics are no endpoint of the document.
            text = urllib.request.urlopen(metrics, timeout=10).read().decode()
            return f'quai_ingest_epcis_events{{state="{state}"}} 1' in text

        patient("what is refused is not told", lambda: stands("dead"))
        with repository.lock:
            keys = [(event["eventID"], "errorDeclaration" in event) for event in repository.events]
            failures.extend(f"day: epcis: {one}" for one in sorted(set(repository.objections)))
        holds("each is captured once, also where an answer was lost", len(keys) == len(set(keys)))
        holds("what was wrong had been told", all((event, False) in keys for event, is_error in keys if is_error))
    finally:
        repository.shutdown()
        repository.server_close()
    document = get("/api/v1/epcis/events?perPage=2&eventType=ObjectEvent&EQ_bizStep=receiving&GE_eventTime=2026-01-01T00:00:00Z")
    told = document["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    holds("two on a page", len(told) == 2)
    failures.extend(f"day: epcis: an answer: {one}" for one in objections(document))
    whole = get("/api/v1/epcis/events?perPage=1000")
    failures.extend(f"day: epcis: an answer: {one}" for one in sorted(set(objections(whole))))
    kinds = {(event["type"], event["bizStep"]) for event in whole["epcisBody"]["queryResults"]["resultsBody"]["eventList"]}
    print(f"day: EPCIS told {sorted(kinds)}, {len(keys)} captured by {repository.posts} documents")


# Events at the broker, and Home Assistant


class Listener:
    """Everything at the broker, with its properties."""

    def __init__(self, port):
        self.got = {}
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self.client.on_message = lambda _, __, message: self.got.setdefault(message.topic, []).append(message)
        self.client.on_connect = lambda client, *_: client.subscribe([("quai/1/ev/#", 1), ("homeassistant/#", 1), ("quai/1/ha/#", 1)])
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def last(self, topic):
        return self.got[topic][-1].payload if topic in self.got else b""


def listen(port):
    return Listener(int(port)) if mqtt and port else None


def play_topics(listener, wait, failures):
    """What the day told by now."""
    if not listener:
        return
    wait("topics: no delivery was closed at the broker", lambda: "quai/1/ev/centre/delivery/close" in listener.got)
    count = 0
    for topic, messages in list(listener.got.items()):
        for message in messages if topic.startswith("quai/1/ev/") else []:
            count += 1
            event = json.loads(message.payload)
            kind = getattr(message.properties, "ContentType", "")
            if not kind.startswith("application/cloudevents+json"):
                failures.append(f"day: topics: {topic} has the content type {kind}")
            if from_json:
                event_type = from_json(message.payload)["type"]
                if "quai/1/ev/centre/" + event_type.removeprefix("quai.").replace(".", "/") != topic:
                    failures.append(f"day: topics: {topic} tells of {event_type}")
            if "who" in event["data"]:
                failures.append(f"day: topics: {topic} says who did it")
    print(f"day: {count} CloudEvents at the broker")


# https://www.home-assistant.io/integrations/binary_sensor.mqtt/ and /sensor.mqtt/: members that we use, and those that must be there.
ENTITY = {"name", "unique_id", "state_topic", "value_template", "device_class", "entity_category", "state_class", "unit_of_measurement", "icon", "availability", "availability_mode", "device", "origin"}


def play_home(listener, ask, wait, failures):
    if not listener:
        return

    def holds(what, is_so):
        if not is_so:
            failures.append(f"day: home: {what}")

    root = f"quai/1/{hashlib.sha256(b'door-agent').hexdigest()[:2]}/door-agent/st"
    now = int(time.time() * 1000)

    def status(*devices):
        listener.client.publish(root, json.dumps({"online": True, "site": "depot", "version": "0", "clock": now, "buffer": {"pending": 7}, "devices": list(devices)}), 1, True)

    def reader(name):
        return {"name": name, "kind": "reader", "state": "ready", "zone": "dock", "lastSeen": now}

    def entities():
        return {topic: json.loads(message[-1].payload) for topic, message in list(listener.got.items()) if topic.startswith("homeassistant/") and message[-1].payload and "door-agent" in topic}

    status(reader("dock left's"), reader("gate"))
    if not wait("home: no entities", lambda: len(entities()) == 6):
        return
    ids = set()
    for topic, entity in entities().items():
        holds(f"{topic} has the form of discovery", re.fullmatch(r"homeassistant/(binary_sensor|sensor)/[A-Za-z0-9_-]+/[A-Za-z0-9_-]+/config", topic))
        holds(f"{topic} says {set(entity) - ENTITY}", set(entity) <= ENTITY)
        holds(f"{topic} has a device", entity["device"]["identifiers"] and entity["origin"]["name"] == "quai")
        ids.add(entity["unique_id"])
        if not SandboxedEnvironment:
            continue
        jinja = SandboxedEnvironment()
        state = json.loads(listener.last(entity["state_topic"]))
        said = jinja.from_string(entity["value_template"]).render(value_json=state)
        if "/binary_sensor/" in topic:
            holds(f"{topic} is {said}", said == "ON")
        elif topic.endswith("waiting/config"):
            holds(f"{topic} is {said}", said == "7")
        else:
            holds(f"{topic} is {said}", re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", said))
        for one in entity["availability"]:
            if one["topic"] != entity["state_topic"]:
                continue
            holds(f"{topic} is available", jinja.from_string(one["value_template"]).render(value_json=state) == "online")
    holds("each has an id of its own", len(ids) == 6)
    status(reader("gate"))
    wait("home: a reader that is gone stays", lambda: len(entities()) == 4)
    listener.client.publish(root, b"", 1, True)
    ask("DELETE", "/api/v1/gateways/door-agent", expect=200)
    wait("home: a gateway that is gone stays", lambda: not entities())
    print(f"day: Home Assistant was told of {len(ids)} entities, and of those that went")
