import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// What is decided at a depot: done like a page's decision where the PIN is right, else proposed; each once.
struct DepotDeskTests {
    private static let gtin = "09521234000013"
    private static let now: Int64 = 1_800_000_000_000
    private static let secret = (1...32).map { UInt8($0) }

    private let folder = TemporaryFolder()
    private let store: Store
    private let desks: Desks
    private let boss = Author("Omar", station: "dock-1")

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        desks = Desks(store)
        // `pin` stands for its hash: looking is the caller's.
        try store.database.execute(
            """
            INSERT INTO user (id, name, created, pin, disabled) VALUES (1, 'Marie', 0, '4711', 0), (2, 'Omar', 0, '1234', 0),
                (3, 'Gone', 0, '1111', 1), (4, 'Sans', 0, NULL, 0), (5, 'Regard', 0, '5555', 0);
            INSERT INTO user_role SELECT id, CASE name WHEN 'Regard' THEN 'viewer' ELSE 'staff' END FROM user;
            INSERT INTO product (gtin, description) VALUES ('\(DepotDeskTests.gtin)', 'Valve');
            INSERT INTO delivery (id, note, supplier, status) VALUES (1, 'BL-1', 'S', 'expected');
            INSERT INTO delivery_line (delivery, position, gtin, description, quantity)
                VALUES (1, 1, '\(DepotDeskTests.gtin)', 'Valve', 3000);
            """)
        _ = try store.deliveries.open(delivery: 1, zone: "dock-1", by: boss, at: DepotDeskTests.now - 60_000)
    }

    // MARK: as an agent sends it

    private func decided(
        _ key: Int, _ kind: DepotDecision.Kind, _ quantity: Quantity? = nil, name: String = "Marie",
        pin: String = "4711", agent: String = "dock", delivery: Int64 = 1, of note: String? = nil,
        short: DepotDecision.Short? = nil
    ) throws -> Model.Row {
        var decision = DepotDecision(key: "decision-\(key)", delivery: delivery, kind: kind, name: name)
        decision.note = note
        decision.gtin = kind == .close ? nil : DepotDeskTests.gtin
        (decision.quantity, decision.short, decision.reason) = (quantity, short, kind == .damaged ? "wet" : nil)
        let text = decision.json.description
        let key = try #require(SealedBox.publicKey(of: DepotDeskTests.secret))
        let proof = try #require(DepotDecision.seal(pin: pin, of: text, agent: agent, to: key))
        return .decided(try #require(Model.Row.Decided(zone: "dock-1", text: text, proof: proof)))
    }

    /// A frame of rows as the link's thread has it, looked at; `first` is the number of the first row.
    private func take(_ rows: [Model.Row], from first: UInt64, agent: String = "dock", at now: Int64 = now) throws
        -> Applier.Result
    {
        let body = Frame.body(of: rows.map { $0.encoded(at: 0) })
        let frame = Frame(
            epoch: 1, lane: .bulk, first: first, count: rows.count, boot: Boot(counter: 1, random: 1), origin: now,
            synced: true, codec: .plain, crc: CRC32C.checksum(body), body: body)
        var arrival = Arrival(agent: agent, payload: frame.encoded)
        for (row, decided) in arrival.decisions {
            switch try desks.depot.begin(decided, agent: agent, secret: DepotDeskTests.secret, at: now) {
            case nil: continue
            case .known(let standing): arrival.standings[row] = standing
            case .look(let user, let pin):
                arrival.standings[row] = try desks.depot.vouched(
                    user, isRight: user.pin == pin, decided, agent: agent, at: now)
            }
        }
        return try desks.intake.apply([arrival], at: now)
    }

    private func scan(_ number: Int) -> Model.Row {
        .barcode(device: "gate", zone: "dock-1", Barcode(text: "01\(DepotDeskTests.gtin)21\(number)"))
    }

    private func view(_ id: Int64 = 1) throws -> DeliveryView { try #require(try store.deliveries.view(id)) }

    private func why() throws -> [DepotProposal.Why] { try view().proposals.map(\.why) }

    private func received() throws -> Quantity { try view().lines.reduce(0) { $0 + $1.received } }

    // MARK: what is done

    @Test func aRightPINDecidesInTheOrderOfTheScansAndOnce() throws {
        let rows = [
            scan(1), try decided(1, .count, 3), scan(2), try decided(2, .damaged, 1), try decided(3, .refuse, 1),
            try decided(4, .close),
        ]
        let result = try take(rows, from: 1)
        #expect(result.applied == 6 && result.rejected == 0)
        let done = try view()
        // One was scanned, three counted by hand, one more scanned, one sent back; what is there is all that was expected.
        #expect(done.status == "closed" && done.closedBy == "Marie" && done.proposals.isEmpty)
        #expect(done.lines.map(\.received) == [3] && done.lines[0].damaged == 1 && done.lines[0].refused == 1)
        #expect(done.decisions.map(\.kind) == [.adjust, .damaged, .refuse])
        #expect(done.decisions.allSatisfy { $0.who == "Marie" && $0.station == "dock-1" && $0.at == Self.now })
        #expect(done.decisions[1].reason == "wet")
        // The same frame again, the same decision under another number, and by another agent: its own key, its own box.
        #expect(try take(rows, from: 1).applied == 0)
        _ = try take([try decided(2, .damaged, 1)], from: 7)
        #expect(try view() == done)
    }

    @Test func aNumberThatWasGivenAgainIsAnotherDelivery() throws {
        // The agent was away while its delivery was deleted, and another got the number.
        try store.database.run("UPDATE delivery SET note='BL-2'")
        let rows = [
            try decided(1, .count, 3, of: "BL-1"), try decided(2, .count, 2, of: "BL-2"), try decided(3, .damaged, 1),
        ]
        _ = try take(rows, from: 1)
        let view = try view()
        #expect(
            view.decisions.map(\.kind) == [.adjust, .damaged] && view.lines.map(\.received) == [2],
            "and as agents of before say it")
        #expect(view.proposals.map(\.why) == [.another] && view.proposals[0].decision.note == "BL-1")
        #expect(throws: DecisionError.anotherDelivery) {
            try desks.depot.accept(view.proposals[0].id, of: 1, by: boss, at: Self.now)
        }
        try desks.depot.refuse(view.proposals[0].id, of: 1, by: boss, at: Self.now)
        #expect(try why().isEmpty)
    }

    @Test func aWrongPINANameOrABoxOfSomebodyElseIsProposed() throws {
        _ = try take([scan(1), scan(2)], from: 1)
        _ = try take(
            [
                try decided(1, .damaged, 1, pin: "998877665544"), try decided(2, .damaged, 1, name: "Nobody"),
                try decided(3, .damaged, 1, name: "Gone", pin: "1111"),
                try decided(4, .damaged, 1, name: "Sans", pin: ""),
                try decided(5, .damaged, 1, agent: "other"),
            ], from: 3)
        #expect(try why() == [.refused, .refused, .refused, .refused, .unread])
        #expect(try view().decisions.isEmpty)
        let first = try view().proposals[0]
        #expect(
            first.agent == "dock" && first.decision.name == "Marie" && first.at == Self.now && first.zone == "dock-1")
        // The PIN stands nowhere.
        for table in ["record", "depot_decision", "entry", "sign_in_try", "sign_in_refusal"] {
            let columns = try store.database.columns(of: table).map(\.name)
            for column in columns {
                let count = try store.database.integer(
                    "SELECT count(*) FROM \(table) WHERE \(column) LIKE '%998877665544%'")
                #expect(count == 0, "\(table).\(column)")
            }
        }
    }

    @Test func whoMayNotDecideHereIsProposed() throws {
        _ = try take([scan(1), try decided(1, .damaged, 1, name: "Regard", pin: "5555")], from: 1)
        #expect(try why() == [.forbidden])
        #expect(try view().decisions.isEmpty)
    }

    @Test func wrongPINsAreCountedForTheAgentAsForAnyPlace() throws {
        _ = try take([scan(1), scan(2), scan(3)], from: 1)
        for number in 1...8 {
            _ = try take([try decided(number, .damaged, 1, pin: "0000")], from: UInt64(3 + number))
        }
        // Five are free, then one waits, whatever is typed; another place is not slowed.
        _ = try take([try decided(9, .damaged, 1)], from: 12)
        #expect(try why() == Array(repeating: .refused, count: 5) + Array(repeating: .locked, count: 4))
        #expect(try SignInDesk(store).admission(of: .pin(1), from: "192.0.2.7", at: Self.now) == .go)
        _ = try take([try decided(10, .damaged, 1)], from: 13, at: Self.now + 3_600_000)
        #expect(try view().decisions.count == 1)
    }

    @Test func whatCannotBeDoneIsProposed() throws {
        _ = try take([scan(1), try decided(1, .damaged, 5), try decided(2, .close)], from: 1)
        #expect(try why() == [.impossible, .undecided])
        // Somebody else said something of the same later, or of the delivery.
        try desks.receiving.decide(
            Decision(at: Self.now + 1000, who: "Omar", kind: .damaged, gtin: Self.gtin, quantity: 1), on: 1)
        _ = try take([try decided(3, .count, 2), try decided(4, .close, short: .later)], from: 4)
        #expect(try why() == [.impossible, .undecided, .overtaken, .overtaken])
        // Somebody closed it; and there is none of this number.
        #expect(try desks.receiving.close(1, .init(short: .never), by: boss, at: Self.now + 2000))
        _ = try take([try decided(5, .count, 2), try decided(6, .close, delivery: 99)], from: 6)
        #expect(try why().last == .closed && view().proposals.count == 5)
        let told = try store.ledger.entries(after: 0, limit: 100).filter { $0.fact.kind == .deliveryProposed }
        #expect(told.count == 6 && told.last?.fact.subject == "99" && told.allSatisfy { $0.author.who == "dock" })
    }

    @Test func nobodySignedIsAskedOfSomebodyAtTheCentre() throws {
        desks.intake.needsSignature = true
        _ = try take([try decided(1, .close, short: .never)], from: 1)
        #expect(try why() == [.unsigned])
        #expect(throws: DecisionError.unsigned) { try desks.depot.accept(1, of: 1, by: boss, at: Self.now) }
    }

    // MARK: what somebody makes of it

    @Test func oneClickDoesItOrLeavesIt() throws {
        _ = try take([scan(1), try decided(1, .damaged, 1, pin: "0"), try decided(2, .count, 3, pin: "0")], from: 1)
        let numbers = try view().proposals.map(\.id)
        // Only of its own delivery, and only once.
        #expect(throws: DecisionError.noSuchDecision) {
            try desks.depot.accept(numbers[0], of: 2, by: boss, at: Self.now + 5000)
        }
        try desks.depot.accept(numbers[0], of: 1, by: boss, at: Self.now + 5000)
        try desks.depot.refuse(numbers[1], of: 1, by: boss, at: Self.now + 6000)
        #expect(throws: DecisionError.noSuchDecision) {
            try desks.depot.accept(numbers[1], of: 1, by: boss, at: Self.now + 7000)
        }
        let done = try view()
        #expect(done.proposals.isEmpty && done.lines[0].damaged == 1 && done.lines[0].received == 1)
        #expect(done.decisions.map(\.who) == ["Omar"] && done.decisions[0].reason == "wet")
        let told = try store.ledger.entries(after: 0, limit: 100).map(\.fact.kind)
        #expect(told.suffix(2) == [.deliveryProposalAccepted, .deliveryProposalRefused])
        // It is known all the same when it comes again.
        _ = try take([try decided(2, .count, 3)], from: 4)
        #expect(try view() == done)
    }

    @Test func whatNobodyLookedAtIsNobodys() throws {
        let body = Frame.body(of: [try decided(1, .damaged, 1).encoded(at: 0)])
        let frame = Frame(
            epoch: 1, lane: .bulk, first: 1, count: 1, boot: Boot(counter: 1, random: 1), origin: Self.now,
            synced: true, codec: .plain, crc: CRC32C.checksum(body), body: body)
        _ = try desks.intake.apply([(agent: "dock", payload: frame.encoded)], at: Self.now)
        #expect(try why() == [.unread])
    }
}
