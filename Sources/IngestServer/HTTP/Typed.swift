import Model

/// What people and programs type, as far as it is taken.
enum Typed {
    /// A text of one line without control characters, 1 to `limit` characters; nil otherwise.
    static func line(_ text: String?, limit: Int) -> String? {
        guard let text else { return nil }
        let clean = String(
            String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
        let trimmed = String(clean.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        return !trimmed.isEmpty && trimmed.count <= limit ? trimmed : nil
    }

    /// A text of several lines, without other control characters.
    static func paragraphs(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter { $0 == "\n" || $0.value >= 0x20 && $0.value != 0x7F }))
    }

    /// The same of a member of a body; nil where nothing is left of a text. What is no text stays what it is.
    static func line(_ json: JSON) -> JSON? {
        guard let text = json.text else { return json }
        return line(text, limit: .max).map(JSON.string)
    }

    /// The ULID of a click; nil when it is none.
    static func click(_ json: JSON) -> JSON? {
        guard let click = json.text, click.utf8.count == 26,
            click.allSatisfy({ $0.isASCII && ($0.isNumber || $0.isUppercase) })
        else { return nil }
        return json
    }
}
