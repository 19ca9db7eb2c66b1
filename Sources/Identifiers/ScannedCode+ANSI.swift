import Model

extension ScannedCode {
    /// `[)>` RS `06` GS … RS EOT (ISO/IEC 15434) with data identifiers (ANSI MH10.8.2), or format `05` with application identifiers.
    /// Keyboards and lines of text lose RS and EOT, or have other signs for the separators.
    static func ansi(_ text: String) -> ScannedCode? {
        var code = ScannedCode(.ansi, .promised, [])
        var split = ElementString.Split()
        let body = Separators.restored(String(text.dropFirst(3)))
        // "06" and "05" are headers only where a format may begin.
        var format = ""
        for (position, field) in body.split(separator: "\u{1D}").enumerated() {
            var field = field
            if position == 0 || ["05", "06", "12"].contains(field) {
                format = String(field.prefix(2))
                field = field.dropFirst(2)
                guard !field.isEmpty else { continue }
            }
            if format == "05" {
                let more = ElementString.split(String(field))
                split.elements += more.elements
                split.doubts += more.doubts
            } else {
                code.take(field, into: &split)
            }
        }
        let checked = split.checked
        (code.elements, code.doubts) = (checked.elements, checked.doubts)
        return code.gtin == nil && code.sscc == nil && code.references.isEmpty ? nil : code
    }

    /// A data identifier is up to three digits and a letter. What we have no use for is left alone.
    private mutating func take(_ field: Substring, into split: inout ElementString.Split) {
        let digits = field.prefix { $0.isASCII && $0.isNumber }
        let rest = field.dropFirst(digits.count)
        guard digits.count <= 3, let letter = rest.first, letter.isASCII, letter.isUppercase else {
            split.doubts.append(.init(String(field), "\"\(field.prefix(4))\" begins no data identifier"))
            return
        }
        let value = String(rest.dropFirst()).trimmed
        func doubt(_ reason: String) { split.doubts.append(.init(String(field), reason)) }
        switch digits + String(letter) {
        case "1P", "P", "30P", "31P": refer(value, isOwn: digits == "1", into: &split)
        case "3P", "8P", "9P":
            guard let gtin = GS1.gtin14(value) else { return doubt("\(value) is not a GTIN") }
            split.add("01", gtin)
        case "Q", "7Q":
            guard let amount = Amount(value, isCoded: digits == "7") else {
                return doubt("\(value) is no quantity of pieces, nor in a unit that is known")
            }
            if let pieces = amount.pieces {
                split.add("30", "\(pieces)", raw: String(field))
            } else {
                self.amount = self.amount ?? amount
            }
        case "S": split.add("21", value, raw: String(field))
        case "1T": split.add("10", value, raw: String(field))
        case "T": if !split.elements.contains(where: { $0.ai == "10" }) { split.add("10", value, raw: String(field)) }
        case "J", "1J", "2J", "3J", "4J", "5J", "6J", "9K":
            let number = value.hasPrefix("00") && value.utf8.count == 20 ? String(value.dropFirst(2)) : value
            if GS1.isSSCC(number) { split.add("00", number) }
        case "14D":
            guard value.utf8.count == 8 else { return doubt("\(value) is no date") }
            split.add("17", String(value.dropFirst(2)), raw: String(field))
        default: break
        }
    }
    /// An article's number, the supplier's own in front of the others. Each is looked up, so a label may have a few and no more.
    private mutating func refer(_ value: String, isOwn: Bool, into split: inout ElementString.Split) {
        // Eight digits are a reference like any other.
        if !isOwn, value.utf8.count > 8, let gtin = GS1.gtin14(value) { return split.add("01", gtin) }
        guard !value.isEmpty else { return }
        references.insert(value, at: isOwn ? 0 : references.count)
        if references.count > ScannedCode.referenceLimit { references.removeLast() }
    }
}
