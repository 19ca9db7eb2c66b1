import Model

extension EPC {
    /// Schemes without a partition table: GID, DoD, CPI of any length, ADI, ITIP.
    static func decodeOther(_ header: UInt8, _ bytes: [UInt8]) throws(Unreadable) -> EPC {
        switch header {
        case 0x35: return try decodeGID(bytes)
        case 0x2F: return try decodeDoD(bytes)
        case 0x3D: return try decodeCPI(bytes)
        case 0x3B, 0x40, 0x41, 0xF0, 0xF3, 0xFA, 0xFC, 0xFD, 0xEF, 0xED:
            throw Unreadable("header \(Hex.string([header])) is a scheme that this version does not decode")
        case 0xE2: throw Unreadable("header E2 is a tag's own number (TID) or not programmed, not an EPC")
        default: throw Unreadable("header \(Hex.string([header])) is not a GS1 EPC")
        }
    }

    private static func decodeGID(_ bytes: [UInt8]) throws(Unreadable) -> EPC {
        guard bytes.count == 12 else { throw Unreadable("GID-96 has 12 bytes, not \(bytes.count)") }
        var bits = EPCBits(bytes)
        _ = try bits.number(8)
        let parts = [try bits.number(28), try bits.number(24), try bits.number(36)].map(String.init).joined(
            separator: ".")
        return EPC(bytes, "gid-96", tag: parts, identity: "gid:\(parts)")
    }

    private static func decodeDoD(_ bytes: [UInt8]) throws(Unreadable) -> EPC {
        guard bytes.count == 12 else { throw Unreadable("USDOD-96 has 12 bytes, not \(bytes.count)") }
        var bits = EPCBits(bytes)
        _ = try bits.number(8)
        let filter = try bits.number(4)
        var cage = ""
        for index in 0..<6 {
            let byte = UInt8(try bits.number(8))
            if index == 0, byte == 0x20 { continue }
            guard (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte), byte != 0x49, byte != 0x4F else {
                throw Unreadable("character \(Hex.string([byte])) is not allowed in a CAGE code")
            }
            cage += String(UnicodeScalar(byte))
        }
        let serial = try bits.number(36)
        return EPC(bytes, "usdod-96", tag: "\(filter).\(cage).\(serial)", identity: "usdod:\(cage).\(serial)")
    }

    private static func decodeCPI(_ bytes: [UInt8]) throws(Unreadable) -> EPC {
        var bits = EPCBits(bytes)
        _ = try bits.number(8)
        let filter = try bits.number(3)
        let partition = Int(try bits.number(3))
        guard partition < 7 else { throw Unreadable("partition 7 is not allowed") }
        let company = try bits.decimal(companyBits[partition], digits: 12 - partition, "company prefix")
        let part = try bits.text6()
        guard (1...(18 + partition)).contains(part.count) else {
            throw Unreadable("the part reference has \(part.count) characters")
        }
        let serial = String(try bits.number(40))
        try bits.endInZeros()
        let text = [company, part, serial].map(escape).joined(separator: ".")
        return EPC(
            bytes, "cpi-var", tag: "\(filter).\(text)", identity: "cpi:\(text)",
            [Element("8010", company + part), Element("8011", serial)])
    }

    // MARK: "+" schemes (TDS 2.x): digits in four bits, no partition

    struct Plus {
        var name: String
        var ai: String
        var digits: Int
        /// AI of the serial part, or nil; an empty one is appended to the key itself.
        var tail: String?
        var dated = false
    }

    static let plus: [UInt8: Plus] = [
        0xF7: .init(name: "sgtin+", ai: "01", digits: 14, tail: "21"),
        0xFB: .init(name: "dsgtin+", ai: "01", digits: 14, tail: "21", dated: true),
        0xF9: .init(name: "sscc+", ai: "00", digits: 18, tail: nil),
        0xF2: .init(name: "sgln+", ai: "414", digits: 13, tail: "254"),
        0xF1: .init(name: "grai+", ai: "8003", digits: 14, tail: ""),
        0xF6: .init(name: "gdti+", ai: "253", digits: 13, tail: ""),
        0xF8: .init(name: "sgcn+", ai: "255", digits: 13, tail: ""),
        0xF4: .init(name: "gsrn+", ai: "8018", digits: 18, tail: nil),
        0xF5: .init(name: "gsrnp+", ai: "8017", digits: 18, tail: nil),
    ]

