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

    func keep(photo bytes: [UInt8], type: String, person: Person) throws -> Int64 {
        try receiving.keep(photo: bytes, type: type, by: person.author, at: Clocks.wall)
    }

    // MARK: stock

    /// How many agents were asked to look for a tag.
    func look(for tag: String) throws -> Int {
        let now = Clocks.wall
        return send(try TagSearchDesk(store).look(for: tag, at: now) { Centre.commandID(at: now) })
    }

    func endLooking(for tag: String) throws {
        let now = Clocks.wall
        _ = send(try TagSearchDesk(store).end(tag, at: now) { Centre.commandID(at: now) })
    }

    private static func commandID(at now: Int64) -> String {
        var random = SystemRandomNumberGenerator()
        return ULID.make(at: now, using: &random)
    }

    private func send(_ orders: [AgentOrder]) -> Int {
        for order in orders { send(.command(agent: order.agent, order.command)) }
        return orders.count
    }

    func settle(notice id: Int64, person: Person) throws -> Bool {
        defer { follow() }
        return try NoticeDesk(store).settle(id, by: person.author, at: Clocks.wall)
    }

    /// Throws `CatalogueDesk.Refusal`.
    func save(_ change: CatalogueDesk.Change, of gtin: String, person: Person) throws -> ProductView {
        defer { follow() }
        return try CatalogueDesk(store).save(change, of: gtin, by: person.author, at: Clocks.wall)
    }

    // MARK: clients

    func addParty(name: String, company: String, numbers: [String], person: Person) async throws -> PartyView {
        let party = try ClientDesk(store).add(
            name: name, company: company, numbers: numbers, plan: configuration.plan, by: person.author, at: Clocks.wall
        )
        follow()
        // Cards that are open know the new client at once.
        await board.showAll()
        return party
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
