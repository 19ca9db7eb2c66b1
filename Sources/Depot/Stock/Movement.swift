public import Model

/// What a zone is to the book of stock. Zones without a kind move nothing.
public struct ZoneRule: Equatable, Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        /// Goods come in here: they are in the book when their delivery is closed.
        case dock
        /// Goods lie here.
        case store
        /// What is seen here leaves.
        case exit
    }

    public var kind: Kind
    /// It is to be counted every so many days.
    public var countDays: Int?
    /// The location of the ERP that this zone is: its barcode, code or name.
    public var erpLocation: String?

    public init(kind: Kind, countDays: Int? = nil, erpLocation: String? = nil) {
        (self.kind, self.countDays, self.erpLocation) = (kind, countDays, erpLocation)
    }
}

/// A change of the book: so many pieces from one zone to another; nil is outside.
public struct Movement: Equatable, Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        case received, arrived, moved, departed, counted
        /// A delivery that was opened again is closed: the difference to what it had brought.
        case corrected
    }

    public var kind: Kind
    public var from: String?
    public var to: String?

    /// What a sighting of a tagged piece does to the book. `bookedIn` is where the book has it; `isBeingReceived` tells
    /// that an open delivery will book it.
    public static func decide(_ row: Row, rules: [String: ZoneRule], bookedIn: String?, isBeingReceived: Bool)
        -> Movement?
    {
        switch row {
        case .appeared(let sighting), .moved(let sighting, _):
            switch rules[sighting.zone]?.kind {
            case .store:
                if bookedIn == sighting.zone || bookedIn == nil && isBeingReceived { return nil }
                return Movement(kind: bookedIn == nil ? .arrived : .moved, from: bookedIn, to: sighting.zone)
            case .dock:
                guard let bookedIn, bookedIn != sighting.zone else { return nil }
                return Movement(kind: .moved, from: bookedIn, to: sighting.zone)
            case .exit: return bookedIn.map { Movement(kind: .departed, from: $0, to: nil) }
            case nil: return nil
            }
        case .left(let sighting, _, .exit):
            guard let kind = rules[sighting.zone]?.kind, kind != .store else { return nil }
            return bookedIn.map { Movement(kind: .departed, from: $0, to: nil) }
        default: return nil
        }
    }
}
