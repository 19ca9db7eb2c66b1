/// An exact decimal number as text: digits, an optional minus before them, an optional point among them.
struct Decimal: Equatable {
    var isNegative: Bool
    var whole: String
    /// What stands after the point; empty without one.
    var fraction: String

    /// Nil where the text is nothing of the kind.
    init?(_ text: String) {
        var rest = text[...]
        isNegative = rest.first == "-"
        if isNegative { rest = rest.dropFirst() }
        let parts = rest.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else { return nil }
        whole = String(parts[0])
        fraction = parts.count == 2 ? String(parts[1]) : ""
    }

    /// A spreadsheet keeps 15 digits: with more than those it would change the number.
    var double: Double? {
        let digits = (whole + fraction).drop { $0 == "0" }
        return digits.count <= 15 ? Double("\(isNegative ? "-" : "")\(whole).\(fraction)0") : nil
    }

    /// For people: thousands apart by no-break spaces, at least so many decimals.
    func grouped(mark: Character, decimals: Int) -> String {
        var text = isNegative ? "-" : ""
        for (index, digit) in whole.enumerated() {
            if index > 0, (whole.count - index) % 3 == 0 { text.append("\u{A0}") }
            text.append(digit)
        }
        let shown = fraction + String(repeating: "0", count: max(0, decimals - fraction.count))
        return shown.isEmpty ? text : "\(text)\(mark)\(shown)"
    }
}
