public import Model

/// What a scanned text says, by whichever door it came: the one reading of receptions, stock takes, search and `gs1`.
///
/// Without a promise of GS1 data (an AIM identifier of GS1, ISO/IEC 15424; an envelope of ISO/IEC 15434) a text is a code only where
/// all of it parses and a check digit of (00), (01) or (02) holds: anything else may be a supplier's reference.
public struct ScannedCode: Equatable, Sendable {
    /// A part that cannot be read, as it was scanned, with the reason.
    public struct Doubt: Equatable, Sendable {
        public var raw: String
        public var reason: String

        public init(_ raw: String, _ reason: String) { (self.raw, self.reason) = (raw, reason) }
    }

    public enum Form: String, Sendable { case gtin, sscc, elements, brackets, link, ansi }

    /// How far it is to be believed.
    public enum Trust: Int, Comparable, Sendable {
        /// An article's check digit holds and what follows cannot be read: only if somebody knows the article.
        case doubtful
        /// Everything parses and check digits hold.
        case proven
        /// The symbol or envelope says so itself.
        case promised

        public static func < (a: Trust, b: Trust) -> Bool { a.rawValue < b.rawValue }
    }

    /// In characters (our limit); a longer text is no code.
    public static let limit = 4096
    /// References taken from one label (our limit).
    static let referenceLimit = 8

    public var symbology: String?
    public var form: Form
    public var trust: Trust
    public var elements: [EPC.Element]
    public var doubts: [Doubt] = []
    /// Article numbers that are not GS1's, the supplier's own first.
    public var references: [String] = []

    /// What a supplier's label says instead of a number of pieces.
    public var amount: Amount?

    /// Nil: plain text.
    public init?(_ scan: String, symbology: String? = nil) {
        guard scan.utf8.count <= ScannedCode.limit else { return nil }
        var text = scan.trimmed
        var mark = symbology
        if mark == nil, let found = ScannedCode.mark(of: text) {
            (mark, text) = (found.symbology, found.rest.trimmed)
        }
        guard !text.isEmpty, let read = ScannedCode.read(text, mark) else { return nil }
        self = read
        self.symbology = mark
    }

    /// What a scan says as plain text: without an AIM identifier that came in the text, and the blanks around it.
    public static func plain(_ scan: String) -> String {
        mark(of: scan)?.rest.trimmed
            ?? (scan.first.map(isEdge) != false || scan.last.map(isEdge) == true ? scan.trimmed : scan)
    }

    private static func isEdge(_ character: Character) -> Bool {
        character.isWhitespace || character.asciiValue.map { $0 < 0x20 || $0 == 0x7F } ?? false
    }

    public func value(_ ai: String) -> String? { elements.first { $0.ai == ai }?.value }
    public var gtin: String? { value("01") ?? value("02") }
    public var sscc: String? { value("00") }
    /// How many a label stands for; nil where it does not say.
    public var count: Int? { (value("37") ?? value("30")).flatMap { Int($0) } }

    /// What a label measures, finest unit first written: net weight, length, area, net volume (GS1 General Specifications 3.6.2,
    /// AI 310n to 323n; six digits, n of them decimals).
    public var measures: [(measure: Measure, amount: Quantity)] {
        elements.compactMap { element in
            guard element.ai.utf8.count == 4, let place = element.ai.last?.wholeNumberValue, place <= 5,
                let (unit, parts) = ScannedCode.units[String(element.ai.prefix(3))], let number = Int64(element.value),
                let measure = Measure(unit)
            else { return nil }
            // Parts of a unit, so that five decimals of a kilogram are whole milligrams.
            let scale = [1, 10, 100, 1000, 10_000, 100_000][place]
            let (thousandths, rest) = (number * parts * 1000).quotientAndRemainder(dividingBy: Int64(scale))
            return rest == 0 ? (measure, Quantity(thousandths: thousandths)) : nil
        }
    }

    private static let units: [String: (unit: String, parts: Int64)] = [
        "310": ("GRM", 1000), "311": ("MMT", 1000), "314": ("CMK", 10_000), "315": ("MLT", 1000), "316": ("DMQ", 1000),
        "320": ("LBR", 1), "321": ("INH", 1), "322": ("FOT", 1), "323": ("YRD", 1),
    ]

    init(_ form: Form, _ trust: Trust, _ elements: [EPC.Element], doubts: [Doubt] = []) {
        (self.form, self.trust, self.elements, self.doubts) = (form, trust, elements, doubts)
    }

