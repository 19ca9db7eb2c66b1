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

extension Person {
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
