/// What identifies a tag: the air protocol's scheme and the identifier's bytes, most significant first.
public struct TagID: Hashable, Sendable {
    public enum Scheme: String, Sendable, CaseIterable {
        case epcGen2 = "epc-gen2"
        case em4100
        case iso14443a
        case iso15693
        case raw
    }

    public var scheme: Scheme
    public var bytes: [UInt8]

    /// Longest identifier accepted: an EPC is at most 31 words (Gen2, PC bits 15 to 11).
    public static let limit = 62

    public init(_ scheme: Scheme, _ bytes: [UInt8]) {
        self.scheme = scheme
        self.bytes = bytes
    }

    public var hex: String { Hex.string(bytes) }
}
