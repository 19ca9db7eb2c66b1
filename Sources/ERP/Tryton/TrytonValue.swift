import Model

/// Values as Tryton writes them in JSON (trytond/protocols/jsonrpc.py, series 6.0 to 8.2): an object
/// with `__class__` for a date, a time, a decimal number and bytes; quantities are plain numbers; a relation is its
/// id or null; a reference is the text `stock.shipment.in,4`.
enum TrytonValue {
    /// `YYYY-MM-DD` as a date; nil for anything else.
    static func date(_ day: String) -> JSON? {
        let parts = day.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2, 2], let year = Int64(parts[0]), let month = Int64(parts[1]),
            let date = Int64(parts[2]), (1...12).contains(month), (1...31).contains(date)
        else { return nil }
        return .object([("__class__", "date"), ("year", .int(year)), ("month", .int(month)), ("day", .int(date))])
    }

    /// `YYYY-MM-DD` of a date or of a date and time (UTC).
    static func day(_ value: JSON?) -> String? {
        guard let value, ["date", "datetime"].contains(value["__class__"]?.text ?? ""),
            let year = value["year"]?.integer, let month = value["month"]?.integer, let day = value["day"]?.integer
        else { return nil }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    /// `YYYY-MM-DDTHH:MM:SSZ` of a date and time.
    static func instant(_ value: JSON?) -> String? {
        guard let value, value["__class__"]?.text == "datetime", let day = day(value) else { return nil }
        let clock = ["hour", "minute", "second"].map { padded(value[$0]?.integer ?? 0, 2) }
        return "\(day)T\(clock[0]):\(clock[1]):\(clock[2])Z"
    }

    static func decimal(_ text: String) -> JSON { .object([("__class__", "Decimal"), ("decimal", .string(text))]) }

    /// The text of a decimal number; of a plain number too, because REST and function fields may give one.
    static func decimalText(_ value: JSON?) -> String? {
        guard let value else { return nil }
        if value["__class__"]?.text == "Decimal" { return value["decimal"]?.text }
        if let whole = value.integer { return String(whole) }
        return value.double.map { "\($0)" }
    }

    static func bytes(_ bytes: [UInt8]) -> JSON {
        .object([("__class__", "bytes"), ("base64", .string(TrytonBase64.text(bytes)))])
    }

    /// The bytes of a `bytes` value (older series: `Buffer` never reached the wire).
    static func bytes(in value: JSON?) -> [UInt8]? {
        guard let value, value["__class__"]?.text == "bytes", let text = value["base64"]?.text else { return nil }
        return TrytonBase64.bytes(text)
    }

    /// A relation's id: null and false are none.
    static func id(_ value: JSON?) -> Int64? { value?.integer }

    /// The model and id of a reference: `purchase.line,11`.
    static func reference(_ value: JSON?) -> (model: String, id: Int64)? {
        guard let text = value?.text, let comma = text.lastIndex(of: ","),
            let id = Int64(text[text.index(after: comma)...]), id >= 0
        else { return nil }
        return (String(text[..<comma]), id)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}

/// Base64 (RFC 4648 §4, and §5 for what goes into a header or an address), with its padding.
enum TrytonBase64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

    static func text(_ bytes: [UInt8], isURLSafe: Bool = false) -> String {
        let letters = alphabet + (isURLSafe ? [UInt8(ascii: "-"), UInt8(ascii: "_")] : [0x2B, 0x2F])
        var out: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var word = 0
            for byte in group { word = word << 8 | Int(byte) }
            word <<= 8 * (3 - group.count)
            for place in 0..<4 {
                out.append(place <= group.count ? letters[word >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Nil for what is no base64, of either alphabet.
    static func bytes(_ text: String) -> [UInt8]? {
        var out: [UInt8] = []
        var word = 0
        var bits = 0
        for byte in text.utf8 where byte != UInt8(ascii: "=") {
            let value: Int
            switch byte {
            case UInt8(ascii: "+"), UInt8(ascii: "-"): value = 62
            case UInt8(ascii: "/"), UInt8(ascii: "_"): value = 63
            default:
                guard let place = alphabet.firstIndex(of: byte) else { return nil }
                value = place
            }
            word = (word << 6 | value) & 0xFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                out.append(UInt8(truncatingIfNeeded: word >> bits))
            }
        }
        return out
    }
}
