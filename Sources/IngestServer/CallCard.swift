import Ingest
import Model

/// Who is calling, as an agent needs to see it: the names from the local directory, open deliveries, last calls.
struct CallCard {
    private let fields: [(String, JSON?)]

    init(_ snapshot: CallSnapshot, agent: String, store: Store, configuration: IngestConfiguration) {
        let outbound = snapshot.direction == .outbound
        let withheld = !outbound && snapshot.caller?.withheld == true
        let raw = outbound ? snapshot.called : snapshot.caller?.number
        let number =
            withheld
            ? nil
            : raw.map {
                PhoneNumber($0, region: configuration.region, internalPlan: configuration.internalPlan)
            }
        var parties: [PartyView] = []
        if let number, number.kind != .extension { parties = (try? store.parties(key: number.key)) ?? [] }
        var deliveries: [DeliveryView] = []
        for reference in parties.compactMap(\.reference) {
            deliveries += (try? store.deliveries(client: reference)) ?? []
        }
        let history = number.flatMap { try? store.calls(key: $0.key, limit: 6) } ?? []
        fields = [
            ("call", .string(snapshot.call)), ("rev", .int(snapshot.revision)), ("gateway", .string(agent)),
            ("direction", snapshot.direction.map { .string($0.rawValue) }), ("state", .string(snapshot.state.rawValue)),
            ("withheld", .bool(withheld)),
            (
                "number",
                number.map {
                    .object([
                        ("display", .string($0.display)), ("e164", $0.e164.map(JSON.string)),
                        ("kind", .string($0.kind.rawValue)),
                    ])
                }
            ),
            ("dialable", .bool(number.map { $0.kind == .subscriber && !$0.premium || $0.kind == .extension } ?? false)),
            ("sentName", withheld ? nil : snapshot.caller?.name.map(JSON.string)),
            ("called", snapshot.called.map(JSON.string)),
            ("queue", snapshot.queue.map(JSON.string)), ("started", .int(snapshot.startedAt)),
            ("ended", snapshot.endedAt.map(JSON.int)), ("cause", snapshot.cause.map { .string($0.rawValue) }),
            ("answeredBy", .array(snapshot.answeredBy.map(JSON.string))),
            ("command", snapshot.command.map(JSON.string)),
            ("parties", .array(parties.map(\.json))), ("deliveries", .array(deliveries.map(\.summary))),
            (
                "lastCalls",
                .array(
                    history.filter { $0.snapshot.call != snapshot.call }.prefix(5).map {
                        .object([
                            ("at", .int($0.snapshot.startedAt)),
                            ("direction", $0.snapshot.direction.map { .string($0.rawValue) }),
                            ("answeredBy", .array($0.snapshot.answeredBy.map(JSON.string))),
                            ("missed", .bool(!$0.snapshot.wasReached)),
                        ])
                    })
            ),
        ]
    }

    /// The card as one desk sees it: its own leg decides whether it rings, talks or is over.
    func at(desk: String, _ snapshot: CallSnapshot) -> JSON {
        let mine = snapshot.legs.last { $0.desk == desk }
        let state: String
        switch mine?.state {
        case .ringing: state = "ringing"
        case .talking: state = "talking"
        case .held: state = "held"
        case .ended where snapshot.missedBy.contains(desk): state = "missed"
        case nil where snapshot.isByNumber(desk): state = snapshot.stateByNumber
        case .ended, nil: state = "over"
        }
        return .object(
            fields + [
                ("desk", .string(desk)), ("mine", .string(state)), ("rang", mine?.rangAt.map(JSON.int)),
                ("answered", mine?.answeredAt.map(JSON.int)), ("myCause", mine?.cause.map { .string($0.rawValue) }),
            ])
    }
}

extension CallSnapshot {
    /// Some exchanges (FRITZ!Box) do not say which telephones ring, only which of the site's own numbers was called:
    /// then it rings for whoever claimed that number.
    func isByNumber(_ desk: String) -> Bool {
        direction == .inbound && called == desk && !legs.contains { $0.rangAt != nil }
    }

    fileprivate var stateByNumber: String {
        if state == .ended { return answeredAt == nil ? "missed" : "over" }
        return answeredAt == nil ? "ringing" : "talking"
    }
}
