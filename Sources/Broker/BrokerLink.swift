internal import CMosquitto
import Glibc
public import Model
import Platform

/// What happened on a link.
public enum BrokerEvent: Equatable, Sendable {
    case up
    /// `refused` when the broker itself said no (credentials, rights): worth an alarm, not only patience.
    case down(reason: String, refused: Bool)
    case message(topic: String, payload: [UInt8])
    /// The broker has taken a message; `reason` 16 means that nobody is subscribed, from 128 on it is a refusal (MQTT 5.0, 2.4).
    case published(id: Int32, reason: Int32)
    /// The broker gives nothing of what was subscribed to; `reason` from 128 on (MQTT 5.0, 3.9.3).
    case unsubscribed(reason: Int32)
}

/// One MQTT 5 connection, driven by the caller's own poll loop, that comes back for ever. A broker that takes no MQTT 5 is spoken to in
/// 3.1.1, without expiry, reasons and content types; each connection asks for 5 first, as the broker may be a newer one by then.
///
/// libmosquitto 2.0.11 is kept on a short lead (docs/explanation/blind-alleys.md): a fresh client per connection, no
/// thread of its own, no publish while offline (it would answer NO_CONN and queue all the same), and a plain
/// non-blocking connect first, because its own never times out and spins on a dead TLS port.
/// Used by one thread; not Sendable.
public final class BrokerLink {
    /// One address that the broker's name stands for.
    private struct Address {
        var family: Int32
        var bytes: [UInt8]
    }

    private enum State {
        case waiting(until: Instant)
        /// Finds out whether anybody listens there.
        case probing(descriptor: Int32, until: Instant, rest: [Address])
        /// TCP is up, CONNACK is awaited.
        case greeting(until: Instant)
        case up
    }

    static let probePatience: Duration = .seconds(5)
    static let greetingPatience: Duration = .seconds(10)
    /// Within this the kernel of the other side takes what was sent, in milliseconds (`TCP_USER_TIMEOUT`, tcp(7)). Where it has not taken the
    /// first word there is no connection there, whatever is believed here: a listener whose queue is full forgets who has connected, as
    /// Mosquitto's of a hundred does when thousands come back at once (observed). A broker that is only slow has a kernel that is not.
    static let patience: (first: Int32, later: Int32) = (4000, 15000)
    /// A connection that has lived for so long, or on which something was answered, was a good one: after it the first try is at once.
    /// One that ends behind its greeting is none, as at a node of RabbitMQ 3.10 whose queues lie at a dead one (observed).
    static let goodAge: Duration = .seconds(10)

    /// What the broker may send before it is acknowledged (MQTT 5.0, 3.1.2.11.3). libmosquitto says 20 by itself: a broker then waits for the centre
    /// after each twenty of all that gateways say, and drops what it may not queue meanwhile.
    static let receiveMaximum: Int32 = 10_000

    /// Messages between two looks at what else there is to do.
    static let readsAtOnce = 64

    private let options: BrokerOptions
    private var backoff: Backoff
    private var state: State
    private var client: OpaquePointer?
    private var events: [BrokerEvent] = []
    private var nextMisc = Instant.zero
    private var greeted = Instant.zero
    /// The connection that is, or is being made, is in MQTT 3.1.1.
    public private(set) var isOlder = false
    /// The broker spoke MQTT 5 when it last answered: it has one more try in it, since it may only be starting.
    private var spokeFive = false

    public init(options: BrokerOptions, now: Instant, seed: UInt64) {
        self.options = options
        backoff = Backoff(first: .milliseconds(100), cap: .seconds(30), seed: seed)
        state = .waiting(until: now)
        BrokerLink.initialiseLibrary
    }

    deinit {
        if case .probing(let descriptor, _, _) = state { close(descriptor) }
        if let client { mosquitto_destroy(client) }
    }

    private static let initialiseLibrary: Void = { mosquitto_lib_init() }()

    public var isUp: Bool {
        if case .up = state { true } else { false }
    }

    // MARK: the caller's loop

