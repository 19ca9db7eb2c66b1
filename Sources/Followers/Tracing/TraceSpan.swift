import Model

/// A stretch of time of a trace: what was done, from when to when, below what. Names and attributes are those of OpenTelemetry's semantic
/// conventions where these have one, `quai.…` otherwise. Nothing in it is a person's: ids, numbers of records, routes, codes.
public struct TraceSpan: Equatable, Sendable {
    /// opentelemetry/proto/trace/v1/trace.proto, SpanKind.
    public enum Kind: Int64, Sendable {
        case inside = 1
        case server, client, producer, consumer
    }

    public enum Value: Equatable, Sendable {
        case text(String)
        case integer(Int64)
    }

    /// Whose time it is.
    public enum Source: Hashable, Sendable {
        case centre
        case agent(String)
    }

    public struct Attribute: Equatable, Sendable {
        public var name: String
        public var value: Value

        public init(_ name: String, _ value: Value) { (self.name, self.value) = (name, value) }
    }

    /// Longest text of an attribute, in characters, and how many there are.
    static let textLimit = 200
    static let attributeLimit = 16

    public let trace: TraceID
    public let id: SpanID
    public let parent: SpanID?
    public let name: String
    public let kind: Kind
    public let source: Source
    /// Unix nanoseconds; the end is never before the start, whatever the clocks of two machines say.
    public let start: Int64
    public let end: Int64
    public let attributes: [Attribute]
    public let isFailure: Bool

    public init(
        _ name: String, _ kind: Kind = .inside, of trace: TraceID, _ id: SpanID, below parent: SpanID?,
        from start: Int64, to end: Int64, by source: Source = .centre, isFailure: Bool = false,
        _ attributes: [Attribute] = []
    ) {
        (self.trace, self.id, self.parent, self.kind, self.source) = (trace, id, parent, kind, source)
        self.name = name.cut(to: TraceSpan.textLimit)
        self.start = max(0, start)
        self.end = max(self.start, end)
        self.isFailure = isFailure
        self.attributes = attributes.prefix(TraceSpan.attributeLimit).map { attribute in
            guard case .text(let text) = attribute.value else { return attribute }
            return Attribute(attribute.name, .text(text.cut(to: TraceSpan.textLimit)))
        }
    }

    /// Bytes of memory and of a message, about: rather more.
    public var weight: Int {
        attributes.reduce(400 + name.utf8.count) { sum, attribute in
            if case .text(let text) = attribute.value { return sum + 60 + attribute.name.utf8.count + text.utf8.count }
            return sum + 80 + attribute.name.utf8.count
        }
    }
}
