/// A moment on a monotonic clock (CLOCK_BOOTTIME in the product, virtual in tests), in nanoseconds. What would leave its 292
/// years stays at their end: a number from a wire must not end a process.
public struct Instant: Comparable, Hashable, Sendable {
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static let zero = Instant(nanoseconds: 0)

    public static func milliseconds(_ value: Int64) -> Instant {
        Instant(nanoseconds: saturated(value.multipliedReportingOverflow(by: 1_000_000), isNegative: value < 0))
    }

    /// Whole milliseconds since the clock's origin.
    public var milliseconds: Int64 { nanoseconds / 1_000_000 }

    public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }
    public static func + (a: Instant, b: Duration) -> Instant {
        let more = b.nanoseconds
        return Instant(nanoseconds: saturated(a.nanoseconds.addingReportingOverflow(more), isNegative: more < 0))
    }
    public static func - (a: Instant, b: Instant) -> Duration {
        .nanoseconds(
            saturated(a.nanoseconds.subtractingReportingOverflow(b.nanoseconds), isNegative: b.nanoseconds > 0))
    }
}

extension Duration {
    /// Whole nanoseconds; exact up to 292 years, and never more.
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let whole = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !whole.overflow else { return seconds < 0 ? .min : .max }
        return saturated(
            whole.partialValue.addingReportingOverflow(attoseconds / 1_000_000_000), isNegative: seconds < 0)
    }

    /// Whole milliseconds, rounded towards zero.
    public var milliseconds: Int64 { nanoseconds / 1_000_000 }
}

/// The result of arithmetic, or the end of the range that it went beyond.
private func saturated(_ result: (partialValue: Int64, overflow: Bool), isNegative: Bool) -> Int64 {
    guard result.overflow else { return result.partialValue }
    return isNegative ? .min : .max
}
