/// A closed delivery was opened again: who did it, when and why.
public struct Reopening: Equatable, Sendable {
    /// What made it necessary. A count that was posted since has seen goods that were there before; those that came late it has not.
    public enum Cause: String, Sendable, CaseIterable {
        /// Goods that came after it was closed.
        case late
        /// They were counted wrongly.
        case miscount
        /// Goods of another delivery are among them, or theirs among another's.
        case wrong
    }

    /// From 1.
    public var number: Int
    public var at: Int64
    public var who: String
    public var station: String?
    public var zone: String
    public var cause: Cause?
    public var reason: String
    /// The closing before.
    public var closedAt: Int64
    public var closedBy: String

    static let shape = Shape<Reopening>(
        "Reopening",
        [
            .count("number", \.number), .moment("at", \.at), .text("who", \.who), .text("station", ifAny: \.station),
            .text("zone", \.zone), .text("cause", ifAny: { $0.cause?.rawValue }), .text("reason", \.reason),
            .moment("closedAt", \.closedAt), .text("closedBy", \.closedBy),
        ])

    /// Characters of a reason.
    public static let reasons = 3...300
    /// How long after its closing a delivery is opened again, in milliseconds: 90 days, as far as the page lists closed ones. By then
    /// its invoice is settled, and what is still wrong is a matter for a count or the ERP.
    public static let longest: Int64 = 90 * 86_400_000
    /// How often one is: whoever needs more has another problem.
    public static let most = 50
}

/// Why a delivery was not opened again.
public enum ReopenError: Error, Equatable, Sendable {
    case noSuchDelivery
    /// It was never closed, or nothing of it had come: it is opened as any other.
    case expected
    /// Somebody was faster: who, and at which dock.
    case open(by: String, zone: String?)
    case reasonNeeded
    case tooOld(days: Int64)
    case tooOften
    /// What is missing is on another delivery: a back-order.
    case rest(id: Int64, note: String, isBegun: Bool)
}
