import Depot
import Model
import Platform
import SQLite

/// What people do with deliveries, counts, the catalogue and clients.
extension Centre {
    // MARK: deliveries

    private var receiving: ReceivingDesk { ReceivingDesk(store) }
    private var counting: CountingDesk { CountingDesk(store) }

    func open(delivery id: Int64, zone: String, person: Person) throws -> Bool {
        defer { follow() }
        return try receiving.open(id, zone: zone, by: person.author, at: Clocks.wall)
    }

    func openBlind(supplier: String, zone: String, note: String?, person: Person) throws -> Int64? {
        defer { follow() }
        let now = Clocks.wall
        return try receiving.openBlind(
            supplier: supplier, zone: zone, note: note, day: String(rfc3339(now).prefix(10)), by: person.author, at: now
        )
    }

    func setMode(_ mode: Reception.Mode, delivery id: Int64, person: Person) throws -> Bool {
        defer { follow() }
        return try receiving.set(mode, on: id, by: person.author, at: Clocks.wall)
    }

    func decide(_ decision: Decision, delivery id: Int64) throws {
        defer { follow() }
        try receiving.decide(decision, on: id)
    }

    func close(delivery id: Int64, _ closing: ReceivingDesk.Closing, by author: Author) throws -> Bool {
        defer { follow() }
        return try receiving.close(id, closing, by: author, at: Clocks.wall)
    }

    // MARK: stock takes

    func openTake(zone: String, sources: [String], blind: Bool, person: Person) throws -> Int64? {
        defer { follow() }
        return try counting.open(zone: zone, sources: sources, blind: blind, by: person.author, at: Clocks.wall)
    }

    func setMode(_ mode: Reception.Mode, take id: Int64, person: Person) throws -> Bool {
        defer { follow() }
        return try counting.set(mode, on: id, by: person.author, at: Clocks.wall)
    }

    func decide(_ decision: Decision, take id: Int64) throws {
        defer { follow() }
        try counting.decide(decision, on: id)
    }

    func change(take id: Int64, to status: StockTakeView.Status, by author: Author) throws -> Bool {
        defer { follow() }
        return try counting.change(id, to: status, by: author, at: Clocks.wall)
    }

    func post(take id: Int64, complete: Bool, by author: Author) throws -> Bool {
        defer { follow() }
        return try counting.post(id, complete: complete, by: author, at: Clocks.wall)
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
        let agents = try store.gateways.rows().filter(\.online)
        for agent in agents {
            let command = Command(
                id: ULID.make(at: now, using: &random), action: .find(tag: tag, seconds: seconds), issued: now,
                ttl: Centre.findLife)
            try store.calls.add(command, agent: agent.name, user: nil)
            send(.command(agent: agent.name, command))
        }
        return agents.count
    }

    // MARK: catalogue

    func save(_ product: ProductView, person: Person) throws {
        try store.transaction {
            try store.articles.save(product)
            try store.tell(Fact(.productSaved, product.gtin), by: person.author, at: Clocks.wall)
        }
        follow()
    }

    func settle(notice id: Int64, person: Person) async throws -> Bool {
        defer { follow() }
        return try store.transaction {
            try store.stock.settle(notice: id, by: person.author, at: Clocks.wall)
        }
    }

    func keep(photo bytes: [UInt8], type: String, person: Person) throws -> Int64 {
        try store.deliveries.keep(photo: bytes, type: type, by: person.author, at: Clocks.wall)
    }

    // MARK: clients

    func addParty(name: String, company: String, numbers: [String], person: Person) async throws -> PartyView? {
        let parsed = numbers.map { configuration.plan.number($0) }.filter { $0.kind != .withheld }
        let id = try store.transaction {
            let id = try store.parties.add(
                name: name, company: company, reference: nil, numbers: parsed, by: person.name, at: Clocks.wall)
            try store.tell(Fact(.partyCreated, id), by: person.author, at: Clocks.wall)
            return id
        }
        follow()
        // Cards that are open know the new client at once.
        await board.showAll()
        return try store.parties.party(id)
    }

    /// Gives a client a number, or takes back one that was given here. Throws `ClientDesk.Refusal`.
    func attach(_ number: String, _ attaches: Bool, to id: Int64, person: Person) async throws -> PartyView {
        let desk = ClientDesk(store)
        let parsed = configuration.plan.number(number)
        let now = Clocks.wall
        _ =
            try attaches
            ? desk.attach(parsed, to: id, by: person, at: now) : desk.detach(parsed, from: id, by: person, at: now)
        follow()
        // Cards that are open know at once who it is.
        await board.showAll()
        guard let party = try store.parties.party(id) else { throw ClientDesk.Refusal.noClient }
        return party
    }

    // MARK: files

    enum Imported: String, Sendable { case deliveries, parties, products, codes, tags }

    /// `options`: what the person says of the file.
    func importFile(
        _ bytes: [UInt8], _ kind: Imported, _ options: Import.Options, dryRun: Bool, person: Person
    ) async throws -> ImportReport {
        let now = Clocks.wall
        let checked = try await Centre.check(
            bytes, kind, options, database: configuration.database, region: configuration.plan.region)
        var report = checked.report
        guard !dryRun else { return report }
        for portion in checked.portions {
            report.add(
                late: try checked.write(portion, into: store, by: kind == .parties ? "import" : person.name, now: now))
            // What waits for the database goes first.
            await Task.yield()
        }
        try store.transaction {
            try store.tell(
                Fact(.imported(kind.rawValue), "\(report.accepted)", "\(report.refused.count) refused"),
                by: person.author, at: now)
        }
        follow()
        return report
    }

    /// Reads a file while others write; what it looks up, it looks up in a view of its own.
    @concurrent
    private static func check(
        _ bytes: [UInt8], _ kind: Imported, _ options: Import.Options, database: String, region: String
    ) async throws -> CheckedImport {
        let store = try Store(reading: database)
        return switch kind {
        case .deliveries: try Import.check(deliveries: bytes, options: options, in: store)
        case .parties: try Import.check(parties: CSV(bytes), region: region, options: options, in: store)
        case .products: try Import.check(products: CSV(bytes), options: options, in: store)
        case .codes: try Import.check(codes: CSV(bytes), options: options, in: store)
        case .tags: try Import.check(tags: CSV(bytes), options: options, in: store)
        }
    }

    /// Looked at now and then.
    func keepHouse() {
        try? store.strays.forget(before: Clocks.wall - StrayTable.strayLife)
        do { try SignInDesk(store).tellRefusals(at: Clocks.wall) } catch { failed(error) }
        // A command in another process tells facts, too.
        follow()
    }

    /// Looked at every hour: which zones are to be counted, and what nobody has fetched for long.
    func lookAround() {
        try? store.stock.watchCounts(at: Clocks.wall)
        follow()
    }
}
