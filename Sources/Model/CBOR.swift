/// A CBOR item (RFC 8949), the part that Quai's frames use: definite lengths only, no tags, no half floats on output.
public enum CBOR: Equatable, Sendable {
    case unsigned(UInt64)
    case negative(UInt64)  // the value is -1 - n
    case bytes([UInt8])
    case text(String)
    case array([CBOR])
    case map([CBOR.Pair])
    case bool(Bool)
    case null
    case double(Double)

    public struct Pair: Equatable, Sendable {
        public var key: CBOR
        public var value: CBOR

        public init(_ key: CBOR, _ value: CBOR) {
            self.key = key
            self.value = value
        }
    }

    public init(_ value: Int64) { self = value >= 0 ? .unsigned(UInt64(value)) : .negative(UInt64(-1 - value)) }

    public var integer: Int64? {
        switch self {
        case .unsigned(let value): Int64(exactly: value)
        case .negative(let value): value <= UInt64(Int64.max) ? -1 - Int64(value) : nil
        default: nil
        }
    }

    public var word: UInt64? {
        if case .unsigned(let value) = self { value } else { nil }
    }

    public var string: String? {
        if case .text(let value) = self { value } else { nil }
    }

    public var blob: [UInt8]? {
        if case .bytes(let value) = self { value } else { nil }
    }

    public var items: [CBOR]? {
        if case .array(let value) = self { value } else { nil }
    }
}

public enum CBORError: Error, Equatable {
    /// The input ends inside an item.
    case short
    /// Deeper than `CBOR.depthLimit`.
    case deep
    /// A major type or additional information that Quai does not speak.
    case unsupported(UInt8)
    /// Bytes are left after the item.
    case trailing(Int)
    /// A text string that is not UTF-8.
    case notUTF8
}

extension CBOR {
    public static let depthLimit = 16

    public var encoded: [UInt8] {
        var out: [UInt8] = []
        encode(into: &out)
        return out
    }

    public func encode(into out: inout [UInt8]) {
        switch self {
        case .unsigned(let value): CBOR.head(0, value, into: &out)
        case .negative(let value): CBOR.head(1, value, into: &out)
        case .bytes(let value):
            CBOR.head(2, UInt64(value.count), into: &out)
            out += value
        case .text(let value):
            CBOR.head(3, UInt64(value.utf8.count), into: &out)
            out += value.utf8
        case .array(let values):
            CBOR.head(4, UInt64(values.count), into: &out)
            for value in values { value.encode(into: &out) }
        case .map(let pairs):
            CBOR.head(5, UInt64(pairs.count), into: &out)
            for pair in pairs {
                pair.key.encode(into: &out)
                pair.value.encode(into: &out)
            }
        case .bool(let value): out.append(value ? 0xF5 : 0xF4)
        case .null: out.append(0xF6)
        case .double(let value):
            out.append(0xFB)
            for shift in stride(from: 56, through: 0, by: -8) {
                out.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(shift)))
            }
        }
    }

    /// The initial bytes of an item: major type and argument, in the shortest form.
    public static func head(_ major: UInt8, _ value: UInt64, into out: inout [UInt8]) {
        let type = major << 5
        let width: Int
        switch value {
        case 0..<24:
            out.append(type | UInt8(value))
            return
        case ..<0x100: width = 1
        case ..<0x1_0000: width = 2
        case ..<0x1_0000_0000: width = 4
        default: width = 8
        }
        out.append(type | UInt8(24 + width.trailingZeroBitCount))
        for index in (0..<width).reversed() { out.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
    }

    /// An item without the detour of a value; nil is null.
    static func put(_ value: Int64?, into out: inout [UInt8]) {
        guard let value else { return out.append(0xF6) }
        head(value < 0 ? 1 : 0, UInt64(value < 0 ? -1 - value : value), into: &out)
    }

    static func put(_ text: String?, into out: inout [UInt8]) {
        guard let text else { return out.append(0xF6) }
        head(3, UInt64(text.utf8.count), into: &out)
        out += text.utf8
    }

    /// Exactly one item.
    public init(decoding bytes: [UInt8]) throws(CBORError) {
        var reader = CBORReader(bytes)
        self = try reader.item()
        guard reader.remaining == 0 else { throw .trailing(reader.remaining) }
    }
}

