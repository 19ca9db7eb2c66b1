import Model

/// The text of one scan on its way to an observation: AIM identifier split off, GS put back, character set settled.
struct ScannedText: Equatable {
    var symbology: String?
    var text: String

    /// `separator` is what the scanner was set to send for GS, which keyboards and lines of text often cannot carry.
    init(symbology: String?, bytes: some Sequence<UInt8>, separator: String?) {
        self.symbology = symbology
        let bytes = ArraySlice(bytes)
        // UTF-8, else ISO 8859-1, of which every byte is a character.
        text =
            String(utf8: bytes)
            ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        restore(separator)
    }

    init(characters: String, separator: String?) {
        text = characters
        if let mark = AIMIdentifier.text(Array(characters.utf8.prefix(3))[...]), characters.utf8.count > 3 {
            symbology = mark
            text = String(characters.dropFirst(3))
        }
        restore(separator)
    }

    /// Only where the code is, or may be, GS1: another one may mean the character itself.
    private mutating func restore(_ separator: String?) {
        guard let separator, !separator.isEmpty else { return }
        guard symbology.map(AIMIdentifier.isGS1) ?? true else { return }
        var out = ""
        var rest = text[...]
        while let first = rest.first {
            if rest.hasPrefix(separator) {
                out.append("\u{1D}")
                rest = rest.dropFirst(separator.count)
            } else {
                out.append(first)
                rest = rest.dropFirst()
            }
        }
        text = out
    }

    /// What a keyboard typed is a key until an AIM identifier says that it was a barcode.
    func observation(typed: Bool) -> Observation {
        typed && symbology == nil ? .key(text) : .barcode(Barcode(symbology: symbology, text: text))
    }
}

/// What a scanner was set to put around every scan (`strip-prefix`, `strip-suffix`), taken off before anything else is read.
struct ScanWrapping: Equatable {
    private let prefix: [UInt8]
    private let suffix: [UInt8]

    init(prefix: String?, suffix: String?) {
        (self.prefix, self.suffix) = (Array((prefix ?? "").utf8), Array((suffix ?? "").utf8))
    }

    /// A scan without them is left as it is: another scanner on the same line may be set otherwise.
    func content(of scan: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var scan = scan
        if !prefix.isEmpty, scan.starts(with: prefix) { scan = scan.dropFirst(prefix.count) }
        if !suffix.isEmpty, scan.suffix(suffix.count).elementsEqual(suffix) { scan = scan.dropLast(suffix.count) }
        return scan
    }
}

/// `]`, code letter, modifier (ISO/IEC 15424).
enum AIMIdentifier {
    static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        let first = bytes.startIndex
        guard bytes.count == 3, bytes[first] == UInt8(ascii: "]"), isLetter(bytes[first + 1]),
            isModifier(bytes[first + 2])
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func isGS1(_ identifier: String) -> Bool {
        ["]C1", "]d2", "]Q3", "]J1"].contains(identifier) || identifier.hasPrefix("]e")
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func isModifier(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || isLetter(byte) }
}

/// The check digit of GTIN, GLN and SSCC: weights 3 and 1 from the right (GS1 General Specifications §7.9).
enum CheckDigit {
    /// The scan is, or begins after its AIM identifier with, a number whose check digit holds.
    static func holds(inScan text: String) -> Bool {
        var digits = Array(text.utf8)
        if AIMIdentifier.text(digits.prefix(3)) != nil { digits.removeFirst(3) }
        if holds(digits[...]), [8, 12, 13, 14, 18].contains(digits.count) { return true }
        if digits.count >= 16, digits.starts(with: Array("01".utf8)) { return holds(digits[2..<16]) }
        if digits.count >= 20, digits.starts(with: Array("00".utf8)) { return holds(digits[2..<20]) }
        return false
    }

    private static func holds(_ digits: ArraySlice<UInt8>) -> Bool {
        guard digits.count > 1, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        return digits.reversed().enumerated().reduce(0) { $0 + Int($1.element - 0x30) * ($1.offset % 2 == 0 ? 1 : 3) }
            % 10 == 0
    }
}
