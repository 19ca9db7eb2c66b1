extension EPCISEvent {
    /// `2026-11-28T06:00:00.123Z`: UTC with milliseconds, as the hash wants it.
    public static func time(_ milliseconds: Int64) -> String {
        let rest = ((milliseconds % 1000) + 1000) % 1000
        return "\(ExchangeTime.text(milliseconds).dropLast()).\(ExchangeTime.padded(rest, 3))Z"
    }

    /// Back, also of other forms of RFC 3339: any fraction, an offset. Unix milliseconds; nil for anything else.
    public static func moment(of text: String) -> Int64? {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count, bytes[range].allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            return bytes[range].reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        }
        guard bytes.count <= 40, bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D,
            [0x54, 0x74, 0x20].contains(bytes[10]),
            bytes[13] == 0x3A, bytes[16] == 0x3A, let year = number(0..<4), let month = number(5..<7),
            let day = number(8..<10), let hour = number(11..<13), let minute = number(14..<16),
            let second = number(17..<19), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
            second < 61
        else { return nil }
        var place = 19
        var thousandths: Int64 = 0
        if bytes[place] == 0x2E {
            let digits = bytes[(place + 1)...].prefix { (0x30...0x39).contains($0) }
            guard !digits.isEmpty else { return nil }
            for index in 0..<3 {
                let digit = index < digits.count ? Int64(digits[digits.startIndex + index] - 0x30) : 0
                thousandths = thousandths * 10 + digit
            }
            place += 1 + digits.count
        }
        var offset: Int64 = 0
        switch place < bytes.count ? bytes[place] : 0 {
        case 0x5A, 0x7A: guard bytes.count == place + 1 else { return nil }
        case 0x2B, 0x2D:
            guard bytes.count == place + 6, bytes[place + 3] == 0x3A, let hours = number(place + 1..<place + 3),
                let minutes = number(place + 4..<place + 6), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (bytes[place] == 0x2B ? 1 : -1)
        default: return nil
        }
        // Days from a date of the Gregorian calendar: eras of 400 years, years that begin in March.
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        return (((days * 24 + hour) * 60 + minute - offset) * 60 + second) * 1000 + thousandths
    }
}
