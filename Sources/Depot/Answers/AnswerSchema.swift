public import Model

/// What JSON an answer is: the part of JSON Schema (draft 2020-12, which OpenAPI 3.1 takes as it is) that we need for what we write.
public indirect enum AnswerSchema: Equatable, Sendable {
    public struct Member: Equatable, Sendable {
        public var name: String
        public var schema: AnswerSchema
        /// Otherwise it is left out where there is nothing to say; null only where the schema says so.
        public var isRequired: Bool

        public init(_ name: String, _ schema: AnswerSchema, isRequired: Bool = true) {
            (self.name, self.schema, self.isRequired) = (name, schema, isRequired)
        }
    }

    /// How long, or how large.
    public struct Limits: Equatable, Sendable {
        /// Characters of a text, items of a list.
        public var length: ClosedRange<Int>?
        public var whole: ClosedRange<Int64>?
        /// Of a number; both ends count.
        public var quantity: ClosedRange<Quantity>?

        public init(
            length: ClosedRange<Int>? = nil, whole: ClosedRange<Int64>? = nil, quantity: ClosedRange<Quantity>? = nil
        ) { (self.length, self.whole, self.quantity) = (length, whole, quantity) }

        /// As JSON Schema calls them, of a list or of a text.
        func members(ofList isList: Bool) -> [(String, JSON?)] {
            [
                (
                    isList ? "minItems" : "minLength",
                    length.flatMap { $0.lowerBound > 0 ? .int(Int64($0.lowerBound)) : nil }
                ),
                (isList ? "maxItems" : "maxLength", length.map { .int(Int64($0.upperBound)) }),
                ("minimum", whole.map { .int($0.lowerBound) } ?? quantity?.lowerBound.json),
                ("maximum", whole.map { .int($0.upperBound) } ?? quantity?.upperBound.json),
            ]
        }

        /// What of a value of the right type is beyond them.
        func objection(to value: JSON, at place: String) -> String? {
            if let length, let count = value.text?.count ?? value.list?.count, !length.contains(count) {
                let what = value.text == nil ? "items" : "characters"
                return count > length.upperBound
                    ? "\(place) has more than \(length.upperBound) \(what)"
                    : "\(place) has less than \(length.lowerBound) \(what)"
            }
            if let whole, let number = value.integer, !whole.contains(number) {
                return "\(place) is not within \(whole.lowerBound) and \(whole.upperBound)"
            }
            if let quantity, Quantity(value).map(quantity.contains) != true {
                return
                    "\(place) is no number with three decimals at most within \(quantity.lowerBound) and \(quantity.upperBound)"
            }
            return nil
        }
    }

    case text
    /// One of these words.
    case word([String])
    case integer
    /// Unix milliseconds.
    case moment
    case number
    case truth
    case list(AnswerSchema)
    case object([Member])
    /// An object whose names are data.
    case map(AnswerSchema)
    /// One of these.
    case either([AnswerSchema])
    /// This or null.
    case nullable(AnswerSchema)
    /// This, within limits: of what is asked, not of what is answered.
    case limited(AnswerSchema, Limits)
    /// Somebody else's document: an agent's status, an ERP's request.
    case anything
    /// What has a name in the document, and is written there once.
    case named(String, AnswerSchema)

    /// A new object under a name.
    public static func object(_ name: String, _ members: [Member]) -> AnswerSchema { .named(name, .object(members)) }

    /// The members of an object, whatever it is called.
    public var members: [Member] {
        switch self {
        case .named(_, let schema): schema.members
        case .object(let members): members
        default: []
        }
    }

    private var isList: Bool { if case .list = self { true } else { false } }

    /// An object with members more, under a name of its own; the same name again replaces.
    public func with(_ more: [Member], as name: String) -> AnswerSchema {
        let names = Set(more.map(\.name))
        return .object(name, members.filter { !names.contains($0.name) } + more)
    }

    /// As a document says it, with references to what has a name.
    public var json: JSON {
        switch self {
        case .text: .object([("type", "string")])
        case .word(let words): .object([("type", "string"), ("enum", .array(words.map(JSON.string)))])
        case .integer: .object([("type", "integer"), ("format", "int64")])
        case .moment: .object([("type", "integer"), ("format", "int64"), ("description", "Unix milliseconds")])
        case .number: .object([("type", "number")])
        case .truth: .object([("type", "boolean")])
        case .list(let item): .object([("type", "array"), ("items", item.json)])
        case .map(let value): .object([("type", "object"), ("additionalProperties", value.json)])
        case .either(let choices): .object([("anyOf", .array(choices.map(\.json)))])
        case .nullable(let schema): .object([("anyOf", .array([schema.json, .object([("type", "null")])]))])
        case .limited(let schema, let limits):
            JSON.object((schema.json.fields ?? []).map { ($0.name, $0.value) } + limits.members(ofList: schema.isList))
        case .anything: .members([])
        case .named(let name, _): .object([("$ref", .string("#/components/schemas/\(name)"))])
        case .object(let members):
            .object([
                ("type", "object"),
                (
                    "required",
                    members.contains(where: \.isRequired)
                        ? .array(members.filter(\.isRequired).map { .string($0.name) }) : nil
                ),
                ("properties", members.isEmpty ? nil : .object(members.map { ($0.name, $0.schema.json) })),
            ])
        }
    }

    /// Everything in it that has a name, with what it is; for the document's components.
    public var components: [(name: String, schema: AnswerSchema)] {
        switch self {
        case .list(let inner), .map(let inner), .nullable(let inner), .limited(let inner, _): inner.components
        case .object(let members): members.flatMap(\.schema.components)
        case .either(let choices): choices.flatMap(\.components)
        case .named(let name, let schema): [(name, schema)] + schema.components
        case .text, .word, .integer, .moment, .number, .truth, .anything: []
        }
    }

    /// What of a value is not as this says; nil when it fits. Stricter than the document: a member that is not named does not fit.
    public func objection(to value: JSON, at place: String = "answer") -> String? {
        switch self {
        case .text: return value.text == nil ? "\(place) is no text" : nil
        case .word(let words): return value.text.map(words.contains) == true ? nil : "\(place) is none of \(words)"
        case .integer, .moment: return value.integer == nil ? "\(place) is no whole number" : nil
        case .number: return value.double == nil ? "\(place) is no number" : nil
        case .truth: return value.truth == nil ? "\(place) is not true or false" : nil
        case .anything: return nil
        case .named(_, let schema): return schema.objection(to: value, at: place)
        case .limited(let schema, let limits):
            return schema.objection(to: value, at: place) ?? limits.objection(to: value, at: place)
        case .nullable(let schema): return value == .null ? nil : schema.objection(to: value, at: place)
        case .either(let choices):
            let objections = choices.compactMap { $0.objection(to: value, at: place) }
            return objections.count < choices.count ? nil : objections.joined(separator: ", and ")
        case .list(let item):
            guard let list = value.list else { return "\(place) is no list" }
            return list.enumerated().lazy.compactMap { item.objection(to: $1, at: "\(place)[\($0)]") }.first
        case .map(let inner):
            guard let fields = value.fields else { return "\(place) is no object" }
            return fields.lazy.compactMap { inner.objection(to: $0.value, at: "\(place).\($0.name)") }.first
        case .object(let members):
            guard let fields = value.fields else { return "\(place) is no object" }
            for field in fields {
                guard let member = members.first(where: { $0.name == field.name }) else {
                    return "\(place).\(field.name) is not in the schema"
                }
                if let found = member.schema.objection(to: field.value, at: "\(place).\(field.name)") { return found }
            }
            return members.first { $0.isRequired && value[$0.name] == nil }.map { "\(place).\($0.name) is missing" }
        }
    }
}
