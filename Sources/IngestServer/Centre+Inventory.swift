import Depot
import Model
import Platform
import SQLite

/// What people do with deliveries, counts and the catalogue.
extension Centre {
    // MARK: deliveries

    func open(delivery id: Int64, zone: String, person: Person) async throws -> Bool {
        let isOpen = try store.database.transaction {
            try store.open(delivery: id, zone: zone, by: person.author, at: Clocks.wall)
        }
        guard isOpen else { return false }
        await changed(delivery: id)
        return true
    }

    func openBlind(supplier: String, zone: String, note: String?, person: Person) async throws -> Int64? {
        let id = try store.database.transaction {
            try store.openBlind(
                supplier: supplier, zone: zone, note: note, day: String(rfc3339(Clocks.wall).prefix(10)),
                by: person.author,
                at: Clocks.wall)
        }
        if let id { await changed(delivery: id) }
        return id
    }

    func setMode(_ mode: Reception.Mode, delivery id: Int64, person: Person) async throws -> Bool {
        let isSet = try store.setMode(mode, delivery: id, by: person.author, at: Clocks.wall)
        if isSet { await changed(delivery: id) }
        return isSet
    }

    func decide(_ decision: Decision, delivery id: Int64) async throws {
        try store.database.transaction { try store.decide(decision, delivery: id) }
        await changed(delivery: id)
    }

    /// How the questions that are left are answered, all of a kind in one way.
    struct Closing: Sendable {
        var short: Decision.Kind?
        var extra: Decision.Kind?
        var unknown: Decision.Kind?
    }

    /// False when somebody else closed it. Throws `.undecided` with what a person has to decide first: then nothing has
    /// changed.
    func close(delivery id: Int64, _ closing: Closing, by author: Author) async throws -> Bool {
        let now = Clocks.wall
        let isClosed = try store.database.transaction {
            guard try store.delivery(id)?.status == "open" else { return false }
            try store.settle(
                delivery: id, short: closing.short, extra: closing.extra, unknown: closing.unknown, by: author, at: now)
            let left = try store.delivery(id)?.questions ?? []
            guard left.isEmpty else { throw DecisionError.undecided(left) }
            guard try store.close(delivery: id, by: author, at: now) else { return false }
            if configuration.erp != nil, let view = try store.delivery(id),
                view.lines.contains(where: { $0.received > 0 })
            {
                try store.queue(
                    .reception, subject: String(id),
                    payload: ERPPayload.reception(view, supplier: try store.erpParty(company: view.supplier)) {
                        try? store.product($0)
                    }, by: author, at: now)
            }
            return true
        }
        if isClosed { await changed(delivery: id) }
        return isClosed
    }

    private func changed(delivery id: Int64) async {
        applier.forgetReceptions()
        let views = (try? store.deliveries(closedSince: Clocks.wall - 86_400_000)) ?? []
        await board.tellAll(views.filter { $0.id == id || $0.status == "open" }.map { ("delivery", $0.json) })
    }

    // MARK: stock takes

    func openTake(zone: String, sources: [String], blind: Bool, person: Person) async throws -> Int64? {
        let id = try store.database.transaction {
            try store.openTake(zone: zone, sources: sources, blind: blind, by: person.author, at: Clocks.wall)
        }
        if let id { await changed(take: id) }
        return id
    }

    func setMode(_ mode: Reception.Mode, take id: Int64, person: Person) async throws -> Bool {
        let isSet = try store.setMode(mode, take: id, by: person.author, at: Clocks.wall)
        if isSet { await changed(take: id) }
        return isSet
    }

    func decide(_ decision: Decision, take id: Int64) async throws {
        try store.database.transaction { try store.decide(decision, take: id) }
        await changed(take: id)
    }

    func change(take id: Int64, to status: StockTakeView.Status, by author: Author) async throws -> Bool {
        let isChanged = try store.change(take: id, to: status, by: author, at: Clocks.wall)
        if isChanged { await changed(take: id) }
        return isChanged
    }

