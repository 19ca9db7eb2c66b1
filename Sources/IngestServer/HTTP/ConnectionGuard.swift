import Model
import NIOCore
import NIOHTTP1
import NIOTLS
import Platform

/// Closes connections that are too many, too slow or wrong. It stands right behind the parser, so that nothing is written after a 400:
/// those behind it hear only that the connection was cut (RFC 9112 §2.2: a server closes after a malformed message). It goes
/// when the connection becomes a WebSocket.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// What a reader of a body is told: what it has is not all.
    struct Cut: Error {}

    private let door: Door
    private var state: ConnectionState
    private var timer: Scheduled<Void>?
    /// When the timer comes.
    private var armed = Instant.zero
    private var isEntered = false
    private var isOver = false
    /// TLS is agreed on; true from the beginning where there is none.
    private var isAgreed: Bool
    private let hosts: Hosts

    init(door: Door, hosts: Hosts, isEncrypted: Bool) {
        self.door = door
        self.hosts = hosts
        isAgreed = !isEncrypted
        state = ConnectionState(limits: door.limits, at: Clocks.now)
    }

    // MARK: its life

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { enter(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        enter(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { stop() }

    private func enter(_ context: ChannelHandlerContext) {
        guard !isEntered else { return }
        isEntered = true
        let source = Sources.name(context.channel.remoteAddress)
        guard door.enter(from: source, isProxy: hosts.isProxy(context.channel.remoteAddress)) else {
            isOver = true
            context.close(promise: nil)
            return
        }
        // A WebSocket counts to its end, without this handler.
        let door = door
        context.channel.closeFuture.whenComplete { _ in door.leave(from: source) }
        schedule(context)
    }

    private func stop() {
        timer?.cancel()
        timer = nil
    }

    // MARK: time

    /// One timer a connection: a deadline that moved on is looked at again when the old one comes; an earlier one gets its own.
    private func schedule(_ context: ChannelHandlerContext) {
        guard !isOver, let deadline = state.deadline, timer == nil || deadline < armed else { return }
        timer?.cancel()
        armed = deadline
        let delay = max(0, (deadline - Clocks.now).nanoseconds)
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(delay)) {
            self.timer = nil
            self.look(context)
        }
    }

    private func look(_ context: ChannelHandlerContext) {
        guard !isOver else { return }
        guard let overdue = state.overdue(at: Clocks.now) else {
            schedule(context)
            return
        }
        switch overdue {
        case .header: door.count(isAgreed ? .headerTimeout : .handshake)
        case .body: door.count(.bodyTimeout)
        case .idle: break
        }
        isOver = true
        context.fireErrorCaught(Cut())
        context.close(promise: nil)
    }

    // MARK: what comes in

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver, !state.isRefused else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            // Which of two was meant is a guess, and a proxy may guess otherwise (RFC 9112 §3.2).
            guard head.headers["host"].count <= 1 else {
                refuse(context, .hosts)
                return
            }
            state.head(at: Clocks.now)
        case .body: state.body(at: Clocks.now)
        case .end: state.end(at: Clocks.now)
        }
        schedule(context)
        context.fireChannelRead(data)
    }

    /// The time for the first header began with the connection, and the agreement on TLS is part of it.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent { isAgreed = true }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError else {
            if !isAgreed, !isOver {
                isOver = true
                stop()
                door.count(.handshake)
            }
            context.fireErrorCaught(error)
            return
        }
        refuse(context, .parseError)
    }

    private func refuse(_ context: ChannelHandlerContext, _ refusal: Door.Refusal) {
        guard !isOver, !state.isRefused else { return }
        door.count(refusal)
        end(context)
    }

    private func end(_ context: ChannelHandlerContext) {
        switch state.refuse() {
        case .wait: return
        case .close: isOver = true
        case .answer:
            isOver = true
            var headers = HTTPHeaders([("connection", "close"), ("content-length", "0"), ("cache-control", "no-store")])
            for (name, value) in SecurityHeaders.all { headers.add(name: name, value: value) }
            let head = HTTPResponseHead(version: .http1_1, status: .badRequest, headers: headers)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
        context.fireErrorCaught(Cut())
        context.close(promise: nil)
    }

    // MARK: what goes out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isOver else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head):
            // 100 is no answer yet.
            if head.status.code >= 200 { state.answering() }
            context.write(data, promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            state.answered(at: Clocks.now)
            guard state.isRefused else {
                context.write(data, promise: promise)
                schedule(context)
                return
            }
            context.writeAndFlush(data, promise: promise)
            end(context)
        }
    }
}
