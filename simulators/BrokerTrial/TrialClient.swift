import Broker
internal import CMosquitto
import Glibc
import Model

/// One MQTT connection that asks of a broker what `BrokerLink` never does: sessions, delays, silence. Driven by `Trial.wait`; used by
/// one thread.
///
/// libmosquitto answers and acknowledges by itself: what is held back is held back by not driving the connection at all.
final class TrialClient {
    enum Version: Int32 {
        case v311 = 4
        case v5 = 5

        var name: String { self == .v5 ? "MQTT 5" : "MQTT 3.1.1" }
    }

    struct Will {
        var topic: String
        var payload = "gone"
        var isRetained = false
        /// Seconds (MQTT 5.0, 3.1.3.2.2).
        var delay: UInt32?
    }

    struct Setup {
        var id: String
        var version: Version
        /// Clean Start; in 3.1.1 Clean Session.
        var isClean = true
        /// Session Expiry Interval in seconds (MQTT 5.0, 3.1.2.11.2).
        var sessionExpiry: UInt32?
        /// Seconds; libmosquitto takes none below 5.
        var keepAlive: Int32 = 60
        var will: Will?
    }

    struct Message {
        var topic: String
        var payload: [UInt8]
        var isRetained: Bool
        var contentType: String?
        var user: String?
        var subscription: UInt32?

        var text: String { String(decoding: payload, as: UTF8.self) }
    }

    /// What a message carries besides; MQTT 5 alone has it.
    struct Extras {
        /// Seconds.
        var expiry: UInt32?
        var contentType: String?
        var user: String?
    }

    /// CONNACK. A property that is missing means its default (MQTT 5.0, 3.2.2.3).
    struct Greeting {
        var reason: Int32
        var hasSession: Bool
        var receiveMaximum: UInt16?
        var maximumPacket: UInt32?
        var maximumQuality: UInt8?
        var hasRetained = true
        var hasWildcards = true
        var hasShared = true
        var topicAliases: UInt16?
    }

    private(set) var greeting: Greeting?
    var messages: [Message] = []
    /// The broker's reason for each message that it has taken.
    private(set) var taken: [Int32: Int32] = [:]
    private(set) var granted: [Int32: Int32] = [:]
    /// Why it is over; nil while it lives.
    private(set) var end: String?
    /// Whether it says that it lives.
    var pings = true
    /// Whether it reads what it is sent.
    var reads = true
    let setup: Setup
    private var client: OpaquePointer?
    private var nextMisc = Instant.zero

