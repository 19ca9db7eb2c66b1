import Depot
import HTTPTypes
import Model

/// What an endpoint answers where all goes well; what goes wrong is a problem (RFC 9457), the same for all.
enum Answer: Sendable {
    case json(AnswerSchema, HTTPResponse.Status = .ok)
    /// A file of one of these types.
    case file([String])
    /// The browser goes on to another address (303).
    case elsewhere

    /// An empty object: it is done.
    static let done = Answer.json(.object([]))
    /// It is begun.
    static let begun = Answer.json(.object([]), .accepted)

    static func list(_ item: AnswerSchema) -> Answer { .json(.list(item)) }

    var schema: AnswerSchema? { if case .json(let schema, _) = self { schema } else { nil } }

    /// A member of an operation's `responses`.
    var response: (status: String, content: JSON) {
        switch self {
        case .json(let schema, let status):
            (
                String(status.code),
                .object([
                    ("description", .string(status.reasonPhrase)),
                    ("content", Answer.content([("application/json", schema.json)])),
                ])
            )
        case .elsewhere: ("303", .object([("description", "Another address, in Location")]))
        case .file(let types):
            // In OpenAPI 3.1 a file has no schema: its type says what it is, without `; charset=`.
            (
                "200",
                .object([
                    ("description", "A file"),
                    ("content", Answer.content(types.map { (String($0.prefix { $0 != ";" }), .members([])) })),
                ])
            )
        }
    }

    private static func content(_ types: [(String, JSON)]) -> JSON {
        .object(types.map { ($0.0, .object([("schema", $0.1)])) })
    }
}

/// What is wrong, as `APIProblem` writes it.
enum ProblemSchema {
    static let schema = AnswerSchema.object(
        "Problem",
        [
            .init("type", .text), .init("title", .text), .init("status", .integer),
            // Stable, for programs; the detail is for people.
            .init("code", .text), .init("detail", .text),
            // How long to wait.
            .init("seconds", .integer, isRequired: false), .init("count", .integer, isRequired: false),
            .init("questions", .list(DeliveryView.Question.shape.schema), isRequired: false),
            // The detail, for another language.
            .init("phrase", Phrase.shape.schema, isRequired: false),
            .init("columns", TableColumns.shape.schema, isRequired: false),
            .init("closedBy", .text, isRequired: false), .init("note", CallNote.shape.schema, isRequired: false),
            // Why a closed delivery is not opened again.
            .init("openedBy", .text, isRequired: false), .init("zone", .text, isRequired: false),
            .init("days", .integer, isRequired: false), .init("delivery", .integer, isRequired: false),
            .init("rest", .text, isRequired: false), .init("begun", .truth, isRequired: false),
            // Which second factors somebody has who showed the password.
            .init("app", .truth, isRequired: false), .init("passkey", .truth, isRequired: false),
            // Whose PIN is asked for besides the badge; which screen a reader has.
            .init("id", .integer, isRequired: false), .init("name", .text, isRequired: false),
        ])

    /// A member of an operation's `responses`.
    static let response = JSON.object([
        ("description", "RFC 9457 problem with a stable code"),
        ("content", .object([("application/problem+json", .object([("schema", schema.json)]))])),
    ])
}
