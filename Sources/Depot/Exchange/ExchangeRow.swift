public import Model

/// One line of a file for an ERP without a connector: docs/reference/exchange.md has the table of its columns.
public struct ExchangeRow: Equatable, Sendable {
    public enum Column: String, CaseIterable, Sendable {
        case file, row, kind, entry, document, order, supplier, gtin, reference, description, quantity, unit, expected
        case difference, damaged, rest, lot, serial, expiry, from, to, who, when, remark

        /// Written as a number in JSON.
        var isNumber: Bool { [.file, .row, .quantity, .expected, .difference, .damaged].contains(self) }
    }

    public enum Kind: String, Sendable { case reception, correction, count, move }

    public enum Form: String, CaseIterable, Sendable { case csv, jsonl }

    private var cells: [Column: String] = [:]

    public init(_ kind: Kind) { self[.kind] = kind.rawValue }

    /// Empty where there is nothing to say.
    public subscript(column: Column) -> String {
        get { cells[column] ?? "" }
        set { cells[column] = newValue.isEmpty ? nil : newValue }
    }

    public func quantity(_ column: Column) -> Quantity { Quantity(self[column]) ?? 0 }

    /// A decimal with a point: `12`, `-0.75`.
    public mutating func set(_ column: Column, _ quantity: Quantity) { self[column] = quantity.description }

    /// What it is of, for sums over rows.
    struct Article: Hashable {
        var gtin: String
        var reference: String
        var lot: String
        var serial: String
        var expiry: String
    }

    var article: Article {
        Article(
            gtin: self[.gtin], reference: self[.reference], lot: self[.lot], serial: self[.serial],
            expiry: self[.expiry])
    }

    // MARK: kept until its file is written

    var json: JSON {
        .members(
            Column.allCases.compactMap { column in
                cells[column].map { JSON.Member(column.rawValue, .string($0)) }
            })
    }

    init(json: JSON) {
        for column in Column.allCases { self[column] = json[column.rawValue]?.text ?? "" }
    }

    // MARK: written

    /// A file of rows: UTF-8 without a mark. CSV: `;` between fields, CRLF, a heading (RFC 4180). JSON Lines: one object each
    /// row, without what is empty.
    public static func written(_ rows: [ExchangeRow], as form: Form) -> [UInt8] {
        switch form {
        case .csv:
            let heading = CSV.line(Column.allCases.map(\.rawValue))
            return Array(
                rows.reduce(into: heading) { text, row in text += CSV.line(Column.allCases.map { row[$0] }) }.utf8)
        case .jsonl:
            return Array(rows.map { "\($0.line.description)\n" }.joined().utf8)
        }
    }

    private var line: JSON {
        .members(
            Column.allCases.compactMap { column in
                guard let text = cells[column] else { return nil }
                let number = column.isNumber ? Quantity(text)?.json : nil
                return JSON.Member(column.rawValue, number ?? .string(text))
            })
    }
}
