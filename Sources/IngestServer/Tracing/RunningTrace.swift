import Followers
import Model
import Platform

/// Something that this task does and that is traced: a request, a push. What is done for it says so below it.
final class RunningTrace: Sendable {
    /// Nil where nobody traces: what could say something measures nothing then.
    @TaskLocal static var current: RunningTrace?

    /// Spans below it.
    private static let limit = 60

    let trace: TraceID
    let id: SpanID
    private let parent: SpanID?
    private let start = Clocks.nanoseconds
    private let below = Locked<[TraceSpan]>([])
    private let isFailed = Locked(false)

    init(_ trace: TraceID, _ id: SpanID, below parent: SpanID? = nil) {
        (self.trace, self.id, self.parent) = (trace, id, parent)
    }

    /// One that nobody else has begun.
    convenience init() {
        var random = SystemRandomNumberGenerator()
        let trace = TraceID(high: random.next(), low: max(1, random.next() as UInt64)) ?? TraceID(of: "")
        self.init(trace, trace.root)
    }

    /// One that goes on where somebody else's span stands.
    convenience init(_ parent: TraceParent) {
        var random = SystemRandomNumberGenerator()
        self.init(parent.trace, SpanID(random.next()), below: parent.span)
    }

    /// Something that was done for it, and is over.
    func add(
        _ name: String, _ kind: TraceSpan.Kind = .inside, from start: Int64, to end: Int64, isFailure: Bool = false,
        _ attributes: [TraceSpan.Attribute] = []
    ) {
        below.with { list in
            guard list.count < RunningTrace.limit else { return }
            list.append(
                TraceSpan(
                    name, kind, of: trace, id.child(list.count), below: id, from: start, to: end, isFailure: isFailure,
                    attributes))
        }
    }

    /// What it was for was not done.
    func fail() { isFailed.with { $0 = true } }

    /// All of it, now that it is over.
    func ended(
        _ name: String, _ kind: TraceSpan.Kind, isFailure: Bool = false, _ attributes: [TraceSpan.Attribute] = []
    ) -> [TraceSpan] {
        let whole = TraceSpan(
            name, kind, of: trace, id, below: parent, from: start, to: Clocks.nanoseconds,
            isFailure: isFailure || isFailed.with { $0 }, attributes)
        return [whole] + below.with { $0 }
    }
}
