import Identifiers
import Model

/// What a cell of somebody's table says: blanks, quotes and ways of writing numbers and days taken for what is meant.
enum Cell {
    /// Blanks that do not break, narrow ones, and marks of no width count as blanks.
    static let blanks: Set<Character> = [
        " ", "\t", "\r", "\n", "\r\n", "\u{A0}", "\u{202F}", "\u{2007}", "\u{2009}", "\u{200B}", "\u{200E}",
        "\u{200F}", "\u{2060}", "\u{FEFF}",
    ]

    /// Without blanks around it, and without what keeps a spreadsheet from calculating: `="…"`, `=123`, an apostrophe in front of
    /// a number or a formula.
    static func text(_ cell: String) -> String {
        var text = trimmed(cell[...])
        if text.hasPrefix("=\""), text.hasSuffix("\""), text.count >= 3 { text = trimmed(text.dropFirst(2).dropLast()) }
        if text.first == "=", text.count > 1, text.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber }) {
            text = text.dropFirst()
        }
        if let mark = text.first, "'’‘`´".contains(mark), let next = text.dropFirst().first,
            next.isNumber || "=+-@".contains(next)
        {
            text = trimmed(text.dropFirst())
        }
        return String(text)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, blanks.contains(first) { text = text.dropFirst() }
        while let last = text.last, blanks.contains(last) { text = text.dropLast() }
        return text
    }

    /// What people write into a cell of which they have nothing to say: signs alone, `néant`, `N/A`, `NC`, `aucun`.
    static func isNothing(_ text: String) -> Bool {
        guard text.utf8.count <= 24 else { return false }
        let words = folded(text)
        return words.isEmpty || nothing.contains(words)
    }

    /// `x`, `XX`: where a number should be.
    static func isCross(_ text: String) -> Bool { text.allSatisfy { $0 == "x" || $0 == "X" } }

    private static let nothing: Set<String> = [
        "neant", "n a", "na", "nc", "n c", "nr", "n r", "non communique", "non renseigne", "non connu", "inconnu",
        "aucun",
        "aucune", "sans", "vide", "rien", "none", "nil", "null", "nothing", "unknown", "not available",
        "kein", "keine", "keiner", "ohne", "unbekannt", "geen", "onbekend", "ninguno", "nessuno",
    ]

    /// For comparing names: lower case, without accents, every other sign one space.
    static func folded(_ text: String) -> String {
        var out = ""
        var gap = false
        for character in text.lowercased() {
            if blanks.contains(character) || !(character.isLetter || character.isNumber) {
                gap = !out.isEmpty
                continue
            }
            if gap { out += " " }
            gap = false
            out += plain[character] ?? String(character)
        }
        return out
    }

    /// Letters of our users' languages without their marks.
    private static let plain: [Character: String] = [
        "à": "a", "â": "a", "ä": "a", "á": "a", "ç": "c", "é": "e", "è": "e", "ê": "e", "ë": "e", "î": "i", "ï": "i",
        "í": "i", "ô": "o", "ö": "o", "ó": "o", "ù": "u", "û": "u", "ü": "u", "ú": "u", "ÿ": "y", "ñ": "n", "œ": "oe",
        "æ": "ae", "ß": "ss",
    ]

    // MARK: numbers

    enum Number: Equatable {
        case whole(Int)
        /// None, and nothing more is to be said of it.
        case no
        /// None, for a reason that helps whoever wrote it.
        case doubtful(Phrase)
    }

    enum Amount: Equatable {
        /// In the unit that stands behind it, where one does.
        case of(Quantity, Measure?)
        case no
        case doubtful(Phrase)
    }

    /// A whole number of pieces, written as amounts are.
    static func number(_ text: String) -> Number {
        switch amount(text) {
        case .of(let amount, let measure):
            guard measure?.isPiece != false, let whole = amount.whole else { return .no }
            return .whole(whole)
        case .no: return .no
        case .doubtful(let reason): return .doubtful(reason)
        }
    }

    /// A number as people and programs write it: `5`, `5,00`, `12,5`, `1 200,50`, `1.200,00`, `1'200`, `5 pcs`, `0,75 m`. Blanks and
    /// marks group digits by three, or they are a fault; a single mark with three digits behind it could be either, and is neither,
    /// unless a person said which sign is the `decimal` one.
    static func amount(_ text: String, decimal: TableReading.DecimalSign? = nil) -> Amount {
        if isSpoilt(text) { return .doubtful(spoilt(text)) }
        if truths.contains(text.uppercased()) {
            return .doubtful("\"\(text.prefix(40))\" is a yes or no of the spreadsheet, and no number")
        }
        if text.first == "#", errors.contains(text.uppercased()) {
            return .doubtful("\"\(text.prefix(40))\" is an error of the spreadsheet's formula, and no number")
        }
        let body = trimmed(text[...])
        let number = trimmed(body.prefix { !$0.isLetter })
        let unit = String(body.drop { !$0.isLetter })
        var measure: Measure?
        if !unit.isEmpty {
            guard folded(unit) != "ml" else {
                return .doubtful(
                    "\"\(text.prefix(40))\": ml is a millilitre to some, a running metre to others; write m or MLT")
            }
            guard let known = Measure(unit), known.isKnown else { return .no }
            measure = known
        }
        var (groups, marks): ([Substring], [Character]) = ([], [])
        var rest = number
        while true {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            groups.append(digits)
            guard let mark = rest.dropFirst(digits.count).first else { break }
            guard let kind = blanks.contains(mark) ? " " : "'’".contains(mark) ? "'" : ",.".contains(mark) ? mark : nil
            else { return .no }
            marks.append(kind)
            rest = rest.dropFirst(digits.count + 1)
        }
        let head = groups[0]
        guard !head.isEmpty, groups.reduce(0, { $0 + $1.count }) <= 15 else { return .no }
        func of(_ groups: some Sequence<Substring>, _ decimals: Substring = "") -> Amount {
            Quantity(digits: groups.joined(), decimals: decimals).map { .of($0, measure) } ?? .no
        }
        guard let last = marks.last else { return of(groups) }
        // Where the sign was said, the other one groups, and what is neither so nor so is a fault that names it.
        let none = decimal.map {
            Amount.doubtful("\"\(text.prefix(40))\" is no number where \"\($0.sign)\" is the decimal sign")
        }
        if let decimal, marks.count(where: { $0 == decimal.sign }) > 1 { return none ?? .no }
        let isDecimal = (decimal.map { $0.sign == last } ?? ",.".contains(last)) && marks.count { $0 == last } == 1
        let grouping = isDecimal ? marks.dropLast() : marks[...]
        let grouped = groups.dropFirst().prefix(grouping.count)
        guard grouping.allSatisfy({ $0 == grouping.first }), grouped.allSatisfy({ $0.count == 3 }),
            grouping.isEmpty || head.count <= 3
        else { return none ?? .no }
        guard isDecimal, let tail = groups.last else { return of(groups) }
        if decimal == nil, marks.count == 1, tail.count == 3, head.count <= 3, head != "0" {
            let less = tail.allSatisfy { $0 == "0" } ? "\(head)" : "\(head)\(last)\(tail)"
            return .doubtful(
                "\"\(text.prefix(40))\" could be \(less) or \(head)\(tail): write it without a mark, or with four decimals"
            )
        }
        guard tail.dropFirst(3).allSatisfy({ $0 == "0" }) else {
            return .doubtful("\"\(text.prefix(40))\" has more than three decimals")
        }
        return of(groups.dropLast(), tail)
    }

    private static let truths: Set<String> = ["TRUE", "FALSE", "VRAI", "FAUX", "WAHR", "FALSCH", "WAAR", "ONWAAR"]
    /// As Excel names them, in English, French and German.
    private static let errors: Set<String> = [
        "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#VALEUR!", "#NOM?", "#NOMBRE!", "#NUL!",
        "#NV",
        "#BEZUG!", "#WERT!", "#ZAHL!", "#SPILL!", "#CALC!",
    ]

    // MARK: codes

    /// A long number that a spreadsheet has shortened: `3,60844E+12`.
    static func isSpoilt(_ text: String) -> Bool {
        let parts = text.uppercased().split(separator: "E", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = parts[0].first, first.isNumber,
            parts[0].allSatisfy({ $0.isNumber || ",.".contains($0) }), let sign = parts[1].first,
            // Without a mark it takes a sign: `3E12` may be hex digits.
            parts[0].contains(where: { ",.".contains($0) }) ? sign == "+" || sign == "-" || sign.isNumber : sign == "+"
        else { return false }
        let power = parts[1].drop { $0 == "+" || $0 == "-" }
        return !power.isEmpty && power.count <= 3 && power.allSatisfy(\.isNumber)
    }

    static func spoilt(_ text: String) -> Phrase {
        "\"\(text.prefix(40))\" is a long number that Excel has shortened: import the column as text (Data, From Text/CSV), or "
            + "export the file again without opening it in Excel"
    }

    /// The code of an article without the blanks in it, and without `,0` behind it.
    static func code(_ text: String) -> String {
        var code = text.filter { !blanks.contains($0) }
        if let sign = code.lastIndex(where: { ",.".contains($0) }),
            code[..<sign].allSatisfy({ $0.isASCII && $0.isNumber }),
            !code[..<sign].isEmpty, code[code.index(after: sign)...].allSatisfy({ $0 == "0" })
        {
            code = String(code[..<sign])
        }
        return code
    }

    /// An article number as people and spreadsheets write it: `EAN 952…`, `952-1234-…`, with stars around it as below a Code 39,
    /// and a UPC whose zero in front a spreadsheet took for nothing. Nil where it is no GTIN.
    static func gtin(_ text: String) -> String? {
        let code = code(text)
        if let gtin = GS1.gtin14(code) { return gtin }
        var bare = code[...]
        for word in ["EAN13", "EAN", "GTIN", "UPC"] where bare.uppercased().hasPrefix(word) {
            bare = bare.dropFirst(word.count)
            break
        }
        let digits = bare.filter { !":*-".contains($0) }
        guard digits.count >= 11, digits.count < code.count || digits.count == 11 else { return nil }
        return GS1.gtin14(digits.count == 11 ? "0" + digits : digits)
    }
}
