import Depot
import HTTPTypes
import Model

/// Everything under `/api/v1`, by subject. The router and the document are made from it.
enum Endpoints {
    /// `erp` is nil where none is configured.
    static func list(_ wiring: Wiring, _ erp: ERPLink?) -> [Endpoint] {
        let (writer, live, reads, lists) = (wiring.writer, wiring.live, wiring.reads, wiring.lists)
        let (configuration, orders) = (wiring.configuration, wiring.orders)
        return PeopleEndpoints(live: live, accounts: wiring.accounts, plans: wiring.plans, openID: wiring.openID).list
            + OpenIDEndpoints(signIn: wiring.openID).list
            + DeliveryEndpoints(writer: writer, live: live, reads: reads, signature: configuration.signature).list
            + CountingEndpoints(writer: writer, live: live, reads: reads).list
            + StockEndpoints(writer: writer, reads: reads, lists: lists, orders: orders).list
            + LabelEndpoints(reads: reads).list
            + StationEndpoints().list
            + ClientEndpoints(reads: reads, lists: lists, erp: erp).list
            + ImportEndpoints(imports: wiring.imports).list
            + ERPEndpoints(
                writer: writer, live: live, erp: erp, exchange: wiring.exchange.map { _ in wiring.exchangeState }
            ).list
            + AuditEndpoints(writer: writer, live: live).list
            + InboxEndpoints(writer: writer, reads: reads, words: configuration.noticeWords).list
            + InboxPreferenceEndpoints(writer: writer, reads: reads).list
            + EventEndpoints(writer: writer, reads: reads, instance: configuration.instance).list
            + WebhookEndpoints(writer: writer, live: live, configuration: configuration).list
            + CallEndpoints(writer: writer, live: live, lists: lists, configuration: configuration, orders: orders)
            .list
            + CardEndpoints(
                writer: writer, live: live, configuration: configuration, orders: orders, queue: wiring.queue
            ).list
            + ScanEndpoints(intake: wiring.intake).list
            + GatewayEndpoints(writer: writer, live: live, intake: wiring.intake).list
    }
}

extension APIProblem {
    static let noDelivery = APIProblem(.notFound, "no-such-delivery", "There is no such delivery.")
    static let zoneNeeded = APIProblem(.badRequest, "zone-needed", "Say at which dock.")
    static let notOpen = APIProblem(.conflict, "not-open", "Somebody else closed it, or it was never opened.")
}

extension LiveView {
    /// Zones to choose from: those of this kind where the site has said which is what, otherwise all that readers have.
    func zones(_ kind: ZoneRule.Kind) throws -> [JSON] {
        let rules = plans.configuration.zones
        let named = rules.filter { $0.value.kind == kind }.keys
        if !named.isEmpty { return named.sorted().map(JSON.string) }
        return Set(try store.deliveries.zones() + docks() + rules.keys).sorted().map(JSON.string)
    }

    /// Zones of the readers that gateways have.
    private func docks() throws -> [String] {
        try store.gateways.rows().flatMap { ($0.status?["devices"]?.list ?? []) }.filter {
            $0["kind"]?.text != "telephony"
        }
        .compactMap { $0["zone"]?.text }
    }
}
