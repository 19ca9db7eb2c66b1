/// Ranges of what comes over a wire. Every decoder here refuses what is outside, so that nobody behind it has to ask: sums
/// and differences of values in these ranges stay far from the ends of `Int64`.
public enum Bounded {
    /// Moments in Unix milliseconds, up to the year 2200. From 0, not from 2000: a machine without a clock of its own begins in
    /// 1970, and what it read is not to be lost for that.
    public static let times: ClosedRange<Int64> = 0...7_258_118_400_000
    /// Between two moments, in milliseconds.
    public static let offsets: ClosedRange<Int64> = -7_258_118_400_000...7_258_118_400_000
    /// What is counted: exact in a browser's numbers, too (ECMA-262, Number.MAX_SAFE_INTEGER is one less).
    public static let counts: ClosedRange<Int64> = 0...1 << 53
    /// Revisions of calls and configurations: room above a boot counter in the upper half.
    public static let revisions: ClosedRange<Int64> = 0...1 << 62
    /// Numbers of records; 0 is before the first.
    public static let sequence: ClosedRange<Int64> = 0...1 << 62
    /// Frames that may be on their way at once.
    public static let credit: ClosedRange<Int64> = 1...4096
    /// Tenths of a dBm: far beyond any receiver.
    public static let tenthsOfdBm: ClosedRange<Int64> = -10_000...10_000
    public static let antennas: ClosedRange<Int64> = 0...65_535
    /// Longest name of a thing (a call, a telephone, a queue), in UTF-8 bytes.
    public static let nameLimit = 256
    /// Longest reason that a person reads, in UTF-8 bytes.
    public static let reasonLimit = 1024

    /// The moment `dt` after `origin`; nil where that is out of `times`.
    public static func time(_ origin: Int64, plus dt: Int64) -> Int64? {
        let (sum, overflow) = origin.addingReportingOverflow(dt)
        return !overflow && times.contains(sum) ? sum : nil
    }
}

extension JSON {
    /// The whole number of a member; nil where there is none or it is out of range.
    public func bounded(_ name: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = self[name]?.integer, range.contains(value) else { return nil }
        return value
    }

    /// Whether a member that may be left out is left out (or null), or is a whole number in the range. Asked before `bounded`,
    /// which cannot tell the two.
    public func allows(_ name: String, in range: ClosedRange<Int64>) -> Bool {
        guard let value = self[name], value != .null else { return true }
        guard let number = value.integer else { return false }
        return range.contains(number)
    }

    /// The text of a member, cut to so many UTF-8 bytes.
    func name(_ name: String, limit: Int = Bounded.nameLimit) -> String? { self[name]?.text?.cut(to: limit) }
}

extension Int64 {
    /// The nearest value of a range.
    func clamped(to range: ClosedRange<Int64>) -> Int64 {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}

extension String {
    /// At most so many UTF-8 bytes, cut between two scalars.
    public func cut(to limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: limit)
        while end > utf8.startIndex, UTF8.isContinuation(utf8[end]) { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
