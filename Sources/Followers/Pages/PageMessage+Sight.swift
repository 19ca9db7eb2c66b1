public import Depot

extension PageMessage.Kind {
    /// What one must be allowed to be told this; nil: whoever is signed in is.
    public var needs: Permission? {
        switch self {
        case .ready, .reset, .loud, .alive, .health, .inbox, .dismissed: nil
        case .delivery, .deliveries, .count, .stray: .deliveriesSee
        case .take, .takecount: .countingSee
        case .found: .stockSee
        case .call, .missed, .reminder, .note: .callsSee
        case .command: .callsDial
        case .client: .clientsSee
        case .gateway: .gatewaysSee
        case .notice: .noticesSee
        case .erp: .erpSee
        }
    }
}

extension PageMessage {
    /// Where what it tells of stands.
    public enum Place: Equatable, Sendable {
        case anywhere
        /// Nil: nowhere yet.
        case zone(String?)
        case site(String?)
    }
}

extension PageMessage {
    /// How much of messages of one kind somebody sees: whoever has the same is told the same bytes.
    struct Sight: Hashable {
        static let whole = Sight(isWhole: true)

        private var isWhole = false
        private var clients = true
        private var deliveries = true
        private var personal = true
        private var zones: Set<String>?

        private init(isWhole: Bool) { self.isWhole = isWhole }

        init(_ person: Person, of kind: Kind) {
            personal = person.may(.personal)
            if kind.isOfPeople {
                (clients, deliveries) = (person.may(.clientsSee), person.may(.deliveriesSee))
                zones = person.reach.zones
            }
            isWhole = personal && clients && deliveries && zones == nil
        }
    }
}

extension PageMessage.Kind {
    /// It names who called, or a client.
    fileprivate var isOfPeople: Bool { [.call, .reminder, .note, .erp].contains(self) }
}

extension Person {
    /// As they may be told it.
    public func shown(_ message: PageMessage) -> PageMessage {
        var message = message
        if message.kind.isOfPeople { message.data = shown(message.data) }
        if message.kind == .delivery { message.data = shown(delivery: message.data) }
        return message
    }

    /// Whether a message may be told to them: by what they may, and by where.
    public func sees(_ message: PageMessage) -> Bool {
        guard message.kind.needs.map(may) ?? true else { return false }
        return switch message.place {
        case .anywhere: true
        case .zone(let zone): reach.covers(zone: zone)
        case .site(let site): reach.covers(site: site)
        }
    }
}
