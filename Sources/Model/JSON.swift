/// A JSON value (RFC 8259) without Foundation. Objects keep their order; a repeated name keeps the last value.
public enum JSON: Equatable, Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case number(Double)
    case string(String)
    case array([JSON])
    case members([Member])

    public struct Member: Equatable, Sendable {
        public var name: String
        public var value: JSON

        public init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }
    }

    /// An object; members whose value is nil are left out.
    /// An object with one member more; as it is where there is no value.
    public func with(_ name: String, _ value: JSON?) -> JSON {
        guard let value, case .members(let members) = self else { return self }
        return .members(members.filter { $0.name != name } + [Member(name, value)])
    }

    public static func object(_ members: [(String, JSON?)]) -> JSON {
        .members(members.compactMap { name, value in value.map { Member(name, $0) } })
    }

    public subscript(_ name: String) -> JSON? {
        guard case .members(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    public var isObject: Bool {
        if case .members = self { true } else { false }
    }

    public var text: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// Integers, and whole floating-point numbers in range.
    public var integer: Int64? {
        switch self {
        case .int(let value): value
        case .number(let value): Int64(exactly: value)
        default: nil
        }
    }

    public var double: Double? {
        switch self {
        case .int(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    public var truth: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    public var list: [JSON]? {
        if case .array(let values) = self { values } else { nil }
    }

    public var fields: [Member]? {
        if case .members(let members) = self { members } else { nil }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .int(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
}
