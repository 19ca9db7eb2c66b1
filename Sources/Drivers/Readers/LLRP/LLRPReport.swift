import Model

/// What RO_ACCESS_REPORT and READER_EVENT_NOTIFICATION say (LLRP 1.1 §17.1 and §17.2).
enum LLRPReport {
    /// The tags of a report, in order; `unread` counts parameters that ended a tag's list early.
    static func tags(_ body: ArraySlice<UInt8>) -> (tags: [TagRead], unread: Int) {
        var tags: [TagRead] = []
        var unread = 0
        _ = LLRPParameter.walk(body) { parameter in
            guard parameter.type == LLRPParameter.Kind.tagReport else { return }
            let (tag, complete) = tag(parameter.body)
            if let tag { tags.append(tag) }
            if !complete { unread += 1 }
        }
        return (tags, unread)
    }

    private static func tag(_ body: ArraySlice<UInt8>) -> (TagRead?, complete: Bool) {
        var epc: [UInt8]?
        var read = TagRead(id: TagID(.epcGen2, []))
        var crc: UInt16?
        var (first, last): (Int64?, Int64?)
        var hundredths: Int?
        let end = LLRPParameter.walk(body) { parameter in
            let value = parameter.body
            func number() -> UInt64 { value.reduce(0) { $0 << 8 | UInt64($1) } }
            switch parameter.type {
            case 1: read.antenna = number() == 0 ? nil : Int(number())
            case 2: first = Int64(clamping: number())
            case 4: last = Int64(clamping: number())
            case 6: read.rssiDBm = Double(Int8(bitPattern: value.first!))
            case 8: read.count = max(1, Int(number()))
            case 11: crc = UInt16(number())
            case 12: read.protocolControl = UInt16(number())
            case 13: epc = Array(value)
            case LLRPParameter.Kind.epcData: epc = epcData(value)
            case LLRPParameter.Kind.readResult:
                guard let (bank, data) = LLRPAccess.result(value) else { return }
                if bank == .tid { read.tid = data } else { read.userMemory = data }
            case LLRPParameter.Kind.custom:
                hundredths = impinjRSSI(value) ?? hundredths
                if let tid = LLRPAccess.fastID(value) { read.tid = tid }
            default: break
            }
        }
        // A blank tag has an EPC of 0 bits, which is lawful (LLRP 1.1 §17.2.7.3): there is nothing to tell, and nothing wrong.
        if let epc, epc.isEmpty { return (nil, end == .complete) }
        guard let epc, epc.count <= TagID.limit else { return (nil, false) }
        read.id = TagID(.epcGen2, epc)
        read.deviceMicroseconds = first ?? last
        if let hundredths { read.rssiDBm = Double(hundredths) / 100 }
        if let crc, let pc = read.protocolControl {
            read.crcIsValid = Gen2CRC.checksum(pc, epc) == crc
        }
        return (read, end == .complete)
    }

    /// A count of bits, then the EPC rounded up to bytes; bits beyond the count are cleared.
    private static func epcData(_ body: ArraySlice<UInt8>) -> [UInt8]? {
        var reader = ByteReader(body)
        guard let bits = try? reader.u16(), var epc = (try? reader.take((Int(bits) + 7) / 8)).map(Array.init) else {
            return nil
        }
        if bits % 8 != 0 { epc[epc.count - 1] &= 0xFF << UInt8(8 - bits % 8) }
        return epc
    }

    /// Impinj's peak RSSI, in hundredths of dBm (maker 25882, subtype 57).
    private static func impinjRSSI(_ body: ArraySlice<UInt8>) -> Int? {
        var reader = ByteReader(body)
        guard (try? reader.u32()) == 25882, (try? reader.u32()) == 57, let value = try? reader.u16() else {
            return nil
        }
        return Int(Int16(bitPattern: value))
    }
}

/// What a reader announces by itself.
enum LLRPEvent: Equatable {
    /// 0 is ours; other numbers refuse.
    case connection(UInt16)
    case closed
    case antenna(Int, connected: Bool)
    case bufferFilling(percent: Int)
    case bufferOverflow
    case exception(String)
    case input(Int, high: Bool)
    case roSpec(id: UInt32, ended: Bool)

    static func events(_ body: ArraySlice<UInt8>) -> [LLRPEvent] {
        var events: [LLRPEvent] = []
        _ = LLRPParameter.walk(body) { data in
            guard data.type == LLRPParameter.Kind.eventData else { return }
            _ = LLRPParameter.walk(data.body) { parameter in
                if let event = LLRPEvent(parameter) { events.append(event) }
            }
        }
        return events
    }

