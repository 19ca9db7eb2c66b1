import Model

/// What a cell of somebody's table says: blanks, quotes and ways of writing numbers and days taken for what is meant.
enum Cell {
    /// Blanks that do not break, narrow ones, and marks of no width count as blanks.
    private static let blanks: Set<Character> = [
        " ", "\t", "\r", "\n", "\r\n", "\u{A0}", "\u{202F}", "\u{2007}", "\u{2009}", "\u{200B}", "\u{FEFF}",
    ]

    /// Without blanks around it, and without what keeps a spreadsheet from calculating: `="…"`, an apostrophe in front of a
    /// number or a formula.
    static func text(_ cell: String) -> String {
        var text = trimmed(cell[...])
        if text.hasPrefix("=\""), text.hasSuffix("\""), text.count >= 3 { text = trimmed(text.dropFirst(2).dropLast()) }
        if text.first == "'", let next = text.dropFirst().first, next.isNumber || "=+-@".contains(next) {
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
        case doubtful(String)
    }

    /// Words behind a number of pieces.
    private static let pieces: Set<String> = [
        "u", "un", "pc", "pcs", "pce", "pces", "piece", "pieces", "unite", "unites", "ea", "st", "stk", "stuck", "stuk",
        "c62", "nar",
    ]

    /// A whole number as people and programs write it: `5`, `5,00`, `1 200`, `1.200,00`, `1'200`, `5 pcs`. A single sign with
    /// three digits behind it could be either, and is neither.
    static func number(_ text: String) -> Number {
        if isSpoilt(text) { return .doubtful(spoilt(text)) }
        let parts = folded(text.filter { !",.'’".contains($0) }).split(separator: " ")
        let words = parts.filter { $0.contains(where: \.isLetter) }.map { $0.filter(\.isLetter) }
        guard words.allSatisfy({ pieces.contains($0) }), words.count <= 1 else {
            return .no
        }
        let number = text.filter { !blanks.contains($0) && !$0.isLetter && $0 != "'" && $0 != "’" }
        let digits = number.filter { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, digits.count <= 15, number.allSatisfy({ $0.isASCII && $0.isNumber || ",.".contains($0) })
        else { return .no }
        let signs = number.filter { ",.".contains($0) }
        guard let last = signs.last else { return Int(digits).map(Number.whole) ?? .no }
        let groups = number.split(omittingEmptySubsequences: false) { ",.".contains($0) }
        let inner = groups.dropFirst().dropLast()
        guard let head = groups.first, let tail = groups.last, !head.isEmpty, inner.allSatisfy({ $0.count == 3 }) else {
            return .no
        }
        let isUniform = signs.allSatisfy { $0 == last }
        if isUniform, signs.count > 1 {
            // `1.200.000`
            guard tail.count == 3, head.count <= 3 else { return .no }
            return Int(digits).map(Number.whole) ?? .no
        }
        guard signs.dropLast().allSatisfy({ $0 != last }) else { return .no }
        if isUniform, tail.count == 3, head.count <= 3, head != "0" {
            return .doubtful("\"\(text.prefix(40))\" could be \(head) or \(head)\(tail): write it without a sign")
        }
        guard tail.allSatisfy({ $0 == "0" }) else { return .no }
        return Int(digits.dropLast(tail.count)).map(Number.whole) ?? .no
    }

    // MARK: codes

    /// A long number that a spreadsheet has shortened: `3,60844E+12`.
    static func isSpoilt(_ text: String) -> Bool {
        let parts = text.uppercased().split(separator: "E", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = parts[0].first, first.isNumber,
            parts[0].allSatisfy({ $0.isNumber || ",.".contains($0) }), parts[0].contains(where: { ",.".contains($0) }),
            let sign = parts[1].first, sign == "+" || sign == "-" || sign.isNumber
        else { return false }
        let power = parts[1].drop { $0 == "+" || $0 == "-" }
        return !power.isEmpty && power.count <= 3 && power.allSatisfy(\.isNumber)
    }

    static func spoilt(_ text: String) -> String {
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

    // MARK: days

    /// `YYYY-MM-DD` of a day as it is written in Europe: `2027-03-31`, `31/03/2027`, `31.3.27`, `20270331`, perhaps with a
    /// time behind it; nil for what is none.
    static func day(_ text: String) -> String? {
        let date = text.split { blanks.contains($0) || $0 == "T" }.first ?? ""
        let parts = date.split(omittingEmptySubsequences: false) { "-/.".contains($0) }
        guard parts.allSatisfy({ !$0.isEmpty && $0.count <= 8 && $0.allSatisfy { $0.isASCII && $0.isNumber } }) else {
            return nil
        }
        if parts.count == 1 { return Day.text(String(date)) }
        guard parts.count == 3, let a = Int(parts[0]), let b = Int(parts[1]), let c = Int(parts[2]) else { return nil }
        if parts[0].count == 4 { return Day.text(a, b, c) }
        guard parts[2].count == 4 || parts[2].count == 2 else { return nil }
        let year = parts[2].count == 2 ? 2000 + c : c
        // The day stands first, unless it cannot be one.
        return Day.text(year, b, a) ?? (b > 12 ? Day.text(year, a, b) : nil)
    }
}
