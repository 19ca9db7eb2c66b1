extension Sheet {
    /// The header and the rows (RFC 4180) as a spreadsheet in France opens them: UTF-8 with its mark, `;` between
    /// fields, CRLF. Title, subtitle and footer are for people and stay out. A text that a spreadsheet would run as a
    /// formula is defused with an apostrophe. Moments are ISO 8601 in
    /// their zone, with its offset.
    public func csv() -> [UInt8] {
        var out: [UInt8] = [0xEF, 0xBB, 0xBF]
        write(columns.map { defused($0.title) }, into: &out)
        for row in rows { write(columns.indices.map { field(cell(row, $0)) }, into: &out) }
        return out
    }

    private func field(_ cell: Cell) -> String {
        switch cell {
        case .text(let text): return defused(text)
        case .number(let number): return String(number)
        case .decimal(let text):
            guard Decimal(text) != nil else { return defused(text) }
            return String(text.map { $0 == "." ? decimalMark : $0 })
        case .moment(let at, let offset):
            return CalendarTime.written(at, offset: offset)
        case .empty: return ""
        }
    }

    private func defused(_ text: String) -> String {
        guard let first = text.unicodeScalars.first, "=+-@\t\r".unicodeScalars.contains(first), Double(text) == nil
        else {
            return text
        }
        return "'" + text
    }

    private func write(_ fields: [String], into out: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        for (index, field) in fields.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ";")) }
            // Bytes, not characters: CR LF is one character, and so is a quote with an accent over it.
            let mustQuote = field.utf8.contains { $0 == UInt8(ascii: ";") || $0 == quote || $0 == 0x0A || $0 == 0x0D }
            guard mustQuote else {
                out += field.utf8
                continue
            }
            out.append(quote)
            for byte in field.utf8 { out += byte == quote ? [quote, quote] : [byte] }
            out.append(quote)
        }
        out += [0x0D, 0x0A]
    }
}
