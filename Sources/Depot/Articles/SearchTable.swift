import Identifiers
public import Model
import SQLite

/// What people look for, by words and codes.
public struct SearchTable: StoreTable {
    let store: Store

    /// Kinds that the index holds; tags are found by their beginning, calls by their own search.
    public enum Found: String, Sendable, CaseIterable { case product, party, delivery, tag }

    /// Matches that are weighed one against the other; of more, the first so many are looked at.
    static let rankedMatches = 2000

    /// Full text over products, parties, deliveries and labelled tags: every word is the beginning of one; the best
    /// first, names before other fields. From two characters on.
    ///
    /// What was scanned into the field is read as a dock reads it: its article, its tag, the delivery of a pallet.
    public func search(_ scan: String, kinds: Set<Found>, limit: Int) throws -> [JSON] {
        guard let code = ScannedCode(scan), code.trust > .doubtful else {
            return try search(words: scan, kinds: kinds, limit: limit)
        }
        var found: [JSON] = []
        if kinds.contains(.delivery), let sscc = code.sscc {
            found += try database.rows(
                """
                SELECT delivery.id, note, supplier FROM delivery_unit JOIN delivery ON delivery.id=delivery WHERE sscc=?
                ORDER BY delivery.id DESC LIMIT ?
                """, .text(sscc), .integer(limit)
            ) { row in
                SearchHit(
                    kind: "delivery", ref: String(row.integer(0)), title: row.text(1), detail: "\(row.text(2)) \(sscc)"
                ).json
            }
        }
        if kinds.contains(.tag), let gtin = code.gtin, let serial = code.value("21") {
            let tags = try database.rows(
                "SELECT epc FROM item WHERE gtin=? AND serial=? LIMIT ?", .text(gtin), .text(serial), .integer(limit)
            ) { $0.text(0) }
            for tag in tags { found += try self.tags(tag, limit: 1) }
        }
        let product = code.gtin.flatMap { store.articles.packaging($0)?.gtin }
        // Digits that were typed may be the number of a delivery note as well.
        let isBare = code.symbology == nil && [.gtin, .sscc].contains(code.form)
        let words = product ?? (isBare ? scan : code.gtin ?? code.references.first ?? scan)
        return found + (try search(words: words, kinds: kinds, limit: max(1, limit - found.count)))
    }

    private func tags(_ code: String, limit: Int) throws -> [JSON] {
        try store.stock.items(epc: code, gtin: nil, limit: limit).map { item in
            let epc = item["epc"]?.text ?? ""
            return SearchHit(
                kind: "tag", ref: "tag:\(epc)", title: item["description"]?.text, detail: epc, zone: item["zone"]?.text,
                at: item["lastSeen"]?.integer
            ).json
        }
    }

    /// Deliveries by the beginning of another name of them.
    private func named(_ text: String, limit: Int) throws -> [SearchHit] {
        let start = DeliveryTable.folded(name: text)
        guard start.count >= DeliveryTable.nameLengths.lowerBound else { return [] }
        return try database.rows(
            """
            SELECT delivery.id, note, supplier, min(name) FROM delivery_name JOIN delivery ON delivery.id=delivery
            WHERE folded>=?1 AND folded<?1 || char(1114111) GROUP BY delivery.id ORDER BY delivery.id DESC LIMIT ?2
            """, .text(start), .integer(limit)
        ) { row in
            SearchHit(
                kind: "delivery", ref: String(row.integer(0)), title: row.text(1),
                detail: "\(row.text(2)) \(row.text(3))")
        }
    }

    private func search(words text: String, kinds: Set<Found>, limit: Int) throws -> [JSON] {
        guard let query = SearchTable.match(text) else { return [] }
        let names = kinds.map { "'\($0.rawValue)'" }.sorted().joined(separator: ",")
        // Ranking weighs every match: what matches half of everything is only listed, those first whose name begins so.
        let many =
            try database.rows(
                "SELECT 1 FROM search WHERE search MATCH ? LIMIT ?", .text(query),
                .integer(SearchTable.rankedMatches)
            ) { $0.integer(0) }.count == SearchTable.rankedMatches
        let start = text.split { !($0.isLetter || $0.isNumber) }.first.map(String.init) ?? ""
        let order = many ? "title LIKE ?3 || '%' DESC" : "bm25(search, 10.0, 1.0), ?3"
        var found = try database.rows(
            """
            SELECT kind, ref, title, body FROM \(many ? "(SELECT * FROM search WHERE search MATCH ?1 LIMIT \(SearchTable.rankedMatches)) AS search WHERE" : "search WHERE search MATCH ?1 AND")
                kind IN (\(names))
            ORDER BY \(order) LIMIT ?2
            """, .text(query), .integer(limit), .text(start)
        ) { SearchHit(kind: $0.text(0), ref: $0.text(1), title: $0.text(2), detail: $0.text(3)).json }
        if kinds.contains(.delivery), found.count < limit {
            let known = Set(found.lazy.filter { $0["kind"] == "delivery" }.compactMap { $0["ref"]?.text })
            found += try named(text, limit: limit - found.count).filter { !known.contains($0.ref) }.map(\.json)
        }
        let code = text.filter { $0 != " " }.uppercased()
        // Another code of an article is not in the index.
        if found.isEmpty, kinds.contains(.product), let gtin = try store.articles.product(reference: text),
            let view = try store.articles.product(gtin)
        {
            found.append(
                SearchHit(
                    kind: "product", ref: gtin, title: view.description, detail: "\(gtin) \(text.prefix(64))"
                ).json)
        }
        if kinds.contains(.tag), found.count < limit, code.count >= 4, code.allSatisfy(\.isHexDigit) {
            found += try tags(code, limit: limit - found.count)
        }
        return found
    }

    /// `"dis"* AND "16a"*`: letters and digits of every word, so that nothing a person types is a command.
    static func match(_ text: String) -> String? {
        let words = text.split { !($0.isLetter || $0.isNumber) }.prefix(8).map { String($0.prefix(40)) }
        guard words.contains(where: { $0.count >= 2 }) else { return nil }
        return words.map { "\"\($0)\"*" }.joined(separator: " ")
    }
}
