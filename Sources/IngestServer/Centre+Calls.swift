import Depot
import Followers
import Model
import Platform
import SQLite

/// Calls: what is kept of them, what people write about them, and dialling.
extension Centre {
    /// A call that ended, before its journal copy comes; in the order of their ends.
    nonisolated func take(ended snapshot: CallSnapshot, agent: String) {
        executor.run { self.assumeIsolated { $0.keep(snapshot, agent: agent) } }
    }

    private func keep(_ snapshot: CallSnapshot, agent: String) {
        // Whole or not at all: its journal copy would not repair a half.
        do {
            try store.database.transaction {
                _ = try store.save(snapshot, agent: agent, key: CallKey.of(snapshot, plan: plans.plan(of: agent)))
            }
        } catch { failed(error) }
        follow()
        // What was written about it has gone along: the other's card shows it now.
        if let into = snapshot.mergedInto { board.post(again: into) }
    }

    /// Calls that a script of an exchange pushes: kept before anything is acknowledged. The ids that the script may
    /// forget, and how many lines meant nothing.
    func push(_ body: [UInt8], from feed: String) async throws -> (acks: [String], noise: Int) {
        let now = Clocks.wall
        var pushed = feeds[feed] ?? PushedCalls(feed, at: now)
        if feeds[feed] == nil {
            for row in try store.runningCalls(since: now - Board.callLife) where row.agent == feed {
                pushed.resume(row.snapshot.told(by: feed))
            }
        }
        let result = pushed.take(body, at: now)
        let plan = plans.plan(of: feed)
        let snapshots = result.snapshots.map { plan.placed($0).filed(under: feed) }
        try store.database.transaction {
            for snapshot in snapshots {
                _ = try store.save(snapshot, agent: feed, key: CallKey.of(snapshot, plan: plan))
            }
        }
        feeds[feed] = pushed
        for snapshot in snapshots { await board.call(snapshot, agent: feed) }
        return (result.acks, result.noise)
    }

    // MARK: notes

    enum NoteRefusal: Error {
        case noCall
        /// Two exchanges have a call of this name.
        case ambiguous
        /// Somebody else wrote meanwhile.
        case changed(CallNote?)
    }

    /// Writes what people say about a call over revision `base`; a field that is nil stays.
    func write(
        note: String?, disposition: String?, party: Int64?, on call: String, over base: Int64, person: Person
    ) async throws -> CallNote {
        guard let named = try store.filed(call: call) else { throw NoteRefusal.ambiguous }
        let call = await board.present(named)
        let before = try store.call(call)
        guard await board.mayWrite(call, before?.snapshot, person) else { throw NoteRefusal.noCall }
        let old = try store.note(of: call)
        let new = CallNote(
            revision: 0, note: note ?? old?.note ?? "",
            disposition: disposition.map { $0.isEmpty ? nil : $0 } ?? old?.disposition,
            party: party.map { $0 == 0 ? nil : $0 } ?? old?.party, who: person.name, at: Clocks.wall)
        let saved = try store.database.transaction {
            guard let saved = try store.write(new, of: call, over: base) else { throw NoteRefusal.changed(old) }
            try store.tell(Fact(.callNoted, call), by: person.author, at: new.at)
            return saved
        }
        follow()
        return saved
    }

    // MARK: missed calls

    /// The call and those of the same story, which one person sees as one line.
    private func story(of call: String, _ person: Person) async throws -> [CallRow] {
        let call = try store.filed(call: call) ?? call
        let rows = try store.missedCalls(of: await board.shared(person))
        return CallStory.of(rows).first { $0.rows.contains { $0.snapshot.call == call } }?.rows ?? []
    }

    func settleMissed(_ call: String, person: Person) async throws -> Bool {
        let now = Clocks.wall
        let rows = try await story(of: call, person)
        try store.database.transaction {
            for row in rows { _ = try store.settleMissed(row.snapshot.call, who: person.name, at: now) }
        }
        follow()
        return !rows.isEmpty
    }

    /// One of a team says that they will call back, or gives it back.
    func takeMissed(_ call: String, _ takes: Bool, person: Person) async throws -> Bool {
        let now = Clocks.wall
        let rows = try await story(of: call, person)
        defer { follow() }
        return try store.database.transaction {
            var done = false
            for row in rows {
                done =
                    try store.takeMissed(row.snapshot.call, who: takes ? person.name : nil, by: person.name, at: now)
                    || done
            }
            return done
        }
    }

    /// Forgets calls older than the site keeps them; true when there may be more.
    func forgetOldCalls() throws -> Bool {
        guard configuration.retentionDays > 0 else { return false }
        return try store.forgetCalls(before: Clocks.wall - Int64(configuration.retentionDays) * 86_400_000) > 0
    }

    // MARK: click to call

    enum DialRefusal: Error {
        case noDesk, noGateway, noRight, noRightAbroad
        case tooMany(Int)
        case number(PhoneNumber.Kind, premium: Bool)
    }

