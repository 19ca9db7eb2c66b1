public import Model

/// Rows as they are stored, one behind the other, each with its checksum: made on the thread that hands them over, so that
/// the writer only writes.
public struct EncodedRows: Sendable {
    var bytes: [UInt8] = []
    var ends: [Int] = []
    var sums: [Int64] = []
    /// So many of them were refused before.
    var again = 0

    public init() {}

    /// One row that is encoded already.
    public init(_ body: [UInt8]) {
        bytes = body
        close()
    }

    init(_ entries: [Outbox.Entry], again: Int = 0) {
        self.again = again
        bytes.reserveCapacity(entries.count * 64)
        ends.reserveCapacity(entries.count)
        sums.reserveCapacity(entries.count)
        for entry in entries { add(entry.row, at: entry.at) }
    }

    /// `at` is when it was captured, on the boot clock. One longer than `OutboxFile.rowLimit` becomes a skip that says so.
    public mutating func add(_ row: Model.Row, at: Instant) {
        row.encode(into: &bytes, at: at.milliseconds)
        close()
    }

    var count: Int { ends.count }

    /// About what they take in the database, in bytes: a row's header and its number are a dozen.
    var cost: Int64 { Int64(bytes.count + ends.count * 16) }

    func range(of row: Int) -> Range<Int> { (row == 0 ? 0 : ends[row - 1])..<ends[row] }

    private mutating func close() {
        let start = ends.last ?? 0
        // One row that fits no frame would hold up all behind it; nothing should make one, and nothing may.
        if bytes.count - start > OutboxFile.rowLimit {
            bytes.removeSubrange(start...)
            Model.Row.skipped(reason: "too large").encode(into: &bytes, at: 0)
        }
        ends.append(bytes.count)
        sums.append(bytes.withUnsafeBytes { Int64(CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[start...]))) })
    }
}
