/// FNC1 between elements, as scanners and keyboards send it: GS (0x1D, which is Ctrl+] on a US keyboard), or a sign that GS1 data
/// cannot hold (General Specifications 7.11, character set 82).
enum Separators {
    /// `è` is what 0xE8, the DataMatrix code word of FNC1, is in ISO 8859-1, and the key of `]` is on a French keyboard.
    private static let signs: Set<Character> = [
        "^", "~", "è", "È", "|", "\u{F1}", "\u{1E}", "\u{1F}", "\u{04}", "␝", "␞", "␄",
    ]
    /// What scanners are set to spell out, and the marks of a composite's second part (ISO/IEC 15424).
    private static let words = [
        "^]", "~029", "~d029", "{GS}", "<GS>", "[GS]", "{FNC1}", "<FNC1>", "[FNC1]", "\\x1D", "\\x1d", "\\u001d",
        "\\u001D", "<0x1D>", "<F1>", "{F1}",
        "<029>", "{029}", "\\029", "\\1D", "&#29;", "%1D", "<RS>", "{RS}", "[RS]", "<EOT>", "{EOT}", "[EOT]", "]e0",
        "]e1",
        "]e2", "]e3",
    ]
    /// A text without any of these has nothing to restore.
    private static let starts: Set<Character> = signs.union(["{", "<", "[", "\\", "]", "&", "%"])

    static func restored(_ text: String) -> String {
        guard text.utf8.contains(where: { isRare($0) }), text.contains(where: { starts.contains($0) }) else {
            return text
        }
        var out = ""
        var rest = text[...]
        while let first = rest.first {
            if starts.contains(first), let word = words.first(where: { rest.hasPrefix($0) && isWord($0, in: rest) }) {
                out.append("\u{1D}")
                rest = rest.dropFirst(word.count)
            } else if signs.contains(first) {
                out.append("\u{1D}")
                rest = rest.dropFirst()
            } else {
                out.append(first)
                rest = rest.dropFirst()
            }
        }
        return out
    }

    /// Whether one of the starts may begin with this byte: most texts need no look at their characters.
    private static func isRare(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x1D, 0x20, 0x28, 0x29, 0x2D...0x2F: false
        default: true
        }
    }

    /// `~029` is the sign and its number, or the sign in front of (02) and a GTIN, which has 14 digits.
    private static func isWord(_ word: String, in rest: Substring) -> Bool {
        guard word == "~029" else { return true }
        let content = rest.dropFirst(3).prefix(14)
        return GS1.gtin14(String(content)) == nil || content.count < 14
    }

    /// Where one other sign that GS1 data cannot hold stands between elements (`#`, `@`, `$`), it may be what a scanner was set to
    /// send for FNC1: the text with it as GS; nil where there is none, or several.
    static func substituted(_ text: String) -> String? {
        let foreign = Set(text.filter { $0 != "\u{1D}" && !$0.isWhitespace && !isInvariant($0) })
        guard foreign.count == 1, let sign = foreign.first, !sign.isLetter, !sign.isNumber else { return nil }
        return text.replacing(String(sign), with: "\u{1D}")
    }

    private static func isInvariant(_ character: Character) -> Bool {
        character.utf8.count == 1 && character.utf8.allSatisfy(EPCBits.isInvariant)
    }
}
