import Model

/// How Odoo says things in JSON: `false` is every empty scalar, a many-to-one is `[id, "name"]`, a method without a
/// result answers nothing (observed).
extension JSON {
    /// Nil for `false`, null and the empty text.
    var odooText: String? {
        guard let text, !text.isEmpty else { return nil }
        return text
    }

    /// The record of a many-to-one, or a bare id.
    var odooID: Int64? {
        if let list { return list.first?.integer }
        return integer
    }

    /// The name of a many-to-one's record.
    var odooName: String? {
        guard let list, list.count > 1 else { return nil }
        return list[1].odooText
    }

    /// Ids, whether one came, or a list: `create` and `message_post` answer both.
    var odooIDs: [Int64] {
        if let list { return list.compactMap(\.integer) }
        return integer.map { [$0] } ?? []
    }

    /// `YYYY-MM-DD` of a date or of a date-time in UTC.
    var odooDay: String? {
        guard let text = odooText, text.utf8.count >= 10 else { return nil }
        return String(text.prefix(10))
    }

    /// A whole number without a fraction where it is one: what a person wrote.
    static func quantity(_ value: Double) -> JSON {
        Int64(exactly: value).map { .int($0) } ?? .number(value)
    }

    static func ids(_ ids: some Sequence<Int64>) -> JSON { .array(ids.map { .int($0) }) }

    static func texts(_ texts: some Sequence<String>) -> JSON { .array(texts.map { .string($0) }) }

    /// A domain's clause.
    static func clause(_ field: String, _ comparison: String, _ value: JSON) -> JSON {
        [.string(field), .string(comparison), value]
    }
}

/// Numbers as people read them.
enum OdooNumber {
    /// `40`, `12.5`
    static func text(_ value: Double) -> String {
        Int64(exactly: value).map { String($0) } ?? "\(value)"
    }

    /// Two decimals: `267.49`.
    static func money(_ value: Double) -> String {
        guard value.magnitude < 1e15 else { return "\(value)" }
        let cents = Int64((value * 100).rounded())
        let rest = cents.magnitude % 100
        return "\(cents < 0 ? "-" : "")\(cents.magnitude / 100).\(rest < 10 ? "0" : "")\(rest)"
    }

    /// Quantities are floating-point numbers there, rounded to at most five decimals.
    static func areEqual(_ one: Double, _ other: Double) -> Bool { (one - other).magnitude < 0.000_01 }
}
