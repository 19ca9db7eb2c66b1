import Identifiers

extension Import {
    /// Clients: company or name, phone; perhaps further phone columns and a reference. A client who comes again, by its reference
    /// or under the same name, has the numbers of the newer file.
    public static func parties(_ csv: CSV, into store: Store, region: String, dryRun: Bool, now: Int64) throws
        -> ImportReport
    {
        try check(parties: csv, region: region).finish(into: store, dryRun: dryRun, by: "import", now: now)
    }

    /// `internalPlan`: regular expression of the site's own extensions.
    public static func check(
        parties csv: CSV, region: String, internalPlan: String? = nil, options: Options = Options(),
        in store: Store? = nil
    ) throws -> CheckedImport {
        let table = try Table(csv, "parties", options, in: store)
        let columns = table.columns
        let phones = ["phone", "mobile", "phone2"].compactMap { columns[$0] }
        try table.require(
            (columns["company"] == nil && columns["name"] == nil ? ["company"] : []) + (phones.isEmpty ? ["phone"] : [])
        )
        var report = table.report
        var rows: [CheckedImport.Row] = []
        var places: [String: Int] = [:]
        for row in table.csv.rows {
            func refuse(_ reason: Phrase) { report.refused.append(.init(line: row.line, reason: reason)) }
            if let problem = row.problem {
                refuse(problem)
                continue
            }
            let (company, name) = (row.given(columns["company"]) ?? "", row.given(columns["name"]) ?? "")
            guard !company.isEmpty || !name.isEmpty else {
                refuse("neither company nor name")
                continue
            }
            let texts = phones.compactMap { row.filled($0) }.filter { !Cell.isNothing($0) && !Cell.isCross($0) }
            let numbers = texts.flatMap { PhoneNumber.all(in: $0, region: region, internalPlan: internalPlan) }
            if let bad = numbers.first(where: { !$0.canMatch }) {
                refuse(bad.objection)
                continue
            }
            report.accepted += 1
            let reference = row.given(columns["reference"])
            // A client on several rows has the numbers of them all.
            let key = reference.map { "r\($0)" } ?? "n\(name)\u{1F}\(company)"
            guard let place = places[key], case .party(_, _, _, let before) = rows[place] else {
                places[key] = rows.count
                rows.append(.party(name: name, company: company, reference: reference, numbers: numbers))
                continue
            }
            rows[place] = .party(name: name, company: company, reference: reference, numbers: before + numbers)
        }
        report.parties = rows.count
        return CheckedImport(report, rows, memory: table.memory)
    }
}

extension PhoneNumber {
    /// Every number that a cell holds: `01 99 00 12 02 / 02 61 91 12 03`, `… ou …`. What is in pieces that are no numbers by
    /// themselves is one number.
    static func all(in cell: String, region: String, internalPlan: String? = nil) -> [PhoneNumber] {
        let texts = cell.split { "/;,|".contains($0) || $0.isNewline }.map { String($0).trimming(" ") }
        let extensions = texts.compactMap { text in
            PhoneNumber.digits(ofExtension: text).map { digits in
                let number = PhoneNumber(digits, region: region, internalPlan: internalPlan)
                // In its own words where the plan has none: that is what is said of it.
                return number.kind == .extension ? number : PhoneNumber(text, region: region)
            }
        }
        if !extensions.isEmpty, extensions.count == texts.count { return extensions }
        var pieces = [""]
        var word = ""
        func digits(_ text: String) -> Int { text.count { $0.isASCII && $0.isNumber } }
        for character in cell {
            if character.isLetter {
                word.append(character)
                pieces[pieces.count - 1].append(character)
                continue
            }
            if ["ou", "or", "et", "and", "und", "oder", "en", "of"].contains(word.lowercased()),
                digits(pieces[pieces.count - 1]) >= 6
            {
                pieces[pieces.count - 1].removeLast(word.count)
                pieces.append("")
            }
            word = ""
            if "/;,|".contains(character) || character.isNewline {
                pieces.append("")
            } else {
                pieces[pieces.count - 1].append(character)
            }
        }
        let whole = PhoneNumber(cell, region: region, internalPlan: internalPlan)
        // A number with its country's code and an extension has no more digits than that.
        guard whole.kind != .subscriber || pieces.count > 1 || digits(cell) > 15 else { return [whole] }
        for parts in [pieces, pieces.flatMap { apart($0) }] {
            let good = parts.filter { digits($0) >= 6 }.map { PhoneNumber($0, region: region) }
            if good.count >= 2, good.allSatisfy({ $0.kind == .subscriber }) { return good }
        }
        return [whole]
    }

    /// Where another number begins without a slash: at a `+`, behind a dash or two blanks, at a word behind enough digits.
    private static func apart(_ text: String) -> [String] {
        var pieces = [""]
        var digits = 0
        var before: Character = "x"
        func begin() {
            pieces.append("")
            digits = 0
        }
        for character in text {
            let isBlank = character.isWhitespace
            let isWord = character.isLetter && !before.isLetter && digits >= 9
            let isGap = isBlank && before.isWhitespace && digits >= 9
            let isDash = "-–—".contains(character) && before.isWhitespace && digits >= 9
            if character == "+" && digits >= 6 || isWord || isGap || isDash { begin() }
            if !isDash { pieces[pieces.count - 1].append(character) }
            if character.isASCII && character.isNumber { digits += 1 }
            before = character
        }
        // Whose number it is, in front.
        return pieces.map { piece in String(piece.drop { !$0.isNumber && !"+(".contains($0) }) }
    }

    /// `poste 101`, `int. 204`, `204#`: of a text that calls itself an extension, and is nothing more.
    static func digits(ofExtension text: String) -> String? {
        let marked = text.trimming(" ")
        var words = Cell.folded(marked).split(separator: " ")
        guard let last = words.popLast(), (2...6).contains(last.utf8.count),
            last.allSatisfy({ $0.isASCII && $0.isNumber })
        else { return nil }
        if words.isEmpty {
            return marked.hasSuffix("#") && marked.dropLast().allSatisfy { $0.isNumber || $0 == " " }
                ? String(last) : nil
        }
        let isCalledSo = words.contains { NumberText.extensionWords.contains(String($0)) }
        let others = ["n", "no", "nr", "num", "numero"]
        guard isCalledSo,
            words.allSatisfy({ NumberText.extensionWords.contains(String($0)) || others.contains(String($0)) })
        else { return nil }
        return String(last)
    }

    /// Why no caller may come from it.
    fileprivate var objection: Phrase {
        if Cell.isSpoilt(input) { return Cell.spoilt(input) }
        guard PhoneNumber.digits(ofExtension: input) == nil else {
            return
                "\"\(input.prefix(64))\" is an extension that the dial plan (internal-plan) does not have: write the whole number"
        }
        return "\"\(input.prefix(64))\" is not a telephone number"
    }

    /// A caller may come from it: no withheld one, no number that a spreadsheet has spoilt, no word.
    var canMatch: Bool {
        switch kind {
        case .withheld: false
        case .invalid where PhoneNumber.digits(ofExtension: input) != nil: false
        case .invalid:
            // Letters are words, `*` and `#` codes of a service.
            !Cell.isSpoilt(input) && !input.contains { $0.isLetter || "*#".contains($0) }
                && significantDigits.count >= 3
        default: true
        }
    }
}
