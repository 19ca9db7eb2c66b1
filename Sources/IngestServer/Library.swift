import Depot
import Model
import Platform

/// Lists of calls: an actor with a view of the database of its own, because a list of a year holds up no card.
actor Library {
    private let executor = QueueExecutor("quai.library")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let store: Store
    private let plans: SitePlans
    private let link: CardLink?
    private let board: Board

    init(configuration: IngestConfiguration, plans: SitePlans, board: Board) throws {
        store = try Store(reading: configuration.database)
        self.plans = plans
        link = configuration.cardLink
        self.board = board
    }

    /// Reads what may take long: no card waits for it.
    func read<T: Sendable>(_ body: @Sendable (Store) throws -> T) rethrows -> T { try body(store) }

    private func card(_ snapshot: CallSnapshot, agent: String, _ routing: CallRouting) -> CallCard {
        CallCard(snapshot, agent: agent, plan: plans.plan(of: agent), store: store, routing: routing, link: link)
    }

    func missedCards(for person: Person) async throws -> [JSON] {
        let routing = await board.routing
        return CallStory.of(try store.calls.missedCalls(of: routing.shared(person.id))).map {
            story($0, person, routing)
        }
    }

    /// What a person wants to be reminded of, and what their teams do for somebody who was not there.
    func reminders(for person: Person) async throws -> [JSON] {
        let routing = await board.routing
        let scope = routing.shared(person.id)
        return try store.reminders.rows(of: person.id, seeing: scope, at: Clocks.wall).compactMap { reminder in
            guard let row = try store.calls.call(reminder.call) else { return nil }
            let place = CallRouting.Place.own(desk: routing.desks[person.id] ?? "")
            return reminder.json.with(
                "card", card(row.snapshot, agent: row.agent, routing).json(in: place, row.snapshot))
        }
    }

    func history(
        for person: Person, team: Bool = false, matching text: String = "", from: Int64 = 0, to: Int64 = .max,
        limit: Int = 50
    ) async throws -> [JSON] {
        let routing = await board.routing
        let rows = try store.calls.rows(
            of: team ? routing.shared(person.id) : routing.own(person.id), matching: text, from: from, to: to,
            limit: limit)
        return CallStory.of(rows).map { story($0, person, routing) }
    }

    private func story(_ story: CallStory, _ person: Person, _ routing: CallRouting) -> JSON {
        let row = story.newest
        let desk = routing.desks[person.id] ?? ""
        var json = card(row.snapshot, agent: row.agent, routing).json(in: .own(desk: desk), row.snapshot)
        if story.rows.count > 1 {
            json = json.with("calls", .array(story.rows.map { .string($0.snapshot.call) }))
        }
        guard let missed = row.missed else { return json }
        return json.with(
            "taken", .object([("by", missed.takenBy.map(JSON.string)), ("done", missed.doneBy.map(JSON.string))]))
    }

    /// The last calls with a client, among those that this person may see.
    func lastCalls(with party: PartyView, for person: Person) async throws -> [JSON] {
        let scope = await board.routing.shared(person.id)
        let routing = await board.routing
        let keys = try store.parties.keys(of: party.id)
        return try keys.flatMap { try store.calls.rows(key: $0, limit: 20) }.filter { scope.covers($0.snapshot) }
            .sorted { $0.snapshot.startedAt > $1.snapshot.startedAt }.prefix(10).map {
                PastCall($0, routing).json
            }
    }

    /// The history as a spreadsheet opens it.
    func export(for person: Person, matching text: String, from: Int64, to: Int64) async throws -> String {
        let routing = await board.routing
        var lines =
            "\u{FEFF}"
            + CSV.line([
                "started", "direction", "number", "name", "called", "queue", "answered_by", "missed_by", "ring_s",
                "talk_s", "cause", "disposition", "note", "clock_s",
            ])
        let rows = try store.calls.rows(
            of: routing.shared(person.id), matching: text, from: from, to: to, limit: Library.exportLimit)
        for row in rows {
            let snapshot = row.snapshot
            let outbound = snapshot.direction == .outbound
            let withheld = !outbound && snapshot.caller?.withheld == true
            let raw = outbound ? snapshot.called : snapshot.caller?.number
            let number = withheld ? nil : raw.map { plans.plan(of: row.agent).number($0, dialled: outbound) }
            let party = try row.note?.party.flatMap { try store.parties.party($0) }
            let parties = try number.map { try store.parties.rows(key: $0.key) } ?? []
            let known = party ?? (parties.count == 1 ? parties[0] : nil)
            let end = snapshot.endedAt ?? snapshot.startedAt
            lines += CSV.line([
                Reports.written(snapshot.startedAt), snapshot.direction?.rawValue ?? "", number?.display ?? "",
                known.map { [$0.company, $0.name].filter { !$0.isEmpty }.joined(separator: ", ") }
                    ?? (withheld ? "" : snapshot.caller?.name ?? ""), snapshot.called ?? "", snapshot.queue ?? "",
                snapshot.answeredBy.map(routing.label).joined(separator: " "),
                snapshot.missedBy.map(routing.label).joined(separator: " "),
                String(((snapshot.answeredAt ?? end) - snapshot.startedAt) / 1000),
                String(snapshot.answeredAt.map { (end - $0) / 1000 } ?? 0), snapshot.cause?.rawValue ?? "",
                row.note?.disposition ?? "", row.note?.note ?? "",
                snapshot.clockCorrection.map { String($0 / 1000) } ?? "",
            ])
        }
        return lines
    }

    /// Calls in one file at most.
    static let exportLimit = 100_000
}
