public import Model
import SQLite

/// Click to call: whose click is dialled, by which agent, and how it goes on. Commands are in the database; the clicks of the last
/// minute are in the value, and read from there by a centre that begins. Whoever asks sends the order, after the desk has returned it.
public struct DiallingDesk {
    /// Seconds that a command may wait for its agent.
    public static let life = 15
    /// The minute of `DialRights.perMinute`, in milliseconds.
    static let minute: Int64 = 60_000

    public typealias Order = AgentOrder

    let store: Store
    public var rights: DialRights
    /// How the site of an agent writes numbers.
    private let plan: (String) -> NumberPlan
    /// When each person clicked.
    private var clicks: [Int64: [Int64]] = [:]

    public init(_ store: Store, rights: DialRights = DialRights(), plan: @escaping (String) -> NumberPlan) {
        (self.store, self.rights, self.plan) = (store, rights, plan)
    }

    /// Rings the person's own telephone, then theirs. The id comes from the click: the same click dials once, and has no order the
    /// second time. Throws `DialRefusal`; then nothing has changed.
    public mutating func dial(
        _ number: String, click id: String, by person: Person, at now: Int64
    ) throws -> (progress: CommandProgress, order: Order?) {
        guard let desk = person.desk else { throw DialRefusal.noDesk }
        if let known = try store.calls.progress(ofCommand: id, user: person.id) { return (known, nil) }
        guard rights.callers?.contains(person.name) ?? true else { throw DialRefusal.noRight }
        guard let agent = try agent(for: desk) else { throw DialRefusal.noGateway }
        let plan = plan(agent)
        let parsed = plan.number(number)
        try check(parsed, for: person)
        let recent = try recent(of: person, at: now)
        let action = Command.Action.dial(
            extension: String(desk.prefix { $0 != "@" }), number: plan.dial(parsed), display: parsed.national,
            device: nil)
        let order = Order(
            agent: agent, command: Command(id: id, action: action, issued: now, ttl: DiallingDesk.life))
        let isNew = try store.transaction {
            do {
                try store.transaction { try store.calls.add(order.command, agent: agent, user: person.id) }
            } catch let error as SQLiteError
                where error.isConstraint
            {
                return false
            }
            try store.tell(Fact(.dialled, id, desk), by: person.author, at: now)
            return true
        }
        // Another person's click has this id.
        guard isNew else { return (CommandProgress(id: id, state: .accepted, cause: "already asked"), nil) }
        clicks[person.id] = recent + [now]
        return (CommandProgress(id: id, state: .accepted), order)
    }

    /// Their clicks of the last minute; throws where there is no room for another.
    private func recent(of person: Person, at now: Int64) throws -> [Int64] {
        let known = try clicks[person.id] ?? store.calls.numbersAsked(by: person.id, since: now - DiallingDesk.minute)
        let recent = known.filter { now - $0 < DiallingDesk.minute }
        guard recent.count < rights.perMinute else { throw DialRefusal.tooMany(rights.perMinute) }
        return recent
    }

    // MARK: calls that run

    /// Ends this person's own part in a call that runs, or refuses it while it rings. Rights, life and ids as for `dial`; throws
    /// `DialRefusal`. `running` is the call as it stands, under the centre's name, and `agent` who tells of it.
    public mutating func hangUp(
        _ running: CallSnapshot?, of agent: String, click id: String, by person: Person, at now: Int64
    ) throws -> (progress: CommandProgress, order: Order?) {
        try act(.hangUp, on: running, of: agent, click: id, by: person, at: now, states: [.ringing, .talking, .held]) {
            (.hangUp(call: $0, extension: $1), nil)
        }
    }

    /// Sends the other side of a call on which this person talks to a number, without asking there first. The number is one that
    /// a click of theirs could dial.
    public mutating func transfer(
        _ running: CallSnapshot?, of agent: String, to number: String, click id: String, by person: Person,
        at now: Int64
    ) throws -> (progress: CommandProgress, order: Order?) {
        let plan = plan(agent)
        let parsed = plan.number(number)
        let rules = self
        return try act(.transfer, on: running, of: agent, click: id, by: person, at: now, states: [.talking, .held]) {
            try rules.check(parsed, for: person)
            let shown = parsed.kind == .extension ? parsed.input : parsed.display
            return (.transfer(call: $0, extension: $1, number: plan.dial(parsed)), "\($1) → \(shown)")
        }
    }

