import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOSSL
import NIOWebSocket
import Platform

/// One port for pages, API and WebSocket: HTTP/1.1 with an upgrade at `/ws`, and for programs where their events are.
struct WebSocketChannel: ServerChildChannel {
    enum Upgraded: Sendable {
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
        /// Nothing is to be done but by its `BrowserLine`.
        case browser
        case events(NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, EventSockets.Asked)
    }

    struct Value: ServerChildChannelValue {
        var channel: any Channel
        var upgraded: EventLoopFuture<Upgraded>
    }

    /// Close codes: come back, log in again, stop.
    enum Close: UInt16 {
        case goingAway = 1001
        /// This centre ends: another one, or the same begun anew, is there in a moment (RFC 6455, 7.4.2: registered with IANA).
        case restart = 1012
        /// Not WebSocket as RFC 6455 has it.
        case badFrame = 1002
        case reconnect = 4000
        case logIn = 4401
        case protocolError = 4400
    }

    /// Longest message a browser may send, in bytes.
    static let messageLimit = 16 * 1024

    let http: HTTP1Channel
    let live: LiveView
    let troubles: Troubles
    let accounts: Accounts
    let events: EventSockets
    let hosts: Hosts
    let door: Door

    init(responder: @escaping HTTPChannelHandler.Responder, _ wiring: Wiring, hosts: Hosts, door: Door = .ofProcess) {
        http = HTTP1Channel(responder: responder)
        (live, accounts) = (wiring.live, wiring.accounts)
        (events, troubles) = (wiring.eventSockets, wiring.troubles)
        self.hosts = hosts
        self.door = door
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let (hosts, door, live, accounts, troubles) = (hosts, door, live, accounts, troubles)
        return channel.eventLoop.makeCompletedFuture {
            let upgrader = NIOTypedWebSocketServerUpgrader<Upgraded>(
                maxFrameSize: WebSocketChannel.messageLimit,
                shouldUpgrade: { channel, head in
                    let isPage = WebSocketChannel.isPage(head)
                    let agreed =
                        EventSockets.Asked(head, from: channel, hosts)?.headers ?? (isPage ? HTTPHeaders() : nil)
                    return channel.eventLoop.makeSucceededFuture(
                        WebSocketChannel.accepts(head, from: channel.remoteAddress, hosts) ? agreed : nil)
                },
                upgradePipelineHandler: { channel, head in
                    channel.eventLoop.makeCompletedFuture {
                        if let asked = EventSockets.Asked(head, from: channel, hosts) {
                            return .events(try NIOAsyncChannel(wrappingChannelSynchronously: channel), asked)
                        }
                        let line = BrowserLine(
                            on: channel.eventLoop, live: live, accounts: accounts, troubles: troubles, door: door,
                            cookie: head.headers["cookie"].first,
                            browser: BrowserLabel.of(head.headers["user-agent"].first))
                        try channel.pipeline.syncOperations.addHandler(line)
                        return .browser
                    }
                })
            let configuration = NIOTypedHTTPServerUpgradeConfiguration<Upgraded>(
                upgraders: [upgrader],
                notUpgradingCompletionHandler: { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
                        try channel.pipeline.syncOperations.addHandler(
                            HTTPConnectionStateHandler(logger: logger))
                        return .http(
                            try NIOAsyncChannel(
                                wrappingChannelSynchronously: channel,
                                configuration: .init(isOutboundHalfClosureEnabled: true)))
                    }
                })
            // As NIO's own configureUpgradableHTTPServerPipeline, with our guard in the place of its handler of parse errors, which
            // lets others write after the 400.
            let pipeline = channel.pipeline.syncOperations
            let encoder = HTTPResponseEncoder()
            let parser = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
            let gate = ConnectionGuard(door: door, hosts: hosts, isEncrypted: hosts.certificate != nil)
            let order = HTTPServerPipelineHandler()
            let validator = NIOHTTPResponseHeadersValidator()
            // The parser goes last: the bytes it then lets go are no HTTP, and the guard must not see them.
            let upgrade = NIOTypedHTTPServerUpgradeHandler<Upgraded>(
                httpEncoder: encoder, extraHTTPHandlers: [gate, order, validator, parser],
                upgradeConfiguration: configuration)
            if let certificate = hosts.certificate {
                // What waits for the line once is not kept for ever: with thousands of browsers it is their memory.
                var keeping = NIOSSLServerHandler.Configuration()
                keeping.maximumPreservedOutboundBufferCapacity = 16 << 10
                try pipeline.addHandler(
                    NIOSSLServerHandler(
                        context: certificate.context, customVerificationCallback: nil, configuration: keeping))
            }
            try pipeline.addHandler(encoder)
            try pipeline.addHandler(parser)
            try pipeline.addHandler(gate)
            try pipeline.addHandler(order)
            try pipeline.addHandler(validator)
            try pipeline.addHandler(upgrade)
            return Value(channel: channel, upgraded: upgrade.upgradeResultFuture)
        }
    }

    /// The page must come from this very server: a stranger's page cannot open our socket.
    private static func accepts(_ head: HTTPRequestHead, from peer: SocketAddress?, _ hosts: Hosts) -> Bool {
        let visit = hosts.visit(from: peer, host: head.headers["host"].first) { head.headers[$0] }
        guard hosts.allow(visit.host) else { return false }
        guard let origin = head.headers["origin"].first else { return true }
        return Origins.match(origin, host: visit.host)
    }

    private static func isPage(_ head: HTTPRequestHead) -> Bool {
        ["/ws", "/ws/notifications"].contains(head.uri.prefix { $0 != "?" })
    }

    func handle(value: Value, logger: Logger) async {
        // A socket's task stays with its line; requests, and what programs are told, take time that the line's neighbours must not wait for.
        await withTaskExecutorPreference(LoopExecutor(value.channel.eventLoop)) {
            do {
                switch try await value.upgraded.get() {
                case .http(let channel):
                    await withTaskExecutorPreference(WorkExecutor.shared) {
                        await http.handle(value: channel, logger: logger)
                    }
                case .browser: break
                case .events(let channel, let asked):
                    await withTaskExecutorPreference(WorkExecutor.shared) {
                        await events.serve(channel, asked, door: door)
                    }
                }
            } catch {
                logger.debug("connection ended", metadata: ["reason": "\(error)"])
                try? await value.channel.close()
            }
        }
    }
}

