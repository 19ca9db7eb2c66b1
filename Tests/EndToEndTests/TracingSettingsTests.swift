import Followers
import Platform
import Settings
import Testing

@testable import IngestServer

/// What `[tracing]` may say, and that nothing is kept where it says nothing.
struct TracingSettingsTests {
    private func parse(_ text: String) throws -> TracingSettings? {
        try IngestConfiguration(parsing: "version = 1\n\(text)", file: "ingest.toml").tracing
    }

    @Test func itIsOffUnlessACollectorIsNamed() throws {
        #expect(try parse("") == nil)
        let some = try #require(try parse("[tracing]\nendpoint = \"http://127.0.0.1:4318/\""))
        #expect(some.url == "http://127.0.0.1:4318/v1/traces" && some.sampling == Sampling(share: 0.01))
        #expect(some.permits([127, 0, 0, 1]) && !some.permits([10, 0, 0, 1]) && !some.permits([]))
        let far = try #require(
            try parse(
                "[tracing]\nendpoint = \"https://tempo.example/v1/traces\"\nsecret = \"credential:traces\"\nheader = \"x-api-key\"\nsample = 1"
            ))
        #expect(
            far.url == "https://tempo.example/v1/traces" && far.permits([10, 0, 0, 1]) && far.header == "x-api-key")
        let good = "endpoint = \"https://a\"\n"
        for bad in [
            "", "endpoint = \"http://tempo.example:4318\"", "endpoint = \"https://a:b@c\"",
            "endpoint = \"https://a?b\"",
            "endpoint = \"grpc://a\"", good + "sample = 1.1", good + "sample = -1", good + "secret = \"itself\"",
            good + "user = \"u\"", good + "header = \"x\"", good + "slow-ms = 0",
            good + "secret = \"file:/a\"\nheader = \"Host\"", good + "secret = \"file:/a\"\nheader = \"a: b\"",
            good + "secret = \"file:/a\"\nheader = \"x\"\nuser = \"u\"", good + "share = 1",
        ] {
            #expect(throws: Problems.self, "\(bad)") { try parse("[tracing]\n\(bad)") }
        }
    }

    @Test func nothingIsKeptForACollectorThatIsNotThere() throws {
        let tracer = Tracer()
        let trace = RunningTrace()
        trace.add("x", from: 1, to: 2)
        let spans = trace.ended("GET /a", .server)
        #expect(spans.count == 2 && spans[1].parent == spans[0].id && spans[0].parent == nil)
        tracer.offer(spans)
        #expect(tracer.rule == nil && tracer.batch.isEmpty)
        var metrics = Prometheus()
        tracer.add(to: &metrics)
        #expect(metrics.text.trimmingPrefix("\n").isEmpty)
        tracer.take(try parse("[tracing]\nendpoint = \"http://localhost:1\""))
        tracer.offer(spans)
        #expect(tracer.batch == spans)
        #expect(
            tracer.down("refused", at: 1) && !tracer.down("refused", at: 2) && tracer.up() == 1 && tracer.up() == nil)
        tracer.settle(2, refused: 1)
        tracer.add(to: &metrics)
        for line in ["{result=\"sent\"} 1", "{result=\"failed\"} 1", "{result=\"dropped\"} 0", "waiting_spans 0"] {
            #expect(metrics.text.contains(line), "\(line)")
        }
        // Who asks for the trace of every request is not always given it.
        #expect((0..<200).count { _ in tracer.mayAsk() } == 50)
        tracer.offer(spans)
        tracer.take(nil)
        #expect(tracer.batch.isEmpty)
    }
}