    /// Rings the person's own telephone, then theirs. The id comes from the click: the same click dials once.
    func dial(_ number: String, click id: String, person: Person) throws -> CommandProgress {
        guard let desk = person.desk else { throw DialRefusal.noDesk }
        if let known = try store.progress(ofCommand: id, user: person.id) { return known }
        let rights = configuration.dialRights
        guard rights.callers?.contains(person.name) ?? true else { throw DialRefusal.noRight }
        guard let agent = try gatewayForCalls(of: desk) else { throw DialRefusal.noGateway }
        let plan = plans.plan(of: agent)
        let parsed = plan.number(number)
        guard parsed.kind == .subscriber || parsed.kind == .extension,
            !parsed.premium || rights.premium.contains(person.name)
        else { throw DialRefusal.number(parsed.kind, premium: parsed.premium) }
        if parsed.kind == .subscriber, !parsed.isDomestic, !(rights.abroad?.contains(person.name) ?? true) {
            throw DialRefusal.noRightAbroad
        }
        let now = Clocks.wall
        let recent = (dials[person.id] ?? []).filter { now - $0 < 60_000 }
        guard recent.count < rights.perMinute else { throw DialRefusal.tooMany(rights.perMinute) }
        let command = Command(
            id: id,
            action: .dial(
                extension: String(desk.prefix { $0 != "@" }), number: plan.dial(parsed), display: parsed.national,
                device: nil),
            issued: now, ttl: Centre.dialLife)
        do { try store.add(command, agent: agent, user: person.id) } catch let error as SQLiteError
            where error.isConstraint
        {
            return CommandProgress(id: id, state: .accepted, cause: "already asked")
        }
        dials[person.id] = recent + [now]
        try store.tell(Fact(.dialled, id, desk), by: person.author, at: now)
        send(.command(agent: agent, command))
        return CommandProgress(id: id, state: .accepted)
    }

    func cancel(_ id: String, person: Person) throws -> Bool {
        guard let agent = try store.agent(ofCommand: id, user: person.id) else { return false }
        var random = SystemRandomNumberGenerator()
        let now = Clocks.wall
        let command = Command(
            id: ULID.make(at: now, using: &random), action: .cancel(command: id), issued: now, ttl: Centre.dialLife)
        try store.add(command, agent: agent, user: nil)
        send(.command(agent: agent, command))
        return true
    }

    /// A gateway whose exchange works and that may telephone: of the telephone's own site where it names one; those that
    /// somebody has confirmed before others, and of several the one that tells of this telephone's calls.
    private func gatewayForCalls(of desk: String) throws -> String? {
        let site = desk.split(separator: "@").dropFirst().first.map(String.init)
        let book = try store.gatewayBook()
        let ready = try store.agents().filter { row in
            row.online && (site == nil || row.site == site) && book.mayTelephone(agent: row.name)
                && (row.status?["devices"]?.list ?? []).contains {
                    $0["kind"]?.text == "telephony" && $0["state"]?.text == "ready"
                }
        }.map(\.name)
        let confirmed = ready.filter { book.grants[$0]?.state == .confirmed }
        let agents = confirmed.isEmpty ? ready : confirmed
        return try store.teller(ofDesk: desk, among: agents) ?? agents.first
    }

    /// How far a command has come, as the agent says that was asked; what another says of it is nothing.
    func advance(_ progress: CommandProgress, from agent: String) {
        let progress = progress.filed(under: agent)
        do {
            guard let (user, _) = try store.advance(progress, from: agent), let user else { return }
            board.post([PageMessage(.command, progress.json)], to: user)
        } catch { failed(error) }
    }

    /// Tells whoever clicked that nobody took it up; called now and then.
    func expireCommands() async throws {
        let now = Clocks.wall
        for (id, user) in try store.expireCommands(at: now) {
            guard let user else { continue }
            await board.tell(user, PageMessage(.command, CommandProgress(id: id, state: .expired).json))
        }
    }
}

/// The calls of one script. A value: bodies and time go in, snapshots come out.
struct PushedCalls {
    private var fold: CallFeedFold
    private var book: CallBook

    /// Revisions grow with each start of the centre, because they begin with its time.
    init(_ name: String, at now: Int64) {
        fold = CallFeedFold(source: name)
        book = CallBook(revisionBase: now / 1000 << 20)
    }

    /// One that ran when the centre was restarted.
    mutating func resume(_ snapshot: CallSnapshot) {
        fold.resume(snapshot)
        book.resume(snapshot)
    }

    /// One JSON object a line.
    mutating func take(_ body: [UInt8], at now: Int64) -> (snapshots: [CallSnapshot], acks: [String], noise: Int) {
        var snapshots: [CallSnapshot] = []
        var acks: [String] = []
        var noise = 0
        for line in body.split(separator: 0x0A) {
            guard let json = try? JSON(parsing: line), json.isObject, let told = fold.take(json) else {
                noise += 1
                continue
            }
            if let ack = told.ack { acks.append(ack) }
            for signal in told.signals {
                for snapshot in book.apply(signal, at: now) {
                    // Of what one message brings, the last word about each call counts.
                    snapshots.removeAll { $0.call == snapshot.call }
                    snapshots.append(snapshot)
                }
            }
        }
        return (snapshots, acks, noise)
    }
}
