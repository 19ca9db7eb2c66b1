import Model

/// A scan understood as GS1 data (GS1 General Specifications §7.8): application identifiers and their values.
public struct ElementString: Equatable, Sendable {
    public var symbology: String?
    public var elements: [EPC.Element]

    public struct Unreadable: Error, Equatable, Sendable {
        public var reason: String

        init(_ reason: String) { self.reason = reason }
    }

    /// Symbologies whose AIM identifier promises element strings.
    static let gs1 = ["]C1", "]e0", "]d2", "]Q3", "]J1"]
    /// Symbologies that carry a GTIN alone.
    static let ean = ["]E0", "]E1", "]E2", "]E3", "]E4"]

    /// Whether an AIM identifier says that GS1 data follow.
    static func promises(_ symbology: String) -> Bool { gs1.contains(symbology) || symbology.hasPrefix("]e") }

    /// `raw` as scanned: AIM identifier in front where the scanner sends it, FNC1 as GS (0x1D) or what stands for it
    /// (`Separators`). All of it must be right: see `ScannedCode` for what a dock makes of the rest.
    public init(_ raw: String) throws(Unreadable) {
        var text = raw[...]
        if text.first == "]", text.count >= 3 {
            symbology = String(text.prefix(3))
            text = text.dropFirst(3)
        }
        let found: ElementString.Split
        if let symbology, ElementString.ean.contains(symbology) {
            guard let gtin = GS1.gtin14(String(text)) else {
                throw Unreadable("\(text) is not a GTIN: 8, 12 or 13 digits with a right check digit")
            }
            found = Split(elements: [EPC.Element("01", gtin)])
        } else if let link = ElementString.digitalLink(String(text)) {
            found = link
        } else if let symbology, !ElementString.promises(symbology) {
            throw Unreadable("\(symbology) carries plain text, not GS1 data")
        } else if symbology == nil, let gtin = GS1.gtin14(String(text)) {
            found = Split(elements: [EPC.Element("01", gtin)])
        } else {
            found = ElementString.split(Separators.restored(String(text)))
        }
        let checked = found.checked
        if let doubt = checked.doubts.first { throw Unreadable(doubt.reason) }
        guard !checked.elements.isEmpty else { throw Unreadable("empty") }
        elements = checked.elements
    }

    public func value(_ ai: String) -> String? { elements.first { $0.ai == ai }?.value }
    public var gtin: String? { value("01") ?? value("02") }
    public var sscc: String? { value("00") }

    // MARK: splitting

    /// What is sure, and what is not: a second element that cannot be read does not spoil the first.
    struct Split: Equatable {
        var elements: [EPC.Element] = []
        var doubts: [ScannedCode.Doubt] = []

        mutating func add(_ ai: String, _ value: String, raw: String? = nil) {
            guard let identifier = Identifier.named(ai) else {
                doubts.append(.init(raw ?? ai + value, "(\(ai)) is not an application identifier"))
                return
            }
            if let problem = identifier.problem(with: value[...]) {
                doubts.append(.init(raw ?? ai + value, "(\(ai))\(value): \(problem)"))
            } else {
                elements.append(EPC.Element(ai, value))
            }
        }

        /// What must hold between elements.
        var checked: Split {
            var kept = Split(doubts: doubts)
            var seen: [String: String] = [:]
            for element in elements {
                if let before = seen[element.ai] {
                    guard before != element.value else { continue }
                    kept.doubts.append(
                        .init(element.ai + element.value, "(\(element.ai)) stands twice with different values"))
                    continue
                }
                seen[element.ai] = element.value
                kept.elements.append(element)
            }
            if let content = seen["02"], seen["37"] == nil {
                kept.doubts.append(.init("02" + content, "(02) needs a count (37)"))
                kept.elements.removeAll { $0.ai == "02" }
            }
            return kept
        }
    }

    /// `text` with GS as separator; doubled ones, and those in front and at the end, mean nothing. Behind what cannot be read it
    /// goes on at the next element where the length says where that is, else at the next separator.
    static func split(_ text: String) -> Split {
        var split = Split()
        for group in text.split(separator: "\u{1D}") {
            var rest = group
            while !rest.isEmpty {
                guard
                    let identifier = (2...4).reversed().lazy.compactMap({ Identifier.named(String(rest.prefix($0))) })
                        .first
                else {
                    split.doubts.append(
                        .init(String(rest), "\"\(rest.prefix(4))\" begins no application identifier"))
                    break
                }
                let data = rest.dropFirst(identifier.ai.count)
                // Nothing here counts all that is left: elements may be as short as four characters.
                let value = identifier.predefined.map { data.prefix($0) } ?? data
                if let length = identifier.predefined, value.count < length {
                    split.doubts.append(.init(String(rest), "(\(identifier.ai)) needs \(length) characters"))
                    break
                }
                split.add(identifier.ai, String(value))
                rest = data[value.endIndex...]
            }
        }
        return split
    }
}

/// An application identifier and what its data must be.
struct Identifier {
    enum Check { case none, digit, date }

    var ai: String
    /// Length of data that needs no separator behind it.
    var predefined: Int?
    var lengths: ClosedRange<Int>
    var numeric: Bool
    var check: Check

