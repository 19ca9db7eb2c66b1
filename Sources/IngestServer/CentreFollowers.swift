import Depot
import Followers

/// Who follows the ledger on the writer's executor, as a configuration wants it.
struct CentreFollowers {
    /// Nil where no ERP is configured.
    var queue: QueueFollower?
    /// Nil where nothing is told by file.
    var exchange: ExchangeFollower?
    /// Nil where no EPCIS events are made.
    var epcis: EPCISFollower?
    var inbox: InboxFollower

    init(_ configuration: IngestConfiguration, _ plans: SitePlans) {
        let zones = configuration.zones
        queue = configuration.erp.map { erp in
            QueueFollower(
                location: { zones[$0]?.erpLocation ?? $0 }, plan: { plans.plan(of: $0) }, setsAside: erp.setsAside)
        }
        if let settings = configuration.exchange, settings.outFolder != nil {
            exchange = ExchangeFollower(
                location: { zones[$0]?.erpLocation ?? $0 }, form: settings.form,
                day: settings.isDaily ? ExchangeSettings.day : nil)
        }
        epcis = configuration.epcis?.follower(instance: configuration.instance)
        inbox = InboxFollower(teams: configuration.teams, plan: { plans.plan(of: $0) })
    }

    /// What one that was taken away was not told is not told to the next one.
    func forgetOthers(_ store: Store) throws {
        if queue == nil { try store.ledger.forget(follower: QueueFollower.name) }
        if exchange == nil { try store.ledger.forget(follower: ExchangeFollower.name) }
        if epcis == nil { try EPCISFollower.forget(store) }
    }

    /// Entries that the inbox follows at once: each may be told to everybody.
    private static let toldAtOnce = 20

    /// True where the inbox has more to follow.
    func follow(_ desks: Desks, at now: Int64) throws -> Bool {
        try desks.store.run(AuditFollower())
        try WebhookFollower.catchUp(desks.store)
        if let queue { try desks.store.run(queue) }
        if let exchange { try desks.store.run(exchange) }
        if var epcis {
            epcis.now = now
            try epcis.catchUp(desks.store)
        }
        try desks.store.run(inbox, atMost: CentreFollowers.toldAtOnce)
        return try desks.store.ledger.watermark(of: InboxFollower.name) ?? 0 < desks.store.ledger.tip()
    }
}
