public import Model

/// How a value is written as JSON, and the schema of what is written: one list for both, so that neither says what the other does not.
public struct Shape<Value>: Sendable {
    public struct Field: Sendable {
        let member: AnswerSchema.Member
        /// Nil: left out.
        let write: @Sendable (Value) -> JSON?

        init(_ name: String, _ schema: AnswerSchema, isRequired: Bool, _ write: @escaping @Sendable (Value) -> JSON?) {
            member = AnswerSchema.Member(name, schema, isRequired: isRequired)
            self.write = write
        }
    }

    /// As the document calls it.
    public let name: String
    public let fields: [Field]

    public init(_ name: String, _ fields: [Field]) { (self.name, self.fields) = (name, fields) }

    public var schema: AnswerSchema { .object(name, fields.map(\.member)) }

    public func json(_ value: Value) -> JSON { .object(members(value)) }

    /// For an object that has more than this.
    public func members(_ value: Value) -> [(String, JSON?)] { fields.map { ($0.member.name, $0.write(value)) } }

    /// The same members for a value that holds this one.
    public func fields<Whole>(of part: @escaping @Sendable (Whole) -> Value) -> [Shape<Whole>.Field] {
        fields.map { field in
            Shape<Whole>.Field(field.member.name, field.member.schema, isRequired: field.member.isRequired) {
                field.write(part($0))
            }
        }
    }
}

/// With `ifAny` it is left out where the value is nil.
extension Shape.Field {
    public static func text(_ name: String, _ get: @escaping @Sendable (Value) -> String) -> Self {
        Self(name, .text, isRequired: true) { .string(get($0)) }
    }

    public static func text(_ name: String, ifAny get: @escaping @Sendable (Value) -> String?) -> Self {
        Self(name, .text, isRequired: false) { get($0).map(JSON.string) }
    }

    public static func word<Word: RawRepresentable & CaseIterable & SendableMetatype>(
        _ name: String, _ get: @escaping @Sendable (Value) -> Word
    ) -> Self where Word.RawValue == String {
        Self(name, .words(Word.self), isRequired: true) { .string(get($0).rawValue) }
    }

    public static func word<Word: RawRepresentable & CaseIterable & SendableMetatype>(
        _ name: String, ifAny get: @escaping @Sendable (Value) -> Word?
    ) -> Self where Word.RawValue == String {
        Self(name, .words(Word.self), isRequired: false) { get($0).map { .string($0.rawValue) } }
    }

    public static func integer(_ name: String, _ get: @escaping @Sendable (Value) -> Int64) -> Self {
        Self(name, .integer, isRequired: true) { .int(get($0)) }
    }

    public static func integer(_ name: String, ifAny get: @escaping @Sendable (Value) -> Int64?) -> Self {
        Self(name, .integer, isRequired: false) { get($0).map(JSON.int) }
    }

    public static func count(_ name: String, _ get: @escaping @Sendable (Value) -> Int) -> Self {
        Self(name, .integer, isRequired: true) { .int(Int64(clamping: get($0))) }
    }

    public static func count(_ name: String, ifAny get: @escaping @Sendable (Value) -> Int?) -> Self {
        Self(name, .integer, isRequired: false) { get($0).map { .int(Int64(clamping: $0)) } }
    }

    /// A number with three decimals at most.
    public static func quantity(_ name: String, _ get: @escaping @Sendable (Value) -> Quantity) -> Self {
        Self(name, .number, isRequired: true) { get($0).json }
    }

    public static func quantity(_ name: String, ifAny get: @escaping @Sendable (Value) -> Quantity?) -> Self {
        Self(name, .number, isRequired: false) { get($0)?.json }
    }

    /// The code of a unit; pieces are left out.
    static func unit(_ name: String, _ get: @escaping @Sendable (Value) -> Measure) -> Self {
        Self(name, .text, isRequired: false) { get($0).json }
    }

    /// Unix milliseconds.
    public static func moment(_ name: String, _ get: @escaping @Sendable (Value) -> Int64) -> Self {
        Self(name, .moment, isRequired: true) { .int(get($0)) }
    }

    public static func moment(_ name: String, ifAny get: @escaping @Sendable (Value) -> Int64?) -> Self {
        Self(name, .moment, isRequired: false) { get($0).map(JSON.int) }
    }

    public static func truth(_ name: String, _ get: @escaping @Sendable (Value) -> Bool) -> Self {
        Self(name, .truth, isRequired: true) { .bool(get($0)) }
    }

    /// Said only where it is so.
    public static func mark(_ name: String, _ get: @escaping @Sendable (Value) -> Bool) -> Self {
        Self(name, .truth, isRequired: false) { get($0) ? true : nil }
    }

    public static func texts(_ name: String, _ get: @escaping @Sendable (Value) -> [String]) -> Self {
        Self(name, .list(.text), isRequired: true) { .array(get($0).map(JSON.string)) }
    }

    /// Left out where it is empty.
    public static func someTexts(_ name: String, _ get: @escaping @Sendable (Value) -> [String]) -> Self {
        Self(name, .list(.text), isRequired: false) { value in
            let texts = get(value)
            return texts.isEmpty ? nil : .array(texts.map(JSON.string))
        }
    }

    public static func list<Item>(
        _ name: String, of shape: Shape<Item>, _ get: @escaping @Sendable (Value) -> [Item]
    ) -> Self {
        Self(name, .list(shape.schema), isRequired: true) { .array(get($0).map(shape.json)) }
    }

    /// Left out where it is empty.
    public static func some<Item>(
        _ name: String, of shape: Shape<Item>, _ get: @escaping @Sendable (Value) -> [Item]
    ) -> Self {
        Self(name, .list(shape.schema), isRequired: false) { value in
            let items = get(value)
            return items.isEmpty ? nil : .array(items.map(shape.json))
        }
    }

    public static func one<Item>(
        _ name: String, of shape: Shape<Item>, _ get: @escaping @Sendable (Value) -> Item
    ) -> Self {
        Self(name, shape.schema, isRequired: true) { shape.json(get($0)) }
    }

    public static func one<Item>(
        _ name: String, of shape: Shape<Item>, ifAny get: @escaping @Sendable (Value) -> Item?
    ) -> Self {
        Self(name, shape.schema, isRequired: false) { get($0).map(shape.json) }
    }

    /// What is JSON already.
    public static func json(_ name: String, _ schema: AnswerSchema, _ get: @escaping @Sendable (Value) -> JSON) -> Self
    {
        Self(name, schema, isRequired: true, get)
    }

    public static func json(
        _ name: String, _ schema: AnswerSchema, ifAny get: @escaping @Sendable (Value) -> JSON?
    ) -> Self { Self(name, schema, isRequired: false, get) }
}

extension AnswerSchema {
    /// The words of an enumeration.
    public static func words<Word: RawRepresentable & CaseIterable & SendableMetatype>(_: Word.Type) -> AnswerSchema
    where Word.RawValue == String { .word(Word.allCases.map(\.rawValue)) }
}
