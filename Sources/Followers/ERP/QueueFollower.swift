public import Depot
public import Model

/// Follows the ledger into the ERP's queue: a closed delivery, a posted count, a note about a known client's call and a new
/// client each become one job, once.
public struct QueueFollower: Follower, Sendable {
    public static let name = "erp"

    /// Which place of the ERP a zone is.
    public var location: @Sendable (_ zone: String) -> String
    public var plan: @Sendable (_ agent: String) -> NumberPlan
    /// Whether the ERP has a place that damaged goods go to.
    public var setsAside: Bool
    /// People go on writing: the ERP is told when nobody has written for this long, in milliseconds.
    public static let noteRest: Int64 = 30_000

    public init(
        location: @escaping @Sendable (_ zone: String) -> String,
        plan: @escaping @Sendable (_ agent: String) -> NumberPlan, setsAside: Bool = false
    ) {
        self.location = location
        self.plan = plan
        self.setsAside = setsAside
    }

    public func follow(_ entry: Entry, in store: Store) throws {
        switch entry.fact.kind {
        case .deliveryClosed: try reception(entry, store)
        case .takeOpened: try reading(entry, store)
        case .takePosted: try take(entry, store)
        case .take(.cancelled): try store.jobs.discard(readingOf: entry.fact.subject, at: entry.at)
        case .callNoted: try note(entry, store)
        case .reminderDone, .reminderUndone: try callBack(entry, store)
        case .partyCreated: try party(entry, store)
        default: break
        }
    }

    private func reception(_ entry: Entry, _ store: Store) throws {
        // Opened again meanwhile: what it is then, its next closing tells.
        guard let id = Int64(entry.fact.subject), let view = try store.deliveries.view(id), view.status == "closed"
        else { return }
        let told = try store.jobs.jobs(ofDelivery: id)
        if !told.isEmpty {
            try correct(view, told: told, entry, store)
        } else {
            guard isWorthTelling(view) else { return }
            try store.jobs.queue(
                .reception, subject: String(id), payload: try whole(of: view, in: store), by: entry.author, at: entry.at
            )
        }
        let closing = view.reopenings.isEmpty ? "\(id)" : "\(id).\(view.reopenings.count + 1)"
        let transfers = try store.jobs.takeMoves(ofClosed: id, at: entry.at, place: { places($0, $1, store) })
        for (number, transfer) in transfers.enumerated() {
            try queue(transfer, "delivery-\(closing)-\(number + 1)", store, by: entry.author, at: entry.at)
        }
    }

    /// The place of the ERP where a delivery is received.
    func place(of view: DeliveryView, in store: Store) throws -> String {
        location(try store.deliveries.receivedIn(view.id) ?? view.zone ?? view.dock ?? "dock")
    }

    /// A job that waits for a person as it would be queued now: a lot may have been added since, or another zone counted.
    public func renewed(_ job: ERPJob, in store: Store) throws -> JSON? {
        guard job.state == .dead else { return nil }
        if job.kind == .correction { return try renewed(correction: job, in: store) }
        guard let id = job.delivery ?? Int64(job.subject) else { return nil }
        switch job.kind {
        case .reception:
            guard let view = try store.deliveries.view(id), view.status == "closed" else { return nil }
            return try whole(of: view, in: store)
        case .take where job.fault == "shared": return try store.takes.view(id).map { try payload($0, store) }
        default: return nil
        }
    }

    // MARK: put away

    /// Tells what moved between zones, when it is time or a count needs it. Within a transaction.
    public func collect(in store: Store, at now: Int64) throws {
        for transfer in try store.jobs.takeMoves(at: now, place: { places($0, $1, store) }) {
            try queue(transfer, "\(transfer.first)-\(transfer.last)", store, by: Author("edge-ingest"), at: now)
        }
    }

    /// The ERP is told where one of both zones is a place of its own there; what is a place to nobody moves nothing.
    private func places(_ from: String, _ to: String, _ store: Store) -> (String, String)? {
        guard store.rules[from]?.erpLocation != nil || store.rules[to]?.erpLocation != nil else { return nil }
        return (location(from), location(to))
    }

