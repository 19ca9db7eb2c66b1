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

    private static let line = Shape<Refusal>(
        "ImportLine", [.count("line", \.line), .text("reason", \.reason), .one("phrase", of: Phrase.shape, \.phrase)])

    var json: JSON { ImportReport.shape.json(self) }
}

extension Phrase {
    /// An argument is a text, or a phrase again.
    static let shape = Shape<Phrase>(
        "Phrase",
        [
            .text("template", \.template),
            .json("arguments", .list(.anything)) { .array($0.arguments.map(json)) },
        ])

    private static func json(_ argument: Argument) -> JSON {
        switch argument {
        case .text(let text): .string(text)
        case .phrase(let phrase): shape.json(phrase)
        }
    }
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
