import Depot
import Model

/// Who is calling, as an agent needs to see it: the names from the local directory, open deliveries, last calls.
struct CallCard {
    private let fields: [(String, JSON?)]
    /// The site's own program, and what its address needs.
    private let link: CardLink?
    private let known: [CardLink.Place: String]
    /// Whom a call between own telephones is for, as whoever dialled it sees it.
    private let dialled: JSON?

    init(
        _ snapshot: CallSnapshot, agent: String, plan: NumberPlan, store: Store, routing: CallRouting,
        link: CardLink? = nil
    ) {
        self.link = link
        dialled = snapshot.called.map { CallCard.number.json(plan.number($0, dialled: true)) }
        let withheld = CallKey.isWithheld(snapshot)
        let number = CallKey.number(of: snapshot, plan: plan)
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
        let content = Content(
            snapshot: snapshot, agent: agent, number: number, withheld: withheld,
            dialled: snapshot.called.map { plan.number($0).display },
            clients: parties.map { party in
                Client(
                    party: party, openDeliveries: deliveries[party.id]?.count ?? 0,
                    chosen: choice.flatMap { $0.party == party.id ? ($0.who, $0.at) : nil })
            }, isGuess: isGuess,
            deliveries: parties.flatMap { party in
                (deliveries[party.id] ?? []).map {
                    Delivery(
                        view: $0, party: party.id,
                        scannedToday: try? store.deliveries.countedToday($0.id, at: snapshot.startedAt))
                }
            }, history: history.prefix(5).map { PastCall($0, routing) }, again: again, note: note,
            routing: routing)
        fields = Content.shape.members(content)
    }

    /// The page of the site's own program about this call, for whoever sits at `desk`.
    private func address(for desk: String) -> String? {
        var values = known
        values[.extension] = String(desk.prefix { $0 != "@" })
        return link?.url(values)
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
            return json(Standing(mine: snapshot.state == .ended ? .over : .watched, team: team))
        case .own(let desk):
            let mine = snapshot.leg(of: desk)
            let word: Standing.Word =
                switch mine?.state {
                case .dialling: .dialling
                case .ringing: .ringing
                case .talking: .talking
                case .held: .held
                case .ended where (snapshot.missedBy + snapshot.perhapsMissedBy).contains(desk): .missed
                case nil where snapshot.isByNumber(desk): snapshot.stateByNumber
                case .ended, nil: .over
                }
            let json = json(
                Standing(
                    mine: word, desk: desk, leg: mine, answeredAt: mine?.dialledAt == nil ? nil : snapshot.answeredAt,
                    link: address(for: desk)))
            guard snapshot.direction == .internal, snapshot.caller?.number == desk else { return json }
            return json.with("number", dialled).with("sentName", "")
        }
    }

    private func json(_ standing: Standing) -> JSON { .object(fields + Standing.shape.members(standing)) }
}

extension CallSnapshot {
    fileprivate var stateByNumber: CallCard.Standing.Word {
        if state == .ended { return answeredAt == nil ? .missed : .over }
        return answeredAt == nil ? .ringing : .talking
    }
}
