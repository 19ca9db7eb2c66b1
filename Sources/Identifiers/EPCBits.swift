import Model

/// Bits of an EPC, read from the left; every read says when there are too few.
struct EPCBits {
    private let bytes: [UInt8]
    private(set) var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var remaining: Int { bytes.count * 8 - at }

    /// At most 64 bits.
    mutating func number(_ count: Int) throws(EPC.Unreadable) -> UInt64 {
        guard count <= remaining else { throw EPC.Unreadable("too short") }
        var value: UInt64 = 0
        let end = at + count
        while at < end {
            // What this byte has left, or what is still wanted.
            let left = 8 - at % 8
            let taken = min(left, end - at)
            value =
                value << UInt64(taken)
                | UInt64(bytes[at / 8] >> UInt8(left - taken) & UInt8(truncatingIfNeeded: (1 << taken) - 1))
            at += taken
        }
        return value
    }

    /// Decimal, padded with zeros to `digits`; a number with more is not allowed. Zero digits carry zero and are empty.
    mutating func decimal(_ count: Int, digits: Int, _ what: String) throws(EPC.Unreadable) -> String {
        let value = try number(count)
        if digits == 0 {
            guard value == 0 else { throw EPC.Unreadable("the \(what) has no digits here and is not zero") }
            return ""
        }
        let text = String(value)
        guard text.count <= digits else { throw EPC.Unreadable("the \(what) has more than \(digits) digits") }
        return String(repeating: "0", count: digits - text.count) + text
    }

    /// `count` digits of four bits each.
    mutating func digits(_ count: Int) throws(EPC.Unreadable) -> String {
        var text = ""
        for _ in 0..<count {
            let digit = try number(4)
            guard digit < 10 else { throw EPC.Unreadable("a digit is \(digit)") }
            text += String(digit)
        }
        return text
    }

    /// Characters of seven bits, ended by the first NUL; one after a NUL is not allowed. GS1's invariant set only.
    mutating func text7(_ count: Int) throws(EPC.Unreadable) -> String {
        var text = ""
        var ended = false
        for _ in 0..<count {
            let value = UInt8(try number(7))
            if value == 0 {
                ended = true
                continue
            }
            guard !ended else { throw EPC.Unreadable("a character follows the end of the text") }
            guard EPCBits.isInvariant(value) else {
                throw EPC.Unreadable("character \(Hex.string([value])) is not allowed")
            }
            text += String(UnicodeScalar(value))
        }
        guard !text.isEmpty else { throw EPC.Unreadable("the text is empty") }
        return text
    }

    /// Characters of six bits (CPI, ADI), ended by six zero bits.
    mutating func text6() throws(EPC.Unreadable) -> String {
        var text = ""
        while true {
            let value = UInt8(try number(6))
            if value == 0 { return text }
            // 000001 to 011010 stand for A to Z, the rest for themselves with bit 6 clear.
            text += String(UnicodeScalar(value < 0x20 ? value | 0x40 : value))
        }
    }

    /// What is left must be zero: it fills up the tag's words.
    mutating func endInZeros() throws(EPC.Unreadable) {
        while remaining > 0 {
            guard try number(min(32, remaining)) == 0 else {
                throw EPC.Unreadable("bits are set after the end of the scheme")
            }
        }
    }

    /// GS1's character set 82 (General Specifications 7.11).
    static func isInvariant(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x22, 0x25...0x2F, 0x30...0x39, 0x3A...0x3F, 0x41...0x5A, 0x5F, 0x61...0x7A: true
        default: false
        }
    }
}
