import Depot
import HTTPTypes
import Model

/// How a value is read from a request's body, and the schema of what is read: one list for both, as `Shape` is for answers. What
/// does not fit is refused with 400 and a sentence that names the member: `bad-body`, or the member's own code. Members that are not
/// in the list are passed over, so that a newer page may ask an older server.
struct BodyShape<Value: Sendable>: Sendable {
    struct Field: Sendable {
        let name: String
        let schema: AnswerSchema
        /// What is said where it is missing, or does not fit.
        let problem: APIProblem?
        let isRequired: Bool
        /// What a person wrote, without what does not count; nil where nothing is left.
        var clean: @Sendable (JSON) -> JSON? = { $0 }
        /// What is wrong with it; nil when it fits. The schema's word, unless a field knows better.
        var objection: (@Sendable (JSON, _ place: String) -> String?)?
        /// Called with what fits.
        let take: @Sendable (JSON, inout Value) throws -> Void
    }

    /// As the document calls it.
    let name: String
    let fields: [Field]
    private let empty: Value

    /// `empty` has what counts where a member is missing.
    init(_ name: String, _ empty: Value, _ fields: [Field]) {
        (self.name, self.empty, self.fields) = (name, empty, fields)
    }

    /// Null stands for a member that is left out.
    var schema: AnswerSchema {
        .object(
            name,
            fields.map { .init($0.name, $0.isRequired ? $0.schema : .nullable($0.schema), isRequired: $0.isRequired) })
    }

    var isRequired: Bool { fields.contains(where: \.isRequired) }

    func read(_ body: JSON) throws -> Value {
        guard body.fields != nil else { throw BodyShape.problem("The body is no object") }
        var value = empty
        for field in fields {
            guard let told = body[field.name], told != .null, let cleaned = field.clean(told) else {
                guard field.isRequired else { continue }
                throw field.problem ?? BodyShape.problem("\(field.name) is missing")
            }
            let objection =
                if let own = field.objection { own(cleaned, field.name) } else {
                    field.schema.objection(to: cleaned, at: field.name)
                }
            if let objection { throw field.problem ?? BodyShape.problem(objection) }
            try field.take(cleaned, &value)
        }
        return value
    }

    private static func problem(_ sentence: String) -> APIProblem {
        APIProblem(.badRequest, "bad-body", "\(sentence).")
    }
}

/// Where the path leads to an optional, the member may be left out. `problem` is said instead of `bad-body`.
extension BodyShape.Field {
    typealias Path<Member> = any WritableKeyPath<Value, Member> & Sendable

    /// A text of one line without control characters and without spaces around it. Nothing, or spaces alone, is as if it were left out.
    static func line(
        _ name: String, _ limit: Int, _ path: Path<String>, or problem: APIProblem
    ) -> Self {
        Self(
            name: name, schema: .limited(.text, .init(length: 1...limit)), problem: problem, isRequired: true,
            clean: Typed.line
        ) { $1[keyPath: path] = $0.text ?? "" }
    }

    static func line(
        _ name: String, _ limit: Int, _ path: Path<String?>
    ) -> Self {
        Self(
            name: name, schema: .limited(.text, .init(length: 0...limit)), problem: nil, isRequired: false,
            clean: Typed.line
        ) { $1[keyPath: path] = $0.text }
    }

    /// A text as it is: a secret, a name of ours, several lines.
    static func text(
        _ name: String, _ limit: Int, _ path: Path<String>, or problem: APIProblem
    ) -> Self {
        Self(
            name: name, schema: .limited(.text, .init(length: 0...limit)), problem: problem, isRequired: true
        ) { $1[keyPath: path] = $0.text ?? "" }
    }

    static func text(
        _ name: String, _ limit: Int, _ path: Path<String?>, or problem: APIProblem? = nil
    ) -> Self {
        Self(
            name: name, schema: .limited(.text, .init(length: 0...limit)), problem: problem, isRequired: false
        ) { $1[keyPath: path] = $0.text }
    }

    /// A text of several lines, without other control characters.
    static func paragraphs(
        _ name: String, _ limit: Int, _ path: Path<String?>, or problem: APIProblem
    ) -> Self {
        Self(
            name: name, schema: .limited(.text, .init(length: 0...limit)), problem: problem, isRequired: false,
            clean: { json in json.text.map { .string(Typed.paragraphs($0)) } ?? json },
            take: { $1[keyPath: path] = $0.text })
    }

    /// The ULID of a click.
    static func click(_ path: Path<String>, or problem: APIProblem) -> Self {
        Self(
            name: "click", schema: .limited(.text, .init(length: 26...26)), problem: problem, isRequired: true,
            clean: Typed.click
        ) { $1[keyPath: path] = $0.text ?? "" }
    }

    static func word<Word: RawRepresentable & Sendable>(
        _ name: String, _ words: [Word], _ path: Path<Word>, or problem: APIProblem
    ) -> Self where Word.RawValue == String {
        Self(name: name, schema: .word(words.map(\.rawValue)), problem: problem, isRequired: true) {
            if let word = $0.text.flatMap(Word.init(rawValue:)) { $1[keyPath: path] = word }
        }
    }

    static func word<Word: RawRepresentable & Sendable>(
        _ name: String, _ words: [Word], _ path: Path<Word?>
    ) -> Self where Word.RawValue == String {
        Self(name: name, schema: .word(words.map(\.rawValue)), problem: nil, isRequired: false) {
            $1[keyPath: path] = $0.text.flatMap(Word.init(rawValue:))
        }
    }

    static func truth(_ name: String, _ path: Path<Bool>) -> Self {
        Self(name: name, schema: .truth, problem: nil, isRequired: false) { $1[keyPath: path] = $0.truth ?? false }
    }

