import Curl
import Followers
import Logging
import Model
import Platform
import ServiceLifecycle

/// Brings spans to the collector: one request at a time, each two seconds, and seldomer while it is away. Nobody waits for it, and nothing is
/// kept on the disk: what waits when the centre ends is gone.
struct TraceLink: Service {
    /// Between two requests where less waits than goes into one.
    static let pause: Duration = .seconds(2)
    /// After a try that failed: from, to.
    static let rests: (first: Duration, longest: Duration) = (.seconds(2), .seconds(60))
    /// Of a collector that asks for one; longest, in seconds.
    private static let longestAsked: Int64 = 300

    private let settings: TracingSettings
    private let instance: String
    private let tracer: Tracer
    private let logger: Logger
    private let wire: HookWire

    init(_ settings: TracingSettings, _ wiring: Wiring, logger: Logger) {
        (self.settings, instance, tracer) = (settings, wiring.configuration.instance, wiring.tracer)
        self.logger = logger
        wire = HookWire(
            HookWire.Rules(mayPlain: settings.isLoopback, authority: settings.authority, section: "tracing") {
                settings.permits($0)
            })
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var random = SystemRandomNumberGenerator()
            var backoff = Backoff(first: TraceLink.rests.first, cap: TraceLink.rests.longest, seed: random.next())
            while !Task.isCancelled {
                let batch = tracer.batch
                guard !batch.isEmpty else {
                    try? await Task.sleep(for: TraceLink.pause)
                    continue
                }
                switch await send(batch) {
                case .settled:
                    backoff.reset()
                    if tracer.batch.count < batch.count { try? await Task.sleep(for: TraceLink.pause) }
                case .later(let asked):
                    let asked = Duration.seconds(min(asked ?? 0, TraceLink.longestAsked))
                    try? await Task.sleep(for: max(asked, backoff.next()))
                }
            }
        }
    }

    private enum Outcome {
        case settled
        /// With how many seconds the collector asks for.
        case later(Int64?)
    }

    private func send(_ batch: [TraceSpan]) async -> Outcome {
        var headers = [(name: "Content-Type", value: "application/json")]
        if let reference = settings.secret {
            do {
                let secret = try Files.secret(reference)
                if let header = settings.header {
                    headers.append((header, secret))
                } else {
                    headers.append(("Authorization", EPCISCapture.authorization(settings.user, secret)))
                }
            } catch {
                fail("\(error)")
                return .later(nil)
            }
        }
        let body = OTLP.request(batch, instance: instance, version: IngestServer.version).text8
        let reply = await wire.send(HookWire.Request(url: settings.url, headers: headers, body: body))
        if let status = reply.status, (200..<300).contains(status) {
            tracer.settle(batch.count, refused: OTLP.rejected(in: reply.text))
            if let since = tracer.up() {
                logger.notice(
                    "the collector of traces takes them again", metadata: ["seconds": "\((Clocks.wall - since) / 1000)"]
                )
            }
            return .settled
        }
        fail(reply.status.map { "it answered \($0)" } ?? reply.text)
        guard OTLP.isForLater(reply.status) else {
            // The same would be refused again.
            tracer.settle(batch.count, refused: batch.count)
            return .later(nil)
        }
        return .later(reply.retryAfter)
    }

    private func fail(_ why: String) {
        guard tracer.down(why, at: Clocks.wall) else { return }
        logger.warning("the collector of traces takes none", metadata: ["reason": "\(why)"])
    }
}
