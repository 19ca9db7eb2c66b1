/// FNC1 between elements, as scanners and keyboards send it: GS (0x1D, which is Ctrl+] on a US keyboard), or a sign that GS1 data
/// cannot hold (General Specifications 7.11, character set 82).
enum Separators {
    /// `è` is what 0xE8, the DataMatrix code word of FNC1, is in ISO 8859-1, and the key of `]` is on a French keyboard.
    private static let signs: Set<Character> = ["^", "~", "è", "È", "|", "\u{F1}", "\u{1E}", "\u{1F}", "\u{04}"]
    /// What scanners are set to spell out, and the marks of a composite's second part (ISO/IEC 15424).
    private static let words = [
        "{GS}", "<GS>", "[GS]", "{FNC1}", "<FNC1>", "[FNC1]", "\\x1D", "\\x1d", "\\u001d", "\\u001D", "<0x1D>", "]e0",
        "]e1",
        "]e2", "]e3",
    ]
    /// A text without any of these has nothing to restore.
    private static let starts: Set<Character> = signs.union(["{", "<", "[", "\\", "]"])

    static func restored(_ text: String) -> String {
        guard text.contains(where: { starts.contains($0) }) else { return text }
        var out = ""
        var rest = text[...]
        while let first = rest.first {
            if signs.contains(first) {
                out.append("\u{1D}")
                rest = rest.dropFirst()
            } else if starts.contains(first), let word = words.first(where: { rest.hasPrefix($0) }) {
                out.append("\u{1D}")
                rest = rest.dropFirst(word.count)
            } else {
                out.append(first)
                rest = rest.dropFirst()
            }
        }
        return out
    }
}
