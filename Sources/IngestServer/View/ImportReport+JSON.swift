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
            .json("changes", .nullable(ImportChanges.shape.schema)) {
                $0.changes.map(ImportChanges.shape.json) ?? .null
            },
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
        [
            .texts("headings", \.headings), .texts("samples", \.samples), .list("fields", of: field, \.fields),
            .json("reading", .nullable(TableReading.shape.schema)) {
                $0.reading.map(TableReading.shape.json) ?? .null
            }, .truth("asBefore", \.isAsBefore),
        ])

    private static let field = Shape<Field>(
        "TableField",
        [
            .text("field", \.name), .json("heading", .nullable(.text)) { $0.heading.map(JSON.string) ?? .null },
            .truth("missing", \.isMissing),
            .json("proposal", .nullable(.text)) { $0.proposal.map(JSON.string) ?? .null },
        ])

    var json: JSON { TableColumns.shape.json(self) }
}

extension TableReading {
    /// Left out where nothing tells.
    static let shape = Shape<TableReading>(
        "TableReading",
        [
            .word("separator", ifAny: \.separator), .word("encoding", ifAny: \.encoding),
            .word("decimal", ifAny: \.decimal),
        ])
}

extension ImportChanges {
    static let shape = Shape<ImportChanges>(
        "ImportChanges",
        [
            .count("new", \.new), .count("changed", \.changed), .count("unchanged", \.unchanged),
            .count("gone", \.gone), .list("rows", of: row, \.rows),
        ])

    private static let row = Shape<Row>(
        "ImportChange", [.word("kind", \.kind), .text("title", \.title), .list("fields", of: field, \.fields)])

    private static let field = Shape<Field>(
        "ChangedField", [.text("name", \.name), .text("now", ifAny: \.now), .text("next", ifAny: \.next)])
}