/// Reads items one after the other from bytes that nobody has vouched for.
public struct CBORReader {
    private let bytes: [UInt8]
    /// Where the next item begins.
    public private(set) var at: Int

    public init(_ bytes: [UInt8], at start: Int = 0) {
        self.bytes = bytes
        at = start
    }

    /// Goes on behind what somebody else has read.
    public mutating func skip(to end: Int) { at = min(max(at, end), bytes.count) }

    public var remaining: Int { bytes.count - at }

    public mutating func item() throws(CBORError) -> CBOR { try item(depth: 0) }

    /// The head of an array, whose items are read next.
    public mutating func arrayCount() throws(CBORError) -> Int {
        let initial = try byte()
        guard initial >> 5 == 4 else { throw .unsupported(initial) }
        let count = try argument(initial)
        guard count <= UInt64(remaining) else { throw .short }
        return Int(count)
    }

    private mutating func item(depth: Int) throws(CBORError) -> CBOR {
        guard depth < CBOR.depthLimit else { throw .deep }
        let initial = try byte()
        let major = initial >> 5
        if major == 7 { return try simple(initial) }
        let argument = try argument(initial)
        switch major {
        case 0: return .unsigned(argument)
        case 1: return .negative(argument)
        case 2: return .bytes(try take(argument))
        case 3:
            guard argument <= UInt64(remaining) else { throw .short }
            let end = at + Int(argument)
            guard let text = String(utf8: bytes[at..<end]) else { throw .notUTF8 }
            at = end
            return .text(text)
        case 4:
            // An item takes at least a byte: a length beyond what is left is a lie, and no memory is set aside for it.
            guard argument <= UInt64(remaining) else { throw .short }
            var values: [CBOR] = []
            values.reserveCapacity(Int(min(argument, 16)))
            for _ in 0..<argument { values.append(try item(depth: depth + 1)) }
            return .array(values)
        case 5:
            guard argument <= UInt64(remaining / 2) else { throw .short }
            var pairs: [CBOR.Pair] = []
            for _ in 0..<argument { pairs.append(.init(try item(depth: depth + 1), try item(depth: depth + 1))) }
            return .map(pairs)
        default: throw .unsupported(initial)
        }
    }

    private mutating func simple(_ initial: UInt8) throws(CBORError) -> CBOR {
        switch initial {
        case 0xF4: return .bool(false)
        case 0xF5: return .bool(true)
        case 0xF6: return .null
        case 0xFB: return .double(Double(bitPattern: try big(8)))
        default: throw .unsupported(initial)
        }
    }

    private mutating func byte() throws(CBORError) -> UInt8 {
        guard at < bytes.count else { throw .short }
        defer { at += 1 }
        return bytes[at]
    }

    private mutating func argument(_ initial: UInt8) throws(CBORError) -> UInt64 {
        switch initial & 0x1F {
        case let small where small < 24: return UInt64(small)
        case 24: return try big(1)
        case 25: return try big(2)
        case 26: return try big(4)
        case 27: return try big(8)
        default: throw .unsupported(initial)
        }
    }

    private mutating func big(_ count: Int) throws(CBORError) -> UInt64 {
        var value: UInt64 = 0
        for _ in 0..<count { value = value << 8 | UInt64(try byte()) }
        return value
    }

    private mutating func take(_ count: UInt64) throws(CBORError) -> [UInt8] {
        guard count <= UInt64(remaining) else { throw .short }
        defer { at += Int(count) }
        return Array(bytes[at..<at + Int(count)])
    }
}
