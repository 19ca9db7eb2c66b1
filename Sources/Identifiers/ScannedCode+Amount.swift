public import Model

extension ScannedCode {
    /// A quantity of a supplier's label (ANSI MH10.8.2): `Q`, in the unit that the two agreed upon, else one that is written behind it
    /// as people do; `7Q`, with a code of ANSI X12 data element 355 behind it.
    public struct Amount: Equatable, Sendable {
        public var quantity: Quantity
        /// Nil: the article's own.
        public var measure: Measure?

        /// A number of pieces, where it is one.
        var pieces: Int? { measure?.isPiece == false ? nil : quantity.whole }

        /// `12`, `12.5`, `3PC`, `2,5 KG`, `4DZ`. Nil for units that nobody knows, for packages, and for a comma that may part thousands.
        init?(_ text: String, isCoded: Bool) {
            let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == ",") }
            let parts = number.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "." || $0 == "," }
            guard let head = parts.first, !head.isEmpty, head.utf8.count <= 8,
                parts.count == 1 || !parts[1].isEmpty && !(number.contains(",") && parts[1].count == 3),
                let quantity = Quantity(digits: head, decimals: parts.count == 2 ? parts[1] : "")
            else { return nil }
            self.quantity = quantity
            let unit = text.dropFirst(number.count).trimmed
            guard !unit.isEmpty else { return }
            let code = isCoded ? Amount.codes[unit.uppercased()] : nil
            guard let measure = Measure(code ?? unit), measure.isKnown, !measure.isPackage else { return nil }
            self.measure = measure
            guard !measure.isDivisible else { return }
            // Dozens are pieces.
            guard let pieces = measure.convert(quantity, to: .piece), pieces.isWhole else { return nil }
            (self.quantity, self.measure) = (pieces, .piece)
        }

        /// Two letters of X12 that UN/ECE Recommendation 20 has not, or has for something else.
        private static let codes = [
            "EA": "C62", "PC": "C62", "DZ": "DZN", "MR": "MTR", "LM": "MTR", "LF": "FOT", "FT": "FOT", "IN": "INH",
            "YD": "YRD", "KG": "KGM", "GR": "GRM", "LB": "LBR", "MP": "TNE", "LT": "LTR", "ML": "MLT", "SM": "MTK",
            "CR": "MTQ",
        ]
    }
}
