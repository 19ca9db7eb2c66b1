public import Model
import SQLite

extension Store {
    /// Kinds that the index holds; tags are found by their beginning, calls by their own search.
    public enum Found: String, Sendable, CaseIterable { case product, party, delivery, tag }

    /// Matches that are weighed one against the other; of more, the first so many are looked at.
    static let rankedMatches = 2000

    /// Full text over products, parties, deliveries and labelled tags: every word is the beginning of one; the best
    /// first, names before other fields. From two characters on.
    public func search(_ text: String, kinds: Set<Found>, limit: Int) throws -> [JSON] {
        guard let query = Store.match(text) else { return [] }
        let names = kinds.map { "'\($0.rawValue)'" }.sorted().joined(separator: ",")
        // Ranking weighs every match: what matches half of everything is only listed, those first whose name begins so.
        let many =
            try database.rows(
                "SELECT rowid FROM search WHERE search MATCH ? LIMIT ?", .text(query), .integer(Store.rankedMatches)
            ) { $0.integer(0) }.count == Store.rankedMatches
        let start = text.split { !($0.isLetter || $0.isNumber) }.first.map(String.init) ?? ""
        let order = many ? "title LIKE ?3 || '%' DESC" : "bm25(search, 10.0, 1.0), ?3"
        var found = try database.rows(
            """
            SELECT kind, ref, title, body FROM \(many ? "(SELECT * FROM search WHERE search MATCH ?1 LIMIT \(Store.rankedMatches)) AS search WHERE" : "search WHERE search MATCH ?1 AND")
                kind IN (\(names))
            ORDER BY \(order) LIMIT ?2
            """, .text(query), .integer(limit), .text(start)
        ) { row -> JSON in
            .object([
                ("kind", .string(row.text(0))), ("ref", .string(row.text(1))), ("title", .string(row.text(2))),
                ("detail", .string(row.text(3))),
            ])
        }
        let code = text.filter { $0 != " " }.uppercased()
        if kinds.contains(.tag), found.count < limit, code.count >= 4, code.allSatisfy(\.isHexDigit) {
            found += try items(epc: code, gtin: nil, limit: limit - found.count).map { item in
                .object([
                    ("kind", "tag"), ("ref", .string("tag:\(item["epc"]?.text ?? "")")),
                    ("title", item["description"]), ("detail", item["epc"]), ("zone", item["zone"]),
                    ("at", item["lastSeen"]),
                ])
            }
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
