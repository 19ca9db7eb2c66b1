import Depot
import Model

/// Who is calling, as an agent needs to see it: the names from the local directory, open deliveries, last calls.
struct CallCard {
    private let fields: [(String, JSON?)]
    private let routing: CallRouting
    /// The site's own program, and what its address needs.
    private let link: CardLink?
    private let known: [CardLink.Place: String]
    /// Whom a call between own telephones is for, as whoever dialled it sees it.
    private let dialled: JSON?

    init(
        _ snapshot: CallSnapshot, agent: String, plan: NumberPlan, store: Store, routing: CallRouting,
        link: CardLink? = nil
    ) {
        self.routing = routing
        self.link = link
        dialled = snapshot.called.map { CallCard.json(plan.number($0, dialled: true)) }
        let outbound = snapshot.direction == .outbound
        let withheld = !outbound && snapshot.caller?.withheld == true
        let raw = outbound ? snapshot.called : snapshot.caller?.number
        let number = withheld ? nil : raw.map { plan.number($0, dialled: outbound) }
        var parties: [PartyView] = []
        var isGuess = false
        if let number, number.kind != .extension {
            parties = (try? store.parties.rows(key: number.key)) ?? []
            if parties.isEmpty {
                parties = (try? store.parties.guesses(number)) ?? []
                isGuess = !parties.isEmpty
            }
        }
        var deliveries: [Int64: [DeliveryView]] = [:]
        for party in parties {
            if let reference = party.reference { deliveries[party.id] = try? store.deliveries.rows(client: reference) }
        }
        let key = number == nil ? nil : CallKey.of(snapshot, plan: plan)
        let history = (key.flatMap { try? store.calls.rows(key: $0, limit: 6) } ?? []).filter {
            $0.snapshot.call != snapshot.call
        }
        let again = history.filter { snapshot.startedAt - $0.snapshot.startedAt < CallStory.pause }.count
        let choice = parties.count > 1 ? number.flatMap { try? store.calls.lastChoice(key: $0.key) } : nil
        let note = try? store.calls.note(of: snapshot.call)
        if link != nil {
            let party = parties.first { $0.id == note?.party } ?? (parties.count == 1 && !isGuess ? parties[0] : nil)
            let name = party.map { $0.company.isEmpty ? $0.name : $0.company }
            known = [
                .e164: number?.e164 ?? "", .national: number.map { $0.national ?? $0.display } ?? "",
                .name: name ?? (withheld ? nil : snapshot.caller?.name) ?? "", .call: snapshot.call,
            ]
        } else {
            known = [:]
        }
        fields = [
            ("call", .string(snapshot.call)), ("rev", .int(snapshot.revision)), ("gateway", .string(agent)),
            ("direction", snapshot.direction.map { .string($0.rawValue) }), ("state", .string(snapshot.state.rawValue)),
            ("withheld", .bool(withheld)),
            (
                "number",
                number.map(CallCard.json)
            ),
            ("dialable", .bool(number.map { $0.kind == .subscriber && !$0.premium || $0.kind == .extension } ?? false)),
            // Of a call out, the caller is one of ours: their name is not the other side's.
            ("sentName", withheld || snapshot.direction == .outbound ? nil : snapshot.caller?.name.map(JSON.string)),
            ("called", snapshot.called.map(JSON.string)),
            ("dialled", outbound ? nil : snapshot.called.map { .string(plan.number($0).display) }),
            ("line", .string(CallName.line(snapshot.call, of: agent))),
            ("queue", snapshot.queue.map(JSON.string)), ("started", .int(snapshot.startedAt)),
            ("corrected", snapshot.clockCorrection.map(JSON.int)),
            ("ended", snapshot.endedAt.map(JSON.int)), ("cause", snapshot.cause.map { .string($0.rawValue) }),
            ("perhapsMissed", snapshot.isPerhapsMissed ? true : nil),
            ("talked", snapshot.answeredAt.map(JSON.int)),
            ("answeredBy", .array(snapshot.answeredBy.map { .string(routing.label($0)) })),
            ("rings", .array(snapshot.ringing.map { .string(routing.label($0)) })),
            ("talks", .array(snapshot.talking.map { .string(routing.label($0)) })),
            (
                "transfers",
                snapshot.transfers.isEmpty
                    ? nil
                    : .array(
                        snapshot.transfers.map {
                            .object([
                                ("how", .string($0.how)), ("by", $0.by.map { .string(routing.label($0)) }),
                                ("to", $0.to.map { .string(routing.label($0)) }),
                            ])
                        })
            ),
            (
                "legs",
                .array(
                    snapshot.legs.map { leg in
                        .object([
                            ("who", .string(leg.desk.map(routing.label) ?? "")), ("rang", leg.rangAt.map(JSON.int)),
                            ("answered", leg.answeredAt.map(JSON.int)), ("ended", leg.endedAt.map(JSON.int)),
                            ("cause", leg.cause.map { .string($0.rawValue) }),
                            ("holds", leg.holds > 0 ? .int(Int64(leg.holds)) : nil),
                        ])
                    })
            ),
            ("command", snapshot.command.map(JSON.string)), ("merged", snapshot.mergedInto.map(JSON.string)),
            ("note", note?.json), ("again", again > 0 ? .int(Int64(again)) : nil),
            ("guess", isGuess ? true : nil),
            (
                "parties",
                .array(
                    parties.map { party in
                        party.json.with("openDeliveries", .int(Int64(deliveries[party.id]?.count ?? 0))).with(
                            "chosen",
                            choice?.party == party.id
                                ? .object([("by", choice.map { .string($0.who) }), ("at", choice.map { .int($0.at) })])
                                : nil)
                    })
            ),
            (
                "deliveries",
                .array(
                    parties.flatMap { party in
                        (deliveries[party.id] ?? []).map {
                            $0.summary.with("party", .int(party.id)).with(
                                "scannedToday",
                                (try? store.deliveries.countedToday($0.id, at: snapshot.startedAt)).map(JSON.int))
                        }
                    })
            ),
            (
                "lastCalls",
                .array(history.prefix(5).map { PastCall($0, routing).json })
            ),
        ]
    }

