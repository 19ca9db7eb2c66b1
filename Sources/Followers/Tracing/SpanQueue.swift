/// Spans that wait for the collector. Bounded in both ways; what does not fit is dropped and counted.
public struct SpanQueue: Sendable {
    /// A few seconds of a busy day, or some minutes without a collector.
    public static let spanLimit = 8192
    public static let byteLimit = 4 << 20
    /// Of one request: below what collectors take by default, 20 MiB.
    static let batchSpans = 512
    static let batchBytes = 512 << 10
    /// Of one span, rather more than they have.
    private static let usualBytes = 1200

    private var spans: [TraceSpan] = []
    public private(set) var bytes = 0
    /// Since the start.
    public private(set) var dropped: UInt64 = 0

    public init() {}

    public var count: Int { spans.count }
    /// How many spans more, about, are taken.
    public var room: Int {
        min(SpanQueue.spanLimit - spans.count, (SpanQueue.byteLimit - bytes) / SpanQueue.usualBytes)
    }

    public mutating func add(_ new: [TraceSpan]) {
        for span in new {
            let weight = span.weight
            guard spans.count < SpanQueue.spanLimit, bytes + weight <= SpanQueue.byteLimit else {
                dropped += 1
                continue
            }
            spans.append(span)
            bytes += weight
        }
    }

    /// Dropped before they were made.
    public mutating func drop(_ count: Int) { dropped += UInt64(count) }

    /// The oldest of them, as many as go into one request; they stay until `remove`.
    public var batch: [TraceSpan] {
        var sum = 0
        return Array(
            spans.prefix(SpanQueue.batchSpans).prefix {
                sum += $0.weight
                return sum <= SpanQueue.batchBytes
            })
    }

    /// The first of them are settled.
    public mutating func remove(_ count: Int) {
        for span in spans.prefix(count) { bytes -= span.weight }
        spans.removeFirst(min(count, spans.count))
    }

    /// Nobody is told any more.
    public mutating func clear() { (spans, bytes) = ([], 0) }
}
