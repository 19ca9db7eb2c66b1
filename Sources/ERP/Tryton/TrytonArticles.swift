import Model

/// Which article a line means: by the server's id, by a GTIN, or by what stands for one where it has none: `#` and its code, or
/// `#erp:ID` (docs/decisions/0019).
extension TrytonConnector {
    /// All in one call.
    func products(ids: [Int64], gtins codes: [String]) async throws(TrytonError) -> [TrytonProduct] {
        let ids = Set(ids).union(codes.compactMap(TrytonProduct.id(ofCode:)))
        let forms = Set(codes.filter { !$0.hasPrefix("#") }.flatMap(GTINForm.all)).sorted()
        let references = Set(codes.compactMap(TrytonProduct.reference(ofCode:))).sorted()
        var domain: [JSON] = [
            "OR", [["id", "in", .array(ids.sorted().map { .int($0) })]],
            [["identifiers.code", "in", .array(forms.map { .string($0) })]],
        ]
        if !references.isEmpty { domain.append([["code", "in", .array(references.map { .string($0) })]]) }
        return try await products(.array(domain))
    }
}

extension TrytonProduct {
    /// Of `#erp:ID`.
    static func id(ofCode code: String) -> Int64? {
        code.hasPrefix("#erp:") ? Int64(code.dropFirst(5)).flatMap { $0 > 0 ? $0 : nil } : nil
    }

    static func reference(ofCode code: String) -> String? {
        code.hasPrefix("#") && !code.hasPrefix("#erp:") ? String(code.dropFirst()) : nil
    }

    static func unknown(_ code: String) -> TrytonError {
        let what = code.hasPrefix("#") ? "code \(code.dropFirst())" : "GTIN \(code)"
        return .fault(ERPFault(.rule, "The server knows no article with \(what)."))
    }
}

extension [TrytonProduct] {
    /// Nil where there is none, or two of one code.
    func article(_ id: String?, _ code: String) -> TrytonProduct? {
        if let id = id.flatMap({ Int64($0) }), let found = first(where: { $0.id == id }) { return found }
        if let number = TrytonProduct.id(ofCode: code) { return first { $0.id == number } }
        if let reference = TrytonProduct.reference(ofCode: code) {
            let found = filter { $0.code == reference }
            return found.count == 1 ? found[0] : nil
        }
        return first { $0.gtins.contains(code) }
    }

    /// Throws `.rule` where the server has no such article.
    func known(_ id: String?, _ code: String) throws(TrytonError) -> TrytonProduct {
        guard let found = article(id, code) else { throw TrytonProduct.unknown(code) }
        return found
    }
}
