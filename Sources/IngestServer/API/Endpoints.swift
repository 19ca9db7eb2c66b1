import Depot
import HTTPTypes
import Model

/// Everything under `/api/v1`, by subject. The router and the document are made from it.
enum Endpoints {
    /// `erp` is nil where none is configured.
    static func list(_ centre: Centre, _ erp: ERPLink?) -> [Endpoint] {
        PeopleEndpoints(centre: centre).list + DeliveryEndpoints(centre: centre).list
            + CountingEndpoints(centre: centre).list + StockEndpoints(centre: centre).list
            + ClientEndpoints(centre: centre, erp: erp).list + ImportEndpoints(centre: centre).list
            + ERPEndpoints(centre: centre, erp: erp).list + AuditEndpoints(centre: centre).list
            + CallEndpoints(centre: centre).list + CardEndpoints(centre: centre).list
            + GatewayEndpoints(centre: centre).list
    }
}

extension APIProblem {
    static let noDelivery = APIProblem(.notFound, "no-such-delivery", "There is no such delivery.")
    static let zoneNeeded = APIProblem(.badRequest, "zone-needed", "Say at which dock.")
    static let notOpen = APIProblem(.conflict, "not-open", "Somebody else closed it, or it was never opened.")
}

extension Centre {
    /// Zones to choose from: those of this kind where the site has said which is what, otherwise all that readers have.
    func zones(_ kind: ZoneRule.Kind) async throws -> [JSON] {
        let named = configuration.zones.filter { $0.value.kind == kind }.keys
        if !named.isEmpty { return named.sorted().map(JSON.string) }
        let zones = try await board.read { try $0.deliveries.zones() }
        let docks = try await board.docks()
        return Set(zones + docks + configuration.zones.keys).sorted().map(JSON.string)
    }
}

extension Board {
    /// Zones of the readers that gateways have.
    func docks() throws -> [String] {
        try read { try $0.gateways.rows() }.flatMap { ($0.status?["devices"]?.list ?? []) }.filter {
            $0["kind"]?.text != "telephony"
        }
        .compactMap { $0["zone"]?.text }
    }
}
