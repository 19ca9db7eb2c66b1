/// GS1 keys in digits.
public enum GS1 {
    /// From the right, weights 3, 1, 3, 1 … (GS1 General Specifications 7.9).
    public static func checkDigit(_ digits: String) -> Int {
        var (sum, weight) = (0, 3)
        for byte in digits.utf8.reversed() {
            sum += (0x30...0x39).contains(byte) ? Int(byte - 0x30) * weight : 0
            weight = 4 - weight
        }
        return (10 - sum % 10) % 10
    }

    /// 8, 12, 13 or 14 digits with a right check digit.
    public static func isGTIN(_ text: String) -> Bool {
        [8, 12, 13, 14].contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
            && text.last?.wholeNumberValue == checkDigit(String(text.dropLast()))
    }

    /// Fourteen digits, padded with zeros; nil when it is not a GTIN.
    public static func gtin14(_ text: String) -> String? {
        isGTIN(text) ? String(repeating: "0", count: 14 - text.count) + text : nil
    }

    /// 18 digits with a right check digit.
    public static func isSSCC(_ text: String) -> Bool {
        text.utf8.count == 18 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
            && text.last?.wholeNumberValue == checkDigit(String(text.dropLast()))
    }

    /// The GTIN of what was scanned or typed: a number, or GS1 data in any form.
    public static func gtin(scanned text: String) -> String? {
        guard let code = ScannedCode(text), code.trust > .doubtful else { return nil }
        return code.gtin
    }
}
