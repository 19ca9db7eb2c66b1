import Depot
import Followers
import Model
import Platform

/// Lists of calls as people see them: missed, past, to be called back; and the file of them.
struct CallLists {
    let reads: LongReads
    let live: LiveView
    let plans: SitePlans
    let present: Locked<IngestConfiguration>

    /// Nil where no ERP is configured.
    private var queue: QueueFollower? { CentreFollowers(present.with { $0 }, plans).queue }

    private func card(_ row: CallRow, _ routing: CallRouting, _ store: Store) -> CallCard {
        CallCard(
            row.snapshot, agent: row.agent, plan: plans.plan(of: row.agent), store: store, routing: routing,
            link: present.with { $0.cardLink })
    }

    func missed(for person: Person) async throws -> [JSON] {
        let routing = await live.routing
        return try await reads.read { store in
            CallStory.of(try store.calls.missed(of: routing.shared(person.id))).map {
                story($0, person, routing, store)
            }
        }
    }

    /// What a person wants to be reminded of, and what their teams do for somebody who was not there.
    func reminders(for person: Person) async throws -> [JSON] {
        let routing = await live.routing
        let (scope, now) = (routing.shared(person.id), Clocks.wall)
        let place = CallRouting.Place.own(desk: routing.desks[person.id] ?? "")
        return try await reads.read { store in
            try store.reminders.rows(of: person.id, seeing: scope, at: now).compactMap { reminder in
                guard let row = try store.calls.row(reminder.call) else { return nil }
                let line = reminder.json.with(
                    "card", person.shown(card(row, routing, store).json(in: place, row.snapshot)))
                if let told = try store.jobs.told(of: reminder) {
                    return line.with("erpJob", person.shown(told.job.json))
                }
                let isKnown = try queue?.client(of: row, in: store)?.party.erp != nil
                let mayPush = isKnown && reminder.user == person.id && reminder.doneBy == nil
                return line.with("mayPush", mayPush ? .bool(true) : nil)
            }
        }
    }

    func history(
        for person: Person, team: Bool = false, matching text: String = "", from: Int64 = 0, to: Int64 = .max,
        limit: Int = 50
    ) async throws -> [JSON] {
        let routing = await live.routing
        let scope = team ? routing.shared(person.id) : routing.own(person.id)
        return try await reads.read { store in
            let rows = try store.calls.rows(of: scope, matching: text, from: from, to: to, limit: limit)
            return CallStory.of(rows).map { story($0, person, routing, store) }
        }
    }

    private func story(_ story: CallStory, _ person: Person, _ routing: CallRouting, _ store: Store) -> JSON {
        let row = story.newest
        let desk = routing.desks[person.id] ?? ""
        var json = person.shown(card(row, routing, store).json(in: .own(desk: desk), row.snapshot))
        if story.rows.count > 1 {
            json = json.with("calls", .array(story.rows.map { .string($0.snapshot.call) }))
        }
        guard let missed = row.missed else { return json }
        return json.with(
            "taken", .object([("by", missed.takenBy.map(JSON.string)), ("done", missed.doneBy.map(JSON.string))]))
    }

    /// The last calls with a client, among those that this person may see.
    func lastCalls(with party: PartyView, for person: Person) async throws -> [JSON] {
        let routing = await live.routing
        let scope = routing.shared(person.id)
        return try await reads.read { store in
            let keys = try store.parties.keys(of: party.id)
            return try keys.flatMap { try store.calls.rows(key: $0, limit: 20) }.filter { scope.covers($0.snapshot) }
                .sorted { $0.snapshot.startedAt > $1.snapshot.startedAt }.prefix(10).map {
                    person.shown(PastCall($0, routing).json)
                }
        }
    }

    /// The history as a spreadsheet opens it.
    func export(for person: Person, matching text: String, from: Int64, to: Int64) async throws -> String {
        let routing = await live.routing
        let scope = routing.shared(person.id)
        return try await reads.read { store in
            let rows = try store.calls.rows(
                of: scope, matching: text, from: from, to: to, limit: CallLists.exportLimit)
            return try rows.reduce(into: CallLists.head) { $0 += try line($1, routing, store, person) }
        }
    }

    private static let head =
        "\u{FEFF}"
        + CSV.line([
            "started", "direction", "number", "name", "called", "queue", "answered_by", "missed_by", "ring_s",
            "talk_s", "cause", "disposition", "note", "clock_s",
        ])

    private func line(
        _ row: CallRow, _ routing: CallRouting, _ store: Store, _ person: Person
    ) throws -> String {
        let (snapshot, isMasked) = (row.snapshot, !person.may(.personal))
        let number = CallKey.number(of: snapshot, plan: plans.plan(of: row.agent))
        let party = try row.note?.party.flatMap { try store.parties.view($0) }
        let parties = try number.map { try store.parties.rows(key: $0.key) } ?? []
        let known = party ?? (parties.count == 1 ? parties[0] : nil)
        let end = snapshot.endedAt ?? snapshot.startedAt
        // As on the card: without the right to clients the number stands alone.
        let name =
            person.may(.clientsSee)
            ? known.map { [$0.company, $0.name].filter { !$0.isEmpty }.joined(separator: ", ") }
                ?? (CallKey.isWithheld(snapshot) ? "" : snapshot.caller?.name ?? "")
            : snapshot.direction == .internal ? snapshot.caller?.name ?? "" : ""
        func shown(_ text: String) -> String { isMasked ? PersonalMask.number(text) : text }
        return CSV.line([
            Reports.written(snapshot.startedAt), snapshot.direction?.rawValue ?? "",
            shown(number?.display ?? ""), isMasked && !name.isEmpty ? known?.company ?? PersonalMask.name : name,
            shown(snapshot.called ?? ""),
            snapshot.queue ?? "",
            snapshot.answeredBy.map(routing.label).joined(separator: " "),
            snapshot.missedBy.map(routing.label).joined(separator: " "),
            String(((snapshot.answeredAt ?? end) - snapshot.startedAt) / 1000),
            String(snapshot.answeredAt.map { (end - $0) / 1000 } ?? 0), snapshot.cause?.rawValue ?? "",
            row.note?.disposition ?? "", row.note.map { isMasked ? PersonalMask.text($0.note) : $0.note } ?? "",
            snapshot.clockCorrection.map { String($0 / 1000) } ?? "",
        ])
    }

    /// Calls in one file at most.
    static let exportLimit = 100_000
}
