/// Cuts a stream into lines, byte by byte; one that is longer than `limit` is noise to its end.
struct LineBuffer: Sendable {
    /// Longest line, in bytes, without what ends it.
    private let limit: Int
    private let ends: Set<UInt8>
    /// What has come of a line that is not whole yet.
    private(set) var pending: [UInt8] = []
    private var isOverflowing = false

    /// `ends` are the bytes of which any ends a line; a line feed where nothing else is said.
    init(limit: Int, ends: Set<UInt8> = [0x0A]) {
        self.limit = limit
        self.ends = ends
    }

    /// Nothing of a line has come.
    var isFresh: Bool { pending.isEmpty && !isOverflowing }

    mutating func reset() { (pending, isOverflowing) = ([], false) }

    /// A whole line, without its end; an empty one is none. Bytes of lines that are too long are added to `noise`.
    mutating func take(_ byte: UInt8, noise: inout Int) -> [UInt8]? {
        if ends.contains(byte) {
            defer { reset() }
            return isFresh || isOverflowing ? nil : pending
        }
        if isOverflowing {
            noise += 1
        } else if pending.count == limit {
            noise += pending.count + 1
            (pending, isOverflowing) = ([], true)
        } else {
            pending.append(byte)
        }
        return nil
    }
}