    init(_ options: BrokerOptions, _ setup: Setup) throws(TrialError) {
        self.setup = setup
        mosquitto_lib_init()
        client = mosquitto_new(setup.id, setup.isClean, Unmanaged.passUnretained(self).toOpaque())
        guard let client else { throw TrialError("out of memory") }
        mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, setup.version.rawValue)
        mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1)
        mosquitto_int_option(client, MOSQ_OPT_SEND_MAXIMUM, 0)
        if let user = options.user { mosquitto_username_pw_set(client, user, options.password) }
        if options.tls {
            let folder = options.authority == nil ? "/etc/ssl/certs" : nil
            guard mosquitto_tls_set(client, options.authority, folder, options.certificate, options.key, nil) == 0
            else { throw TrialError("the certificate files cannot be used") }
        }
        var properties: OpaquePointer?
        defer { mosquitto_property_free_all(&properties) }
        if let expiry = setup.sessionExpiry {
            mosquitto_property_add_int32(&properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL.number, expiry)
        }
        if let will = setup.will {
            var more: OpaquePointer?
            if let delay = will.delay {
                mosquitto_property_add_int32(&more, MQTT_PROP_WILL_DELAY_INTERVAL.number, delay)
            }
            let payload = Array(will.payload.utf8)
            mosquitto_will_set_v5(client, will.topic, Int32(payload.count), payload, 1, will.isRetained, more)
        }
        setCallbacks(client)
        let code = mosquitto_connect_bind_v5(
            client, options.host, Int32(options.port), setup.keepAlive, nil, properties)
        guard code == 0 else {
            throw TrialError("\(options.host):\(options.port): \(String(cString: mosquitto_strerror(code)))")
        }
    }

    deinit { vanish() }

    var isUp: Bool { end == nil && greeting?.reason == 0 }

    /// A descriptor (or -1) with its poll events.
    var interest: (Int32, Int16) {
        guard let client, end == nil else { return (-1, 0) }
        let wants = (reads ? Int16(POLLIN) : 0) | (mosquitto_want_write(client) ? Int16(POLLOUT) : 0)
        return (wants == 0 ? -1 : mosquitto_socket(client), wants)
    }

    func advance(_ ready: Int16, now: Instant) {
        guard let client, end == nil else { return }
        var code: Int32 = 0
        if reads, ready & Int16(POLLIN | POLLHUP | POLLERR) != 0 { code = mosquitto_loop_read(client, 100) }
        if code == 0, mosquitto_want_write(client) { code = mosquitto_loop_write(client, 100) }
        if code == 0, pings, now >= nextMisc {
            code = mosquitto_loop_misc(client)
            nextMisc = now + .milliseconds(200)
        }
        if code != 0, end == nil { end = String(cString: mosquitto_strerror(code)) }
    }

    /// Nil where libmosquitto does not take it: the connection is over, or the packet is larger than the broker takes.
    func publish(
        _ topic: String, _ payload: [UInt8], quality: Int32 = 1, retain: Bool = false, _ extras: Extras = Extras()
    ) -> Int32? {
        guard let client, isUp else { return nil }
        var properties: OpaquePointer?
        defer { mosquitto_property_free_all(&properties) }
        if setup.version == .v5 {
            if let expiry = extras.expiry {
                mosquitto_property_add_int32(&properties, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL.number, expiry)
            }
            if let type = extras.contentType {
                mosquitto_property_add_string(&properties, MQTT_PROP_CONTENT_TYPE.number, type)
            }
            if let user = extras.user {
                mosquitto_property_add_string_pair(&properties, MQTT_PROP_USER_PROPERTY.number, "trial", user)
            }
        }
        var id: Int32 = 0
        let code = mosquitto_publish_v5(client, &id, topic, Int32(payload.count), payload, quality, retain, properties)
        return code == 0 ? id : nil
    }

    func publish(_ topic: String, _ text: String, quality: Int32 = 1, retain: Bool = false) -> Int32? {
        publish(topic, Array(text.utf8), quality: quality, retain: retain)
    }

    func subscribe(_ pattern: String, quality: Int32 = 1, noLocal: Bool = false, identifier: UInt32? = nil) -> Int32? {
        guard let client, isUp else { return nil }
        var properties: OpaquePointer?
        defer { mosquitto_property_free_all(&properties) }
        if let identifier {
            mosquitto_property_add_varint(&properties, MQTT_PROP_SUBSCRIPTION_IDENTIFIER.number, identifier)
        }
        var id: Int32 = 0
        let options = noLocal ? MQTT_SUB_OPT_NO_LOCAL.number : 0
        return mosquitto_subscribe_v5(client, &id, pattern, quality, options, properties) == 0 ? id : nil
    }

    /// Says goodbye: no will.
    func leave() {
        guard let client, end == nil else { return vanish() }
        mosquitto_disconnect_v5(client, 0, nil)
        mosquitto_loop_write(client, 1)
        vanish()
    }

    /// Is gone without a word.
    func vanish() {
        if end == nil { end = "it went away" }
        if let client { mosquitto_destroy(client) }
        client = nil
    }

    // MARK: what comes

    private static func of(_ context: UnsafeMutableRawPointer?) -> TrialClient {
        Unmanaged<TrialClient>.fromOpaque(context!).takeUnretainedValue()
    }

    private func setCallbacks(_ client: OpaquePointer) {
        mosquitto_connect_v5_callback_set(client) { _, context, reason, flags, properties in
            var greeting = Greeting(reason: reason, hasSession: flags & 1 != 0)
            greeting.receiveMaximum = TrialClient.int16(properties, MQTT_PROP_RECEIVE_MAXIMUM)
            greeting.topicAliases = TrialClient.int16(properties, MQTT_PROP_TOPIC_ALIAS_MAXIMUM)
            greeting.maximumPacket = TrialClient.int32(properties, MQTT_PROP_MAXIMUM_PACKET_SIZE)
            greeting.maximumQuality = TrialClient.byte(properties, MQTT_PROP_MAXIMUM_QOS)
            greeting.hasRetained = TrialClient.byte(properties, MQTT_PROP_RETAIN_AVAILABLE) != 0
            greeting.hasWildcards = TrialClient.byte(properties, MQTT_PROP_WILDCARD_SUB_AVAILABLE) != 0
            greeting.hasShared = TrialClient.byte(properties, MQTT_PROP_SHARED_SUB_AVAILABLE) != 0
            TrialClient.of(context).greeting = greeting
        }
        mosquitto_message_v5_callback_set(client) { _, context, message, properties in
            guard let message = message?.pointee else { return }
            let payload = Array(UnsafeRawBufferPointer(start: message.payload, count: Int(message.payloadlen)))
            var identifier: UInt32 = 0
            let hasIdentifier =
                mosquitto_property_read_varint(
                    properties, MQTT_PROP_SUBSCRIPTION_IDENTIFIER.number, &identifier, false) != nil
            TrialClient.of(context).messages.append(
                Message(
                    topic: String(cString: message.topic), payload: payload, isRetained: message.retain,
                    contentType: TrialClient.string(properties), user: TrialClient.user(properties),
                    subscription: hasIdentifier ? identifier : nil))
        }
        mosquitto_publish_v5_callback_set(client) { _, context, id, reason, _ in
            TrialClient.of(context).taken[id] = reason
        }
        mosquitto_subscribe_v5_callback_set(client) { _, context, id, count, granted, _ in
            TrialClient.of(context).granted[id] =
                UnsafeBufferPointer(start: granted, count: Int(max(0, count))).max() ?? 0
        }
        mosquitto_disconnect_v5_callback_set(client) { _, context, reason, _ in
            let it = TrialClient.of(context)
            if it.end == nil {
                it.end =
                    reason >= 128
                    ? "told: \(String(cString: mosquitto_reason_string(reason)))" : "closed without a word"
            }
        }
    }

    private static func byte(_ properties: OpaquePointer?, _ name: mqtt5_property) -> UInt8? {
        var value: UInt8 = 0
        return mosquitto_property_read_byte(properties, name.number, &value, false) == nil ? nil : value
    }

    private static func int16(_ properties: OpaquePointer?, _ name: mqtt5_property) -> UInt16? {
        var value: UInt16 = 0
        return mosquitto_property_read_int16(properties, name.number, &value, false) == nil ? nil : value
    }

    private static func int32(_ properties: OpaquePointer?, _ name: mqtt5_property) -> UInt32? {
        var value: UInt32 = 0
        return mosquitto_property_read_int32(properties, name.number, &value, false) == nil ? nil : value
    }

    private static func string(_ properties: OpaquePointer?) -> String? {
        var value: UnsafeMutablePointer<CChar>?
        guard mosquitto_property_read_string(properties, MQTT_PROP_CONTENT_TYPE.number, &value, false) != nil, let value
        else { return nil }
        defer { free(value) }
        return String(cString: value)
    }

    private static func user(_ properties: OpaquePointer?) -> String? {
        var (name, value): (UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<CChar>?)
        guard
            mosquitto_property_read_string_pair(properties, MQTT_PROP_USER_PROPERTY.number, &name, &value, false)
                != nil,
            let value
        else { return nil }
        defer {
            free(name)
            free(value)
        }
        return String(cString: value)
    }
}

extension mqtt5_property {
    fileprivate var number: Int32 { Int32(bitPattern: rawValue) }
}

extension mqtt5_sub_options {
    fileprivate var number: Int32 { Int32(bitPattern: rawValue) }
}

/// Why something could not be tried, or was not honoured.
struct TrialError: Error, CustomStringConvertible {
    var description: String
    init(_ text: String) { description = text }
}
