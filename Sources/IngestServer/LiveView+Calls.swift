import Depot
import Followers
import Model
import Platform

/// Running calls: their cards, to whoever may see them, and what is asked and written about them meanwhile.
extension LiveView {
    /// What an agent says of a call, as soon as it comes; `done` afterwards, with whether a telephone began to ring.
    nonisolated func post(_ snapshot: CallSnapshot, agent: String, done: @escaping @Sendable (_ rang: Bool) -> Void) {
        executor.run { done(self.assumeIsolated { $0.call(snapshot, agent: agent) }) }
    }

    /// The card of a call about which something was written elsewhere.
    nonisolated func post(again call: String) { executor.run { self.assumeIsolated { $0.showAgain(call) } } }

    /// An agent's newest run.
    nonisolated func post(greeting agent: String, run counter: Int64) {
        executor.run { self.assumeIsolated { $0.calls.greet(agent, run: counter, at: Clocks.wall) } }
    }

    /// Whether a telephone began to ring.
    @discardableResult func call(_ snapshot: CallSnapshot, agent: String) -> Bool {
        let now = Clocks.wall
        switch calls.take(snapshot, agent: agent, routing: routing, at: now) {
        case .nothing: return false
        case .past(let changesMissed):
            if changesMissed { missedChanged() }
            return false
        case .changed(let change):
            if names != nil, calls.names(snapshot.call) { nameTelephones(of: snapshot, agent: agent, at: now) }
            if change.isOver { keep(snapshot, agent) }
            show(change.call, to: change.audience, at: now)
            for leg in change.rang { note(leg, of: snapshot, at: now) }
            guard let lookUp, !change.call.told.isEmpty, !change.isOver else { return !change.rang.isEmpty }
            // The name is on its way; what the ERP knows comes when it comes.
            for party in clients(of: snapshot, agent: agent) where calls.asks(about: party.id, for: snapshot.call) {
                lookUp(snapshot.call, party)
            }
            return !change.rang.isEmpty
        }
    }

    /// The client's name on the telephones that ring, before anything else is done for the call: 300 ms are all there is.
    private func nameTelephones(of snapshot: CallSnapshot, agent: String, at now: Int64) {
        var random = SystemRandomNumberGenerator()
        let name = TelephoneName(store, plan: plans.plan(of: agent))
        let id = ULID.make(at: now, using: &random)
        guard let order = try? name.order(for: snapshot, of: agent, id: id, at: now) else { return }
        names?.post(.command(agent: order.agent, order.command))
    }

    /// A call that has ended is written down, in the order of the ends.
    private func keep(_ snapshot: CallSnapshot, _ agent: String) {
        let plan = plans.plan(of: agent)
        writer.post { [weak self] desks, _ in
            // What was written about it goes along: the other's card shows it then.
            defer { if let into = snapshot.mergedInto { self?.post(again: into) } }
            try desks.calls.keep(snapshot, of: agent, plan: plan)
        }
    }

    /// Ends calls whose agent does not tell of them any more: no card stays open for ever. Called now and then.
    func expireCalls() {
        let now = Clocks.wall
        for live in calls.expired(at: now) { call(live.snapshot.lost(at: now), agent: live.agent) }
    }

    // MARK: cards

    /// To everybody who may see it, and to whoever was shown it before and may no more: for them it is over.
    private func show(_ live: LiveCalls.Call, to audience: [Int64: CallRouting.Place]? = nil, at now: Int64) {
        guard !live.told.isEmpty else { return }
        let card = card(live.snapshot, agent: live.agent)
        let audience = audience ?? routing.audience(of: live.snapshot)
        for person in live.told {
            var json = card.json(in: audience[person], live.snapshot)
            if live.isDismissed(by: person) { json = json.with("dismissed", true) }
            hub.tell(person, PageMessage(.call, json), at: now)
        }
    }

    /// Every open card, with what has become known meanwhile.
    func showAll() {
        let now = Clocks.wall
        for live in calls.all { show(live, at: now) }
    }

    /// One that runs: something was written about it elsewhere.
    func showAgain(_ call: String) {
        if let live = calls[call] { show(live, at: Clocks.wall) }
    }

    private func card(_ snapshot: CallSnapshot, agent: String) -> CallCard {
        CallCard(snapshot, agent: agent, plan: plans.plan(of: agent), store: store, routing: routing, link: link)
    }

    func runningCards(for person: Person) -> [JSON] {
        calls.cards(for: person.id, routing: routing).map { snapshot, agent, place in
            person.shown(card(snapshot, agent: agent).json(in: place, snapshot))
        }
    }

