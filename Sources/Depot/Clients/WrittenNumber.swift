/// A telephone number as people and machines write it into a text: with the country's code, `00`, a trunk prefix or none, in
/// one piece or with spaces, dots, dashes, slashes and brackets between the digits.
struct WrittenNumber: Sendable {
    /// What all forms have in common: the digits of the national form without its trunk prefix.
    let core: String
    private let digits: [UInt8]
    /// Country codes under which it is written: one, and for overseas regions of France that of the mainland too.
    private let countries: [[UInt8]]

    /// Nil for numbers of fewer than seven digits: those stand by chance in times and quantities.
    init?(_ number: PhoneNumber) {
        let whole = (number.e164 ?? number.dial ?? number.input).filter { $0.isASCII && $0.isWholeNumber }
        let national = (number.national ?? "").filter { $0.isASCII && $0.isWholeNumber }
        let bare = String((national.isEmpty ? whole : national).drop { $0 == "0" })
        guard bare.count >= 7 else { return nil }
        core = bare
        digits = Array(bare.utf8)
        let country = whole.hasSuffix(bare) ? Array(whole.utf8.dropLast(bare.utf8.count).drop { $0 == 0x30 }) : []
        let isOverseas = number.e164.map { !$0.hasPrefix("+33") && FrenchNumbers.national($0) != nil } ?? false
        countries = [country] + (isOverseas ? [Array("33".utf8)] : [])
    }

    /// An SQL expression that has the digits of `column` in one piece, where they are written with the usual signs between.
    static func squeezed(_ column: String) -> String {
        // What an SQL text cannot name is built from its code: spaces that do not break, narrow ones, two dashes.
        let signs = ["' '", "'.'", "'-'", "'/'", "'('", "')'", "char(160)", "char(8239)", "char(8208)", "char(8209)"]
        return signs.reduce("CAST(\(column) AS TEXT)") { "replace(\($0), \($1), '')" }
    }

    /// Length of the sign between two digits that begins at `index`; nil where there is none.
    private static func sign(_ text: [UInt8], _ index: Int) -> Int? {
        switch text[index] {
        case 0x20, 0x28, 0x29, 0x2D, 0x2E, 0x2F: return 1
        case 0xC2: return index + 1 < text.count && text[index + 1] == 0xA0 ? 2 : nil
        case 0xE2:
            guard index + 2 < text.count, text[index + 1] == 0x80 else { return nil }
            return [0xAF, 0x90, 0x91].contains(text[index + 2]) ? 3 : nil
        default: return nil
        }
    }

    /// Bytes of signs, for reading backwards.
    private static let signBytes: Set<UInt8> = [
        0x20, 0x28, 0x29, 0x2D, 0x2E, 0x2F, 0xC2, 0xA0, 0xE2, 0x80, 0xAF, 0x90, 0x91,
    ]

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// Where the number stands, prefixes included.
    func ranges(in text: [UInt8]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var index = 0
        while index < text.count {
            guard text[index] == digits[0], let end = self.end(text, from: index),
                let start = self.start(text, before: index), !isTwo(text, from: index, to: end, start: start)
            else {
                index += 1
                continue
            }
            found.append(max(start, found.last?.upperBound ?? 0)..<end)
            index = end
        }
        return found
    }

    func stands(in text: String) -> Bool { !ranges(in: Array(text.utf8)).isEmpty }

    /// The end of one number and the beginning of another, with a slash between them, are no third one.
    private func isTwo(_ text: [UInt8], from first: Int, to end: Int, start: Int) -> Bool {
        guard text[first..<end].contains(0x2F) else { return false }
        var (index, signs) = (start, 0)
        while index > 0, signs < 3, WrittenNumber.signBytes.contains(text[index - 1]) {
            (index, signs) = (index - 1, signs + 1)
        }
        return index > 0 && WrittenNumber.isDigit(text[index - 1])
    }

    private func end(_ text: [UInt8], from start: Int) -> Int? {
        var (index, matched, signs) = (start, 0, 0)
        while matched < digits.count {
            guard index < text.count else { return nil }
            if text[index] == digits[matched] {
                (index, matched, signs) = (index + 1, matched + 1, 0)
            } else if signs < 3, let length = WrittenNumber.sign(text, index) {
                (index, signs) = (index + length, signs + 1)
            } else {
                return nil
            }
        }
        // A longer number is another one.
        return index < text.count && WrittenNumber.isDigit(text[index]) ? nil : index
    }

    /// What stands before it must be a prefix: zeros, or the country's code with or without them. Nil where it is another
    /// number's beginning.
    private func start(_ text: [UInt8], before index: Int) -> Int? {
        var (at, first, prefix, isJoined) = (index, index, [UInt8](), true)
        while at > 0, prefix.count < 8 {
            let byte = text[at - 1]
            if WrittenNumber.isDigit(byte) {
                prefix.insert(byte, at: 0)
                at -= 1
                if isPrefix(prefix) { first = at }
            } else if byte == 0x2B {
                if countries.contains(where: { prefix == $0 || prefix == $0 + [0x30] }) { first = at - 1 }
                break
            } else if first - at <= 5, WrittenNumber.signBytes.contains(byte) {
                if prefix.isEmpty || isPrefix(prefix) { isJoined = false }
                at -= 1
            } else {
                break
            }
        }
        // Digits that are joined to it and are no prefix make it another number.
        guard isJoined, !prefix.isEmpty, !isPrefix(prefix) else { return first }
        return nil
    }

    private func isPrefix(_ prefix: [UInt8]) -> Bool {
        let rest = Array(prefix.drop { $0 == 0x30 })
        guard prefix.count - rest.count <= 4 else { return false }
        return rest.isEmpty || countries.contains { !$0.isEmpty && (rest == $0 || rest == $0 + [0x30]) }
    }

    /// Stands where the number stood.
    static let gone = "[erased]"

    /// The text without the number.
    func redacted(_ text: String) -> String {
        var bytes = Array(text.utf8)
        for range in ranges(in: bytes).reversed() { bytes.replaceSubrange(range, with: WrittenNumber.gone.utf8) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
