/// The closed account of one agent: every record produced is committed, pending, rejected or skipped.
public struct Account: Equatable, Sendable {
    public var produced: UInt64
    public var committed: UInt64
    public var pending: UInt64
    public var rejected: UInt64
    public var skipped: UInt64

    public init(
        produced: UInt64 = 0, committed: UInt64 = 0, pending: UInt64 = 0, rejected: UInt64 = 0, skipped: UInt64 = 0
    ) {
        self.produced = produced
        self.committed = committed
        self.pending = pending
        self.rejected = rejected
        self.skipped = skipped
    }

    public var isClosed: Bool { produced == committed + pending + rejected + skipped }

    public var json: JSON {
        .object([
            ("produced", .int(Int64(clamping: produced))), ("committed", .int(Int64(clamping: committed))),
            ("pending", .int(Int64(clamping: pending))), ("rejected", .int(Int64(clamping: rejected))),
            ("skipped", .int(Int64(clamping: skipped))), ("closed", .bool(isClosed)),
        ])
    }

    public init(json: JSON?) {
        func field(_ name: String) -> UInt64 { UInt64(clamping: json?[name]?.integer ?? 0) }
        self.init(
            produced: field("produced"), committed: field("committed"), pending: field("pending"),
            rejected: field("rejected"), skipped: field("skipped"))
    }
}
