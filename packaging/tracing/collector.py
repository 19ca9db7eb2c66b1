"""A collector of traces for the tests: takes OTLP over HTTP in JSON, holds each request against the protocol's own messages (opentelemetry-proto and
protobuf, from Python's index; unknown fields are refused), and what lies in it against what a trace is: ids of 16 and 8 bytes, ends behind
starts, parents that exist. It is a receiver of webhooks, too, and keeps their traceparent.
  collector.py PORT FILE      serves; what came is written to FILE, a span a line, JSON
  collector.py --judge FILE   says what is wrong with what came, 1; draws a tree of each kind of trace
"""
import base64, collections, json, os, re, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

try:
    from google.protobuf import json_format
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
except ImportError:
    json_format = None
    print("collector: opentelemetry-proto is not to be had here, requests are read by hand", file=sys.stderr)

KINDS = {1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}
IDS = {"traceId": 16, "spanId": 8, "parentSpanId": 8}


def as_protobuf(value):
    """OTLP's JSON has ids in hex where protobuf's own has base64; all else is the same."""
    if isinstance(value, list):
        return [as_protobuf(one) for one in value]
    if not isinstance(value, dict):
        return value
    out = {}
    for name, one in value.items():
        if name in IDS:
            raw = bytes.fromhex(one)
            assert len(raw) == IDS[name] and any(raw), f"{name}: {one}"
            one = base64.b64encode(raw).decode()
        out[name] = as_protobuf(one)
    return out


def plain(attributes):
    return {one["key"]: one["value"].get("stringValue", one["value"].get("intValue")) for one in attributes}


def spans_of(body):
    request = json.loads(body)
    if json_format:
        message = json_format.Parse(json.dumps(as_protobuf(request)), ExportTraceServiceRequest())
        count = sum(len(scope.spans) for group in message.resource_spans for scope in group.scope_spans)
    for group in request["resourceSpans"]:
        resource = plain(group["resource"]["attributes"])
        for scope in group["scopeSpans"]:
            for span in scope["spans"]:
                if json_format:
                    count -= 1
                yield dict(span, attributes=plain(span.get("attributes", [])), resource=resource)
    assert not json_format or count == 0, "another count of spans"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        status, answer = 200, b"{}"
        with open(self.server.file, "a") as file:
            if self.path != "/v1/traces":
                file.write(json.dumps({"hook": self.path, "traceparent": self.headers["traceparent"]}) + "\n")
            elif self.headers["content-type"] != "application/json":
                status = 415
            else:
                try:
                    for span in spans_of(body):
                        file.write(json.dumps(span) + "\n")
                except Exception as error:
                    file.write(json.dumps({"refused": repr(error), "body": body.decode(errors="replace")[:2000]}) + "\n")
                    status = 400
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def moment(span, which):
    return int(span[f"{which}TimeUnixNano"])


def draw(spans, parent=None, depth=0):
    first = min(moment(span, "start") for span in spans)
    ids = {span["spanId"] for span in spans}
    for span in sorted(spans, key=lambda span: moment(span, "start")):
        over = span.get("parentSpanId")
        if (over if over in ids else None) == parent:
            start, took = (moment(span, "start") - first) / 1e6, (moment(span, "end") - moment(span, "start")) / 1e6
            words = " ".join(f"{name}={value}" for name, value in span["attributes"].items() if not name.startswith("messaging."))
            print(
                f"  {'  ' * depth}{span['name']:<{48 - 2 * depth}} {span['resource']['service.name']:<12} {KINDS[span['kind']]:<9}"
                f" +{start:9.3f} ms {took:9.3f} ms  {words}"
            )
            draw(spans, span["spanId"], depth + 1)


def judge(path):
    lines = [json.loads(line) for line in open(path)]
    wrong = [one["refused"] for one in lines if "refused" in one]
    hooks = [one for one in lines if "hook" in one]
    traces = collections.defaultdict(list)
    for one in lines:
        if "traceId" in one:
            traces[one["traceId"]].append(one)
    given = os.environ.get("GIVEN_TRACE")
    kinds = {}
    for trace, spans in traces.items():
        ids = [span["spanId"] for span in spans]
        if len(set(ids)) != len(ids):
            wrong.append(f"{trace}: a span came twice")
        roots = [span for span in spans if span.get("parentSpanId") not in ids]
        if trace != given:
            if any("parentSpanId" in span for span in roots) or len(roots) != 1:
                wrong.append(f"{trace}: {len(roots)} spans without their parent: {[span['name'] for span in roots]}")
        for span in spans:
            if not 0 < moment(span, "start") <= moment(span, "end"):
                wrong.append(f"{trace}: {span['name']} ends before it starts")
            text = json.dumps(span)
            # An EPC, a telephone number, a name of the scenario: nothing of the sort.
            if re.search(r"30[0-9A-F]{22}|(?<![0-9a-f])(33|0)[1-9][0-9]{8}(?![0-9a-f])|Nadia|Dupont", text):
                wrong.append(f"{trace}: {text}")
        kinds.setdefault("request" if roots and roots[0]["kind"] == 2 else roots[0]["name"] if roots else "?", spans)
    wanted = os.environ.get("WANTED", "").split(",")
    for kind in [one for one in wanted if one and not any(name.startswith(one) for name in kinds)]:
        wrong.append(f"no trace of a {kind} came; of these: {sorted(kinds)}")
    if given and not any(span.get("parentSpanId") == "00f067aa0ba902b7" for span in traces.get(given, [])):
        wrong.append("the request of somebody else's trace did not go on with it")
    known = {span["spanId"] for spans in traces.values() for span in spans}
    for hook in hooks:
        if not re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]", hook["traceparent"] or ""):
            wrong.append(f"a webhook was told no trace: {hook}")
        elif hook["traceparent"].endswith("1") and hook["traceparent"].split("-")[2] not in known:
            wrong.append(f"a webhook was told of a span that nobody has: {hook}")
    for kind, spans in sorted(kinds.items()):
        print(f"{kind}: trace {spans[0]['traceId']}")
        draw(spans)
    print(f"{len(traces)} traces, {sum(map(len, traces.values()))} spans, {len(hooks)} webhooks")
    for one in wrong[:20]:
        print(f"collector: {one}", file=sys.stderr)
    return 1 if wrong or not traces else 0


if __name__ == "__main__":
    if sys.argv[1] == "--judge":
        sys.exit(judge(sys.argv[2]))
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    server.file = sys.argv[2]
    server.serve_forever()
