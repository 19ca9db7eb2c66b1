public import Model

/// Spans as a collector takes them: an ExportTraceServiceRequest in OTLP's JSON (OpenTelemetry Protocol 1.x, "JSON Protobuf Encoding"): ids as
/// hex, 64-bit numbers as texts, enumerations as numbers.
public enum OTLP {
    /// `instance` is the centre's, of `version`.
    public static func request(_ spans: [TraceSpan], instance: String, version: String) -> JSON {
        var order: [TraceSpan.Source] = []
        var bySource: [TraceSpan.Source: [JSON]] = [:]
        for span in spans {
            if bySource[span.source] == nil { order.append(span.source) }
            bySource[span.source, default: []].append(json(span))
        }
        let scope = JSON.object([("name", "quai"), ("version", .string(version))])
        return .object([
            (
                "resourceSpans",
                .array(
                    order.map { source in
                        .object([
                            ("resource", .object([("attributes", resource(source, instance, version))])),
                            (
                                "scopeSpans",
                                .array([.object([("scope", scope), ("spans", .array(bySource[source] ?? []))])])
                            ),
                        ])
                    })
            )
        ])
    }

    /// Which version an agent has is not known here.
    private static func resource(_ source: TraceSpan.Source, _ instance: String, _ version: String) -> JSON {
        switch source {
        case .centre:
            attributes([
                .init("service.namespace", .text("quai")), .init("service.name", .text("edge-ingest")),
                .init("service.instance.id", .text(instance)), .init("service.version", .text(version)),
            ])
        case .agent(let name):
            attributes([
                .init("service.namespace", .text("quai")), .init("service.name", .text("edge-agent")),
                .init("service.instance.id", .text(name)),
            ])
        }
    }

    private static func json(_ span: TraceSpan) -> JSON {
        .object([
            ("traceId", .string(span.trace.hex)), ("spanId", .string(span.id.hex)),
            ("parentSpanId", span.parent.map { .string($0.hex) }), ("name", .string(span.name)),
            ("kind", .int(span.kind.rawValue)), ("startTimeUnixNano", .string(String(span.start))),
            ("endTimeUnixNano", .string(String(span.end))),
            ("attributes", span.attributes.isEmpty ? nil : attributes(span.attributes)),
            // STATUS_CODE_ERROR
            ("status", span.isFailure ? .object([("code", 2)]) : nil),
        ])
    }

    private static func attributes(_ list: [TraceSpan.Attribute]) -> JSON {
        .array(
            list.map { attribute in
                let value: JSON =
                    switch attribute.value {
                    case .text(let text): .object([("stringValue", .string(text))])
                    case .integer(let number): .object([("intValue", .string(String(number)))])
                    }
                return .object([("key", .string(attribute.name)), ("value", value)])
            })
    }

    /// Spans that a collector refused, in what it answers to a request that it took (`partialSuccess`).
    public static func rejected(in answer: String) -> Int {
        let count = (try? JSON(parsing: answer))?["partialSuccess"]?["rejectedSpans"]
        return max(0, Int(clamping: count?.integer ?? count?.text.flatMap { Int64($0) } ?? 0))
    }

    /// Whether the same request may be taken later ("Retryable Response Codes"); nil: nobody answered.
    public static func isForLater(_ status: Int?) -> Bool { status.map { [429, 502, 503, 504].contains($0) } ?? true }
}
