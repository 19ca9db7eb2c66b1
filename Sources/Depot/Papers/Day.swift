/// Days of the Gregorian calendar from 1900 to 2999, as texts.
public enum Day {
    static func exists(_ year: Int, _ month: Int, _ day: Int) -> Bool {
        (1900...2999).contains(year) && (1...12).contains(month) && (1...length(year, month)).contains(day)
    }

    static func length(_ year: Int, _ month: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    /// `YYYY-MM-DD` of eight digits; nil where it is no day of the calendar.
    public static func text(_ digits: String) -> String? {
        let bytes = Array(digits.utf8)
        guard bytes.count == 8, bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let number = { (range: Range<Int>) in bytes[range].reduce(0) { $0 * 10 + Int($1 - 0x30) } }
        guard exists(number(0..<4), number(4..<6), number(6..<8)) else { return nil }
        return "\(digits.prefix(4))-\(digits.dropFirst(4).prefix(2))-\(digits.suffix(2))"
    }

    /// Nil where it is no day of the calendar.
    static func text(_ year: Int, _ month: Int, _ day: Int) -> String? {
        guard exists(year, month, day) else { return nil }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(two(month))-\(two(day))"
    }

    /// Whether a text is such a day, written `YYYY-MM-DD`.
    static func isDay(_ text: String) -> Bool {
        self.text(text.replacing("-", with: "")) == text
    }

    /// The day of a moment in Unix milliseconds, UTC.
    public static func text(ofUnix moment: Int64) -> String? {
        text(daysFrom1970: Int(moment / 86_400_000) - (moment % 86_400_000 < 0 ? 1 : 0))
    }

    /// `YYYY-MM-DD` of a day that is so many behind the 1st of January 1970 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
    /// civil_from_days); nil outside of 1900 to 2999.
    static func text(daysFrom1970 count: Int) -> String? {
        guard (-25_567...376_200).contains(count) else { return nil }
        // Days since 0000-03-01: years that begin in March have their leap day at the end.
        let days = count + 719_468
        let era = days / 146_097
        let dayOfEra = days - era * 146_097
        let year = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        let number = month < 10 ? month + 3 : month - 9
        return text(era * 400 + year + (number <= 2 ? 1 : 0), number, dayOfYear - (153 * month + 2) / 5 + 1)
    }
}