    private static let dateAIs = ["11", "13", "15", "16", "17", "7006", "7007"]

    static func decodePlus(_ scheme: Plus, _ bytes: [UInt8]) throws(Unreadable) -> EPC {
        var bits = EPCBits(bytes)
        _ = try bits.number(8)
        let more = try bits.number(1) == 1
        _ = try bits.number(3)
        var date: Element?
        if scheme.dated {
            let type = Int(try bits.number(4))
            guard type < dateAIs.count else { throw Unreadable("date type \(type) is not defined") }
            let (year, month, day) = (try bits.number(7), try bits.number(4), try bits.number(5))
            guard year < 100, (1...12).contains(month), day <= 31 else { throw Unreadable("the date is not one") }
            date = Element(dateAIs[type], [year, month, day].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined())
        }
        let key = try bits.digits(scheme.digits)
        let keyDigits = scheme.ai == "8003" ? String(key.dropFirst()) : key
        guard keyDigits.last?.wholeNumberValue == GS1.checkDigit(String(keyDigits.dropLast())) else {
            throw Unreadable("the check digit of \(key) is wrong")
        }
        var elements = [Element(scheme.ai, key)]
        if let tail = scheme.tail {
            let serial = try variable(&bits)
            if tail.isEmpty {
                elements[0].value += serial
            } else if !serial.isEmpty {
                elements.append(Element(tail, serial))
            }
        }
        if let date { elements.append(date) }
        // Other identifiers follow in the tag's memory: they are kept in the hex, not guessed at.
        if !more { try bits.endInZeros() }
        return EPC(bytes, scheme.name, tag: nil, identity: nil, elements)
    }

    /// Three bits of encoding, five of length, data (TDS 2.0 §14.5.6).
    private static func variable(_ bits: inout EPCBits) throws(Unreadable) -> String {
        let encoding = try bits.number(3)
        let length = Int(try bits.number(5))
        var text = ""
        switch encoding {
        case 0:
            // As many bits as the largest number of that many digits needs.
            guard length <= 19 else { throw Unreadable("a number of \(length) digits is too long") }
            let count =
                length == 0
                ? 0
                : 64 - (0..<length).reduce(UInt64(1)) { value, _ in value &* 10 }.advanced(by: -1).leadingZeroBitCount
            return try bits.decimal(count, digits: length, "serial number")
        case 1, 2:
            for _ in 0..<length {
                let digit = String(try bits.number(4), radix: 16)
                text += encoding == 1 ? digit.uppercased() : digit
            }
        case 3:
            let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
            for _ in 0..<length { text.append(alphabet[Int(try bits.number(6))]) }
        case 4:
            for _ in 0..<length {
                let value = UInt8(try bits.number(7))
                guard EPCBits.isInvariant(value) else {
                    throw Unreadable("character \(Hex.string([value])) is not allowed")
                }
                text += String(UnicodeScalar(value))
            }
        case 5:
            // Three characters in sixteen bits (TDS 2.0 §14.5.6.6).
            let alphabet = Array("\0ABCDEFGHIJKLMNOPQRSTUVWXYZ-._0123456789")
            while text.count < length {
                var value = Int(try bits.number(16)) - 1
                guard value >= 0, value < 64_000 else { throw Unreadable("URN code 40 is out of range") }
                let third = value % 40
                value /= 40
                for index in [value / 40, value % 40, third] where text.count < length {
                    guard index > 0, index < alphabet.count else {
                        throw Unreadable("URN code 40 holds no character \(index)")
                    }
                    text.append(alphabet[index])
                }
            }
        default: throw Unreadable("encoding \(encoding) of the serial number is not defined")
        }
        return text
    }
}
