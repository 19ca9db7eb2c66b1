import Depot
import Model

extension ImportReport {
    static let shape = Shape<ImportReport>(
        "ImportReport",
        [
            .count("accepted", \.accepted), .count("deliveries", \.deliveries), .count("parties", \.parties),
            .count("products", \.products), .count("tags", \.tags), .list("refused", of: line, \.refused),
            .list("remarks", of: line, \.remarks),
            .json("columns", .nullable(TableColumns.shape.schema)) { $0.columns?.json ?? .null },
        ])

    private static let line = Shape<Refusal>("ImportLine", [.count("line", \.line), .text("reason", \.reason)])

    var json: JSON { ImportReport.shape.json(self) }
}

extension TableColumns {
    static let shape = Shape<TableColumns>(
        "TableColumns",
        [.texts("headings", \.headings), .texts("samples", \.samples), .list("fields", of: field, \.fields)])

    private static let field = Shape<Field>(
        "TableField",
        [
            .text("field", \.name), .json("heading", .nullable(.text)) { $0.heading.map(JSON.string) ?? .null },
            .truth("missing", \.isMissing),
            .json("proposal", .nullable(.text)) { $0.proposal.map(JSON.string) ?? .null },
        ])

    var json: JSON { TableColumns.shape.json(self) }
}
