internal import CPhoneNumber

/// Numbers that call for help. They are so before any plan of extensions, and a click never dials them.
extension PhoneNumber {
    /// Beside those that libphonenumber knows: what its "emergency" leaves out, and yet nobody may call by mistake
    /// (care, children, drowning, violence). France: ARCEP decision 02-1179 and its successors.
    private static let helpLines: [String: Set<String>] = {
        let french: Set<String> = ["15", "17", "18", "114", "115", "119", "191", "196", "197"]
        var lines: [String: Set<String>] = [
            "AT": ["122", "133", "140", "141", "142", "144", "147"], "BE": ["100", "101", "103", "106", "107", "108"],
            "CH": ["117", "118", "143", "144", "145", "147"], "DE": ["110"],
            "ES": ["016", "061", "062", "080", "085", "088", "091", "092"], "GB": ["999"], "IE": ["999"],
            "IT": ["113", "114", "115", "117", "118", "1515", "1522", "1530"], "LU": ["113"], "NL": ["113"], "PT": [],
        ]
        for region in ["FR", "BL", "GF", "GP", "MC", "MF", "MQ", "PM", "RE", "YT"] { lines[region] = french }
        return lines
    }()

    /// Of social value in all of Europe (Commission Decision 2007/116/EC).
    private static let european: Set<String> = ["116000", "116006", "116111", "116117", "116123"]

    static let emergencyDigits = 2...6

    /// `digits` alone, as they are dialled. 112 is one everywhere: mobile networks and many exchanges take it for that.
    static func isEmergency(_ digits: String, region: String) -> Bool {
        guard emergencyDigits.contains(digits.utf8.count) else { return false }
        if digits == "112" { return true }
        if let own = helpLines[region], own.contains(digits) || european.contains(digits) { return true }
        return cphone_parse(digits, region).is_emergency
    }

    /// The emergency number that a telephone would dial for `text`, however it is written; nil for another.
    static func emergency(_ text: String, region: String) -> String? {
        guard let digits = dialledDigits(text), isEmergency(digits, region: region) else { return nil }
        return digits
    }

    /// Nil where there is more than a short number with its spaces and signs: letters, or `*` and `#` of a service
    /// code. A `#` at the end only says that nothing follows.
    private static func dialledDigits(_ text: String) -> String? {
        // Long enough for six digits with signs between them; a longer text is no short number.
        guard text.utf8.count <= 32 else { return nil }
        var digits = ""
        let dialled = text.last == "#" ? text.dropLast() : text[...]
        for character in dialled {
            if let digit = character.wholeNumberValue, (0...9).contains(digit) {
                digits += String(digit)
            } else if character.isLetter || character == "*" || character == "#" {
                return nil
            }
        }
        return digits
    }

    /// Those of a region with two or three digits, and the longer ones that are known here. Takes some milliseconds:
    /// for warnings, not for each call.
    static func emergencyNumbers(of region: String) -> [String] {
        let two = (0..<100).map { String(String(100 + $0).suffix(2)) }
        let three = (0..<1000).map { String(String(1000 + $0).suffix(3)) }
        let longer = (helpLines[region] ?? []).filter { $0.utf8.count > 3 }.sorted() + european.sorted()
        return (two + three + longer).filter { isEmergency($0, region: region) }
    }
}

extension NumberPlan {
    /// Emergency numbers that the plan would have as extensions: these cannot be reached by click.
    public var emergencyExtensions: [String] {
        guard let internalPlan, let pattern = try? Regex(internalPlan) else { return [] }
        return PhoneNumber.emergencyNumbers(of: region).filter { $0.wholeMatch(of: pattern) != nil }
    }

    /// Whether nobody may have it as an extension, because it calls for help, whatever the plan says. A short number of the public
    /// network may be one: many exchanges have extensions of four digits.
    public func isEmergency(extension text: String) -> Bool { number(text, dialled: true).kind == .emergency }
}
