import Identifiers

extension Import {
    /// Clients: company or name, phone; perhaps further phone columns and a reference. A client who comes again, by its reference
    /// or under the same name, has the numbers of the newer file.
    public static func parties(_ csv: CSV, into store: Store, region: String, dryRun: Bool, now: Int64) throws
        -> ImportReport
    {
        try check(parties: csv, region: region).finish(into: store, dryRun: dryRun, by: "import", now: now)
    }

    public static func check(parties csv: CSV, region: String, map: [String: String] = [:]) throws -> CheckedImport {
        let columns = try Columns(csv, Columns.parties, map: map)
        let phones = ["phone", "mobile", "phone2"].compactMap { columns[$0] }
        guard columns["company"] != nil || columns["name"] != nil, !phones.isEmpty else {
            throw ImportError.missingColumns(["company", "name", "phone"], found: csv.titles)
        }
        var report = ImportReport()
        var rows: [CheckedImport.Row] = []
        var places: [String: Int] = [:]
        for row in csv.rows {
            func refuse(_ reason: String) { report.refused.append(.init(line: row.line, reason: reason)) }
            if let problem = row.problem {
                refuse(problem)
                continue
            }
            let (company, name) = (row.field(columns["company"]), row.field(columns["name"]))
            guard !company.isEmpty || !name.isEmpty else {
                refuse("neither company nor name")
                continue
            }
            let texts = phones.map { row.field($0) }.filter { !$0.isEmpty }
            let numbers = texts.flatMap { PhoneNumber.all(in: $0, region: region) }
            if let bad = numbers.first(where: { !$0.canMatch }) {
                refuse(
                    Cell.isSpoilt(bad.input)
                        ? Cell.spoilt(bad.input) : "\"\(bad.input.prefix(64))\" is not a telephone number")
                continue
            }
            report.accepted += 1
            let reference = row.filled(columns["reference"])
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
        return CheckedImport(report, rows)
    }
}

extension PhoneNumber {
    /// Every number that a cell holds: `01 99 00 12 02 / 02 61 91 12 03`, `… ou …`. What is in pieces that are no numbers by
    /// themselves is one number.
    static func all(in cell: String, region: String) -> [PhoneNumber] {
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
            if "/;,|\n".contains(character) {
                pieces.append("")
            } else {
                pieces[pieces.count - 1].append(character)
            }
        }
        let whole = PhoneNumber(cell, region: region)
        let good = pieces.filter { digits($0) >= 6 }.map { PhoneNumber($0, region: region) }
        guard good.count >= 2, good.allSatisfy({ $0.kind == .subscriber }) else { return [whole] }
        return good
    }

    /// A caller may come from it: no withheld one, no number that a spreadsheet has spoilt, no word.
    var canMatch: Bool {
        switch kind {
        case .withheld: false
        case .invalid: !Cell.isSpoilt(input) && !input.contains(where: \.isLetter) && significantDigits.count >= 3
        default: true
        }
    }
}
