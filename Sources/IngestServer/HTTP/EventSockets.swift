import Depot
import Followers
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Model
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import NIOWebSocket
import Platform

/// Events for programs by WebSocket: one CloudEvent a message, in structured mode (CloudEvents 1.0.2, WebSockets Protocol Binding,
/// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/websockets-protocol-binding.md). A program shows its token, says
/// how far it has come, and is told what the ledger has after that: nothing is kept for it, and it misses nothing.
final class EventSockets: Sendable {
    /// The binding's, of §4.1: text messages.
    static let subprotocol = "cloudevents.json"
    static let path = "/api/v1/events"
    /// Bytes that wait for all lines together, beside one batch of each that reads: `EventBatch.byteLimit` is the limit of one line.
    static let totalLimit = 16 << 20
    /// Which a batch may take to get through before the line is cut.
    static let patience: TimeAmount = .seconds(30)
    /// Between two looks at the token, and at what another process wrote.
    static let period = Duration.milliseconds(400)
    /// Hundreds of commits a second are few looks.
    static let pause = Duration.milliseconds(50)
    static let heartbeat: TimeAmount = .seconds(30)

    /// What a program asks for when it connects.
    struct Asked: Sendable {
        /// Nil: it shows none.
        var token: String?
        /// It offers the subprotocol.
        var speaks: Bool
        var since: String?
        var isPersonal: Bool
        var source: String

        /// Nil for another address.
        init?(_ head: HTTPRequestHead, from peer: any Channel, _ hosts: Hosts) {
            let uri = URI(head.uri)
            guard uri.path == EventSockets.path else { return nil }
            token = Cookies.bearer(head.headers.first(name: "authorization"))
            speaks = head.headers[canonicalForm: "sec-websocket-protocol"].contains { $0 == EventSockets.subprotocol }
            since = head.headers.first(name: "last-event-id") ?? uri.queryParameters.get("since")
            isPersonal = uri.queryParameters.get("personal") == "1"
            source =
                hosts.visit(from: peer.remoteAddress, host: head.headers.first(name: "host")) { head.headers[$0] }
                .source
        }

        /// Of the handshake. What is wrong is said by a close code: a browser's library is told no status.
        var headers: HTTPHeaders { speaks ? ["sec-websocket-protocol": EventSockets.subprotocol] : [:] }
    }

    /// Told to the program: a code and a word.
    private struct End: Sendable {
        static let over = End(1000, "")
        static let closing = End(WebSocketChannel.Close.goingAway.rawValue, "come back with the last id")
        static let noListener = End(1003, "events are told here, not taken")
        static let fault = End(1011, "the ledger cannot be read now: come back with the last id")
        static let slow = End(WebSocketChannel.Close.reconnect.rawValue, "too slow: come back with the last id")
        static let crowded = End(WebSocketChannel.Close.reconnect.rawValue, "too many lines of one person, or of all")
        static let token = End(WebSocketChannel.Close.logIn.rawValue, "no token that counts")
        static let right = End(4403, "the token may see no events, or not whom they are about")
        static let protocolNeeded = End(WebSocketChannel.Close.protocolError.rawValue, "offer cloudevents.json")
        static let since = End(
            WebSocketChannel.Close.protocolError.rawValue, "since is an id, a number, a date or a time")

        let code: UInt16
        let reason: String

        private init(_ code: UInt16, _ reason: String) { (self.code, self.reason) = (code, reason) }
    }

    private struct Standing {
        var bells: [UInt64: AsyncStream<Void>.Continuation] = [:]
        var next: UInt64 = 0
        var isClosing = false
        var told: UInt64 = 0
        var cut: UInt64 = 0
    }

    private let live: LiveView
    private let reads: LongReads
    private let accounts: Accounts
    private let instance: String
    private let budget = SocketBudget(limit: EventSockets.totalLimit)
    private let standing = Locked(Standing())

    init(writer: Writer, live: LiveView, reads: LongReads, accounts: Accounts, instance: String) {
        (self.live, self.reads, self.accounts, self.instance) = (live, reads, accounts, instance)
        let standing = standing
        writer.onCommit {
            standing.with { for bell in $0.bells.values { bell.yield() } }
            return true
        }
    }

    /// Lines, bytes that wait for them, events told and lines cut since the start.
    var counts: (open: Int, waiting: Int, told: UInt64, cut: UInt64) {
        standing.with { ($0.bells.count, budget.bytes, $0.told, $0.cut) }
    }

    /// Whoever comes again is sent away, too.
    func closeAll() {
        standing.with { standing in
            standing.isClosing = true
            for bell in standing.bells.values { bell.finish() }
        }
    }

    /// Who may be told, or why nobody is. Throws what the database says: that is no reason to end.
    private func person(_ asked: Asked) async throws -> Result<Person, Refusal> {
        guard asked.speaks else { return .failure(Refusal(.protocolNeeded)) }
        guard let token = asked.token, let person = try await live.person(program: token) else {
            return .failure(Refusal(.token))
        }
        guard person.may(.events), !asked.isPersonal || person.may(.personal) else { return .failure(Refusal(.right)) }
        return .success(person)
    }

    private struct Refusal: Error {
        let end: End

