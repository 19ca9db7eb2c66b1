/// How often something took how long, as Prometheus keeps it: in how many cases at most so many seconds, and the sum. It has as many numbers
/// as bounds, whatever is observed.
public struct Histogram: Equatable, Sendable {
    /// Upper bounds in seconds, rising; what is longer is counted in the sum of all alone.
    public let bounds: [Double]
    private(set) var counts: [UInt64]
    private(set) var count: UInt64 = 0
    private(set) var sum: Double = 0

    public init(_ bounds: [Double]) {
        (self.bounds, counts) = (bounds, bounds.map { _ in 0 })
    }

    public mutating func observe(_ seconds: Double) {
        count += 1
        sum += seconds
        // Of each case the smallest bound alone: they are added up when they are told.
        if let index = bounds.firstIndex(where: { seconds <= $0 }) { counts[index] += 1 }
    }

    /// How many took at most as long as each bound.
    var cumulative: [UInt64] {
        counts.reduce(into: []) { $0.append(($0.last ?? 0) + $1) }
    }
}
