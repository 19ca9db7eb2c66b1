import Model
import Testing

@testable import Followers

/// Traces as OpenTelemetry has them: ids, which are told, what a collector is sent.
struct TracingTests {
    private let stream = TraceStream(agent: "lyon", epoch: 0xA1B2, lane: .bulk)

    /// Both ends must come to the same: these never change. Computed by Python from the comment at `TraceStream`.
    @Test func theIdOfARecordIsItsKeys() {
        #expect(stream.id(1).hex == "3329c2e3a2c500f5d32d75bbd1c58ec3")
        #expect(stream.id(2).hex == "ffe87b64b4cad9190f92d88ee19db912")
        #expect(TraceStream(agent: "lyon", epoch: 0xA1B2, lane: .urgent).id(1) != stream.id(1))
        #expect(stream.id(1) == TraceStream(agent: "lyon", epoch: 0xA1B2, lane: .bulk).id(1))
    }

    @Test func aShareOfThemIsTold() {
        for (share, range) in [(0.0, 0...0), (0.01, 850...1150), (0.5, 49_000...51_000), (1.0, 100_000...100_000)] {
            let sampling = Sampling(share: share)
            #expect(range.contains((1...100_000).count { sampling.takes(stream.id($0)) }), "\(share)")
        }
        // What a smaller share tells a larger one tells too.
        let (few, many) = (Sampling(share: 0.1), Sampling(share: 0.3))
        #expect((1...10_000).allSatisfy { !few.takes(stream.id($0)) || many.takes(stream.id($0)) })
    }

    @Test func aParentIsReadAsItWasWritten() throws {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let parent = try #require(TraceParent(text))
        #expect(parent.text == text && parent.isSampled)
        // A later version says more.
        #expect(TraceParent("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more")?.isSampled == false)
        for bad in [
            "", "00", text + "0", text + "-x", text.uppercased(), "ff" + text.dropFirst(2),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-000f067aa0ba902b7-01", "00-é",
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00x",
        ] {
            #expect(TraceParent(bad) == nil, "\(bad)")
        }
    }

    private func record(captured: Int64 = 1000, received: Int64 = 1_002_000_000) -> [TraceSpan] {
        let trace = RecordTrace(
            stream.id(7), agent: "lyon", epoch: 0xA1B2, seq: 7, kind: 1, captured: captured, received: received)
        return trace.applied(from: 1_003_000_000, to: 1_005_000_000, records: 40, in: "sqlite") + [
            trace.toldPages(from: 1_005_000_000, to: 1_006_000_000),
            trace.followed(from: 1_005_000_000, to: 1_007_000_000),
        ]
    }

    private func isATree(_ spans: [TraceSpan]) -> Bool {
        let ids = Set(spans.map(\.id))
        return ids.count == spans.count && Set(spans.map(\.trace)).count == 1
            && spans.count { $0.parent == nil } == 1
            && spans.allSatisfy { span in span.end >= span.start && span.parent.map(ids.contains) ?? true }
    }

    @Test func aRecordIsATreeWhateverItsClockSays() {
        let spans = record()
        #expect(isATree(spans) && spans.count <= RecordTrace.spans)
        #expect(spans[0].start == 1_000_000_000 && spans[0].end == 1_005_000_000)
        #expect(spans[0].attributes.contains(.init("quai.seq", .integer(7))))
        // Told again, it is the same.
        #expect(record() == spans)
        for captured in [Int64.min, 0, 5_000_000, .max] { #expect(isATree(record(captured: captured)), "\(captured)") }
    }

    @Test func aRingIsATreeWhateverItsClockSays() {
        let moments: [Int64?] = [nil, .min, 0, 1000, 9_000_000, .max]
        for rang in moments {
            for sent in moments {
                let trace = RingTrace(
                    agent: "lyon", epoch: 1, seq: 2, rang: rang, sent: sent, received: 2_000_000_000)
                #expect(isATree(trace.spans(shown: 2_010_000_000)), "\(rang ?? -1) \(sent ?? -1)")
            }
        }
    }

    @Test func aMomentIsReadAsItWasWritten() {
        #expect(RingTrace.moment("1970-01-01T00:00:00.000Z") == 0)
        #expect(RingTrace.moment("2026-11-28T06:00:00.123Z") == 1_795_845_600_123)
        #expect(RingTrace.moment("2024-02-29T23:59:59.999Z") == 1_709_251_199_999)
        for bad in [
            "", "2026-11-28T06:00:00Z", "2026-13-28T06:00:00.123Z", "9999-11-28T06:00:00.123Z",
            "x026-11-28T06:00:00.123Z",
        ] {
            #expect(RingTrace.moment(bad) == nil, "\(bad)")
        }
    }

    @Test func aCollectorIsSentWhatItReads() throws {
        let json = OTLP.request(record(), instance: "centre", version: "1")
        let groups = try #require(json["resourceSpans"]?.list)
        #expect(groups.count == 2, "the centre and the agent")
        let spans = try #require(groups[0]["scopeSpans"]?.list?[0]["spans"]?.list)
        #expect(spans[0]["traceId"]?.text?.utf8.count == 32 && spans[0]["spanId"]?.text?.utf8.count == 16)
        #expect(spans[0]["startTimeUnixNano"]?.text == "1000000000" && spans[0]["parentSpanId"] == nil)
        #expect(spans[1]["parentSpanId"] == spans[0]["spanId"])
        #expect(OTLP.rejected(in: "{\"partialSuccess\":{\"rejectedSpans\":\"3\"}}") == 3)
        #expect(OTLP.rejected(in: "{}") == 0 && OTLP.rejected(in: "<html>") == 0)
        #expect(OTLP.isForLater(nil) && OTLP.isForLater(503) && !OTLP.isForLater(400) && !OTLP.isForLater(302))
    }

    @Test func whatWaitsIsBounded() {
        var queue = SpanQueue()
        let spans = record()
        for _ in 0..<SpanQueue.spanLimit where queue.room > 0 { queue.add(spans) }
        #expect(queue.room == 0)
        for _ in 0..<10 { queue.add(spans) }
        #expect(queue.count <= SpanQueue.spanLimit && queue.bytes <= SpanQueue.byteLimit && queue.dropped > 0)
        let batch = queue.batch
        #expect(!batch.isEmpty && batch.reduce(0) { $0 + $1.weight } <= SpanQueue.batchBytes)
        // What is counted is no less than what is sent.
        let body = OTLP.request(batch, instance: "centre", version: "1").text8.count
        #expect(body <= batch.reduce(0) { $0 + $1.weight } + 1000)
        let before = queue.count
        queue.remove(batch.count)
        #expect(queue.count == before - batch.count)
        queue.clear()
        #expect(queue.count == 0 && queue.bytes == 0 && queue.batch.isEmpty)
        // One with long words is cut, and never holds up the others.
        let long = TraceSpan(
            String(repeating: "é", count: 9000), of: stream.id(1), stream.id(1).root, below: nil, from: 5, to: 1,
            (0..<99).map { .init("a\($0)", .text(String(repeating: "é", count: 9000))) })
        queue.add([long])
        #expect(queue.batch.count == 1 && long.end == long.start)
    }
}
