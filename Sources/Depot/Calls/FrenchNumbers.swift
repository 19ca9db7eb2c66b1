/// France and its overseas regions: country codes of their own, and one plan in which all of them dial ten digits (ARCEP
/// decision 2018-0881, annexes 1 and 2). libphonenumber takes 0692 123456 in the region FR for nothing or for a mainland
/// number, has gaps where ranges are newer than its metadata, and would dial 00 262.
enum FrenchNumbers {
    static let regions: Set<String> = ["FR", "BL", "GF", "GP", "MF", "MQ", "RE", "YT"]

    /// The first three of nine digits, and the country code under which E.164 has them.
    private static let codes: [String: String] = [
        "590": "590", "690": "590", "691": "590", "594": "594", "694": "594", "596": "596", "696": "596", "697": "596",
        "262": "262", "263": "262", "692": "262", "693": "262", "269": "262", "639": "262",
    ]
    private static let own: Set<String> = ["33", "590", "594", "596", "262"]

    /// Of the mainland within 0639, which is Mayotte's otherwise: 06 39 98, kept for films and examples (ARCEP decision 2018-0881).
    private static let mainland = "63998"

    /// Country code and the digits behind it; nil for what is no number of an overseas region. `digits` are ASCII, with
    /// `isInternational` those behind a plus or its 00.
    static func overseas(_ digits: String, isInternational: Bool, region: String) -> (code: String, number: String)? {
        if isInternational {
            for code in own where digits.hasPrefix(code) {
                var rest = digits.dropFirst(code.count)
                if rest.first == "0" { rest = rest.dropFirst() }
                if code == "33", rest.hasPrefix("508"), rest.utf8.count == 9 {
                    return ("508", String(rest.dropFirst(3)))
                }
                if code == "33", rest.utf8.count == 9, rest.hasPrefix(mainland) { return ("33", String(rest)) }
                guard rest.utf8.count == 9, let right = codes[String(rest.prefix(3))] else { continue }
                // Operators send +33 692 …; of another overseas code it is nobody's number.
                if code == "33" || code == right { return (right, String(rest)) }
            }
            return digits.hasPrefix("508") && digits.utf8.count == 9 ? ("508", String(digits.dropFirst(3))) : nil
        }
        guard regions.contains(region) else { return nil }
        let rest = digits.first == "0" ? digits.dropFirst() : digits[...]
        guard rest.utf8.count == 9 else { return nil }
        // Saint-Pierre-et-Miquelon has six digits of its own, behind 0508 for the others.
        if rest.hasPrefix("508") { return ("508", String(rest.dropFirst(3))) }
        if rest.hasPrefix(mainland) { return ("33", String(rest)) }
        guard let code = codes[String(rest.prefix(3))] else { return nil }
        return (code, String(rest))
    }

    /// Ten digits as telephones of these regions dial them; nil for other countries.
    static func national(_ e164: String) -> String? {
        if e164.hasPrefix("+508"), e164.utf8.count == 10 { return "0508" + e164.dropFirst(4) }
        for code in own where e164.hasPrefix("+\(code)") && e164.utf8.count == code.utf8.count + 10 {
            return "0" + e164.dropFirst(code.utf8.count + 1)
        }
        return nil
    }

    /// `0692 12 34 56`
    static func spaced(_ digits: String) -> String {
        var out = String(digits.prefix(4))
        for (index, digit) in digits.dropFirst(4).enumerated() {
            if index % 2 == 0 { out += " " }
            out.append(digit)
        }
        return out
    }
}
