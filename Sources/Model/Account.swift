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

    /// What is accounted for; the largest number where the parts are beyond it.
    public var accounted: UInt64 {
        [pending, rejected, skipped].reduce(committed) { sum, part in
            let (more, overflow) = sum.addingReportingOverflow(part)
            return overflow ? .max : more
        }
    }

    /// An account with a number that nobody can have counted is not closed, whatever its sum.
    public var isClosed: Bool { accounted == produced && produced <= UInt64(Bounded.counts.upperBound) }

    public var json: JSON {
        .object([
            ("produced", .int(Int64(clamping: produced))), ("committed", .int(Int64(clamping: committed))),
            ("pending", .int(Int64(clamping: pending))), ("rejected", .int(Int64(clamping: rejected))),
            ("skipped", .int(Int64(clamping: skipped))), ("closed", .bool(isClosed)),
        ])
    }

    /// A number that is negative, too large or none becomes one that keeps the account from closing.
    public init(json: JSON?) {
        func field(_ name: String) -> UInt64 {
            guard let json, json.allows(name, in: Bounded.counts) else {
                return json == nil ? 0 : UInt64(Bounded.counts.upperBound) + 1
            }
            return UInt64(json.bounded(name, in: Bounded.counts) ?? 0)
        }
        self.init(
            produced: field("produced"), committed: field("committed"), pending: field("pending"),
            rejected: field("rejected"), skipped: field("skipped"))
    }
}