        init(_ end: End) { self.end = end }
    }

    /// After which entry it begins; nil for a `since` that is none.
    private func start(_ asked: Asked) async throws -> Int64? {
        guard let since = asked.since else { return try await reads.read { try $0.ledger.tip() } }
        return try await reads.read { try $0.ledger.start(since: since) }
    }

    // MARK: one program

    func serve(_ channel: NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, _ asked: Asked, door: Door) async {
        try? await channel.executeThenClose { inbound, outbound in
            let (person, start): (Person, Int64)
            do {
                person = try await self.person(asked).get()
                guard let first = try await self.start(asked) else { return try await close(outbound, .since) }
                start = first
            } catch let refusal as Refusal {
                return try await close(outbound, refusal.end)
            } catch { return try await close(outbound, .fault) }
            if let program = person.program { accounts.used(program, from: asked.source) }
            guard door.enterSocket(of: person.id) else { return try await close(outbound, .crowded) }
            defer { door.leaveSocket(of: person.id) }
            let (rings, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
            guard let id = enter(bell) else { return try await close(outbound, .closing) }
            defer { standing.with { $0.bells[id] = nil } }
            bell.yield()
            let connection = channel.channel
            let heartbeat = connection.eventLoop.scheduleRepeatedTask(
                initialDelay: EventSockets.heartbeat, delay: EventSockets.heartbeat
            ) { _ in
                let ping = WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer())
                if connection.isWritable { connection.writeAndFlush(ping, promise: nil) }
            }
            defer { heartbeat.cancel() }
            await withTaskGroup(of: End.self) { group in
                group.addTask { await self.listen(inbound, outbound) }
                group.addTask { await self.tell(asked, after: start, rings, connection) }
                group.addTask { await self.watch(asked, bell) }
                let end = await group.next() ?? .over
                // A line that does not read would keep us: it has a moment for the close code.
                connection.eventLoop.scheduleTask(in: .milliseconds(400)) { connection.close(promise: nil) }
                group.cancelAll()
                try? await close(outbound, end)
            }
        }
    }

    private func enter(_ bell: AsyncStream<Void>.Continuation) -> UInt64? {
        standing.with { standing in
            guard !standing.isClosing else { return nil }
            standing.next += 1
            standing.bells[standing.next] = bell
            return standing.next
        }
    }

    private func listen(
        _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>,
        _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>
    ) async -> End {
        do {
            for try await frame in inbound {
                switch frame.opcode {
                case .connectionClose: return .over
                case .ping:
                    try await outbound.write(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData))
                case .pong: continue
                default: return .noListener
                }
            }
        } catch { return .over }
        return .over
    }

    /// Each time that something was committed: what there is, batch after batch, the next when the line has taken the last.
    private func tell(
        _ asked: Asked, after start: Int64, _ rings: AsyncStream<Void>, _ connection: any Channel
    ) async -> End {
        var last = start
        for await _ in rings {
            var isWhole = false
            while !isWhole {
                let (after, instance) = (last, instance)
                guard
                    let batch = try? await reads.read({
                        try EventBatch(
                            after: after, of: $0.ledger, instance: instance, personal: asked.isPersonal,
                            rfc3339: rfc3339)
                    })
                else { return .fault }
                if !batch.events.isEmpty {
                    guard await send(batch, connection) else { return .slow }
                    standing.with { $0.told += UInt64(batch.events.count) }
                }
                (last, isWhole) = (batch.last, batch.isWhole)
            }
            try? await Task.sleep(for: EventSockets.pause)
        }
        return standing.with { $0.isClosing } ? .closing : .over
    }

    /// False where the line did not take it in time. Room is waited for: what is not read yet stands in the ledger.
    private func send(_ batch: EventBatch, _ connection: any Channel) async -> Bool {
        while !budget.take(batch.bytes) {
            do { try await Task.sleep(for: EventSockets.pause) } catch { return false }
        }
        defer { budget.give(batch.bytes) }
        let cut = connection.eventLoop.scheduleTask(in: EventSockets.patience) { [standing] in
            standing.with { $0.cut += 1 }
            connection.close(promise: nil)
        }
        defer { cut.cancel() }
        let sent = connection.eventLoop.flatSubmit {
            let frames = batch.events.map {
                WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: $0.text))
            }
            for frame in frames.dropLast() { connection.write(frame, promise: nil) }
            return connection.writeAndFlush(frames[frames.count - 1])
        }
        do { try await sent.get() } catch { return false }
        return true
    }

    private func watch(_ asked: Asked, _ bell: AsyncStream<Void>.Continuation) async -> End {
        while (try? await Task.sleep(for: EventSockets.period)) != nil {
            // What the database cannot say now it says the next time.
            do { _ = try await person(asked).get() } catch let refusal as Refusal { return refusal.end } catch {
                continue
            }
            bell.yield()
        }
        return .over
    }

    private func close(_ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>, _ end: End) async throws {
        var data = ByteBuffer()
        data.write(webSocketErrorCode: WebSocketErrorCode(codeNumber: Int(end.code)))
        data.writeString(end.reason)
        try await outbound.write(WebSocketFrame(fin: true, opcode: .connectionClose, data: data))
    }
}
