/// Reads big-endian fields off the front of bytes that nobody has checked; a field that is not there throws.
struct ByteReader {
    struct Short: Error {}

    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isEmpty: Bool { rest.isEmpty }
    var count: Int { rest.count }

    mutating func take(_ count: Int) throws(Short) -> ArraySlice<UInt8> {
        guard count >= 0, count <= rest.count else { throw Short() }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func u8() throws(Short) -> UInt8 { try take(1).first! }
    mutating func u16() throws(Short) -> UInt16 { UInt16(truncatingIfNeeded: try number(2)) }
    mutating func u32() throws(Short) -> UInt32 { UInt32(truncatingIfNeeded: try number(4)) }
    mutating func u64() throws(Short) -> UInt64 { try number(8) }

    private mutating func number(_ count: Int) throws(Short) -> UInt64 {
        try take(count).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension FixedWidthInteger {
    /// Most significant byte first.
    var bigEndianBytes: [UInt8] {
        (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> (Self.bitWidth - 8 - 8 * $0)) }
    }
}