    func problem(with data: Substring) -> String? {
        guard lengths.contains(data.count) else {
            return lengths.count == 1
                ? "needs \(lengths.lowerBound) characters"
                : "needs \(lengths.lowerBound) to \(lengths.upperBound) characters"
        }
        if numeric {
            guard data.utf8.allSatisfy(Identifier.isDigit) else { return "digits only" }
        } else {
            guard data.utf8.allSatisfy({ EPCBits.isInvariant($0) || $0 == 0x23 && ai == "8010" }) else {
                return "a character that GS1 does not allow"
            }
        }
        switch check {
        case .none: return nil
        case .digit:
            // The key stands in front; what follows it (serial numbers) has no check digit.
            let length = ["253": 13, "255": 13, "8003": 14, "8006": 14, "8026": 14][ai] ?? data.count
            let key = data.prefix(length)
            let digits = ai == "8003" ? key.dropFirst() : key
            guard digits.utf8.allSatisfy(Identifier.isDigit),
                digits.last?.wholeNumberValue == GS1.checkDigit(String(digits.dropLast()))
            else {
                return "the check digit is wrong"
            }
            return nil
        case .date:
            let parts = stride(from: 0, to: 6, by: 2).compactMap { Int(data.dropFirst($0).prefix(2)) }
            guard parts.count == 3, (1...12).contains(parts[1]) else { return "not a date" }
            let february = parts[0] % 4 == 0 ? 29 : 28
            let last = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][parts[1] - 1]
            // Day 00 means the end of the month.
            return (0...last).contains(parts[2]) ? nil : "not a date"
        }
    }

    static func named(_ ai: String) -> Identifier? {
        guard ai.utf8.allSatisfy(isDigit) else { return nil }
        return named[ai] ?? families(ai).map { parse(ai, $0) }
    }

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static let named = Dictionary(uniqueKeysWithValues: table.map { ($0, parse($0, $1)) })

    // n fixed digits, n.. digits up to, x.. characters up to, c check digit, d date, * needs no separator.
    private static let table: [String: String] = [
        "00": "n18c*", "01": "n14c*", "02": "n14c*", "03": "n14c*", "10": "x20", "11": "n6d*", "12": "n6d*",
        "13": "n6d*", "15": "n6d*",
        "16": "n6d*", "17": "n6d*", "20": "n2*", "21": "x20", "22": "x20", "235": "x28", "240": "x30", "241": "x30",
        "242": "n1-6",
        "243": "x20", "250": "x30", "251": "x30", "253": "y13-30c", "254": "x20", "255": "n13-25c", "30": "n1-8",
        "37": "n1-8",
        "400": "x30", "401": "x30", "402": "n17c", "403": "x30", "410": "n13c*", "411": "n13c*", "412": "n13c*",
        "413": "n13c*",
        "414": "n13c*", "415": "n13c*", "416": "n13c*", "417": "n13c*", "420": "x20", "421": "y3-12", "422": "n3",
        "423": "n3-15",
        "424": "n3", "425": "n3-15", "426": "n3", "427": "x3", "4300": "x35", "4301": "x35", "4302": "x70",
        "4303": "x70", "4304": "x70",
        "4305": "x70", "4306": "x70", "4307": "x2", "4308": "x30", "4310": "x35", "4311": "x35", "4312": "x70",
        "4313": "x70", "4314": "x70",
        "4315": "x70", "4316": "x70", "4317": "x2", "4318": "x20", "4319": "x30", "4320": "x35", "4321": "n1",
        "4322": "n1", "4323": "n1",
        "4324": "n10d", "4325": "n10d", "4326": "n6d", "7001": "n13", "7002": "x30", "7003": "n10d", "7004": "n1-4",
        "7005": "x12",
        "7006": "n6d", "7007": "n6-12d", "7008": "x3", "7009": "x10", "7010": "x2", "7011": "n6-10d", "7020": "x20",
        "7021": "x20", "7022": "x20",
        "7023": "x30", "7040": "x4", "710": "x20", "711": "x20", "712": "x20", "713": "x20", "714": "x20", "715": "x20",
        "716": "x20",
        "7240": "x20", "7241": "n2", "7242": "x25", "8001": "n14", "8002": "x20", "8003": "y14-30c", "8004": "x30",
        "8005": "n6",
        "8006": "n18c", "8007": "x34", "8008": "n8-12d", "8009": "x50", "8010": "x30", "8011": "n1-12", "8012": "x20",
        "8013": "x25",
        "8017": "n18c", "8018": "n18c", "8019": "n1-10", "8020": "x25", "8026": "n18c", "8110": "x70", "8111": "n4",
        "8112": "x70",
        "8200": "x70", "90": "x30",
    ]

    /// Weights, measures and amounts with a decimal place in their last digit, and the internal ones.
    private static func families(_ ai: String) -> String? {
        guard let number = Int(ai) else { return nil }
        switch (ai.count, number) {
        case (2, 91...99): return "x90"
        case (4, 3100...3699) where ai.last! <= "5":
            return [317, 318, 319, 338, 339, 358, 359].contains(number / 10) || number / 10 > 369 ? nil : "n6*"
        case (4, 3900...3909): return "n1-15"
        case (4, 3910...3919): return "n4-18"
        case (4, 3920...3929): return "n1-15"
        case (4, 3930...3939): return "n4-18"
        case (4, 3940...3943): return "n4"
        case (4, 3950...3955): return "n6"
        case (4, 7030...7039): return "y4-30"
        case (4, 7230...7239): return "y3-30"
        default: return nil
        }
    }

    /// `y` is mixed: digits in front, characters behind.
    private static func parse(_ ai: String, _ form: String) -> Identifier {
        let numeric = form.first == "n"
        let numbers = form.split { !$0.isNumber }.compactMap { Int($0) }
        let lengths: ClosedRange<Int> =
            numbers.count == 2 ? numbers[0]...numbers[1] : numeric ? numbers[0]...numbers[0] : 1...numbers[0]
        let check: Check = form.contains("c") ? .digit : form.contains("d") ? .date : .none
        return Identifier(
            ai: ai, predefined: form.hasSuffix("*") ? lengths.upperBound : nil, lengths: lengths, numeric: numeric,
            check: check)
    }
}
