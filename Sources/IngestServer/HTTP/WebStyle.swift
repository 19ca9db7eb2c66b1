/// The style without what only its readers need: comments, indentation, and blanks beside signs.
///
/// Blanks beside `:` and `+` stay where they may mean something: `a :hover` is another selector than `a:hover` (Selectors 4 §5), and
/// `calc(1px + 2px)` needs them (CSS Values 4 §10.1). Texts between quotes stay as they are.
enum WebStyle {
    static func lean(_ text: String) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(text.utf8.count)
        var quote: UInt8?
        let bytes = Array(text.utf8)
        var place = 0
        /// A blank is due, unless a sign follows.
        var isBlank = false
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if let end = quote {
                out.append(byte)
                if byte == UInt8(ascii: "\\"), place < bytes.count {
                    out.append(bytes[place])
                    place += 1
                } else if byte == end {
                    quote = nil
                }
                continue
            }
            if byte == UInt8(ascii: "/"), place < bytes.count, bytes[place] == UInt8(ascii: "*") {
                place += 1
                while place < bytes.count, !(bytes[place] == UInt8(ascii: "/") && bytes[place - 1] == UInt8(ascii: "*"))
                { place += 1 }
                place += 1
                isBlank = true
                continue
            }
            if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\t") {
                isBlank = true
                continue
            }
            if isBlank, let last = out.last, !isSign(last), last != UInt8(ascii: ":"), !isSign(byte) {
                out.append(UInt8(ascii: " "))
            }
            isBlank = false
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") { quote = byte }
            out.append(byte)
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func isSign(_ byte: UInt8) -> Bool {
        [UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ";"), UInt8(ascii: ",")].contains(byte)
    }
}