    /// What to wait for: a descriptor (or -1) with its poll events, and when to come back at the latest.
    public func interest(now: Instant) -> (descriptor: Int32, events: Int16, deadline: Instant) {
        switch state {
        case .waiting(let until): return (-1, 0, until)
        case .probing(let descriptor, let until, _): return (descriptor, Int16(POLLOUT), until)
        case .greeting, .up:
            guard let client else { return (-1, 0, now) }
            let wants = Int16(POLLIN) | (mosquitto_want_write(client) ? Int16(POLLOUT) : 0)
            return (mosquitto_socket(client), wants, nextMisc)
        }
    }

    /// Moves on after a wait; returns what happened since the last call.
    public func advance(_ ready: Int16, now: Instant) -> [BrokerEvent] {
        switch state {
        case .waiting(let until): if now >= until { probe(now) }
        case .probing(let descriptor, let until, let rest):
            if ready != 0 {
                finishProbe(descriptor, rest, now)
            } else if now >= until {
                close(descriptor)
                probe(rest, "no answer from \(options.host):\(options.port)", now)
            }
        case .greeting(let until):
            exchange(ready, now)
            if case .greeting = state, now >= until {
                let wasOlder = isOlder
                fall("the broker accepts connections but does not answer", now)
                // Perhaps it waits for the rest of a CONNECT that it does not understand, as amqtt 0.12 does (observed).
                isOlder = !wasOlder && !spokeFive
                spokeFive = false
            }
        case .up: exchange(ready, now)
        }
        defer { events = [] }
        return events
    }

    /// What happened meanwhile, for whoever waits for nothing else: at most so many milliseconds.
    public func turn(atMost milliseconds: Int32) -> [BrokerEvent] {
        let interest = interest(now: Clocks.now)
        let left = (interest.deadline - Clocks.now).nanoseconds
        let wait = Int32(clamping: max(0, min(left, Int64(milliseconds) * 1_000_000) + 999_999) / 1_000_000)
        let ready = waitFor([(interest.descriptor, interest.events)], milliseconds: wait)
        return advance(ready[0], now: Clocks.now)
    }

    /// Ends the pause before the next try; whatever else it does goes on.
    public func hurry(now: Instant) {
        if case .waiting(let until) = state, until.nanoseconds < .max { state = .waiting(until: now) }
    }

    /// Says goodbye, so that the broker publishes no will.
    public func disconnect() {
        if let client {
            if isUp {
                mosquitto_disconnect_v5(client, 0, nil)
                mosquitto_loop_write(client, 1)
            }
            mosquitto_destroy(client)
        }
        if case .probing(let descriptor, _, _) = state { close(descriptor) }
        client = nil
        state = .waiting(until: Instant(nanoseconds: .max))
    }

    // MARK: messages

    /// Sends one message; nil when the link is down or libmosquitto will not take it. `expiry` in seconds; `type` is its content type.
    @discardableResult
    public func publish(
        _ topic: String, _ payload: [UInt8], quality: Int32 = 1, retain: Bool = false, expiry: UInt32? = nil,
        type: String? = nil
    ) -> Int32? {
        guard isUp, let client else { return nil }
        var properties: OpaquePointer?
        if let expiry, !isOlder {
            mosquitto_property_add_int32(
                &properties, Int32(bitPattern: MQTT_PROP_MESSAGE_EXPIRY_INTERVAL.rawValue), expiry)
        }
        if let type, !isOlder {
            mosquitto_property_add_string(&properties, Int32(bitPattern: MQTT_PROP_CONTENT_TYPE.rawValue), type)
        }
        defer { mosquitto_property_free_all(&properties) }
        var id: Int32 = 0
        let code = mosquitto_publish_v5(
            client, &id, topic, Int32(payload.count), payload, quality, retain, properties)
        return code == Int32(MOSQ_ERR_SUCCESS.rawValue) ? id : nil
    }

    /// What is sent in `body` goes in as few segments as it fits into, at its end at the latest (`TCP_CORK`, tcp(7)): libmosquitto hands the
    /// kernel each message by itself.
    public func gather(_ isMany: Bool = true, _ body: () -> Void) {
        if isMany { set(TCP_CORK, 1) }
        body()
        if isMany { set(TCP_CORK, 0) }
    }

