import Identifiers
import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// The book after a delivery was opened again and closed again: the difference alone, whatever moved or was counted since.
struct ReopenedStockTests {
    static let gtin = "03608439390616"
    private let folder = TemporaryFolder()
    let store: Store
    let nadia = Author("Nadia", station: "dock")
    private let bruno = Author("Bruno", reason: "counted twice")

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        store.rules = [
            "dock": ZoneRule(kind: .dock), "shelf": ZoneRule(kind: .store), "gate": ZoneRule(kind: .exit),
        ]
    }

    private var desk: ReceivingDesk { ReceivingDesk(store) }

    private func announced(_ quantity: Quantity = 10) throws -> Int64 {
        let id = try #require(
            try store.deliveries.expect(
                Announced(note: "BL-7", supplier: "Rexel", lines: [.init(gtin: Self.gtin, quantity: quantity)]),
                source: "file"))
        #expect(try desk.open(id, zone: "dock", by: nadia, at: 1000))
        return id
    }

    private func adjust(_ id: Int64, _ quantity: Quantity, lot: String? = nil) throws {
        try desk.decide(
            Decision(at: 1500, who: "Nadia", kind: .adjust, gtin: Self.gtin, quantity: quantity, lot: lot), on: id)
    }

    private func close(_ id: Int64, at now: Int64) throws {
        #expect(try desk.close(id, .init(short: .never, extra: .accept), by: nadia, at: now))
    }

    private func stock() throws -> [String: Quantity] {
        Dictionary(try store.stock.rows(gtin: Self.gtin).map { ($0.zone, $0.quantity) }) { $0 + $1 }
    }

    /// What the closings of a delivery have brought.
    private func brought(_ id: Int64) throws -> Quantity {
        Quantity(
            thousandths: try store.database.integer(
                """
                SELECT coalesce(sum(CASE WHEN to_zone IS NULL THEN -quantity ELSE quantity END), 0) FROM movement
                WHERE delivery=? AND kind IN ('received', 'corrected')
                """, .integer(id)) ?? 0)
    }

    private func count(_ zone: String, _ quantity: Quantity, from opened: Int64, to posted: Int64) throws {
        let desk = CountingDesk(store)
        let take = try #require(try desk.open(zone: zone, sources: [], blind: false, by: nadia, at: opened))
        if quantity > 0 {
            try desk.decide(
                Decision(at: opened, who: "Nadia", kind: .adjust, gtin: Self.gtin, quantity: quantity), on: take)
        }
        #expect(try desk.change(take, to: .review, by: nadia, at: posted - 1))
        #expect(try desk.post(take, complete: true, by: nadia, at: posted))
    }

    private func tag(_ number: Int, _ id: Int64, at zone: String = "dock") throws {
        let epc = "3034\(String(number, radix: 16).uppercased())"
        try store.database.run(
            "INSERT INTO item (epc, gtin, serial, zone, present, first_seen, last_seen, delivery) VALUES (?, ?, ?, ?, 1, 1, 1, ?)",
            .text(epc), .text(Self.gtin), .text("s\(number)"), .text(zone), .integer(id))
        try store.deliveries.count(
            Count(delivery: id, subject: "tag:\(epc)", gtin: Self.gtin, serial: "s\(number)", verdict: .expected),
            stream: 0, seq: UInt64(number), at: 1200)
    }

    private func untag(_ number: Int, _ id: Int64) throws {
        let subject = "tag:3034\(String(number, radix: 16).uppercased())"
        try desk.decide(Decision(at: 4000, who: "Nadia", kind: .remove, subject: subject), on: id)
    }

    /// As a reader sees it elsewhere.
    private func carry(_ number: Int, to zone: String?, at now: Int64) throws {
        let epc = "3034\(String(number, radix: 16).uppercased())"
        let from = try #require(
            try store.database.text("SELECT stock_zone FROM item WHERE epc=? AND stock_zone IS NOT NULL", .text(epc)))
        try store.stock.move(
            Movement(kind: zone == nil ? .departed : .moved, from: from, to: zone), gtin: Self.gtin, quantity: 1,
            subject: "tag:\(epc)", by: Author("reader"), at: now)
        try store.database.run("UPDATE item SET stock_zone=? WHERE epc=?", .text(zone), .text(epc))
    }

    // MARK: more, less, the same

    @Test(arguments: [(3, 13), (-4, 6), (0, 10), (-10, 0)])
    func theNextClosingBooksTheDifference(change: Int, left: Int) throws {
        let id = try announced()
        try adjust(id, 10)
        try close(id, at: 2000)
        try desk.reopen(id, zone: "dock", by: bruno, at: 3000)
        #expect(try stock() == ["dock": 10], "nothing changes before it is closed")
        if change != 0 { try adjust(id, Quantity(change)) }
        try close(id, at: 4000)
        #expect(try stock() == (left == 0 ? [:] : ["dock": Quantity(left)]))
        #expect(try brought(id) == Quantity(left))
        let moves = try store.stock.movements(gtin: Self.gtin, zone: nil, from: nil, to: nil, limit: 9)
        #expect(moves.count == (change == 0 ? 1 : 2))
        if change != 0 {
            #expect(moves[0]["kind"] == "corrected" && moves[0]["at"]?.integer == 4000 && moves[0]["who"] == "Nadia")
        }
    }

    @Test func closingAgainAndAgainBooksEachDifferenceOnce() throws {
        let id = try announced()
        try adjust(id, 10)
        try close(id, at: 2000)
        for (index, change) in [2, -5, 1, -8].enumerated() {
            let now = Int64(3000 + index * 1000)
            try desk.reopen(id, zone: "dock", by: bruno, at: now)
            try adjust(id, Quantity(change))
            try close(id, at: now + 500)
        }
        #expect(try stock().isEmpty && brought(id) == 0)
    }

    @Test func aLotInPlaceOfAnotherChangesNoSum() throws {
        try store.articles.save(ProductView(gtin: Self.gtin, description: "Paint", tracking: "lot"))
        let id = try announced()
        try adjust(id, 6, lot: "A")
        try adjust(id, 4, lot: "B")
        try close(id, at: 2000)
        try desk.reopen(id, zone: "dock", by: bruno, at: 3000)
        try adjust(id, -2, lot: "A")
        try adjust(id, 2, lot: "B")
        try close(id, at: 4000)
        #expect(try stock() == ["dock": 10])
        let lots = try store.database.rows(
            """
            SELECT lot, sum(CASE WHEN to_zone IS NULL THEN -quantity ELSE quantity END) FROM movement WHERE delivery=?
            GROUP BY lot ORDER BY lot
            """, .integer(id)
        ) { "\($0.text(0)) \($0.quantity(1))" }
        #expect(lots == ["A 4", "B 6"])
    }

    // MARK: moved since

    @Test func aPieceThatWasPutAwayStaysThere() throws {
        let id = try announced(3)
        for number in 1...3 { try tag(number, id) }
        try close(id, at: 2000)
        try carry(1, to: "shelf", at: 2500)
        try desk.reopen(id, zone: "dock", by: bruno, at: 3000)
        try tag(4, id)
        try close(id, at: 4000)
        #expect(try stock() == ["dock": 3, "shelf": 1] && brought(id) == 4)
    }

    @Test func aPieceOfAnotherDeliveryIsTakenOffWhereItLies() throws {
        let id = try announced(3)
        for number in 1...3 { try tag(number, id) }
        try close(id, at: 2000)
        try carry(1, to: "shelf", at: 2500)
        try desk.reopen(id, zone: "dock", cause: .wrong, by: bruno, at: 3000)
        try untag(1, id)
        try close(id, at: 4000)
        #expect(try stock() == ["dock": 2] && brought(id) == 2)
    }

    @Test func aPieceThatHasLeftIsNotTakenOffTwice() throws {
        let id = try announced(3)
        for number in 1...3 { try tag(number, id) }
        try close(id, at: 2000)
        try carry(1, to: nil, at: 2500)
        try desk.reopen(id, zone: "dock", cause: .wrong, by: bruno, at: 3000)
        try untag(1, id)
        try close(id, at: 4000)
        #expect(try stock() == ["dock": 2] && brought(id) == 2)
        #expect(try store.stock.settled(delivery: id, after: 0)[Self.gtin]?.values.reduce(0, +) == 1)
    }

    @Test func aPieceThatLeftIsNotBookedAgain() throws {
        let id = try announced(2)
        for number in 1...2 { try tag(number, id) }
        try close(id, at: 2000)
        try carry(1, to: nil, at: 2500)
        try desk.reopen(id, zone: "dock", by: bruno, at: 3000)
        try close(id, at: 4000)
        #expect(try stock() == ["dock": 1] && brought(id) == 2)
    }

    // MARK: counted since

    @Test func aCountInBetweenIsRightAndStaysSo() throws {
        let id = try announced()
        try adjust(id, 10)
        try close(id, at: 2000)
        try count("dock", 8, from: 2500, to: 2600)
        #expect(try stock() == ["dock": 8])
        try desk.reopen(id, zone: "dock", cause: .miscount, by: bruno, at: 3000)
        try adjust(id, -2)
        try close(id, at: 4000)
        #expect(try stock() == ["dock": 8] && brought(id) == 8)
        #expect(try store.stock.settled(delivery: id, after: 0)[Self.gtin] == ["": 2])
    }

    @Test func aCountThatFoundMoreIsRightWhereTheDeliveryHadBeenCountedWrongly() throws {
        let id = try announced()
        try adjust(id, 10)
        try close(id, at: 2000)
        try count("dock", 12, from: 2500, to: 2600)
        try desk.reopen(id, zone: "dock", cause: .miscount, by: bruno, at: 3000)
        try adjust(id, 2)
        try close(id, at: 4000)
        #expect(try stock() == ["dock": 12] && brought(id) == 12)
    }

    @Test func lateGoodsComeOnTopOfACount() throws {
        let id = try announced()
        try adjust(id, 8)
        try close(id, at: 2000)
        try count("dock", 8, from: 2500, to: 2600)
        try desk.reopen(id, zone: "dock", cause: .late, by: bruno, at: 3000)
        try adjust(id, 2)
        try close(id, at: 4000)
        #expect(try stock() == ["dock": 10] && brought(id) == 10)
    }

    @Test func aCountOfBeforeSaysNothingOfIt() throws {
        let id = try announced()
        try adjust(id, 10)
        // It began before the closing: what was received is what moved since.
        let take = try #require(
            try CountingDesk(store).open(zone: "dock", sources: [], blind: false, by: nadia, at: 1800))
        try close(id, at: 2000)
        #expect(try CountingDesk(store).change(take, to: .review, by: nadia, at: 2100))
        #expect(try CountingDesk(store).post(take, complete: true, by: nadia, at: 2200))
        #expect(try stock() == ["dock": 10])
        try desk.reopen(id, zone: "dock", cause: .miscount, by: bruno, at: 3000)
        try adjust(id, -2)
        try close(id, at: 4000)
        #expect(try stock() == ["dock": 8] && brought(id) == 8)
    }

    @Test func aCountThatRunsSeesTheGoodsAsTheyAre() throws {
        let id = try announced()
        try adjust(id, 10)
        try close(id, at: 2000)
        let counting = CountingDesk(store)
        let take = try #require(try counting.open(zone: "dock", sources: [], blind: false, by: nadia, at: 2500))
        try counting.decide(
            Decision(at: 2600, who: "Nadia", kind: .adjust, gtin: Self.gtin, quantity: 8), on: take)
        try desk.reopen(id, zone: "dock", cause: .miscount, by: bruno, at: 3000)
        try adjust(id, -2)
        try close(id, at: 4000)
        #expect(try counting.change(take, to: .review, by: nadia, at: 4100))
        #expect(try counting.post(take, complete: true, by: nadia, at: 4200))
        #expect(try stock() == ["dock": 8] && brought(id) == 8)
    }

    /// A count while the delivery is open again: its pieces were told before, and are still there.
    @Test func piecesOfADeliveryThatIsOpenAgainAreCounted() throws {
        let id = try announced(2)
        for number in 1...2 { try tag(number, id) }
        try close(id, at: 2000)
        try desk.reopen(id, zone: "dock", by: bruno, at: 3000)
        try tag(3, id)
        let take = try #require(
            try CountingDesk(store).open(zone: "dock", sources: [], blind: false, by: nadia, at: 3500))
        let view = try #require(try store.takes.view(take))
        #expect(try store.takes.countedLots(of: view, isTold: true).values.reduce(0, +) == 2)
        #expect(try store.takes.countedLots(of: view, isTold: false).values.reduce(0, +) == 3)
    }

    // MARK: any order

    @Test(arguments: 1...40)
    func theBookIsWhatWasCountedAtEachClosing(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let id = try announced()
        var (now, isOpen, next): (Int64, Bool, Int) = (2000, true, 1)
        var tags: Set<Int> = []
        for _ in 0..<40 {
            now += 1000
            guard isOpen else {
                if Bool.random(using: &random), let number = tags.filter({ $0 % 3 != 0 }).min() {
                    let epc = "3034\(String(number, radix: 16).uppercased())"
                    if let zone = try store.database.text(
                        "SELECT stock_zone FROM item WHERE epc=? AND stock_zone IS NOT NULL", .text(epc)),
                        zone == "dock"
                    {
                        try carry(number, to: "shelf", at: now)
                    }
                }
                try desk.reopen(
                    id, zone: "dock", cause: Reopening.Cause.allCases.randomElement(using: &random), by: bruno, at: now)
                isOpen = true
                continue
            }
            let received = try #require(try store.deliveries.view(id)).lines.reduce(Quantity.zero) { $0 + $1.received }
            switch Int.random(in: 0..<6, using: &random) {
            case 0:
                try adjust(
                    id, Quantity(Int.random(in: 1...5, using: &random)), lot: Bool.random(using: &random) ? "A" : nil)
            case 1 where received > 0: try adjust(id, -1)
            case 2:
                try tag(next, id)
                tags.insert(next)
                next += 1
            case 3 where !tags.isEmpty && received > 0:
                let number = try #require(tags.sorted().randomElement(using: &random))
                try untag(number, id)
                tags.remove(number)
            default:
                try close(id, at: now)
                isOpen = false
                let view = try #require(try store.deliveries.view(id))
                let counted = view.lines.reduce(Quantity.zero) { $0 + $1.received }
                #expect(try brought(id) == counted, "seed \(seed)")
                #expect(try stock().values.reduce(0, +) == counted, "seed \(seed)")
                #expect(try stock().values.allSatisfy { $0 >= 0 }, "seed \(seed)")
            }
        }
    }
}
