public import Model

/// What a person decided about a delivery or a stock take. None is ever changed; one may be undone by a later one.
public struct Decision: Equatable, Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        /// Counted by hand: so many more, or fewer.
        case adjust
        /// What was counted under a subject is not.
        case remove
        /// A tag or a text nobody knew is this product.
        case associate
        /// Received, but not whole; `photo` shows it.
        case damaged
        /// Sent back: not received.
        case refuse
        /// More than ordered, not ordered, another serial number, another dock: kept all the same.
        case accept
        /// What is missing comes later.
        case later
        /// What is missing does not come.
        case never
        /// A tag or text that has nothing to do with the delivery.
        case ignore
        /// The lot of pieces whose tags do not say it.
        case lot
        /// Somebody signed for the delivery: `reason` is their name, `photo` the picture of what they wrote; one of them at least.
        case signed
        /// `photo` shows the goods as they came.
        case photo
        /// Takes back the decision `quantity` (its number).
        case undo
        /// It was closed, and is received again: a deed of its own (`ReceivingDesk.reopen`).
        case reopen

        /// What a person says of what is counted.
        public static let decided = allCases.filter { $0 != .reopen }
    }

    /// Pictures of the goods that one delivery has, those that were taken back aside.
    public static let photoLimit = 8

    public var id: Int64
    public var at: Int64
    public var who: String
    /// The dock or desk it was made at.
    public var station: String?
    public var kind: Kind
    public var subject: String?
    public var gtin: String?
    public var quantity: Quantity?
    public var lot: String?
    public var reason: String?
    public var photo: Int64?
    public var undoneBy: Int64?

    public init(
        id: Int64 = 0, at: Int64, who: String, station: String? = nil, kind: Kind, subject: String? = nil,
        gtin: String? = nil, quantity: Quantity? = nil, lot: String? = nil, reason: String? = nil, photo: Int64? = nil,
        undoneBy: Int64? = nil
    ) {
        (self.id, self.at, self.who, self.station, self.kind) = (id, at, who, station, kind)
        (self.subject, self.gtin, self.quantity, self.lot) = (subject, gtin, quantity, lot)
        (self.reason, self.photo, self.undoneBy) = (reason, photo, undoneBy)
    }

    public static let shape = Shape<Decision>(
        "Decision",
        [
            .integer("id", \.id), .moment("at", \.at), .text("who", \.who), .text("station", ifAny: \.station),
            .word("kind", \.kind), .text("subject", ifAny: \.subject), .text("gtin", ifAny: \.gtin),
            .quantity("quantity", ifAny: \.quantity), .text("lot", ifAny: \.lot), .text("reason", ifAny: \.reason),
            .integer("photo", ifAny: \.photo), .integer("undoneBy", ifAny: \.undoneBy),
        ])

    public var json: JSON { Decision.shape.json(self) }
}

/// Who did something, for every decision and every push.
public struct Author: Equatable, Sendable {
    public var who: String
    public var station: String?
    public var reason: String?

    public init(_ who: String, station: String? = nil, reason: String? = nil) {
        (self.who, self.station, self.reason) = (who, station, reason)
    }
}
