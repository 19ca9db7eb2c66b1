/// A time in which rows are refused: it begins with the first that was, and ends when one is saved again.
public struct Refusal: Equatable, Sendable {
    /// The last one.
    public var reason: OutboxError
    /// Unix milliseconds of the first refused row.
    public var since: Int64
    /// Refused since then. 0 where something else could not be stored, such as the answer to a command.
    public var rows: UInt64

    public init(reason: OutboxError, since: Int64, rows: UInt64) {
        (self.reason, self.since, self.rows) = (reason, since, rows)
    }

    /// What is to be told to people: when it begins, and when it is over with what it came to.
    public enum News: Equatable, Sendable {
        case begins(Refusal)
        case ends(Refusal)
    }

    /// What follows from one commit: so many rows were refused for a reason, or none were and so many were saved.
    static func next(
        _ now: Refusal?, refused: (reason: OutboxError, rows: Int)?, saved: Int, wall: Int64
    ) -> (refusal: Refusal?, news: News?) {
        guard let refused else {
            // That a heartbeat could be stored says nothing about scans: what was refused is over with a row that was not.
            guard let now, saved == 0, now.rows > 0 else {
                return (nil, now.flatMap { $0.rows > 0 ? .ends($0) : nil })
            }
            return (now, nil)
        }
        var next = now ?? Refusal(reason: refused.reason, since: wall, rows: 0)
        if next.rows == 0 { next.since = wall }
        next.reason = refused.reason
        next.rows += UInt64(refused.rows)
        return (next, next.rows > 0 && now?.rows ?? 0 == 0 ? .begins(next) : nil)
    }
}