    private func set(_ option: Int32, _ value: Int32) {
        guard let client else { return }
        var value = value
        setsockopt(
            mosquitto_socket(client), Int32(IPPROTO_TCP), option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    public func subscribe(_ patterns: [String]) {
        guard isUp, let client else { return }
        for pattern in patterns { mosquitto_subscribe_v5(client, nil, pattern, 1, 0, nil) }
    }

    // MARK: connecting

    private func probe(_ now: Instant) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(options.host, String(options.port), &hints, &list)
        guard code == 0, let first = list else {
            return fall("\(options.host): \(String(cString: gai_strerror(code)))", now)
        }
        defer { freeaddrinfo(first) }
        var addresses: [Address] = []
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let entry = next {
            next = entry.pointee.ai_next
            let bytes = UnsafeRawBufferPointer(start: entry.pointee.ai_addr, count: Int(entry.pointee.ai_addrlen))
            addresses.append(Address(family: entry.pointee.ai_family, bytes: Array(bytes)))
        }
        probe(addresses, "\(options.host) has no address", now)
    }

    /// Tries the addresses one after the other, as libmosquitto will: `localhost` may be ::1 first and nobody there.
    private func probe(_ addresses: [Address], _ reason: String, _ now: Instant) {
        var reason = reason
        for (index, address) in addresses.enumerated() {
            let descriptor = socket(
                address.family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { continue }
            let begun = address.bytes.withUnsafeBytes { raw in
                connect(descriptor, raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count)) == 0
                    || errno == EINPROGRESS
            }
            if begun {
                state = .probing(
                    descriptor: descriptor, until: now + BrokerLink.probePatience,
                    rest: Array(addresses.dropFirst(index + 1)))
                return
            }
            reason = "\(options.host):\(options.port): \(String(cString: strerror(errno)))"
            close(descriptor)
        }
        fall(reason, now)
    }

    private func finishProbe(_ descriptor: Int32, _ rest: [Address], _ now: Instant) {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        close(descriptor)
        guard code == 0 else {
            return probe(rest, "\(options.host):\(options.port): \(String(cString: strerror(code)))", now)
        }
        open(now)
    }

    private func open(_ now: Instant) {
        guard let client = mosquitto_new(options.clientID, true, Unmanaged.passUnretained(self).toOpaque()) else {
            return fall("out of memory", now)
        }
        self.client = client
        mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, Int32(isOlder ? MQTT_PROTOCOL_V311 : MQTT_PROTOCOL_V5))
        mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1)
        mosquitto_int_option(client, MOSQ_OPT_SEND_MAXIMUM, 0)
        mosquitto_int_option(client, MOSQ_OPT_RECEIVE_MAXIMUM, BrokerLink.receiveMaximum)
        if let user = options.user { mosquitto_username_pw_set(client, user, options.password) }
        if options.tls { guard secure(client, now) else { return } }
        if let will = options.will {
            mosquitto_will_set_v5(client, will.topic, Int32(will.payload.count), will.payload, 1, true, nil)
        }
        setCallbacks(client)
        let code = mosquitto_connect_bind_v5(client, options.host, Int32(options.port), options.keepAlive, nil, nil)
        guard code == Int32(MOSQ_ERR_SUCCESS.rawValue) else {
            return fall(code == 14 ? String(cString: strerror(errno)) : String(cString: mosquitto_strerror(code)), now)
        }
        set(TCP_USER_TIMEOUT, BrokerLink.patience.first)
        state = .greeting(until: now + BrokerLink.greetingPatience)
        greeted = now
        nextMisc = now + .milliseconds(500)
    }

    private func secure(_ client: OpaquePointer, _ now: Instant) -> Bool {
        let folder = options.authority == nil ? "/etc/ssl/certs" : nil
        let codes = [
            mosquitto_tls_set(client, options.authority, folder, options.certificate, options.key, nil),
            mosquitto_tls_opts_set(client, 1, "tlsv1.3", nil),
        ]
        guard codes.allSatisfy({ $0 == 0 }) else {
            fall("the certificate files of the uplink cannot be used", now)
            return false
        }
        return true
    }

    private func setCallbacks(_ client: OpaquePointer) {
        mosquitto_connect_v5_callback_set(client) { _, context, code, _, _ in
            BrokerLink.of(context).connected(code)
        }
        mosquitto_message_v5_callback_set(client) { _, context, message, _ in
            guard let message = message?.pointee else { return }
            let payload = Array(UnsafeRawBufferPointer(start: message.payload, count: Int(message.payloadlen)))
            BrokerLink.of(context).backoff.reset()
            BrokerLink.of(context).events.append(.message(topic: String(cString: message.topic), payload: payload))
        }
        mosquitto_publish_v5_callback_set(client) { _, context, id, reason, _ in
            BrokerLink.of(context).backoff.reset()
            BrokerLink.of(context).events.append(.published(id: id, reason: reason))
        }
        mosquitto_subscribe_v5_callback_set(client) { _, context, _, count, granted, _ in
            BrokerLink.of(context).backoff.reset()
            let reasons = UnsafeBufferPointer(start: granted, count: Int(max(0, count)))
            guard let worst = reasons.max(), worst >= 128 else { return }
            BrokerLink.of(context).events.append(.unsubscribed(reason: worst))
        }
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> BrokerLink {
        Unmanaged<BrokerLink>.fromOpaque(context!).takeUnretainedValue()
    }

    private func connected(_ code: Int32) {
        guard code == 0 else {
            // In 3.1.1 the code is another one (MQTT 3.1.1, 3.2.2.3).
            refusal = String(cString: isOlder ? mosquitto_connack_string(code) : mosquitto_reason_string(code))
            isTooNew = !isOlder && code == Int32(MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION.rawValue)
            return
        }
        state = .up
        set(TCP_USER_TIMEOUT, BrokerLink.patience.later)
        spokeFive = !isOlder
        events.append(.up)
    }

    private var refusal: String?
    /// The refusal is of MQTT 5.
    private var isTooNew = false

    private func exchange(_ ready: Int16, _ now: Instant) {
        guard let client else { return }
        var code: Int32 = 0
        if ready & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
            // It reads one message, whatever it is asked for (lib/loop.c); what it answers to several goes in one.
            gather {
                for _ in 0..<BrokerLink.readsAtOnce {
                    let before = events.count
                    code = mosquitto_loop_read(client, 1)
                    guard code == 0, events.count > before else { break }
                }
            }
            // The kernel forgets this after a while, and delayed acknowledgements cost 40 ms each way.
            set(TCP_QUICKACK, 1)
        }
        if code == 0, mosquitto_want_write(client) { code = mosquitto_loop_write(client, 100) }
        if code == 0, now >= nextMisc {
            code = mosquitto_loop_misc(client)
            nextMisc = now + .milliseconds(500)
        }
        if case .greeting = state, !isOlder, isTooNew || refusal == nil && code != 0 {
            // Refused as too new, or closed without an answer, as RabbitMQ 3.10 does (observed).
            guard spokeFive, !isTooNew else { return older(now) }
            spokeFive = false
            fall("connection lost: \(String(cString: mosquitto_strerror(code)))", now)
        } else if let refusal {
            self.refusal = nil
            fall("the broker refuses us: \(refusal)", now, refused: true)
        } else if code != 0 {
            fall("connection lost: \(String(cString: mosquitto_strerror(code)))", now)
        }
    }

    /// At once, and without a word: to the caller it is one try.
    private func older(_ now: Instant) {
        if let client { mosquitto_destroy(client) }
        (client, refusal, isTooNew, isOlder) = (nil, nil, false, true)
        state = .waiting(until: now)
    }

    private func fall(_ reason: String, _ now: Instant, refused: Bool = false) {
        if let client { mosquitto_destroy(client) }
        if isUp, now - greeted > BrokerLink.goodAge { backoff.reset() }
        (client, isOlder) = (nil, false)
        state = .waiting(until: now + backoff.next())
        events.append(.down(reason: reason, refused: refused))
    }
}
