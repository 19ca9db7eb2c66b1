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

    /// A part of an address without its percent-encoding (RFC 3986 §2.1); nil where that is torn or no UTF-8.
    static func decoded(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(rest.prefix(2)) ?? "", radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
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