    func post(take id: Int64, complete: Bool, by author: Author) async throws -> Bool {
        let now = Clocks.wall
        let isPosted = try store.database.transaction {
            guard let view = try store.post(take: id, complete: complete, by: author, at: now) else { return false }
            if configuration.erp != nil {
                let location = configuration.zones[view.zone]?.erpLocation ?? view.zone
                try store.queue(
                    .take, subject: String(id),
                    payload: ERPPayload.take(view, location: location) { try? store.product($0) }, by: author, at: now)
            }
            return true
        }
        if isPosted { await changed(take: id) }
        return isPosted
    }

    private func changed(take id: Int64) async {
        applier.forgetReceptions()
        guard let view = try? store.take(id) else { return }
        await board.tellAll([("take", view.json), ("notice", .object([]))])
    }

    // MARK: finding

    /// How long readers tell of a tag before they must be asked again, in seconds.
    static let findSeconds = 60
    /// How long a reader may take to hear that it is to look, in seconds.
    static let findLife = 10

    /// Asks every gateway that is there to tell where it hears a tag; 0 seconds ends it. How many were asked.
    func find(_ tag: String, seconds: Int, person: Person) throws -> Int {
        let now = Clocks.wall
        var random = SystemRandomNumberGenerator()
        let agents = try store.agents().filter(\.online)
        for agent in agents {
            let command = Command(
                id: ULID.make(at: now, using: &random), action: .find(tag: tag, seconds: seconds), issued: now,
                ttl: Centre.findLife)
            try store.add(command, agent: agent.name, user: nil)
            send(.command(agent: agent.name, command))
        }
        return agents.count
    }

    // MARK: catalogue

    func save(_ product: ProductView, person: Person) throws {
        try store.database.transaction {
            try store.save(product)
            try store.audit("product.save", subject: product.gtin, by: person.author, at: Clocks.wall)
        }
        applier.forgetReceptions()
    }

    func settle(notice id: Int64, person: Person) async throws -> Bool {
        let isSettled = try store.settle(notice: id, by: person.author, at: Clocks.wall)
        if isSettled { await board.tellAll([("notice", .object([]))]) }
        return isSettled
    }

    func keep(photo bytes: [UInt8], type: String, person: Person) throws -> Int64 {
        try store.keep(photo: bytes, type: type, by: person.author, at: Clocks.wall)
    }

    enum Imported: String, Sendable { case deliveries, parties, products, tags }

    func importFile(_ bytes: [UInt8], _ kind: Imported, dryRun: Bool, person: Person) async throws -> ImportReport {
        let now = Clocks.wall
        let report: ImportReport
        switch kind {
        case .deliveries: report = try Import.deliveries(bytes, into: store, dryRun: dryRun, now: now)
        case .parties:
            report = try Import.parties(
                CSV(bytes), into: store, region: configuration.plan.region, dryRun: dryRun, now: now)
        case .products: report = try Import.products(CSV(bytes), into: store, dryRun: dryRun)
        case .tags: report = try Import.tags(CSV(bytes), into: store, dryRun: dryRun, by: person.name, now: now)
        }
        guard !dryRun else { return report }
        try store.audit(
            "import.\(kind.rawValue)", subject: "\(report.accepted)", by: person.author,
            detail: "\(report.refused.count) refused", at: now)
        applier.forgetReceptions()
        if kind == .deliveries { await board.tellAll([("deliveries", .object([]))]) }
        return report
    }

    /// Looked at now and then.
    func keepHouse() { try? store.forgetStrays(before: Clocks.wall - Store.strayLife) }

    /// Looked at every hour: which zones are to be counted, and what nobody has fetched for long.
    func lookAround() {
        try? store.watchCounts(at: Clocks.wall)
        try? store.forgetEvents(before: Clocks.wall - Store.eventLife)
    }
}
