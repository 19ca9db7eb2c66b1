public import Model

/// One message of the live stream, before it is numbered.
public struct PageMessage: Equatable, Sendable {
    /// Every type there is: `docs/reference/http.md` and the page's own table are held against this list by a test.
    public enum Kind: String, CaseIterable, Sendable {
        /// The stream has begun: who is signed in, and the running calls.
        case ready
        /// The ledger does not reach back to where this page was: read everything again.
        case reset
        /// Whether this browser is the one that rings.
        case loud
        /// The line is there.
        case alive
        /// The centre's own links as they are now: the broker, the ERP.
        case health
        /// A delivery as it is now: its sums, and the lines that changed.
        case delivery
        /// The list of deliveries changed.
        case deliveries
        /// A read at a dock, with its verdict.
        case count
        /// A read where nothing is open.
        case stray
        /// A stock take as it is now, as a delivery.
        case take
        /// A read of a count.
        case takecount
        /// A tag that is looked for was heard.
        case found
        /// A call's card as it is now.
        case call
        /// The list of missed calls changed.
        case missed
        /// It is time to call somebody back.
        case reminder
        /// How a click to call goes on.
        case command
        /// A card was put aside in another browser.
        case dismissed
        /// What was written about a call.
        case note
        /// What the ERP knows of a client on the telephone.
        case client
        /// An agent as it is now.
        case gateway
        /// Something needs somebody, or does no more.
        case notice
        /// How many notices wait in this person's inbox.
        case inbox
        /// A job of the ERP's queue as it is now.
        case erp
    }

    public var kind: Kind
    public var data: JSON
    public var place: Place

    public init(_ kind: Kind, _ data: JSON = .members([]), at place: Place = .anywhere) {
        (self.kind, self.data, self.place) = (kind, data, place)
    }

    /// As it travels; `seq` is how far the ledger was followed when it was sent.
    public func encoded(seq: Int64, at now: Int64) -> [UInt8] {
        JSON.object([("seq", .int(seq)), ("type", .string(kind.rawValue)), ("at", .int(now)), ("data", data)]).text8
    }
}
