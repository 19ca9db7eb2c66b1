import Model

/// Which article a tag or a code names, as far as that can be said without the centre's catalogue: a GTIN. What is not plain stays
/// unsaid, for the centre to decide. A pallet's label is an SSCC.
enum GoodsCode {
    /// The GTIN-14 of an SGTIN-96 or SGTIN-198 (EPC Tag Data Standard 2.0, §14.6.1); nil for other tags.
    static func gtin(tag: TagID) -> String? {
        // 30 74 25 7B F7 19 4E 40 00 00 1A 85
        // header filter:3 partition:3 company:20…40 item:24…4 serial:38
        guard let (bits, partition, width) = head(of: tag, in: [0x30, 0x36]) else { return nil }
        let companyDigits = 12 - partition
        // 50 bits of company and item, of which 44 are both of them; they end 58 bits after the beginning.
        let both = bits >> 6 & (1 << 44 - 1)
        let company = padded(both >> UInt64(44 - width), companyDigits)
        let item = padded(both & (1 << UInt64(44 - width) - 1), 13 - companyDigits)
        guard let company, let item, let indicator = item.first else { return nil }
        let digits = "\(indicator)\(company)\(item.dropFirst())"
        return digits + String(checkDigit(digits))
    }

    /// The SSCC of an SSCC-96 (EPC Tag Data Standard 2.0, §14.6.2); nil for other tags.
    static func sscc(tag: TagID) -> String? {
        guard let (bits, partition, width) = head(of: tag, in: [0x31]) else { return nil }
        // Company and serial reference are 58 bits.
        let both = (bits & (1 << 50 - 1)) << 8 | UInt64(tag.bytes[8])
        guard let company = padded(both >> UInt64(58 - width), 12 - partition),
            let serial = padded(both & (1 << UInt64(58 - width) - 1), 5 + partition), let first = serial.first
        else { return nil }
        let digits = "\(first)\(company)\(serial.dropFirst())"
        return digits + String(checkDigit(digits))
    }

    /// The first 64 bits of a tag with one of these headers, its partition, and how wide the company is by that.
    private static func head(of tag: TagID, in headers: [UInt8]) -> (bits: UInt64, partition: Int, width: Int)? {
        guard tag.scheme == .epcGen2, tag.bytes.count >= 12, headers.contains(tag.bytes[0]) else { return nil }
        let bits = tag.bytes[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let partition = Int(bits >> 50 & 7)
        return partition < 7 ? (bits, partition, [40, 37, 34, 30, 27, 24, 20][partition]) : nil
    }

    /// The SSCC of a pallet's label: AI (00), with whatever follows.
    static func sscc(code: String) -> String? {
        let text = bare(code)
        guard text.hasPrefix("00") || text.hasPrefix("(00)") else { return nil }
        let digits = text.dropFirst(text.first == "(" ? 4 : 2).prefix(18)
        guard digits.utf8.count == 18, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            String(checkDigit(String(digits.dropLast()))) == digits.suffix(1)
        else { return nil }
        return String(digits)
    }

    /// Without the scanner's identifier and the first FNC1.
    private static func bare(_ code: String) -> Substring {
        var text = Substring(code.filter { $0 != " " })
        if text.hasPrefix("]") { text = text.dropFirst(3) }
        return text.first == "\u{1D}" ? text.dropFirst() : text
    }

    private static func padded(_ number: UInt64, _ count: Int) -> String? {
        let text = String(number)
        return text.count <= count ? String(repeating: "0", count: count - text.count) + text : nil
    }

    /// Of 13 or 17 digits (General Specifications, 7.9).
    private static func checkDigit(_ digits: String) -> Int {
        var sum = 0
        for (index, digit) in digits.utf8.enumerated() { sum += Int(digit - 0x30) * (index % 2 == 0 ? 3 : 1) }
        return (10 - sum % 10) % 10
    }

    /// The GTIN-14 of a code: the number alone (8, 12, 13 or 14 digits), or the beginning of an element string with AI (01).
    /// `isOne`: it has a serial number, so that the same code twice is one piece.
    static func gtin(code: String) -> (gtin: String, isOne: Bool)? {
        let text = bare(code)
        if let gtin = number(text) { return (gtin, false) }
        let isBracketed = text.hasPrefix("(01)")
        guard isBracketed || text.hasPrefix("01") else { return nil }
        let rest = text.dropFirst(isBracketed ? 4 : 2)
        guard rest.utf8.count >= 14, let gtin = number(rest.prefix(14)) else { return nil }
        return (gtin, hasSerial(rest.dropFirst(14), isBracketed))
    }

    /// Walks the elements behind the GTIN: dates have six digits, all else ends with GS (General Specifications, 7.8.5).
    private static func hasSerial(_ elements: Substring, _ isBracketed: Bool) -> Bool {
        if isBracketed { return elements.split(separator: "(").contains { $0.hasPrefix("21)") } }
        var rest = elements
        while rest.count > 2 {
            let name = rest.prefix(2)
            rest = rest.dropFirst(2)
            switch name {
            case "21": return true
            case "11", "12", "13", "15", "16", "17": rest = rest.dropFirst(6)
            default: rest = rest.drop { $0 != "\u{1D}" }
            }
            if rest.first == "\u{1D}" { rest = rest.dropFirst() }
        }
        return false
    }

    /// Nil for what has no check digit of its own.
    private static func number(_ text: Substring) -> String? {
        guard [8, 12, 13, 14].contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        let digits = String(repeating: "0", count: 14 - text.utf8.count) + text
        return String(checkDigit(String(digits.dropLast()))) == digits.suffix(1) ? digits : nil
    }
}