    private func queue(_ transfer: PutAway, _ subject: String, _ store: Store, by author: Author, at now: Int64) throws
    {
        try store.jobs.queue(
            .transfer, subject: subject, payload: try QueuePayload.transfer(transfer, in: store), by: author, at: now)
    }

    // MARK: counts

    /// What the ERP has where somebody begins to count.
    private func reading(_ entry: Entry, _ store: Store) throws {
        guard let id = Int64(entry.fact.subject), let view = try store.takes.view(id) else { return }
        try store.jobs.queue(
            .book, subject: String(id),
            payload: .object([("title", .string(view.zone)), ("location", .string(location(view.zone)))]),
            by: entry.author, at: entry.at)
    }

    private func take(_ entry: Entry, _ store: Store) throws {
        guard let id = Int64(entry.fact.subject), let view = try store.takes.view(id) else { return }
        // What was put away is told before what was counted there.
        try collect(in: store, at: entry.at)
        try store.jobs.queue(
            .take, subject: String(id), payload: try payload(view, store), by: entry.author, at: entry.at)
    }

    /// Zones inside one place of the ERP count as one.
    private func payload(_ view: StockTakeView, _ store: Store) throws -> JSON {
        let place = location(view.zone)
        let others = store.rules.filter { zone, rule in
            zone != view.zone && rule.kind != .exit && (location(zone) + "/").hasPrefix(place + "/")
        }
        return try QueuePayload.take(
            view, location: place, stores: others.filter { $0.value.kind == .store }.keys.sorted(),
            docks: others.filter { $0.value.kind == .dock }.keys.sorted(), in: store)
    }

    private func party(_ entry: Entry, _ store: Store) throws {
        guard let id = Int64(entry.fact.subject), let view = try store.parties.view(id), view.erp == nil else {
            return
        }
        try store.jobs.queue(
            .party, subject: String(id), payload: QueuePayload.party(view, e164: view.numbers),
            by: entry.author, at: entry.at)
    }

    /// What was written about a call with a client whom the ERP knows becomes a note there.
    private func note(_ entry: Entry, _ store: Store) throws {
        guard let row = try store.calls.row(entry.fact.subject),
            let note = try store.calls.note(of: entry.fact.subject),
            !note.note.isEmpty || note.disposition != nil
        else { return }
        let snapshot = row.snapshot
        let outbound = snapshot.direction == .outbound
        guard let (party, number) = try client(of: row, in: store), let remote = party.erp else { return }
        let end = snapshot.endedAt ?? entry.at
        let minutes = snapshot.answeredAt.map { max(0, end - $0 + 59_999) / 60_000 }
        let subject = [
            outbound ? "Outgoing call" : "Incoming call", number, minutes.map { "\($0) min" },
            note.disposition, entry.author.who,
        ].compactMap(\.self).joined(separator: ", ")
        let title = [party.company, party.name].filter { !$0.isEmpty }.joined(separator: ", ")
        try store.jobs.queue(
            .call, subject: snapshot.call,
            payload: QueuePayload.call(party: remote, subject: subject, note: note.note, callBackOn: nil, title: title),
            by: entry.author, due: entry.at + QueueFollower.noteRest, at: entry.at)
    }

    /// Who called, or was called, where it is one client alone; and the number as people read it.
    public func client(of row: CallRow, in store: Store) throws -> (party: PartyView, number: String?)? {
        let outbound = row.snapshot.direction == .outbound
        let number = (outbound ? row.snapshot.called : row.snapshot.caller?.number).map {
            plan(row.agent).number($0, dialled: outbound)
        }
        if let chosen = try store.calls.note(of: row.snapshot.call)?.party {
            return try store.parties.view(chosen).map { ($0, number?.display) }
        }
        let known = try number.map { try store.parties.rows(key: $0.key) } ?? []
        return known.count == 1 ? (known[0], number?.display) : nil
    }
}
