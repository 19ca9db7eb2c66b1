import Model

extension ScannedCode {
    /// Fields with names in braces, as suppliers put them into QR codes: `{"ean":"952…","lot":"A1","qty":5}`, `{pm:AB-1,qty:10}`. Nil
    /// without an article's number. Flat: what is nested in it is not looked at.
    static func fields(_ text: String) -> ScannedCode? {
        guard text.first == "{", text.last == "}", text.contains(":") else { return nil }
        let names = [
            "gtin": "01", "ean": "01", "ean13": "01", "barcode": "01", "lot": "10", "batch": "10", "serial": "21",
            "sn": "21", "qty": "30", "quantity": "30", "qte": "30", "quantite": "30",
        ]
        let own: Set = ["ref", "reference", "sku", "mpn", "pn", "pm", "partnumber", "article"]
        var split = ElementString.Split()
        var references: [String] = []
        for item in text.dropFirst().dropLast().split(separator: ",").prefix(64) {
            let pair = item.split(separator: ":", maxSplits: 1).map { $0.filter { $0 != "\"" }.trimmed }
            guard pair.count == 2, !pair[1].isEmpty else { continue }
            let name = pair[0].lowercased()
            if own.contains(name), references.count < referenceLimit { references.append(pair[1]) }
            guard let ai = names[name] else { continue }
            split.add(ai, ai == "01" ? GS1.gtin14(pair[1]) ?? pair[1] : pair[1], raw: String(item))
        }
        let checked = split.checked
        let hasArticle = checked.elements.contains { $0.ai == "01" }
        guard hasArticle || !references.isEmpty else { return nil }
        var code = ScannedCode(.ansi, .proven, checked.elements, doubts: checked.doubts)
        code.references = references
        return code
    }
}