    private init?(_ form: Form, _ trust: Trust, _ split: ElementString.Split) {
        let checked = split.checked
        guard !checked.elements.isEmpty else { return nil }
        self.init(form, trust, checked.elements, doubts: checked.doubts)
    }

    /// Of goods or of a pallet.
    private var hasKey: Bool { gtin != nil || sscc != nil }

    // MARK: reading

    private static func read(_ text: String, _ symbology: String?) -> ScannedCode? {
        // Some labels have another sign in front of the envelope.
        if text.hasPrefix("[)>") || text.hasPrefix(">[)>") {
            return ansi(text.first == ">" ? String(text.dropFirst()) : text)
        }
        if text.first == "{", let named = fields(text) { return named }
        let isPromised = symbology.map(ElementString.promises) ?? false
        if let link = link(text) { return link }
        if let symbology, ElementString.ean.contains(symbology), let code = ean(text, symbology) { return code }
        let spoken = isPromised ? promised(text) : nil
        if let spoken, spoken.doubts.isEmpty, spoken.hasKey { return spoken }
        if let gtin = GS1.gtin14(text) {
            // An ITF-14 or GS1 symbol beside EAN and UPC: a number of goods.
            return ScannedCode(.gtin, isPromised || symbology == "]I1" ? .promised : .proven, [EPC.Element("01", gtin)])
        }
        if GS1.isSSCC(text) { return ScannedCode(.sscc, .proven, [EPC.Element("00", text)]) }
        if let spoken { return spoken }
        guard !isPromised else { return nil }
        return unpromised(text[...]) ?? behindLetter(text) ?? plainNumber(text)
    }

    /// A letter in front, by which some scanners name the symbology, in front of what is a code beyond doubt.
    private static func behindLetter(_ text: String) -> ScannedCode? {
        guard let first = text.first, first.isASCII, first.isLetter, text.utf8.count >= 14 else { return nil }
        let rest = text.dropFirst()
        // J is also the data identifier of a pallet's number (ANSI MH10.8.2).
        if rest.utf8.count == 18, GS1.isSSCC(String(rest)) {
            return ScannedCode(.sscc, .proven, [EPC.Element("00", String(rest))])
        }
        if rest.utf8.count <= 14, let gtin = GS1.gtin14(String(rest)) {
            return ScannedCode(.gtin, .proven, [EPC.Element("01", gtin)])
        }
        guard let code = unpromised(rest), code.trust == .proven else { return nil }
        return code
    }

    private static func promised(_ text: String) -> ScannedCode? {
        if isBracketed(text), let split = bracketed(text), let code = ScannedCode(.brackets, .promised, split) {
            return code
        }
        return ScannedCode(.elements, .promised, elements(Separators.restored(text)))
    }

    static func unpromised(_ text: Substring) -> ScannedCode? {
        guard let first = text.first else { return nil }
        if first == "(" || isBracketed(text) {
            guard let split = bracketed(String(text)) else { return nil }
            return ScannedCode(.brackets, .proven, split)?.weighed
        }
        let restored = Separators.restored(String(text))
        guard let digit = restored.first(where: { $0 != "\u{1D}" && !"#@$§¬¿".contains($0) }), digit.isASCII,
            digit.isNumber
        else { return nil }
        let groups = restored.split(separator: "\u{1D}")
        // A composite: the linear symbol is a GTIN alone, the rest are elements.
        if let linear = groups.first.map(String.init), groups.count > 1, let gtin = GS1.gtin14(linear) {
            var split = ElementString.split(groups.dropFirst().joined(separator: "\u{1D}"))
            split.elements.insert(EPC.Element("01", gtin), at: 0)
            return ScannedCode(.elements, .proven, split)?.weighed
        }
        return ScannedCode(.elements, .proven, elements(restored))?.weighed
    }

    /// With another sign for FNC1 where that alone makes everything readable.
    private static func elements(_ restored: String) -> ElementString.Split {
        let split = ElementString.split(restored)
        guard !split.doubts.isEmpty, let other = Separators.substituted(restored) else { return split }
        let better = ElementString.split(other)
        return better.doubts.isEmpty ? better : split
    }

    /// Without a promise: proven, or doubtful where a key stands in front.
    private var weighed: ScannedCode? {
        guard hasKey else { return nil }
        guard !doubts.isEmpty else { return self }
        guard let first = elements.first, ["00", "01"].contains(first.ai) else { return nil }
        var code = self
        code.trust = .doubtful
        return code
    }

