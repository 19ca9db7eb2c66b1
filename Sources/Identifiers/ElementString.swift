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
    private static let gs1 = ["]C1", "]e0", "]d2", "]Q3", "]J1"]
    /// Symbologies that carry a GTIN alone.
    private static let ean = ["]E0", "]E1", "]E2", "]E3", "]E4"]

    /// `raw` as scanned: AIM identifier in front where the scanner sends it, FNC1 as GS (0x1D) or `^`.
    public init(_ raw: String) throws(Unreadable) {
        var text = raw[...]
        if text.first == "]", text.count >= 3 {
            symbology = String(text.prefix(3))
            text = text.dropFirst(3)
        }
        let separated = String(text.map { $0 == "^" ? "\u{1D}" : $0 })
        if let symbology, ElementString.ean.contains(symbology) {
            guard let gtin = GS1.gtin14(String(text)) else {
                throw Unreadable("\(text) is not a GTIN: 8, 12 or 13 digits with a right check digit")
            }
            elements = [EPC.Element("01", gtin)]
        } else if let link = ElementString.digitalLink(String(text)) {
            elements = try link.get()
        } else if let symbology, !ElementString.gs1.contains(symbology), !symbology.hasPrefix("]e") {
            throw Unreadable("\(symbology) carries plain text, not GS1 data")
        } else if symbology == nil, let gtin = GS1.gtin14(String(text)) {
            elements = [EPC.Element("01", gtin)]
        } else {
            elements = try ElementString.parse(separated)
        }
        try ElementString.check(elements)
    }

    public func value(_ ai: String) -> String? { elements.first { $0.ai == ai }?.value }
    public var gtin: String? { value("01") ?? value("02") }
    public var sscc: String? { value("00") }

    // MARK: splitting

    private static func parse(_ text: String) throws(Unreadable) -> [EPC.Element] {
        var rest = text[...]
        if rest.first == "\u{1D}" { rest = rest.dropFirst() }
        guard !rest.isEmpty else { throw Unreadable("empty") }
        var elements: [EPC.Element] = []
        while !rest.isEmpty {
            guard
                let identifier = (2...4).reversed().lazy.compactMap({ Identifier.named(String(rest.prefix($0))) }).first
            else {
                throw Unreadable("\"\(rest.prefix(4))\" begins no application identifier")
            }
            rest = rest.dropFirst(identifier.ai.count)
            var data: Substring
            if let length = identifier.predefined {
                guard rest.count >= length else { throw Unreadable("(\(identifier.ai)) needs \(length) characters") }
                data = rest.prefix(length)
                rest = rest.dropFirst(length)
                guard !data.contains("\u{1D}") else {
                    throw Unreadable("(\(identifier.ai)) needs \(length) characters")
                }
                // A separator is not needed here and allowed.
                if rest.first == "\u{1D}" { rest = rest.dropFirst() }
            } else {
                data = rest.prefix { $0 != "\u{1D}" }
                rest = rest.dropFirst(data.count).dropFirst()
            }
            if let problem = identifier.problem(with: data) {
                throw Unreadable("(\(identifier.ai))\(data): \(problem)")
            }
            elements.append(EPC.Element(identifier.ai, String(data)))
        }
        return elements
    }

    /// `https://host/…/01/GTIN[/10/LOT][/21/SERIAL]?AI=VALUE`; nil for a text that is no URI.
    private static func digitalLink(_ text: String) -> Result<[EPC.Element], Unreadable>? {
        guard let scheme = ["https://", "http://", "HTTPS://", "HTTP://"].first(where: { text.hasPrefix($0) }) else {
            return nil
        }
        // What follows a # is for the browser.
        let rest = text.dropFirst(scheme.count).prefix { $0 != "#" }
        let halves = rest.split(separator: "?", maxSplits: 1)
        var path = (halves.first ?? "").split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(
            String.init)
        if path.last == "" { path.removeLast() }
        let names = ["gtin": "01", "sscc": "00", "gln": "414", "lot": "10", "ser": "21"]
        let keys: Set = ["00", "01", "414", "8003", "8004", "253", "255", "401", "402", "8006", "8010", "8017", "8018"]
        guard
            let start = path.indices.first(where: { index in
                // A folder of the host's may be called like a key: its value tells.
                let ai = names[path[index]] ?? path[index]
                guard keys.contains(ai), index + 1 < path.count, let value = unescaped(path[index + 1]) else {
                    return false
                }
                let data = ai == "01" ? GS1.gtin14(value) ?? value : value
                return Identifier.named(ai)?.problem(with: data[...]) == nil
            })
        else {
            return .failure(Unreadable("this address holds no GS1 key"))
        }
        guard (path.count - start) % 2 == 0 else {
            return .failure(Unreadable("\"\(path.last!)\" at the end of the address has no value"))
        }
        var elements: [EPC.Element] = []
        var pairs = stride(from: start, to: path.count - 1, by: 2).map { (names[path[$0]] ?? path[$0], path[$0 + 1]) }
        if halves.count > 1 {
            pairs += halves[1].split(separator: "&").compactMap { item in
                let pair = item.split(separator: "=", maxSplits: 1).map(String.init)
                return pair.count == 2 && pair[0].allSatisfy(\.isNumber) ? (pair[0], pair[1]) : nil
            }
        }
        for (ai, encoded) in pairs {
            guard let identifier = Identifier.named(ai) else {
                return .failure(Unreadable("(\(ai)) is not an application identifier"))
            }
            guard var value = unescaped(encoded) else { return .failure(Unreadable("(\(ai)): a broken % escape")) }
            if ai == "01", let gtin = GS1.gtin14(value) { value = gtin }
            if let problem = identifier.problem(with: value[...]) {
                return .failure(Unreadable("(\(ai))\(value): \(problem)"))
            }
            elements.append(EPC.Element(ai, value))
        }
        return .success(elements)
    }

    private static func unescaped(_ text: String) -> String? {
        var out: [UInt8] = []
        var bytes = Array(text.utf8)[...]
        while let byte = bytes.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                out.append(byte)
                continue
            }
            guard bytes.count >= 2, let value = Hex.bytes(ascii: bytes.prefix(2))?.first else { return nil }
            out.append(value)
            bytes = bytes.dropFirst(2)
        }
        return String(validating: out, as: UTF8.self)
    }

    /// What must hold between elements.
    private static func check(_ elements: [EPC.Element]) throws(Unreadable) {
        var seen: [String: String] = [:]
        for element in elements {
            if let before = seen[element.ai], before != element.value {
                throw Unreadable("(\(element.ai)) stands twice with different values")
            }
            seen[element.ai] = element.value
        }
        if seen["02"] != nil, seen["37"] == nil { throw Unreadable("(02) needs a count (37)") }
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
            guard data.allSatisfy({ $0.isASCII && $0.isNumber }) else { return "digits only" }
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
            guard digits.allSatisfy({ $0.isASCII && $0.isNumber }),
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
        guard ai.allSatisfy({ $0.isASCII && $0.isNumber }), let form = table[ai] ?? families(ai) else { return nil }
        return parse(ai, form)
    }

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
