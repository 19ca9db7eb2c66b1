import Model

/// What people and programs type, as far as it is taken.
enum Typed {
    /// A text of one line without control characters, 1 to `limit` characters; nil otherwise.
    static func line(_ text: String?, limit: Int) -> String? {
        guard let text else { return nil }
        let clean = String(
            String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
        let trimmed = String(clean.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        return (1...limit).contains(trimmed.count) ? trimmed : nil
    }

    /// A text of several lines, without other control characters.
    static func paragraphs(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter { $0 == "\n" || $0.value >= 0x20 && $0.value != 0x7F }))
    }

    /// The ULID of a click.
    static func click(_ body: JSON) -> String? {
        guard let click = body["click"]?.text, click.utf8.count == 26,
            click.allSatisfy({ $0.isASCII && ($0.isNumber || $0.isUppercase) })
        else { return nil }
        return click
    }
}
