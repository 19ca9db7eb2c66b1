import Depot
import HTTPTypes
import Model

/// Everything under `/api/v1`, by subject. The router and the document are made from it.
enum Endpoints {
    static func list(_ wiring: Wiring) -> [Endpoint] {
        let (writer, live, reads, lists) = (wiring.writer, wiring.live, wiring.reads, wiring.lists)
        let (present, orders, personal) = (wiring.present, wiring.orders, wiring.personal)
        return PeopleEndpoints(
            live: live, accounts: wiring.accounts, plans: wiring.plans, openID: wiring.openID, screens: wiring.screens
        ).list
            + OpenIDEndpoints(signIn: wiring.openID).list
            + ScreenEndpoints(live: live, writer: writer, accounts: wiring.accounts, door: wiring.screens).list
            + RoleEndpoints(live: live, accounts: wiring.accounts, present: present).list
            + FactorEndpoints(live: live, writer: writer, accounts: wiring.accounts, screens: wiring.screens).list
            + SessionEndpoints(live: live, writer: writer).list
            + DeliveryEndpoints(writer: writer, live: live, reads: reads, present: present).list
            + CountingEndpoints(writer: writer, live: live, reads: reads).list
            + StockEndpoints(writer: writer, reads: reads, lists: lists, orders: orders, personal: personal).list
            + LabelEndpoints(reads: reads).list
            + StationEndpoints().list
            + ClientEndpoints(reads: reads, lists: lists, link: wiring.erp, personal: personal).list
            + ImportEndpoints(imports: wiring.imports).list
            + ERPEndpoints(
                writer: writer, live: live, link: wiring.erp, state: wiring.exchangeState, present: present
            ).list
            + AuditEndpoints(writer: writer, live: live, reads: reads, personal: personal).list
            + PersonalEndpoints(
                writer: writer, live: live, reads: reads, personal: personal, present: present
            ).list
            + InboxEndpoints(writer: writer, reads: reads, present: present).list
            + InboxPreferenceEndpoints(writer: writer, reads: reads).list
            + ChannelEndpoints(wiring).list
            + EventEndpoints(writer: writer, reads: reads, instance: wiring.configuration.instance).list
            + EPCISEndpoints(writer: writer, reads: reads, present: present).list
            + WebhookEndpoints(writer: writer, live: live, present: present).list
            + CallEndpoints(
                writer: writer, live: live, lists: lists, present: present, orders: orders,
                personal: personal
            ).list
            + CardEndpoints(
                writer: writer, live: live, present: present, orders: orders, queue: { wiring.followers.queue }
            ).list
            + ScanEndpoints(intake: wiring.intake).list
            + GatewayEndpoints(writer: writer, live: live, intake: wiring.intake, reads: wiring.reads).list
            + RepairEndpoints(live: live, repairs: wiring.repairs).list
            + EnrolmentEndpoints(writer: writer, live: live, present: present).list
            + RolloutEndpoints(writer: writer, live: live).list
    }
}

extension APIProblem {
    static func noRight(_ permission: Permission) -> APIProblem { noRight(permission.rawValue) }

    static func noRight(_ name: String) -> APIProblem {
        APIProblem(.forbidden, "no-right", "You have no right to do this (\(name)).")
    }

    static let noDelivery = APIProblem(.notFound, "no-such-delivery", "There is no such delivery.")
    static let zoneNeeded = APIProblem(.badRequest, "zone-needed", "Say at which dock.")
    static let notOpen = APIProblem(.conflict, "not-open", "Somebody else closed it, or it was never opened.")
}

extension Person {
    /// Throws where something is to be done in a zone that is none of theirs.
    func check(zone: String) throws {
        guard reach.covers(zone: zone) else {
            throw APIProblem(
                .forbidden, "outside-scope", "You may do nothing in this zone (\(zone.prefix(40))).",
                [("zone", .string(zone))])
        }
    }
}

extension LiveView {
    /// Zones to choose from: those of this kind where the site has said which is what, otherwise all that readers have.
    func zones(_ kind: ZoneRule.Kind, for person: Person) throws -> [JSON] {
        try zones(kind).filter { person.reach.covers(zone: $0) }.map(JSON.string)
    }

    private func zones(_ kind: ZoneRule.Kind) throws -> [String] {
        let rules = zoneRules
        let named = rules.filter { $0.value.kind == kind }.keys
        if !named.isEmpty { return named.sorted() }
        return Set(try store.deliveries.zones() + docks() + rules.keys).sorted()
    }

    /// Zones of the readers that gateways have.
    private func docks() throws -> [String] {
        try store.gateways.rows().flatMap { ($0.status?["devices"]?.list ?? []) }.filter {
            $0["kind"]?.text != "telephony"
        }
        .compactMap { $0["zone"]?.text }
    }
}
