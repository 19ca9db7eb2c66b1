import Followers
import Glibc
import Model
import Platform

/// Takes spans from wherever they arise, for the collector. Where none is configured it says so, and nobody measures anything.
final class Tracer: Sendable {
    /// What is told of which.
    struct Rule: Sendable {
        var sampling: Sampling
        /// Nanoseconds.
        var slow: Int64
    }

    private struct Inside {
        var rule: Rule?
        var queue = SpanQueue()
        /// In the window of time that `Tracer.window` counts.
        var asked: (window: Int64, count: Int) = (0, 0)
        var sent: UInt64 = 0
        var failed: UInt64 = 0
        var problem: (text: String, since: Int64)?
    }

    /// Nanoseconds, and in them requests whose trace somebody else has begun and wants told: whoever reaches the pages can ask for it.
    private static let window: Int64 = 2_000_000_000
    private static let askedLimit = 50

    private let inside = Locked(Inside())

    /// Nil: nothing is told.
    var rule: Rule? { inside.with { $0.rule } }

    func take(_ settings: TracingSettings?) {
        inside.with { inside in
            inside.rule = settings.map { Rule(sampling: $0.sampling, slow: $0.slow * 1_000_000) }
            if settings == nil { (inside.queue, inside.problem) = (Tracer.cleared(inside.queue), nil) }
        }
    }

    private static func cleared(_ queue: SpanQueue) -> SpanQueue {
        var queue = queue
        queue.clear()
        return queue
    }

    func offer(_ spans: [TraceSpan]) {
        inside.with { inside in if inside.rule != nil { inside.queue.add(spans) } }
    }

    /// How many records may be traced of `wanted`; of the others it is counted that they are not.
    func room(for wanted: Int) -> Int {
        inside.with { inside in
            let room = min(wanted, inside.queue.room / RecordTrace.spans)
            inside.queue.drop((wanted - room) * RecordTrace.spans)
            return room
        }
    }

    /// Whether a trace that somebody else began is told because they say so.
    func mayAsk() -> Bool {
        inside.with { inside in
            let window = Clocks.nanoseconds / Tracer.window
            if inside.asked.window != window { inside.asked = (window, 0) }
            guard inside.asked.count < Tracer.askedLimit else { return false }
            inside.asked.count += 1
            return true
        }
    }

    // MARK: to the collector

    var batch: [TraceSpan] { inside.with { $0.queue.batch } }

    /// What became of a batch: with how many of it the collector refused.
    func settle(_ count: Int, refused: Int) {
        inside.with { inside in
            inside.queue.remove(count)
            inside.failed += UInt64(min(count, refused))
            inside.sent += UInt64(count - min(count, refused))
        }
    }

    /// Since when it was away; nil where it was not.
    func up() -> Int64? {
        inside.with { inside in
            defer { inside.problem = nil }
            return inside.problem?.since
        }
    }

    /// True when that is news.
    func down(_ text: String, at now: Int64) -> Bool {
        inside.with { inside in
            defer { inside.problem = (text, inside.problem?.since ?? now) }
            return inside.problem == nil
        }
    }

    /// For metrics; nothing where no collector is told.
    func add(to metrics: inout Prometheus) {
        let now = inside.with { $0 }
        guard now.rule != nil else { return }
        metrics.add(
            "quai_ingest_trace_collector_up", "gauge", "The collector takes traces.", [([], now.problem == nil ? 1 : 0)]
        )
        metrics.add(
            "quai_ingest_trace_spans_total", "counter", "Spans of traces, by what became of them.",
            [
                ([("result", "sent")], Double(now.sent)), ([("result", "dropped")], Double(now.queue.dropped)),
                ([("result", "failed")], Double(now.failed)),
            ])
        metrics.add(
            "quai_ingest_trace_waiting_spans", "gauge", "Spans that wait for it.", [([], Double(now.queue.count))])
        metrics.add("quai_ingest_trace_waiting_bytes", "gauge", "Their bytes, about.", [([], Double(now.queue.bytes))])
    }
}

extension Clocks {
    /// Unix nanoseconds, for traces alone.
    static var nanoseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