/// Reads what a browser says about where it comes from and who it is.
enum Origins {
    /// `origin` is `scheme://host[:port]`; it must name the host that was asked.
    static func match(_ origin: String, host: String?) -> Bool {
        guard let host, let start = origin.range(of: "://") else { return false }
        return origin[start.upperBound...].lowercased() == host.lowercased()
    }
}

/// A browser's own description, shortened to what tells two apart.
enum BrowserLabel {
    private static let programs = [
        ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("HeadlessChrome/", "Chromium"),
        ("Chrome/", "Chrome"), ("Safari/", "Safari"),
    ]
    private static let systems = [
        ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]

    static func of(_ agent: String?) -> String {
        guard let agent else { return "?" }
        let words = [programs, systems].compactMap { list in list.first { agent.contains($0.0) }?.1 }
        guard words.isEmpty else { return words.joined(separator: " · ") }
        let first = agent.prefix { $0.isASCII && !$0.isWhitespace }.prefix(24)
        return first.isEmpty ? "?" : String(first)
    }
}

enum Cookies {
    static let name = "quai_session"

    /// The token of a program: `Authorization: Bearer quai_…` (RFC 6750, section 2.1). Never of an address.
    static func bearer(_ header: String?) -> String? {
        guard let header, header.utf8.count <= 200 else { return nil }
        let parts = header.split(separator: " ")
        return parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : nil
    }

    /// As it is set; `life` in milliseconds.
    static func session(_ token: String, life: Int64, isSecure: Bool) -> String {
        "\(name)=\(token); Path=/; HttpOnly; SameSite=Strict; Max-Age=\(life / 1000)\(isSecure ? "; Secure" : "")"
    }

    /// Of a screen that is bound to its dock, for as long as browsers keep one (400 days), counted from when it last stood at its sign-in.
    static let screenName = "quai_screen"

    static func screen(_ secret: String, isSecure: Bool) -> String {
        "\(screenName)=\(secret); Path=/api/v1; HttpOnly; SameSite=Strict; Max-Age=34560000\(isSecure ? "; Secure" : "")"
    }

    static func value(_ name: String, _ header: String?) -> String? {
        for part in (header ?? "").split(separator: ";") {
            let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            if pair.count == 2, pair[0] == name { return String(pair[1]) }
        }
        return nil
    }

    static func session(_ header: String?) -> String? {
        value(name, header).flatMap { $0.count == 32 ? $0 : nil }
    }
}

extension String {
    fileprivate func range(of text: String) -> Range<String.Index>? { ranges(of: text).first }
}