    private init?(_ parameter: LLRPParameter) {
        var reader = ByteReader(parameter.body)
        do {
            switch parameter.type {
            case LLRPParameter.Kind.connectionAttempt: self = .connection(try reader.u16())
            case LLRPParameter.Kind.connectionClosed: self = .closed
            case LLRPParameter.Kind.antennaEvent:
                let type = try reader.u8()
                self = .antenna(Int(try reader.u16()), connected: type == 1)
            case LLRPParameter.Kind.bufferWarning: self = .bufferFilling(percent: Int(try reader.u8()))
            case LLRPParameter.Kind.bufferOverflow: self = .bufferOverflow
            case LLRPParameter.Kind.exception:
                self = .exception(String(decoding: try reader.take(Int(try reader.u16())), as: UTF8.self))
            case LLRPParameter.Kind.gpi: self = .input(Int(try reader.u16()), high: try reader.u8() & 0x80 != 0)
            case LLRPParameter.Kind.roSpecEvent:
                let type = try reader.u8()
                self = .roSpec(id: try reader.u32(), ended: type != 0)
            default: return nil
            }
        } catch { return nil }
    }

    /// As the product tells it; nil where it is the session's own business.
    var observation: Observation? {
        switch self {
        case .antenna(let number, false):
            .fault(
                Fault(
                    code: "antenna-disconnected",
                    text: "antenna \(number) is disconnected: check its cable and connector"))
        case .antenna(let number, true):
            .identity(Identity(field: "antenna-\(number)", text: "connected"))
        case .bufferFilling(let percent):
            .fault(Fault(code: "buffer-filling", text: "the reader's report buffer is \(percent) % full"))
        case .bufferOverflow:
            .fault(Fault(code: "buffer-overflow", text: "the reader's report buffer overflowed: reads were lost"))
        case .exception(let text): .fault(Fault(code: "reader-exception", text: text))
        case .input(let number, let high):
            .identity(Identity(field: "input-\(number)", text: high ? "high" : "low"))
        case .connection(0), .closed, .roSpec: nil
        case .connection(let status): .fault(LLRPEvent.refusal(status))
        }
    }

    static func refusal(_ status: UInt16) -> Fault {
        let text =
            switch status {
            case 1: "the reader has a connection that it opened itself: end it in the reader's own settings"
            case 2: "another client holds the reader: close that program, or wait until the reader lets it go"
            case 3: "the reader failed to accept the connection"
            case 4: "another client tries to connect to the reader"
            default: "the reader refused the connection with status \(status)"
            }
        return Fault(code: "connection-refused", text: text)
    }
}

/// LLRPStatus: a code, the reader's sentence, and where in the question the error was.
struct LLRPStatus: Equatable {
    var code: UInt16
    var text: String
    /// Such as `parameter 222, field 3`.
    var place: String?

    /// The status parameter directly inside a message.
    init?(in body: ArraySlice<UInt8>) {
        guard let parameter = LLRPParameter.first(LLRPParameter.Kind.status, in: body) else { return nil }
        var reader = ByteReader(parameter.body)
        guard let code = try? reader.u16(), let length = try? reader.u16(), let text = try? reader.take(Int(length))
        else { return nil }
        self.code = code
        self.text = String(decoding: text, as: UTF8.self)
        var places: [String] = []
        LLRPStatus.collect(reader.rest, &places, depth: 0)
        place = places.isEmpty ? nil : places.joined(separator: ", ")
    }

    /// ParameterErrors may nest; nobody nests them deeper than the parameters themselves.
    private static func collect(_ bytes: ArraySlice<UInt8>, _ places: inout [String], depth: Int) {
        guard depth < 8 else { return }
        _ = LLRPParameter.walk(bytes) { parameter in
            var reader = ByteReader(parameter.body)
            guard let first = try? reader.u16(), let code = try? reader.u16() else { return }
            let reason = LLRPStatus.name(code)
            switch parameter.type {
            case LLRPParameter.Kind.fieldError: places.append("field \(first): \(reason)")
            case LLRPParameter.Kind.parameterError:
                places.append("parameter \(first): \(reason)")
                collect(reader.rest, &places, depth: depth + 1)
            default: break
            }
        }
    }

    /// Names of the status codes (LLRP 1.1 §14.2.1).
    static func name(_ code: UInt16) -> String {
        let names: [UInt16: String] = [
            0: "success", 100: "parameter error", 101: "field error", 102: "unexpected parameter",
            103: "missing parameter", 104: "duplicate parameter", 105: "too many parameters", 106: "too many fields",
            107: "unknown parameter", 108: "unknown field", 109: "unsupported message", 110: "unsupported version",
            111: "unsupported parameter", 112: "unexpected message", 200: "parameter error inside a parameter",
            201: "field error inside a parameter", 202: "unexpected parameter inside a parameter",
            203: "missing parameter inside a parameter", 204: "duplicate parameter inside a parameter",
            205: "too many parameters inside a parameter", 206: "too many fields inside a parameter",
            207: "unknown parameter inside a parameter", 208: "unknown field inside a parameter",
            209: "unsupported parameter inside a parameter", 300: "invalid value", 301: "value out of range",
            401: "device error",
        ]
        return names[code] ?? "code \(code)"
    }

    var fault: Fault {
        let detail = [text.isEmpty ? nil : text, place].compactMap(\.self).joined(separator: "; ")
        let name = LLRPStatus.name(code)
        return Fault(
            code: String(name.map { $0 == " " ? "-" : $0 }), text: name + (detail.isEmpty ? "" : ": \(detail)"))
    }
}
