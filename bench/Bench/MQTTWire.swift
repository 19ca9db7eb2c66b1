/// MQTT 5 as far as a simulated gateway speaks it: bytes of what it says, and packets of what it hears. Values: thousands of connections in
/// one process would be too much for libmosquitto, which has a client object and a turn for each (MQTT 5.0, OASIS, chapters 2 and 3).
enum MQTTWire {
    enum Packet {
        case greeted(reason: UInt8)
        /// `id` where it is to be acknowledged.
        case message(topic: ArraySlice<UInt8>, payload: ArraySlice<UInt8>, id: UInt16?)
        case taken(id: UInt16, reason: UInt8)
        case other
    }

    struct Will {
        var topic: [UInt8]
        var payload: [UInt8]
    }

    static let ping: [UInt8] = [0xC0, 0]

    /// Clean Start, no session; the will with QoS 1 and retained (3.1).
    static func connect(_ id: String, keepAlive: UInt16, will: Will? = nil) -> [UInt8] {
        var body: [UInt8] = [0, 4] + "MQTT".utf8 + [5, will == nil ? 0x02 : 0x2E]
        put(keepAlive, &body)
        body.append(0)
        put(Array(id.utf8), &body)
        if let will {
            body.append(0)
            put(will.topic, &body)
            put(will.payload, &body)
        }
        return packet(0x10, body)
    }

    /// All with QoS 1 (3.8).
    static func subscribe(_ patterns: [String], id: UInt16) -> [UInt8] {
        var body: [UInt8] = []
        put(id, &body)
        body.append(0)
        for pattern in patterns {
            put(Array(pattern.utf8), &body)
            body.append(1)
        }
        return packet(0x82, body)
    }

    /// `id` nil: QoS 0. `expiry` in seconds (3.3).
    static func publish(
        _ topic: [UInt8], _ payload: [UInt8], id: UInt16?, retain: Bool = false, expiry: UInt32? = nil
    ) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(topic.count + payload.count + 16)
        put(topic, &body)
        if let id { put(id, &body) }
        if let expiry {
            body += [5, 0x02] + (0..<4).map { UInt8(truncatingIfNeeded: expiry >> (24 - 8 * UInt32($0))) }
        } else {
            body.append(0)
        }
        body += payload
        return packet(0x30 | (id == nil ? 0 : 0x02) | (retain ? 1 : 0), body)
    }

    static func acknowledge(_ id: UInt16) -> [UInt8] { [0x40, 2, UInt8(id >> 8), UInt8(id & 0xFF)] }

    /// The first packet of `bytes` from `at` on, which moves behind it; nil while it is not whole. What is malformed is `other`: this
    /// speaks to a broker that was started for it.
    static func next(_ bytes: [UInt8], _ at: inout Int) -> Packet? {
        var (length, shift, place) = (0, 0, at + 1)
        while true {
            guard place < bytes.count, shift < 28 else { return nil }
            length |= Int(bytes[place] & 0x7F) << shift
            (shift, place) = (shift + 7, place + 1)
            if bytes[place - 1] & 0x80 == 0 { break }
        }
        guard bytes.count - place >= length else { return nil }
        let (head, body) = (bytes[at], bytes[place..<place + length])
        at = place + length
        switch head >> 4 {
        case 2 where body.count >= 2: return .greeted(reason: body[body.startIndex + 1])
        case 3: return message(head, body) ?? .other
        case 4 where body.count >= 2:
            return .taken(id: word(body, 0), reason: body.count > 2 ? body[body.startIndex + 2] : 0)
        default: return .other
        }
    }

    private static func message(_ head: UInt8, _ body: ArraySlice<UInt8>) -> Packet? {
        guard body.count >= 2 else { return nil }
        let topic = Int(word(body, 0))
        var place = body.startIndex + 2 + topic
        guard place < body.endIndex else { return nil }
        let name = body[body.startIndex + 2..<place]
        var id: UInt16?
        if head & 0x06 != 0 {
            guard body.endIndex - place >= 2 else { return nil }
            id = word(body, place - body.startIndex)
            place += 2
        }
        // Properties: of those of one byte's length, which is all that the centre sends.
        guard place < body.endIndex, body[place] < 0x80, place + 1 + Int(body[place]) <= body.endIndex else {
            return nil
        }
        return .message(topic: name, payload: body[(place + 1 + Int(body[place]))...], id: id)
    }

    private static func word(_ bytes: ArraySlice<UInt8>, _ at: Int) -> UInt16 {
        UInt16(bytes[bytes.startIndex + at]) << 8 | UInt16(bytes[bytes.startIndex + at + 1])
    }

    private static func put(_ value: UInt16, _ out: inout [UInt8]) { out += [UInt8(value >> 8), UInt8(value & 0xFF)] }

    private static func put(_ bytes: [UInt8], _ out: inout [UInt8]) {
        put(UInt16(bytes.count), &out)
        out += bytes
    }

    private static func packet(_ head: UInt8, _ body: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [head]
        out.reserveCapacity(body.count + 5)
        var length = body.count
        repeat {
            out.append(UInt8(length & 0x7F) | (length > 0x7F ? 0x80 : 0))
            length >>= 7
        } while length > 0
        return out + body
    }
}
