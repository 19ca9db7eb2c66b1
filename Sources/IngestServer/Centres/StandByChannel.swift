import HummingbirdCore
import Logging
import Model
import NIOCore
import NIOHTTP1
import NIOSSL
import Platform

/// What a centre that stands by answers: who asks whether it lives hears so, everybody else is to come back or to ask another. The limits are
/// those of the pages.
struct StandByChannel: ServerChildChannel {
    struct Value: ServerChildChannelValue {
        var channel: any Channel
    }

    let hosts: Hosts
    let duty: CentreDuty
    let door: Door

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let certificate = hosts.certificate {
                try pipeline.addHandler(NIOSSLServerHandler(context: certificate.context))
            }
            try pipeline.addHandler(HTTPResponseEncoder())
            try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
            try pipeline.addHandler(ConnectionGuard(door: door, hosts: hosts, isEncrypted: hosts.certificate != nil))
            try pipeline.addHandler(Answering(duty: duty))
            return Value(channel: channel)
        }
    }

    func handle(value: Value, logger: Logger) async { try? await value.channel.closeFuture.get() }

    struct Answer: Equatable {
        var status: HTTPResponseStatus
        var type = "application/json"
        var body: String
    }

    /// By the path alone: nobody is asked who they are, and nothing of the store is told.
    static func answer(_ uri: String, accept: String?, isOld: Bool, reachesBroker: Bool? = nil) -> Answer {
        let version = JSON.string(IngestServer.version)
        switch uri.prefix(while: { $0 != "?" }) {
        case "/health":
            let said: [(String, JSON)] = [("ok", true), ("broker", false), ("working", false), ("version", version)]
            return Answer(status: .ok, body: JSON.object(said).description)
        case "/healthz": return Answer(status: .ok, body: JSON.object([("ok", true)]).description)
        case "/readyz":
            let why = isOld ? "older-version" : "standing-by"
            let said: [(String, JSON)] = [("ready", false), ("code", .string(why))]
            return Answer(status: .serviceUnavailable, body: JSON.object(said).description)
        case "/metrics":
            var metrics = Prometheus()
            metrics.add(
                "quai_centre_working", "gauge", "1 where this instance works, 0 where it stands by.", [([], 0)])
            if let reachesBroker {
                metrics.add(
                    "quai_centre_broker", "gauge",
                    "1 where this instance reaches the broker, also while it stands by.",
                    [([], reachesBroker ? 1 : 0)])
            }
            return Answer(status: .ok, type: "text/plain; version=0.0.4", body: metrics.text)
        default:
            // A person who reloads a page: it comes again by itself.
            if accept?.contains("text/html") ?? false {
                return Answer(status: .serviceUnavailable, type: "text/html; charset=utf-8", body: page)
            }
            let problem: [(String, JSON)] = [
                ("type", "about:blank"), ("title", "Service Unavailable"), ("status", 503), ("code", "standing-by"),
                ("detail", "Another server is taking over: nothing was saved."),
            ]
            return Answer(
                status: .serviceUnavailable, type: "application/problem+json", body: JSON.object(problem).description)
        }
    }

    private static let page = """
        <!doctype html><html lang="fr"><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>Quai</title>
        <meta name="viewport" content="width=device-width">
        <p>Un autre serveur prend le relais : cette page revient d’elle-même.</p>
        <p lang="en">Another server is taking over: this page comes back by itself.</p></html>
        """

    /// Answers the first request when it is whole, and closes.
    final class Answering: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let duty: CentreDuty
        private var head: HTTPRequestHead?

        init(duty: CentreDuty) { self.duty = duty }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): self.head = self.head ?? head
            case .body: break
            case .end: answer(context)
            }
        }

        private func answer(_ context: ChannelHandlerContext) {
            guard let head else { return }
            self.head = nil
            let standing = duty.now
            let answer = StandByChannel.answer(
                head.uri, accept: head.headers["accept"].first, isOld: standing.isOld,
                reachesBroker: standing.reachesBroker)
            var headers = HTTPHeaders([
                ("content-type", answer.type), ("content-length", "\(answer.body.utf8.count)"),
                ("connection", "close"), ("cache-control", "no-store"),
                ("content-security-policy", "default-src 'none'"),
            ])
            if answer.status != .ok { headers.add(name: "retry-after", value: "1") }
            for (name, value) in SecurityHeaders.all { headers.add(name: name, value: value) }
            context.write(
                wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers))),
                promise: nil)
            if head.method != .HEAD {
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
            }
            context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
                context.close(promise: nil)
            }
        }
    }
}
