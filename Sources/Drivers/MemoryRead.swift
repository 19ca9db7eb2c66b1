import Model

/// Memory of a Gen2 tag that a site wants read with every sighting, from its first word on (Gen2 §6.3.2.1).
public struct MemoryRead: Equatable, Sendable {
    public enum Bank: String, Sendable, CaseIterable {
        case tid, user
    }

    /// Words of 16 bits: as much as an id may have bytes.
    public static let limit = TagID.limit / 2
    public static let forms = "\"tid\" and \"user\", with a number of words where you like: \"user:8\", 1 to \(limit)"

    public var bank: Bank
    public var words: Int

    /// Of the TID the 96 bits that a tag with a serial number has; of user memory 64 bits, which most that have any have.
    public init(_ bank: Bank, words: Int? = nil) {
        self.bank = bank
        self.words = min(MemoryRead.limit, max(1, words ?? (bank == .tid ? 6 : 4)))
    }

    /// `tid`, `user` or `user:8`; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let bank = parts.first.flatMap({ Bank(rawValue: String($0)) }), parts.count <= 2 else { return nil }
        guard parts.count == 2 else {
            self.init(bank)
            return
        }
        guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let words = Int(parts[1]),
            (1...MemoryRead.limit).contains(words)
        else { return nil }
        self.init(bank, words: words)
    }
}
