import Model

/// What a label printed here says of an article, so that a scan of it is that article.
public struct ArticleLabel: Equatable, Sendable {
    public var title: String
    /// For people: the reference, or the GTIN in brackets as GS1 writes it.
    public var code: String
    /// A GS1 Digital Link, or the code of an article without a GTIN.
    public var text: String
    /// The same for bars; nil where each label has a number of its own, which is too long for them.
    public var bars: String?
    public var isGS1: Bool
}

extension ArticleTable {
    /// The article that somebody names in a command: by GTIN, our own code, reference or another code of it. Nil where there is none, or
    /// several.
    public func code(asked text: String) throws -> String? {
        if let code = ArticleCode(asked: text)?.text, try product(code) != nil { return code }
        return try product(reference: text)
    }

    /// Nil where the catalogue has no such article. `serial`: the number of this very label, of articles with a GTIN (1 to 20
    /// characters, General Specifications 3.5.2).
    public func label(of code: String, serial: String? = nil) throws -> ArticleLabel? {
        guard let product = try product(code) else { return nil }
        guard ArticleCode.isOwn(code) else {
            let tail = serial.map { "/21/\($0)" } ?? ""
            return ArticleLabel(
                title: product.description, code: "(01)\(code)" + (serial.map { " (21)\($0)" } ?? ""),
                text: "https://id.gs1.org/01/\(code)\(tail)", bars: serial == nil ? "01\(code)" : nil, isGS1: true)
        }
        // The reference as people know it, where a scan of it means this article and no other; else our own code.
        let printed = ArticleCode.printed(code)
        let meant = Piece(Barcode(text: printed), record: "", in: StoredCatalogue(store: store)).gtin
        let text = meant == code ? printed : code
        return ArticleLabel(title: product.description, code: printed, text: text, bars: text, isGS1: false)
    }
}