    private mutating func act(
        _ act: CallAct, on running: CallSnapshot?, of agent: String, click id: String, by person: Person, at now: Int64,
        states: Set<CallSnapshot.Leg.State>,
        _ make: (_ call: String, _ desk: String) throws -> (action: Command.Action, detail: String?)
    ) throws -> (progress: CommandProgress, order: Order?) {
        guard let desk = person.desk else { throw DialRefusal.noDesk }
        if let known = try store.calls.progress(ofCommand: id, user: person.id) { return (known, nil) }
        guard rights.callers?.contains(person.name) ?? true else { throw DialRefusal.noRight }
        guard let running, running.state != .ended,
            running.legs.contains(where: { $0.desk == desk && states.contains($0.state) }),
            let told = CallName.told(running.call, by: agent)
        else { throw DialRefusal.noCall }
        guard try store.gateways.can(act, agent: agent, line: CallName.line(running.call, of: agent)) else {
            throw DialRefusal.notHere
        }
        let (action, detail) = try make(told, String(desk.prefix { $0 != "@" }))
        let recent = try recent(of: person, at: now)
        let order = Order(
            agent: agent, command: Command(id: id, action: action, issued: now, ttl: DiallingDesk.life))
        let isNew = try store.transaction {
            do {
                try store.transaction { try store.calls.add(order.command, agent: agent, user: person.id) }
            } catch let error as SQLiteError
                where error.isConstraint
            {
                return false
            }
            let kind: Fact.Kind = act == .hangUp ? .hungUp : .callSentOn
            try store.tell(Fact(kind, running.call, detail ?? desk), by: person.author, at: now)
            return true
        }
        guard isNew else { return (CommandProgress(id: id, state: .accepted, cause: "already asked"), nil) }
        clicks[person.id] = recent + [now]
        return (CommandProgress(id: id, state: .accepted), order)
    }

    /// Whether this person may have it dialled. Emergency and short numbers are nobody's: they are dialled by hand.
    private func check(_ number: PhoneNumber, for person: Person) throws {
        guard number.kind == .subscriber || number.kind == .extension,
            !number.premium || rights.premium.contains(person.name)
        else { throw DialRefusal.number(number.kind, premium: number.premium) }
        guard number.kind == .extension || number.isDomestic || rights.abroad?.contains(person.name) ?? true else {
            throw DialRefusal.noRightAbroad
        }
    }

    /// Gives up the call that a click of this person started; nil when they started none of this name. `cancel` is the id of the
    /// new command.
    public func cancel(_ id: String, as cancel: String, by person: Person, at now: Int64) throws -> Order? {
        guard let agent = try store.calls.agent(ofCommand: id, user: person.id) else { return nil }
        let command = Command(id: cancel, action: .cancel(command: id), issued: now, ttl: DiallingDesk.life)
        try store.calls.add(command, agent: agent, user: nil)
        return Order(agent: agent, command: command)
    }

    /// How far a command has come, as the agent says that was asked; what another says of it is nothing. Whom to tell, and of what;
    /// nil where nothing has changed, or nobody clicked.
    public func advance(
        _ progress: CommandProgress, from agent: String
    ) throws -> (user: Int64, progress: CommandProgress)? {
        var progress = progress.filed(under: agent)
        progress.presents = progress.presents.map { plan(agent).number($0).display }
        guard let (user, _) = try store.calls.advance(progress, from: agent), let user else { return nil }
        return (user, progress)
    }

    /// Clicks that no agent took up in time, with whom to tell.
    public func expire(at now: Int64) throws -> [(user: Int64, progress: CommandProgress)] {
        try store.calls.expireCommands(at: now).compactMap { id, user in
            user.map { ($0, CommandProgress(id: id, state: .expired)) }
        }
    }

    /// One whose exchange works and that may telephone: of the telephone's own site where it names one; those that somebody has
    /// confirmed before others, and of several the one that tells of this telephone's calls.
    private func agent(for desk: String) throws -> String? {
        let site = desk.split(separator: "@").dropFirst().first.map(String.init)
        let book = try store.gateways.book()
        let ready = try store.gateways.rows().filter { row in
            row.online && (site == nil || row.site == site) && book.mayTelephone(agent: row.name)
                && (row.status?["devices"]?.list ?? []).contains {
                    $0["kind"]?.text == "telephony" && $0["state"]?.text == "ready"
                }
        }.map(\.name)
        let confirmed = ready.filter { book.grants[$0]?.state == .confirmed }
        let agents = confirmed.isEmpty ? ready : confirmed
        return try store.calls.teller(ofDesk: desk, among: agents) ?? agents.first
    }
}

extension CallTable {
    /// When this person had a number dialled, or a call sent to one, in Unix milliseconds.
    func numbersAsked(by user: Int64, since: Int64) throws -> [Int64] {
        try database.rows(
            "SELECT issued FROM command WHERE user=? AND issued>=? AND body LIKE '%\"number\"%' ORDER BY issued",
            .integer(user), .integer(since)
        ) { $0.integer(0) }
    }
}