    /// Put aside in one place, gone in all.
    func dismiss(_ call: String, person: Person) {
        calls.dismiss(call, by: person.id)
        tell(person.id, PageMessage(.dismissed, .object([("call", .string(call))])))
    }

    func missedChanged() {
        for person in Set(routing.desks.keys).union(routing.names.keys) {
            guard !routing.shared(person).desks.isEmpty else { continue }
            hub.tell(person, PageMessage(.missed), at: Clocks.wall)
        }
    }

    // MARK: why there was a card

    private func note(_ leg: CallSnapshot.Leg, of snapshot: CallSnapshot, at now: Int64) {
        // Where no card is wanted, none is missing.
        guard let desk = leg.desk, snapshot.direction != .internal || routing.hasInternalCards(desk) else { return }
        let people = routing.claimants(of: desk)
        journal.rang(
            LegJournal.Entry(
                at: now, call: snapshot.call, leg: leg.id, desk: desk,
                people: people.map { routing.names[$0] ?? "?" }, browsers: people.flatMap { hub.labels(of: $0) }))
    }

    /// A browser says that it has drawn the card.
    func shown(_ call: String, by socket: BrowserSocket) {
        guard let desk = routing.desks[socket.person] else { return }
        journal.shown(call, desk: desk, browser: socket.label, at: Clocks.wall)
    }

    /// The last legs that rang, with what became of their cards: those of one's own telephone and of one's teams.
    func explanations(for person: Person) -> [JSON] {
        let scope = routing.shared(person.id)
        return journal.entries.filter { scope.desks.contains($0.desk) }.map(\.json)
    }

    // MARK: clients

    /// Who it may be, as the ERP knows them: at most three.
    private func clients(of snapshot: CallSnapshot, agent: String) -> [PartyView] {
        guard let number = CallKey.number(of: snapshot, plan: plans.plan(of: agent)), number.kind != .extension
        else { return [] }
        return ((try? store.parties.rows(key: number.key)) ?? []).filter { $0.erp != nil }.prefix(3).map(\.self)
    }

    /// A page that was opened again has lost what the ERP said of the clients on the telephone.
    func lookUpAgain(for person: Person) {
        guard let lookUp else { return }
        for live in calls.all where live.told.contains(person.id) {
            for party in clients(of: live.snapshot, agent: live.agent) { lookUp(live.snapshot.call, party) }
        }
    }

    /// What the ERP knows of a client, to whoever has the card; money for those who may see it.
    func client(_ party: Int64, on call: String, plain: JSON, withPrices: JSON) {
        guard let live = calls[call] else { return }
        for person in live.told {
            var rights: Set<Permission> = []
            var isOpen = false
            if let row = try? store.people.user(id: person) { rights = row.permissions }
            if let open = try? store.people.isOpenHouse() { isOpen = open }
            let json = isOpen || rights.contains(.prices) ? withPrices : plain
            tell(
                person,
                PageMessage(.client, .object([("call", .string(call)), ("party", .int(party)), ("erp", json)])))
        }
    }

    // MARK: what people do with them

    /// A call that runs, and which agent tells of it.
    func running(_ call: String) -> (snapshot: CallSnapshot, agent: String)? {
        calls[calls.present(call)].map { ($0.snapshot, $0.agent) }
    }

    /// The call that this one has become by now, and what a person may see of it. Throws `CallDesk.Refusal.ambiguous`.
    func sight(of call: String, by person: Person) throws -> (call: String, sight: CallDesk.Sight) {
        calls.sight(of: try CallDesk(store).name(of: call), by: person.id, routing: routing)
    }

    /// They have a page open.
    func isThere(_ person: Int64) -> Bool { !hub.labels(of: person).isEmpty }

    /// It is time to call back: to whoever wanted to, and to their teams where they are not there.
    func tell(_ reminder: Reminder) {
        guard let row = try? store.calls.row(reminder.call) else { return }
        let card = card(row.snapshot, agent: row.agent)
        let team =
            reminder.isTeams ? routing.names.keys.filter { routing.shared($0).covers(row.snapshot) } : []
        for person in Set(team).union([reminder.user]) {
            let place = CallRouting.Place.own(desk: routing.desks[person] ?? "")
            let json = reminder.json.with("card", card.json(in: place, row.snapshot))
            hub.tell(person, PageMessage(.reminder, json), at: Clocks.wall)
        }
    }
}
