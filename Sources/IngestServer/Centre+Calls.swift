import Ingest
import Model
import Platform
import SQLite

/// Calls: who sees the card, what is written on it, what was missed, and dialling.
extension Centre {
    func call(_ snapshot: CallSnapshot, agent: String) {
        let now = Clocks.wall
        var live = calls[snapshot.call] ?? LiveCall(snapshot: snapshot, agent: agent, heard: now)
        guard calls[snapshot.call] == nil || snapshot.revision > live.snapshot.revision else { return }
        // An old journal copy of a call that ended long ago is history, not news.
        if calls[snapshot.call] == nil, snapshot.state == .ended || now &- snapshot.startedAt > Centre.callLife {
            if snapshot.isMissed { missedChanged(snapshot) }
            return
        }
        if calls[snapshot.call] == nil { counters.calls += 1 }
        let rang = Set(live.snapshot.ringingLegs)
        live.snapshot = snapshot
        live.heard = now
        live.told.formUnion(routing.audience(of: snapshot).keys)
        for (person, legs) in live.dismissed {
            let isNew = snapshot.legs.contains {
                $0.state == .ringing && $0.desk == routing.desks[person] && !legs.contains($0.id)
            }
            if isNew { live.dismissed[person] = nil }
        }
        calls[snapshot.call] = snapshot.state == .ended ? nil : live
        if let into = snapshot.mergedInto { try? store.moveNote(from: snapshot.call, to: into) }
        show(live, at: now)
        for leg in snapshot.legs where leg.state == .ringing && !rang.contains(leg.id) {
            note(leg, of: snapshot, at: now)
        }
        if snapshot.state == .ended {
            _ = try? store.save(snapshot, agent: agent, key: CallKey.of(snapshot, plan: plan(of: agent)))
            if snapshot.mergedInto == nil { missedChanged(snapshot) }
        }
        if calls.count > CallBook.limit { calls = calls.filter { now - $0.value.heard < Centre.callLife } }
    }

    /// To everybody who may see it, and to whoever was shown it before and may no more: for them it is over.
    func show(_ live: LiveCall, at now: Int64) {
        guard !live.told.isEmpty else { return }
        let card = card(live.snapshot, agent: live.agent)
        let audience = routing.audience(of: live.snapshot)
        for person in live.told {
            var json = card.json(in: audience[person], live.snapshot)
            if live.dismissed[person] != nil { json = json.with("dismissed", true) }
            hub.tell(person, "call", json, at: now)
        }
    }

