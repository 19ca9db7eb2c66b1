/// Frames that were taken apart while the database wrote those before them. A part of them goes into one transaction: as many as came
/// meanwhile, so that a wait for the disk is shared by all, and not more, so that what people write does not wait for long.
public struct ArrivalQueue: Sendable {
    /// In one transaction. A gateway that keeps up sends a frame for each scan: a transaction is bounded by its rows first.
    public static let framesAtOnce = 256
    public static let rowsAtOnce = 8000
    /// Times a part: what may wait.
    static let partsAhead = 2

    private var arrivals: [Arrival] = []
    private var rows = 0
    /// Somebody was asked to take a part, and has not come yet.
    private var isAsked = false

    public init() {}

    public var isEmpty: Bool { arrivals.isEmpty }

    /// Nil where there is no room; otherwise whether somebody is to be asked to take a part.
    public mutating func put(_ arrival: Arrival) -> Bool? {
        guard arrivals.count < ArrivalQueue.framesAtOnce * ArrivalQueue.partsAhead,
            rows < ArrivalQueue.rowsAtOnce * ArrivalQueue.partsAhead
        else { return nil }
        arrivals.append(arrival)
        rows += arrival.rowCount
        defer { isAsked = true }
        return !isAsked
    }

    /// The oldest ones, one at least where there is one. Where more wait, whoever takes is to come again.
    public mutating func take() -> [Arrival] {
        var (end, taken) = (0, 0)
        while end < min(ArrivalQueue.framesAtOnce, arrivals.count) {
            let count = arrivals[end].rowCount
            guard end == 0 || taken + count <= ArrivalQueue.rowsAtOnce else { break }
            taken += count
            end += 1
        }
        let part = Array(arrivals[..<end])
        // At once: under a load that never lets it be empty what was taken would stay.
        arrivals.removeFirst(end)
        rows -= taken
        isAsked = !isEmpty
        return part
    }
}
