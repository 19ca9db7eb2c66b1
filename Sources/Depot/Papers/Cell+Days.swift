/// Days as people and programs write them.
extension Cell {
    /// Which of two numbers below 13 is the day; a column has one order.
    enum DayOrder { case dayFirst, monthFirst, mixed }

    /// The order of a column, by the days in it that can be read in one way alone. Where none tells, the day stands first, as
    /// in Europe.
    static func dayOrder(_ cells: some Sequence<String>) -> DayOrder {
        var (day, month) = (false, false)
        for cell in cells {
            guard case .numbers(let a, let b, _, false)? = date(cell) else { continue }
            if a > 12, b <= 12 { day = true }
            if b > 12, a <= 12 { month = true }
        }
        return day && month ? .mixed : month ? .monthFirst : .dayFirst
    }

    /// `YYYY-MM-DD` of a day: `2027-03-31`, `31/03/2027`, `31.3.27`, `20270331`, `31 mars 2027`, `31-Mar-27`, perhaps with a time
    /// or a weekday; nil for what is none, and in a mixed column for what could be two. `month`: a month alone is its last
    /// day, as an expiry is meant (GS1 General Specifications, AI 17).
    static func day(_ text: String, _ order: DayOrder = .dayFirst, month: Bool = false) -> String? {
        switch date(text) {
        case nil: return nil
        case .compact(let digits):
            guard digits.utf8.count == 6, month, let year = Int(digits.prefix(4)), (2000...2099).contains(year),
                let number = Int(digits.suffix(2)), (1...12).contains(number)
            else { return Day.text(digits) }
            return Day.text(year, number, Day.length(year, number))
        case .month(let year, let number):
            guard month, (1...12).contains(number) else { return nil }
            return Day.text(year, number, Day.length(year, number))
        case .numbers(let year, let month, let day, true): return Day.text(year, month, day)
        case .numbers(let a, let b, let year, false):
            let (dayFirst, monthFirst) = (Day.text(year, b, a), Day.text(year, a, b))
            switch order {
            case .dayFirst: return dayFirst ?? monthFirst
            case .monthFirst: return monthFirst ?? dayFirst
            case .mixed: return dayFirst == nil || monthFirst == nil || a == b ? dayFirst ?? monthFirst : nil
            }
        }
    }

    private enum Written {
        case compact(String)
        case month(year: Int, Int)
        /// With the year first, or two numbers and the year.
        case numbers(Int, Int, Int, Bool)
    }

    /// The parts of a date, before it is known whether there is such a day.
    private static func date(_ text: String) -> Written? {
        var parts: [Substring] = []
        // A time stands behind a `T` or a blank, and has a colon.
        for word in text.prefix(64).split(whereSeparator: { blanks.contains($0) || ",".contains($0) }) {
            if word.contains(":"), !word.contains("T") || parts.count > 0 { break }
            if parts.count >= 3, isTime(word) { break }
            if parts.isEmpty, ["le", "du", "au", "am"].contains(word.lowercased()) { continue }
            let date = word.contains(":") ? word.prefix { $0 != "T" } : word
            parts += date.split(omittingEmptySubsequences: true) { "-/.".contains($0) }
        }
        // `mar.` is a weekday where a month follows too.
        if let first = parts.first, parts.count == 4 || monthNumber(folded(String(first))) == nil,
            weekdays.contains(folded(String(first)))
        {
            parts.removeFirst()
        }
        parts = parts.map { part in
            let number = part.prefix { $0.isNumber }
            return !number.isEmpty && ["er", "st", "nd", "rd", "th"].contains(part.dropFirst(number.count))
                ? number : part
        }
        let names = parts.map { $0.contains(where: \.isLetter) ? monthNumber(folded(String($0))) : nil }
        let numbers = parts.map { number in
            number.count <= 8 && number.allSatisfy { $0.isASCII && $0.isNumber } ? Int(number) : nil
        }
        guard zip(names, numbers).allSatisfy({ $0 != nil || $1 != nil }), names.count(where: { $0 != nil }) <= 1 else {
            return nil
        }
        func year(_ index: Int) -> Int? {
            guard let number = numbers[index] else { return nil }
            return parts[index].count == 4 ? number : parts[index].count == 2 ? 2000 + number : nil
        }
        switch parts.count {
        case 1: return numbers[0] == nil ? nil : .compact(String(parts[0]))
        case 2:
            if parts[0].count == 4, let year = numbers[0], let month = names[1] ?? numbers[1] {
                return .month(year: year, month)
            }
            // Two digits are a year where they can be no month: 12/27.
            let isYear = parts[1].count == 4 || parts[1].count == 2 && numbers[1].map { $0 > 12 } ?? false
            guard isYear, let year = year(1), let month = names[0] ?? numbers[0] else { return nil }
            return .month(year: year, month)
        case 3:
            if let month = names[1], let day = numbers[0], let year = year(2) {
                return .numbers(year, month, day, true)
            }
            if let month = names[0], let day = numbers[1], let year = year(2) {
                return .numbers(year, month, day, true)
            }
            guard let a = numbers[0], let b = numbers[1], let c = numbers[2] else { return nil }
            if parts[0].count == 4 { return .numbers(a, b, c, true) }
            return year(2).map { .numbers(a, b, $0, false) }
        default: return nil
        }
    }

    /// `8h00`, `matin`: behind a date.
    private static func isTime(_ word: Substring) -> Bool {
        let word = folded(String(word))
        if ["am", "pm", "matin", "apres", "soir", "uhr"].contains(word) { return true }
        let parts = word.split(separator: "h", omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[0].isEmpty && parts.allSatisfy { $0.count <= 2 && $0.allSatisfy(\.isNumber) }
    }

    private static let weekdays: Set<String> = [
        "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "lun", "mar", "mer", "jeu", "ven",
        "sam", "dim",
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "mon", "tue", "wed", "thu", "fri",
        "sat",
        "sun", "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag", "mo", "di", "mi", "do",
        "fr",
        "sa", "so",
    ]

    /// Months of French, English, German and Dutch, folded.
    private static let months: [[String]] = [
        ["janvier", "january", "januar", "januari"], ["fevrier", "february", "februar", "februari"],
        ["mars", "march", "marz", "maart", "mrt"], ["avril", "april"], ["mai", "may", "mei"], ["juin", "june", "juni"],
        ["juillet", "july", "juli"], ["aout", "august", "augustus"], ["septembre", "september"],
        ["octobre", "october", "oktober"], ["novembre", "november"], ["decembre", "december", "dezember"],
    ]

    /// Of a name or its first three letters or more; nil where two months begin so.
    private static func monthNumber(_ name: String) -> Int? {
        guard name.count >= 3 else { return nil }
        let found = months.indices.filter { months[$0].contains { $0.hasPrefix(name) } }
        return found.count == 1 ? found[0] + 1 : nil
    }
}
