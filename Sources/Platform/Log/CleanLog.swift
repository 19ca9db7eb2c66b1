/// What others have said, inside a line of ours.
public enum CleanLog {
    /// Control characters made visible: `\n`, `\r`, `\t`, others as `\u{1B}`. Those are C0, DEL, C1, and the separators
    /// of lines and paragraphs, U+2028 and U+2029.
    public static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            guard isControl(scalar) else {
                out.append(scalar)
                continue
            }
            let visible =
                switch scalar.value {
                case 0x09: "\\t"
                case 0x0A: "\\n"
                case 0x0D: "\\r"
                default: "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
                }
            out.append(contentsOf: visible.unicodeScalars)
        }
        return String(out)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029: true
        default: false
        }
    }
}
