import Model

/// Numbers of goods and pallets that are not written as their symbols hold them.
enum ScannedNumber {
    /// The GTIN of a UPC-E of eight digits, whose zeros are left out (General Specifications 5.2.2.4.2); nil where it is none.
    static func upcE(_ text: String) -> String? {
        let digits = Array(text.utf8)
        guard digits.count == 8, digits.allSatisfy({ (0x30...0x39).contains($0) }), digits[0] <= 0x31 else {
            return nil
        }
        let middle = text.dropFirst().prefix(6)
        guard let last = middle.last?.wholeNumberValue else { return nil }
        let body: String
        switch last {
        case 0...2: body = "\(middle.prefix(2))\(last)0000\(middle.dropFirst(2).prefix(3))"
        case 3: body = "\(middle.prefix(3))00000\(middle.dropFirst(3).prefix(2))"
        case 4: body = "\(middle.prefix(4))00000\(middle.dropFirst(4).prefix(1))"
        default: body = "\(middle.prefix(5))0000\(last)"
        }
        return GS1.gtin14("\(text.prefix(1))\(body)\(text.suffix(1))")
    }

    /// What is left of it without the blanks and dashes that group its digits; nil where there are none, or other signs.
    static func ungrouped(_ text: String) -> String? {
        guard text.utf8.count <= 32, text.contains(where: { " -\u{A0}".contains($0) }),
            text.allSatisfy({ $0.isASCII && $0.isNumber || " -\u{A0}".contains($0) })
        else { return nil }
        return text.filter(\.isNumber)
    }
}

extension ScannedCode {
    /// A number in a form that a reference could have too: only where somebody knows the article. An EAN with its add-on of two or
    /// five digits (without the AIM identifier that tells), a UPC-E, digits in groups as they are printed, stars around it as below a
    /// Code 39.
    static func plainNumber(_ text: String) -> ScannedCode? {
        func doubtful(_ gtin: String?) -> ScannedCode? {
            gtin.map { ScannedCode(.gtin, .doubtful, [EPC.Element("01", $0)]) }
        }
        let digits =
            text.hasPrefix("*") && text.hasSuffix("*") && text.utf8.count > 2
            ? String(text.dropFirst().dropLast()) : text
        if digits != text { return doubtful(GS1.gtin14(digits)) }
        // As somebody copies it from a label: "SSCC: 1952…", "EAN 952…".
        let words: Set = ["SSCC", "NVE", "EAN", "EAN13", "GTIN", "UPC"]
        if let space = text.firstIndex(where: { " :".contains($0) }), words.contains(text[..<space].uppercased()) {
            let rest = String(text[space...].drop { " :".contains($0) })
            let bare = ScannedNumber.ungrouped(rest) ?? rest
            if GS1.isSSCC(bare) { return ScannedCode(.sscc, .proven, [EPC.Element("00", bare)]) }
            if let gtin = GS1.gtin14(bare) { return ScannedCode(.gtin, .proven, [EPC.Element("01", gtin)]) }
            return rest.hasPrefix("(") ? unpromised(rest[...]) : nil
        }
        if let upc = ScannedNumber.upcE(text) { return doubtful(upc) }
        guard let number = ScannedNumber.ungrouped(text) ?? (text.allSatisfy { $0.isASCII && $0.isNumber } ? text : nil)
        else { return nil }
        if number != text {
            if number.utf8.count >= 12, let gtin = GS1.gtin14(number) { return doubtful(gtin) }
            if GS1.isSSCC(number) { return ScannedCode(.sscc, .doubtful, [EPC.Element("00", number)]) }
        }
        return [15, 18].contains(number.utf8.count) ? doubtful(GS1.gtin14(String(number.prefix(13)))) : nil
    }
}
