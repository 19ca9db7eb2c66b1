import Depot
import Hummingbird
import Model
import Platform

/// Clients and what is known of them.
struct ClientEndpoints {
    let reads: LongReads
    let lists: CallLists
    let link: Locked<ERPLink?>
    let personal: PersonalReadLog

    /// Nil where no ERP is configured.
    private var erp: ERPLink? { link.with { $0 } }

    private static let clientSchema = PartyView.shape.schema.with(
        [
            .init(
                "deliveries",
                .list(
                    DeliveryView.summaryShape.schema.with([.init("scannedToday", .integer)], as: "ClientDelivery"))),
            .init("lastCalls", .list(PastCall.shape.schema)), .init("erp", ERPCardView.shape.schema),
        ], as: "ClientPage")

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/parties", "Clients by name, number or reference: ?q=; empty for the first fifty",
                needs: .right(.clientsSee), answers: .list(PartyView.shape.schema)
            ) {
                incoming in
                let person = try incoming.who()
                let text = String((incoming.query("q") ?? "").prefix(120))
                let found = try await reads.read { try $0.parties.rows(listed: text, limit: 50) }
                if !found.isEmpty { personal.note(.search, text, by: person) }
                return .json(person.shown(.array(found.map(\.json))))
            },
            Endpoint(
                .get, "/api/v1/parties/{id}", "A client: deliveries, last calls, and what the ERP knows",
                needs: .right(.clientsSee), answers: .json(ClientEndpoints.clientSchema)
            ) { incoming in
                let person = try incoming.who()
                let id = try incoming.id("id")
                guard let party = try await reads.read({ try $0.parties.view(id) }) else {
                    throw APIProblem(.notFound, "no-such-party", "There is no such client.")
                }
                personal.note(.card, String(id), by: person)
                let deliveries = try await reads.read { store in
                    guard person.may(.deliveriesSee) else { return [JSON]() }
                    return try party.reference.map {
                        try store.deliveries.rows(client: $0).filter { person.reach.covers(zone: $0.place) }.map {
                            $0.summary.with(
                                "scannedToday", .int(try store.deliveries.countedToday($0.id, at: Clocks.wall)))
                        }
                    } ?? []
                }
                var json = person.shown(party.json).with("deliveries", .array(deliveries))
                json = json.with("lastCalls", .array(try await lists.lastCalls(with: party, for: person)))
                if let erp, let remote = party.erp {
                    json = json.with("erp", await ERPCardView.fetch(remote, erp, mayPrices: person.may(.prices)))
                } else {
                    json = json.with("erp", ERPCardView.absent)
                }
                return .json(json)
            },
        ]
    }
}
