import HTTPTypes
import HummingbirdCore
import Logging
import Model
import NIOCore
import NIOHTTP1

/// `[http] redirect-port`: who comes in clear is sent on to the pages, and nothing else is had here. The limits are those of the pages.
struct RedirectChannel: ServerChildChannel {
    struct Value: ServerChildChannelValue {
        var channel: any Channel
    }

    let hosts: Hosts
    /// Of the pages.
    let port: Int
    let door: Door

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(HTTPResponseEncoder())
            try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
            try pipeline.addHandler(ConnectionGuard(door: door, hosts: hosts, isEncrypted: false))
            try pipeline.addHandler(Redirecting(hosts: hosts, port: port))
            return Value(channel: channel)
        }
    }

    func handle(value: Value, logger: Logger) async { try? await value.channel.closeFuture.get() }

    /// Where somebody goes on who asked for this. A name that is none of ours leads nowhere, and neither does what is no path.
    static func target(_ uri: String, host: String?, _ hosts: Hosts, port: Int) -> String? {
        guard let host, hosts.allow(host), uri.hasPrefix("/"), uri.utf8.count <= 2048,
            uri.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        return "https://\(Hosts.name(host))\(port == 443 ? "" : ":\(port)")\(uri)"
    }

    /// Answers the first request and closes.
    final class Redirecting: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let hosts: Hosts
        private let port: Int
        private var isDone = false

        init(hosts: Hosts, port: Int) { (self.hosts, self.port) = (hosts, port) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !isDone, case .head(let head) = unwrapInboundIn(data) else { return }
            isDone = true
            let target = RedirectChannel.target(head.uri, host: head.headers["host"].first, hosts, port: port)
            // 308: what is done is done again, and by the same method (RFC 9110, 15.4.9).
            let status: HTTPResponseStatus = target == nil ? .misdirectedRequest : .permanentRedirect
            var headers = HTTPHeaders([("connection", "close"), ("content-length", "0"), ("cache-control", "no-store")])
            if let target { headers.add(name: "location", value: target) }
            for (name, value) in SecurityHeaders.all { headers.add(name: name, value: value) }
            context.write(
                wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))),
                promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
                context.close(promise: nil)
            }
        }
    }
}