    private func note(_ leg: CallSnapshot.Leg, of snapshot: CallSnapshot, at now: Int64) {
        guard let desk = leg.desk else { return }
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

    func missedChanged(_ snapshot: CallSnapshot) {
        guard snapshot.isMissed || snapshot.wasReached else { return }
        missedChanged()
    }

    func missedChanged() {
        for person in Set(routing.desks.keys).union(routing.names.keys) {
            guard !routing.shared(person).desks.isEmpty else { continue }
            hub.tell(person, "missed", .object([]), at: Clocks.wall)
        }
    }

    func card(_ snapshot: CallSnapshot, agent: String) -> CallCard {
        CallCard(snapshot, agent: agent, plan: plan(of: agent), store: store, routing: routing)
    }

    func runningCards(for person: Person) -> [JSON] {
        calls.values.compactMap { live -> (Int64, JSON)? in
            guard live.dismissed[person.id] == nil,
                let place = routing.audience(of: live.snapshot)[person.id], live.snapshot.isRunning(at: place)
            else { return nil }
            return (live.snapshot.startedAt, card(live.snapshot, agent: live.agent).json(in: place, live.snapshot))
        }
        .sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// Put aside in one place, gone in all.
    func dismiss(_ call: String, person: Person) {
        let rings = Set(calls[call]?.snapshot.ringingLegs ?? [])
        calls[call]?.dismissed[person.id] = rings
        hub.tell(person.id, "dismissed", .object([("call", .string(call))]), at: Clocks.wall)
    }

    // MARK: notes

    enum NoteRefusal: Error {
        case noCall
        /// Somebody else wrote meanwhile.
        case changed(CallNote?)
    }

    /// Writes what people say about a call over revision `base`; a field that is nil stays.
    func write(
        note: String?, disposition: String?, party: Int64?, on call: String, over base: Int64, person: Person
    ) throws -> CallNote {
        let row = try store.call(call)
        guard let snapshot = calls[call]?.snapshot ?? row?.snapshot else { throw NoteRefusal.noCall }
        let isTheirs = calls[call]?.told.contains(person.id) ?? false
        guard isTheirs || routing.shared(person.id).covers(snapshot) else { throw NoteRefusal.noCall }
        let old = try store.note(of: call)
        let new = CallNote(
            revision: 0, note: note ?? old?.note ?? "",
            disposition: disposition.map { $0.isEmpty ? nil : $0 } ?? old?.disposition,
            party: party.map { $0 == 0 ? nil : $0 } ?? old?.party, who: person.name, at: Clocks.wall)
        guard let saved = try store.write(new, of: call, over: base) else { throw NoteRefusal.changed(old) }
        if let live = calls[call] {
            show(live, at: Clocks.wall)
        } else {
            hub.tell(
                person.id, "note", .object([("call", .string(call)), ("note", saved.json)]), at: Clocks.wall)
        }
        return saved
    }

    // MARK: lists

    func missedCards(for person: Person) throws -> [JSON] {
        CallStory.of(try store.missedCalls(of: routing.shared(person.id))).map { story($0, person) }
    }

    func history(
        for person: Person, team: Bool = false, matching text: String = "", from: Int64 = 0, to: Int64 = .max,
        limit: Int = 50
    ) throws -> [JSON] {
        let rows = try store.calls(
            of: team ? routing.shared(person.id) : routing.own(person.id), matching: text, from: from, to: to,
            limit: limit)
        return CallStory.of(rows).map { story($0, person) }
    }

    private func story(_ story: CallStory, _ person: Person) -> JSON {
        let row = story.newest
        let desk = routing.desks[person.id] ?? ""
        var json = card(row.snapshot, agent: row.agent).json(in: .own(desk: desk), row.snapshot)
        if story.rows.count > 1 {
            json = json.with("calls", .array(story.rows.map { .string($0.snapshot.call) }))
        }
        guard let missed = row.missed else { return json }
        return json.with(
            "taken", .object([("by", missed.takenBy.map(JSON.string)), ("done", missed.doneBy.map(JSON.string))]))
    }

    /// The history as a spreadsheet opens it.
    func export(for person: Person, matching text: String, from: Int64, to: Int64) throws -> String {
        var lines =
            "\u{FEFF}"
            + CSV.line([
                "started", "direction", "number", "name", "called", "queue", "answered_by", "missed_by", "ring_s",
                "talk_s", "cause", "disposition", "note",
            ])
        let rows = try store.calls(
            of: routing.shared(person.id), matching: text, from: from, to: to, limit: Centre.exportLimit)
        for row in rows {
            let snapshot = row.snapshot
            let outbound = snapshot.direction == .outbound
            let withheld = !outbound && snapshot.caller?.withheld == true
            let raw = outbound ? snapshot.called : snapshot.caller?.number
            let number = withheld ? nil : raw.map { plan(of: row.agent).number($0, dialled: outbound) }
            let party = try row.note?.party.flatMap { try store.party($0) }
            let parties = try number.map { try store.parties(key: $0.key) } ?? []
            let known = party ?? (parties.count == 1 ? parties[0] : nil)
            let end = snapshot.endedAt ?? snapshot.startedAt
            lines += CSV.line([
                rfc3339(snapshot.startedAt), snapshot.direction?.rawValue ?? "", number?.display ?? "",
                known.map { [$0.company, $0.name].filter { !$0.isEmpty }.joined(separator: ", ") }
                    ?? (withheld ? "" : snapshot.caller?.name ?? ""), snapshot.called ?? "", snapshot.queue ?? "",
                snapshot.answeredBy.map(routing.label).joined(separator: " "),
                snapshot.missedBy.map(routing.label).joined(separator: " "),
                String(((snapshot.answeredAt ?? end) - snapshot.startedAt) / 1000),
                String(snapshot.answeredAt.map { (end - $0) / 1000 } ?? 0), snapshot.cause?.rawValue ?? "",
                row.note?.disposition ?? "", row.note?.note ?? "",
            ])
        }
        return lines
    }

    /// Calls in one file at most.
    static let exportLimit = 100_000

    /// The call and those of the same story, which one person sees as one line.
    private func story(of call: String, _ person: Person) throws -> [CallRow] {
        let rows = try store.missedCalls(of: routing.shared(person.id))
        return CallStory.of(rows).first { $0.rows.contains { $0.snapshot.call == call } }?.rows ?? []
    }

    func settleMissed(_ call: String, person: Person) throws -> Bool {
        let now = Clocks.wall
        let rows = try story(of: call, person)
        for row in rows { _ = try store.settleMissed(row.snapshot.call, who: person.name, at: now) }
        if !rows.isEmpty { missedChanged() }
        return !rows.isEmpty
    }

    /// One of a team says that they will call back, or gives it back.
    func takeMissed(_ call: String, _ takes: Bool, person: Person) throws -> Bool {
        let now = Clocks.wall
        var done = false
        for row in try story(of: call, person) {
            done =
                try store.takeMissed(row.snapshot.call, who: takes ? person.name : nil, by: person.name, at: now)
                || done
        }
        if done { missedChanged() }
        return done
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
        guard let agent = try gatewayForCalls() else { throw DialRefusal.noGateway }
        let plan = plan(of: agent)
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
            action: .dial(extension: desk, number: plan.dial(parsed), display: parsed.national, device: nil),
            issued: now, ttl: Centre.dialLife)
        do { try store.add(command, agent: agent, user: person.id) } catch let error as SQLiteError
            where error.isConstraint
        {
            return CommandProgress(id: id, state: .accepted, cause: "already asked")
        }
        dials[person.id] = recent + [now]
        try store.audit("call.dial", subject: id, who: person.name, detail: desk, at: now)
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

    private func gatewayForCalls() throws -> String? {
        try store.agents().first { row in
            row.online
                && (row.status?["devices"]?.list ?? []).contains {
                    $0["kind"]?.text == "telephony" && $0["state"]?.text == "ready"
                }
        }?.name
    }

    func advance(_ progress: CommandProgress) {
        guard let (user, _) = try? store.advance(progress), let user else { return }
        hub.tell(user, "command", progress.json, at: Clocks.wall)
    }

    /// Ends calls whose agent was restarted and has not taken them up again, and those nobody has spoken of for hours:
    /// no card stays open for ever. Called now and then.
    func expireCalls() {
        let now = Clocks.wall
        for live in calls.values {
            let orphaned =
                runs[live.agent].map { live.snapshot.revision >> 32 < $0.counter && now - $0.at > Centre.orphanLife }
                ?? false
            guard orphaned || now - live.heard > Centre.callLife else { continue }
            var lost = live.snapshot
            lost.revision += 1
            lost.state = .ended
            lost.endedAt = now
            lost.cause = .lost
            for index in lost.legs.indices where lost.legs[index].state != .ended {
                lost.legs[index].state = .ended
                lost.legs[index].endedAt = now
                lost.legs[index].cause = .lost
            }
            call(lost, agent: live.agent)
        }
    }

    /// Tells whoever clicked that nobody took it up; called now and then.
    func expireCommands() throws {
        let now = Clocks.wall
        for (id, user) in try store.expireCommands(at: now) {
            guard let user else { continue }
            hub.tell(user, "command", CommandProgress(id: id, state: .expired).json, at: now)
        }
    }
}

extension CallSnapshot {
    var ringingLegs: [String] { legs.filter { $0.state == .ringing }.map(\.id) }

    /// Whether somebody who opens a page now should find its card.
    fileprivate func isRunning(at place: CallRouting.Place) -> Bool {
        guard state != .ended else { return false }
        switch place {
        case .own(let desk): return isByNumber(desk) || legs.contains { $0.desk == desk && $0.state != .ended }
        case .watching: return true
        }
    }
}
