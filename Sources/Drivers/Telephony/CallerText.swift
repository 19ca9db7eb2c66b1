import Model

/// Numbers and names as exchanges send them, from strangers.
enum CallerText {
    /// What stands for a number that is not told: `anonymous`, `anonymous@anonymous.invalid`.
    static func isWithheld(_ number: String) -> Bool {
        // No such word begins like a number, and most are numbers.
        if let first = number.utf8.first, first == UInt8(ascii: "+") || 0x30...0x39 ~= first { return false }
        return Party.wordsForWithheld.contains(number.prefix { $0 != "@" }.lowercased().filter { !$0.isWhitespace })
    }

    /// C0, C1, line and paragraph separators, and what turns the direction of writing.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0x200E, 0x200F, 0xFEFF: true
        default: false
        }
    }

    /// Names arrive with quotes and backslashes escaped once or twice (observed), and from strangers.
    static func clean(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x5C }) { return text }
        var out = String.UnicodeScalarView()
        var slashes = 0
        for scalar in text.unicodeScalars {
            if scalar == "\\" {
                slashes += 1
                continue
            }
            if slashes > 0, scalar != "\"", scalar != "'" {
                out.append(contentsOf: repeatElement("\\", count: (slashes + 1) / 2))
            }
            slashes = 0
            if !isControl(scalar) { out.append(scalar) }
        }
        return String(out)
    }
}
