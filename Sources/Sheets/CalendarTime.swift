/// A date and time of the proleptic Gregorian calendar, as a clock in some zone shows it.
struct CalendarTime: Equatable {
    /// Since 1970-01-01 of that zone.
    var days: Int
    var secondOfDay: Int

    init(milliseconds: Int64, offset: Int) {
        // Floors, and no overflow for any input.
        let seconds = Int(milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0)) + min(max(offset, -86_400), 86_400)
        days = seconds / 86_400 - (seconds % 86_400 < 0 ? 1 : 0)
        secondOfDay = seconds - days * 86_400
    }

    /// A day written `YYYY-MM-DD`; nil where the calendar has none such.
    init?(day text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2, 2], parts.joined().allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        let numbers = parts.map { $0.reduce(0) { $0 * 10 + Int($1 - 0x30) } }
        let (year, month, day) = (numbers[0], numbers[1], numbers[2])
        guard (1...12).contains(month), day >= 1 else { return nil }
        // Days from a civil date: years begin in March, so that the leap day is the last.
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        secondOfDay = 0
        guard self.day == text else { return nil }
    }

    /// `YYYY-MM-DDTHH:MM:SS+HH:MM` (ISO 8601, RFC 3339): local time with its offset, so that no reader has to guess the zone.
    static func written(_ milliseconds: Int64, offset: Int) -> String {
        let time = CalendarTime(milliseconds: milliseconds, offset: offset)
        let minutes = min(max(offset, -86_400), 86_400) / 60
        let (hour, minute) = (minutes.magnitude / 60, minutes.magnitude % 60)
        return
            "\(time.day)T\(time.second)\(minutes < 0 ? "-" : "+")\(time.padded(Int(hour), 2)):\(time.padded(Int(minute), 2))"
    }

    /// The way back; nil for another form, or what the calendar or the clock has not.
    static func read(_ text: String) -> (milliseconds: Int64, offset: Int)? {
        let bytes = Array(text.utf8)
        guard bytes.count == 25, bytes[10] == UInt8(ascii: "T"), bytes[13] == bytes[16], bytes[22] == bytes[13],
            bytes[13] == UInt8(ascii: ":"), bytes[19] == UInt8(ascii: "+") || bytes[19] == UInt8(ascii: "-"),
            let date = CalendarTime(day: String(decoding: bytes[..<10], as: UTF8.self))
        else { return nil }
        func two(_ at: Int, _ limit: Int) -> Int? {
            guard bytes[at..<at + 2].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            let number = Int(bytes[at] - 0x30) * 10 + Int(bytes[at + 1] - 0x30)
            return number < limit ? number : nil
        }
        guard let hour = two(11, 24), let minute = two(14, 60), let second = two(17, 60), let zoneHour = two(20, 24),
            let zoneMinute = two(23, 60)
        else { return nil }
        let offset = (zoneHour * 3600 + zoneMinute * 60) * (bytes[19] == UInt8(ascii: "-") ? -1 : 1)
        return (Int64(date.days * 86_400 + hour * 3600 + minute * 60 + second - offset) * 1000, offset)
    }

    /// `YYYY-MM-DD`
    var day: String {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let date = dayOfYear - (153 * month + 2) / 5 + 1
        let year = yearOfEra + era * 400 + (month < 10 ? 0 : 1)
        return "\(padded(year, 4))-\(padded(month < 10 ? month + 3 : month - 9, 2))-\(padded(date, 2))"
    }

    /// `HH:MM`
    var minute: String { "\(padded(secondOfDay / 3600, 2)):\(padded(secondOfDay / 60 % 60, 2))" }

    /// `HH:MM:SS`
    var second: String { "\(minute):\(padded(secondOfDay % 60, 2))" }

    /// Days since 1899-12-30, as spreadsheets count; nil outside of 1900-03-01 … 9999-12-31, where they disagree or
    /// end.
    var serial: Double? {
        let whole = days + 25_569
        return (61...2_958_465).contains(whole) ? Double(whole) + Double(secondOfDay) / 86_400 : nil
    }

    private func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number.magnitude)
        return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
