import Depot
import Followers
import Logging
import Model
import NIOCore
import NIOWebSocket
import Platform
import Synchronization

/// One browser's line, in the loop: who it is, what it says, one thing after the other, and what it is told. A task lives only while something
/// is being done: one that waits for the next frame keeps a kilobyte for each function that waits in it, and there are thousands of lines.
final class BrowserLine: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    static let heartbeat: TimeAmount = .seconds(30)
    /// As text: a page cannot see pings, and it must notice a line that died.
    private static let alive = frame(Array("{\"type\":\"alive\"}".utf8))
    private static let counter = Atomic<UInt64>(0)

    private let loop: any EventLoop
    private let live: LiveView
    private let accounts: Accounts
    private let troubles: Troubles
    private let door: Door
    /// Of the handshake.
    private let session: String?
    private let browser: String

    private var context: ChannelHandlerContext?
    private var socket: BrowserSocket?
    private var person: Person?
    private var heartbeat: RepeatedTask?
    /// What came while something was being done: no more than one read brings, as nothing is read meanwhile.
    private var waiting: [WebSocketFrame] = []
    private var taken = 0
    private var isBusy = false
    private var isGone = false

    init(
        on loop: any EventLoop, live: LiveView, accounts: Accounts, troubles: Troubles, door: Door, cookie: String?,
        browser: String
    ) {
        (self.loop, self.live, self.accounts, self.troubles, self.door) = (loop, live, accounts, troubles, door)
        (session, self.browser) = (Cookies.session(cookie), browser)
    }

    // MARK: the line

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let (live, session) = (live, session)
        work {
            guard let session else { return Person?.none }
            return try await live.person(session: session)
        } then: { [self] in
            enter($0)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        gone()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        gone()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: gone()
        // The centre ends: also whoever has not said yet what it wants.
        case is ChannelShouldQuiesceEvent: if let socket { socket.close() } else { end(.restart, "come back") }
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isGone else { return }
        waiting.append(unwrapInboundIn(data))
        proceed()
    }

    // MARK: one thing after the other

    private func proceed() {
        while !isBusy, !isGone, taken < waiting.count {
            taken += 1
            take(waiting[taken - 1])
        }
        if !isBusy { (waiting, taken) = ([], 0) }
    }

    /// Does what takes time, and goes on in the loop; nothing is read meanwhile.
    private func work<T: Sendable>(
        _ body: @escaping @Sendable () async throws -> T, then next: @escaping (Result<T, any Error>) -> Void
    ) {
        isBusy = true
        try? context?.channel.syncOptions?.setOption(.autoRead, value: false)
        let promise = loop.makePromise(of: T.self)
        promise.futureResult.assumeIsolated().whenComplete { [self] result in
            isBusy = false
            next(result)
            guard !isGone else { return leave() }
            proceed()
            if !isBusy { try? self.context?.channel.syncOptions?.setOption(.autoRead, value: true) }
        }
        Task(executorPreference: LoopExecutor(loop)) {
            do { promise.succeed(try await body()) } catch { promise.fail(error) }
        }
    }

    /// Whoever the session belongs to comes in.
    private func enter(_ found: Result<Person?, any Error>) {
        guard let context, !isGone else { return }
        let person: Person?
        do { person = try found.get() } catch {
            // Whoever is signed in stays so: the page asks again.
            troubles.again("the database does not say who is signed in", .warning, ["reason": "\(error)"])
            return end(.reconnect, "come back")
        }
        if let session = person?.session { accounts.used(session) }
        guard let person, !person.isFactorDue else { return end(.logIn, "sign in first") }
        guard door.enterSocket(of: person.id) else { return end(.reconnect, "too many pages") }
        let connection = context.channel
        self.person = person
        socket = BrowserSocket(
            id: BrowserLine.counter.wrappingAdd(1, ordering: .relaxed).newValue, person: person.id,
            sight: person, label: browser, session: session.map(Digests.hex) ?? "", budget: live.budget,
            wake: { socket in connection.eventLoop.execute { BrowserLine.write(connection, socket) } },
            cut: {
                // A moment for the close code, in case it still reads; then the line is cut.
                connection.eventLoop.scheduleTask(in: .seconds(1)) { connection.close(promise: nil) }
            })
        // Of the loop, not a task that sleeps: its timer would outlive the line, and keep memory with it.
        heartbeat = connection.eventLoop.scheduleRepeatedTask(
            initialDelay: BrowserLine.heartbeat, delay: BrowserLine.heartbeat
        ) { _ in
            if connection.isWritable { connection.writeAndFlush(BrowserLine.alive, promise: nil) }
        }
    }

    private func take(_ frame: WebSocketFrame) {
        guard let context, let socket, let person else { return }
        // A browser masks what it sends and no extension was agreed on (RFC 6455 §5.1, §5.2).
        guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
            door.count(.frame)
            return end(.badFrame, "frames are masked, without reserved bits")
        }
        switch frame.opcode {
        case .text:
            guard let json = try? JSON(parsing: Array(frame.unmaskedData.readableBytesView)) else {
                return end(.protocolError, "messages are JSON")
            }
            let live = live
            work {
                if let resume = json["resume"] {
                    await live.join(socket, resume: resume.integer, person: person)
                }
                if let call = json["shown"]?.text { await live.shown(call, by: socket) }
                if json["used"]?.truth == true { await live.use(socket.id) }
            } then: { [self] _ in
                // A screen at a dock asks when it hears nothing: a dead line is shown in seconds.
                if json["ask"]?.truth == true {
                    self.context?.writeAndFlush(wrapOutboundOut(BrowserLine.alive), promise: nil)
                }
            }
        case .ping:
            let pong = WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)
            context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
        case .connectionClose: gone()
        default: break
        }
    }

    // MARK: the end

    /// Says why, and ends.
    private func end(_ code: WebSocketChannel.Close, _ reason: String) {
        guard let context else { return }
        let connection = context.channel
        context.writeAndFlush(wrapOutboundOut(BrowserLine.farewell(code, reason))).whenComplete { _ in
            connection.close(promise: nil)
        }
        // Where it does not read, either.
        connection.eventLoop.scheduleTask(in: .seconds(1)) { connection.close(promise: nil) }
        gone()
    }

    /// Nothing more comes from it.
    private func gone() {
        guard !isGone else { return }
        isGone = true
        (waiting, taken) = ([], 0)
        heartbeat?.cancel()
        heartbeat = nil
        if !isBusy { leave() }
    }

    /// Once, behind what it had asked for.
    private func leave() {
        guard let socket, let person else { return }
        (self.socket, self.person) = (nil, nil)
        door.leaveSocket(of: person.id)
        let live = live
        Task(executorPreference: LoopExecutor(loop)) {
            await live.leave(socket.id)
            // Not one that never joined either.
            socket.close()
        }
    }

    // MARK: what it is told

    /// What waits goes together, and is with the line before more is taken: so that what waits does so where it is shared by all
    /// and counted. In the loop and without a task: one that is woken for each message costs every browser a switch of threads,
    /// and leaves crumbs all over the memory.
    private static func write(_ connection: any Channel, _ socket: BrowserSocket) {
        switch socket.next() {
        case .nothing: break
        case .messages(let messages):
            for message in messages.dropLast() { connection.write(frame(message), promise: nil) }
            connection.writeAndFlush(frame(messages[messages.count - 1])).whenComplete { result in
                socket.written(messages.reduce(0) { $0 + $1.count })
                guard case .success = result else { return socket.close() }
                connection.eventLoop.execute { write(connection, socket) }
            }
        case .over:
            let (code, reason): (WebSocketChannel.Close, String) =
                if socket.isSignedOut { (.logIn, "signed out") } else {
                    socket.isSlow ? (.reconnect, "too slow") : (.restart, "come back")
                }
            connection.writeAndFlush(farewell(code, reason)).whenComplete { _ in connection.close(promise: nil) }
        }
    }

    private static func frame(_ message: [UInt8]) -> WebSocketFrame {
        WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: message))
    }

    private static func farewell(_ code: WebSocketChannel.Close, _ reason: String) -> WebSocketFrame {
        var data = ByteBuffer()
        data.write(webSocketErrorCode: WebSocketErrorCode(codeNumber: Int(code.rawValue)))
        data.writeString(reason)
        return WebSocketFrame(fin: true, opcode: .connectionClose, data: data)
    }
}