    static func truth(_ name: String, _ path: Path<Bool?>) -> Self {
        Self(name: name, schema: .truth, problem: nil, isRequired: false) { $1[keyPath: path] = $0.truth }
    }

    static func integer(
        _ name: String, _ range: ClosedRange<Int64>, _ path: Path<Int64>,
        or problem: APIProblem
    ) -> Self {
        Self(name: name, schema: .limited(.integer, .init(whole: range)), problem: problem, isRequired: true) {
            $1[keyPath: path] = $0.integer ?? 0
        }
    }

    static func integer(
        _ name: String, _ range: ClosedRange<Int64>, _ path: Path<Int64?>
    ) -> Self {
        Self(name: name, schema: .limited(.integer, .init(whole: range)), problem: nil, isRequired: false) {
            $1[keyPath: path] = $0.integer
        }
    }

    /// With three decimals at most.
    static func quantity(
        _ name: String, _ range: ClosedRange<Quantity>, _ path: Path<Quantity?>,
        or problem: APIProblem? = nil
    ) -> Self {
        Self(name: name, schema: .limited(.number, .init(quantity: range)), problem: problem, isRequired: false) {
            $1[keyPath: path] = Quantity($0)
        }
    }

    static func quantity(
        _ name: String, _ range: ClosedRange<Quantity>, _ path: Path<Quantity>, or problem: APIProblem
    ) -> Self {
        Self(name: name, schema: .limited(.number, .init(quantity: range)), problem: problem, isRequired: true) {
            if let quantity = Quantity($0) { $1[keyPath: path] = quantity }
        }
    }

    /// Lines as above, so many at most; those in which nothing is left do not count.
    static func lines(
        _ name: String, _ count: Int, of limit: Int, _ path: Path<[String]>
    ) -> Self {
        Self(
            name: name,
            schema: .limited(.list(.limited(.text, .init(length: 0...limit))), .init(length: 0...count)), problem: nil,
            isRequired: false, clean: { json in json.list.map { .array($0.compactMap(Typed.line)) } ?? json },
            take: { $1[keyPath: path] = ($0.list ?? []).compactMap(\.text) })
    }

    /// Whole numbers, so many at most.
    static func integers(
        _ name: String, _ count: Int, in range: ClosedRange<Int64>, _ path: Path<[Int64]>
    ) -> Self {
        Self(
            name: name,
            schema: .limited(.list(.limited(.integer, .init(whole: range))), .init(length: 0...count)), problem: nil,
            isRequired: false, take: { $1[keyPath: path] = ($0.list ?? []).compactMap(\.integer) })
    }

    /// Lines of which the order does not count, so many at most.
    static func names(_ name: String, _ count: Int, of limit: Int, _ path: Path<Set<String>?>) -> Self {
        Self(
            name: name,
            schema: .limited(.list(.limited(.text, .init(length: 0...limit))), .init(length: 0...count)), problem: nil,
            isRequired: false, clean: { json in json.list.map { .array($0.compactMap(Typed.line)) } ?? json },
            take: { $1[keyPath: path] = Set(($0.list ?? []).compactMap(\.text)) })
    }

    /// An object of a shape of its own, whose members are all meant: one that is not known would be passed over, and mean nothing.
    static func object<Item: Sendable>(_ name: String, of shape: BodyShape<Item>, _ path: Path<Item?>) -> Self {
        Self(
            name: name, schema: shape.schema, problem: nil, isRequired: false,
            objection: { json, place in
                guard let members = json.fields else { return "\(place) is no object" }
                let known = Set(shape.fields.map(\.name))
                return members.first { !known.contains($0.name) }.map { "\(place) has no \($0.name.prefix(40))" }
            },
            take: { $1[keyPath: path] = try shape.read($0) })
    }

    /// Objects of a shape of their own, so many at most.
    static func list<Item: Sendable>(
        _ name: String, _ count: Int, of shape: BodyShape<Item>, _ path: Path<[Item]>
    ) -> Self {
        let limits = AnswerSchema.Limits(length: 0...count)
        return Self(
            name: name, schema: .limited(.list(shape.schema), limits), problem: nil, isRequired: false,
            objection: { AnswerSchema.limited(.list(.anything), limits).objection(to: $0, at: $1) },
            take: { $1[keyPath: path] = try ($0.list ?? []).map(shape.read) })
    }

    static func words<Word: RawRepresentable & Hashable & Sendable>(
        _ name: String, _ words: [Word], _ path: Path<Set<Word>?>
    ) -> Self where Word.RawValue == String {
        Self(name: name, schema: .list(.word(words.map(\.rawValue))), problem: nil, isRequired: false) {
            $1[keyPath: path] = Set(($0.list ?? []).compactMap { $0.text.flatMap(Word.init(rawValue:)) })
        }
    }
}

/// What a request brings.
enum RequestBody: Sendable {
    case none
    case json(AnswerSchema, isRequired: Bool)
    /// A file, or lines: not a JSON document of ours.
    case bytes

    var schema: AnswerSchema? { if case .json(let schema, _) = self { schema } else { nil } }

    /// An operation's `requestBody`.
    var document: JSON? {
        switch self {
        case .none: nil
        case .json(let schema, let isRequired): RequestBody.document("application/json", schema.json, isRequired)
        case .bytes: RequestBody.document("application/octet-stream", .members([]), true)
        }
    }

    private static func document(_ type: String, _ schema: JSON, _ isRequired: Bool) -> JSON {
        .object([
            ("required", .bool(isRequired)), ("content", .object([(type, .object([("schema", schema)]))])),
        ])
    }
}
