/// A GTIN as an ERP stores it: 8, 12, 13 or 14 digits, the same article (GS1 General Specifications §3.3.2).
enum GTINForm {
    /// 14 digits with leading zeros; nil for what cannot be a GTIN. The check digit is not looked at: the ERP's catalogue is the
    /// ERP's, and who takes it over checks.
    static func fourteen(_ code: String) -> String? {
        guard [8, 12, 13, 14].contains(code.utf8.count), code.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return String(repeating: "0", count: 14 - code.utf8.count) + code
    }

    /// All equal forms, the longest first: what is searched with `in`. The code itself where it is none.
    static func all(_ code: String) -> [String] {
        guard let gtin = fourteen(code) else { return [code] }
        return [14, 13, 12, 8].compactMap { length in
            let dropped = gtin.prefix(14 - length)
            return dropped.allSatisfy { $0 == "0" } ? String(gtin.dropFirst(dropped.count)) : nil
        }
    }
}