    /// `]E0` and its kin; `]E3` has an add-on of two or five digits behind the number, a composite its second part.
    private static func ean(_ text: String, _ symbology: String) -> ScannedCode? {
        let groups = Separators.restored(text).split(separator: "\u{1D}")
        guard var number = groups.first else { return nil }
        if symbology == "]E3", [15, 18].contains(number.count) { number = number.prefix(13) }
        guard let gtin = GS1.gtin14(String(number)) ?? ScannedNumber.upcE(String(number)) else { return nil }
        var split = ElementString.split(groups.dropFirst().joined(separator: "\u{1D}"))
        split.elements.insert(EPC.Element("01", gtin), at: 0)
        return ScannedCode(groups.count > 1 ? .elements : .gtin, .promised, split)
    }

    /// Any host; without `https://` only where a GTIN or an SSCC is in it.
    private static func link(_ text: String) -> ScannedCode? {
        if let split = ElementString.digitalLink(text) {
            return ScannedCode(.link, .promised, split)
        }
        guard text.contains("/"), !text.contains(" "), text.prefix(while: { $0 != "/" }).contains("."),
            let code = ScannedCode(.link, .proven, ElementString.link(behindScheme: text[...])), code.hasKey
        else { return nil }
        return code
    }

    private static func isBracketed(_ text: some StringProtocol) -> Bool { identifier(at: Substring(text)) != nil }

    /// `(01)…(10)…`, as it is printed below a symbol (General Specifications 4.14); digits may stand in groups there. Some printers have
    /// square brackets. Nil where it begins otherwise.
    private static func bracketed(_ text: String) -> ElementString.Split? {
        var split = ElementString.Split()
        var rest = text[...]
        guard let open = text.first, isBracketed(text) else { return nil }
        while let (ai, length) = identifier(at: rest) {
            let data = rest.dropFirst(length)
            var end = data.startIndex
            while end < data.endIndex, data[end] != open || identifier(at: data[end...]) == nil {
                end = data.index(after: end)
            }
            var value = String(data[..<end]).trimmed
            if Identifier.named(ai)?.numeric == true { value.removeAll { $0 == " " } }
            // A person writes it as it stands below the bars of an EAN or UPC.
            if ai == "01" || ai == "02", let gtin = GS1.gtin14(value) { value = gtin }
            split.add(ai, value, raw: String(rest[..<end]))
            rest = data[end...]
        }
        return split
    }

    /// `(AI)` or `[AI]` at the beginning, with its length.
    private static func identifier(at text: Substring) -> (ai: String, length: Int)? {
        guard let close: Character = text.first == "(" ? ")" : text.first == "[" ? "]" : nil else { return nil }
        let digits = text.dropFirst().prefix(5).prefix { $0 != close }
        guard (2...4).contains(digits.count), text.dropFirst(digits.count + 1).first == close,
            Identifier.named(String(digits)) != nil
        else { return nil }
        return (String(digits), digits.count + 2)
    }

    /// The AIM identifier in front, behind a letter where the scanner sends its own code besides.
    private static func mark(of text: String) -> (symbology: String, rest: String)? {
        let bytes = Array(text.utf8.prefix(4))
        func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte & 0xDF) }
        func isMark(_ at: Int) -> Bool {
            bytes.count >= at + 3 && bytes[at] == UInt8(ascii: "]") && isLetter(bytes[at + 1])
                && (isLetter(bytes[at + 2]) || (0x30...0x39).contains(bytes[at + 2]))
        }
        if isMark(0) { return (String(text.prefix(3)), String(text.dropFirst(3))) }
        guard let first = bytes.first, isLetter(first), isMark(1) else { return nil }
        return (String(text.dropFirst().prefix(3)), String(text.dropFirst(4)))
    }
}

extension StringProtocol {
    /// Without the blanks, line ends, separators and other control characters (STX, ETX, RS, EOT) around it.
    var trimmed: String {
        func isBlank(_ character: Character) -> Bool {
            character == " " || character == "\u{A0}" || character == "\u{FEFF}"
                || character.unicodeScalars.allSatisfy { $0.value < 0x20 || $0.value == 0x7F }
        }
        var rest = self[...]
        while let first = rest.first, isBlank(first) { rest = rest.dropFirst() }
        while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
        return String(rest)
    }
}