    /// The page of the site's own program about this call, for whoever sits at `desk`.
    private func address(for desk: String) -> JSON? {
        var values = known
        values[.extension] = String(desk.prefix { $0 != "@" })
        return link?.url(values).map(JSON.string)
    }

    private static func json(_ number: PhoneNumber) -> JSON {
        .object([
            ("display", .string(number.display)), ("e164", number.e164.map(JSON.string)),
            ("kind", .string(number.kind.rawValue)),
        ])
    }

    /// The card as one person sees it: their own leg decides whether it rings, talks or is over. In nobody's place it is
    /// over, and says nothing more.
    func json(in place: CallRouting.Place?, _ snapshot: CallSnapshot) -> JSON {
        switch place {
        case nil:
            return .object([
                ("call", .string(snapshot.call)), ("rev", .int(snapshot.revision)), ("mine", "gone"),
            ])
        case .watching(let team):
            return .object(fields + [("mine", snapshot.state == .ended ? "over" : "watched"), ("team", .string(team))])
        case .own(let desk):
            let mine = snapshot.leg(of: desk)
            let state: String
            switch mine?.state {
            case .dialling: state = "dialling"
            case .ringing: state = "ringing"
            case .talking: state = "talking"
            case .held: state = "held"
            case .ended where (snapshot.missedBy + snapshot.perhapsMissedBy).contains(desk): state = "missed"
            case nil where snapshot.isByNumber(desk): state = snapshot.stateByNumber
            case .ended, nil: state = "over"
            }
            let json = JSON.object(
                fields + [
                    ("desk", .string(desk)), ("mine", .string(state)), ("rang", mine?.rangAt.map(JSON.int)),
                    (
                        "answered",
                        (mine?.answeredAt ?? (mine?.dialledAt == nil ? nil : snapshot.answeredAt)).map(JSON.int)
                    ),
                    ("dialledAt", mine?.dialledAt.map(JSON.int)),
                    ("myCause", mine?.cause.map { .string($0.rawValue) }), ("link", address(for: desk)),
                ])
            guard snapshot.direction == .internal, snapshot.caller?.number == desk else { return json }
            return json.with("number", dialled).with("sentName", "")
        }
    }
}

extension CallSnapshot {
    fileprivate var stateByNumber: String {
        if state == .ended { return answeredAt == nil ? "missed" : "over" }
        return answeredAt == nil ? "ringing" : "talking"
    }
}
