import Identifiers
import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Receiving, stock takes and movements through the applier and a real database.
struct InventoryTests {
    static let breaker = "03608439390616"
    static let lamp = "03608439390623"
    static let carton = "13608439390613"

    let store: Store
    let applier: Applier
    private let sender = Sender()
    private let folder = TemporaryFolder()

    /// What an agent sends, row by row, as frames.
    final class Sender {
        var next: UInt64 = 1
        var time: Int64 = 1_000_000
    }

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        store.rules = [
            "dock": ZoneRule(kind: .dock), "shelf": ZoneRule(kind: .store, countDays: 30),
            "gate": ZoneRule(kind: .exit),
            "attic": ZoneRule(kind: .store),
        ]
        applier = Applier(store: store)
    }

    static func epc(_ serial: UInt64, _ gtin: String = breaker) -> TagID {
        TagID(.epcGen2, EPC.sgtin96(gtin: gtin, companyDigits: 6, serial: serial)!)
    }

    static func tag(_ serial: UInt64, _ gtin: String = breaker, at zone: String = "dock") -> Model.Row {
        .appeared(sighting(epc(serial, gtin), zone))
    }

    static func sighting(_ tag: TagID, _ zone: String) -> Model.Row.Sighting {
        .init(device: "r", zone: zone, tag: tag, rssiDBm: nil, antenna: nil, reads: 1)
    }

    static func scan(_ text: String, _ symbology: String? = nil, at zone: String = "dock") -> Model.Row {
        .barcode(device: "g", zone: zone, Barcode(symbology: symbology, text: text))
    }

    static func frame(_ rows: [[UInt8]], first: UInt64, origin: Int64) -> [UInt8] {
        let plain = Frame.body(of: rows)
        return Frame(
            epoch: 7, lane: .bulk, first: first, count: rows.count, boot: Boot(counter: 1, random: 2), origin: origin,
            synced: true, codec: .plain, crc: CRC32C.checksum(plain), body: plain
        ).encoded
    }

    @discardableResult
    func send(_ rows: [Model.Row]) throws -> [CentreEvent] {
        var events: [CentreEvent] = []
        for row in rows {
            sender.time += 1000
            let frame = Self.frame([row.encoded(at: 0)], first: sender.next, origin: sender.time)
            let result = try applier.apply([("dock-1", frame)], at: sender.time)
            #expect(result.refused.isEmpty)
            sender.next += 1
            events += result.events
        }
        return events
    }

    func verdicts(_ rows: [Model.Row]) throws -> [Count.Verdict] {
        try send(rows).compactMap { if case .counted(let count, _) = $0 { count.verdict } else { nil } }
    }

    func announce(_ lines: [Announced.Line], units: [Announced.Unit] = [], dock: String? = nil) throws -> Int64 {
        let announced = Announced(note: "BL-1", supplier: "Rexel", dock: dock, lines: lines, units: units)
        return try #require(try store.deliveries.expect(announced, source: "file"))
    }

    @discardableResult
    func open(_ id: Int64, at zone: String = "dock") throws -> Bool {
        defer { applier.forgetReceptions() }
        return try store.deliveries.open(delivery: id, zone: zone, by: Author("Nadia"), at: sender.time)
    }

    func decide(
        _ kind: Decision.Kind, _ id: Int64, gtin: String? = nil, subject: String? = nil, quantity: Quantity? = nil
    )
        throws
    {
        try store.deliveries.decide(
            Decision(at: sender.time, who: "Nadia", kind: kind, subject: subject, gtin: gtin, quantity: quantity),
            delivery: id)
        applier.forgetReceptions()
    }

    func line(_ id: Int64, _ gtin: String = breaker) throws -> DeliveryView.Line {
        try #require(try store.deliveries.view(id)?.lines.first { $0.gtin == gtin })
    }

    // MARK: receiving

    @Test func aCartonCountsWhatIsInIt() throws {
        try store.articles.save(
            ProductView(
                gtin: Self.breaker, description: "Disjoncteur", cartons: [.init(gtin: Self.carton, quantity: 12)]))
        // The paper counts cartons, the goods are counted in pieces.
        let id = try announce([.init(gtin: Self.carton, quantity: 2)])
        try open(id)
        #expect(try line(id).expected == 24)
        #expect(
            try verdicts([Self.scan(Self.carton), Self.tag(1), Self.scan("3608439390616", "]E0")]) == [
                .expected, .expected, .expected,
            ])
        #expect(try line(id).received == 14)
    }

    @Test func aLabelSaysQuantityLotAndDate() throws {
        let id = try announce([.init(gtin: Self.breaker, quantity: 40)])
        try open(id)
        let label = "01\(Self.breaker)10AB12\u{1D}17270300" + "3725"
        #expect(try verdicts([Self.scan(label, "]C1")]) == [.expected])
        let line = try line(id)
        #expect(line.received == 25)
        #expect(line.lots == [DeliveryView.Lot(number: "AB12", quantity: 25, expires: "2027-03-31")])
    }

    /// The label stands for all that is on the pallet; what a portal reads of it is not counted twice, in either order.
    @Test(arguments: [true, false])
    func aPalletIsVerifiedByItsLabel(labelFirst: Bool) throws {
        let sscc = "340123450000000017"
        let unit = Announced.Unit(sscc: sscc, contents: [.init(gtin: Self.breaker, quantity: 10)])
        let id = try announce([.init(gtin: Self.breaker, quantity: 12)], units: [unit])
        try open(id)
        let reads = (1...6).map { Self.tag($0) }
        let label = [Self.scan("00\(sscc)", "]C1")]
        try send(labelFirst ? label + reads : reads + label)
        #expect(try line(id).received == 10)
        // Twelve tags, ten on the pallet: two were loose.
        try send((7...12).map { Self.tag($0) })
        #expect(try line(id).received == 12)
        // A restart folds the same.
        #expect(try store.deliveries.reception(of: id)?.received == [Self.breaker: 12])
        #expect(try store.deliveries.view(id)?.units.map(\.isVerified) == [true])
        let again = try send(label)
        #expect(
            again == [.refused(zone: "dock", take: nil, subject: "sscc:\(sscc)", .again)],
            "it counts nothing, and says so")
    }

    @Test func aPalletsLabelOpensItsDelivery() throws {
        let sscc = "340123450000000017"
        let id = try announce(
            [.init(gtin: Self.breaker, quantity: 10)],
            units: [
                .init(sscc: sscc, contents: []),
                .init(sscc: "340123450000000024", parent: sscc, contents: [.init(gtin: Self.breaker, quantity: 10)]),
            ])
        try send([Self.scan("00\(sscc)", "]C1")])
        let view = try #require(try store.deliveries.view(id))
        #expect(view.status == "open" && view.zone == "dock")
        #expect(view.lines[0].received == 10, "the pallet stands for the cartons on it")
    }

    @Test func anUnexpectedSerialIsAsked() throws {
        let id = try announce([.init(gtin: Self.breaker, quantity: 2, serials: ["1", "2"])])
        try open(id)
        #expect(try verdicts([Self.tag(1), Self.tag(9)]) == [.expected, .serial])
        #expect(try store.deliveries.view(id)?.questions.map(\.kind) == [.serial])
        // The same piece by its barcode is the same piece.
        #expect(try verdicts([Self.scan("01\(Self.breaker)211", "]d2")]) == [])
    }

    @Test func whatWasShownInRemoveModeIsTakenBack() throws {
        let id = try announce([.init(gtin: Self.breaker, quantity: 3)])
        try open(id)
        try send([Self.tag(1), Self.scan("3608439390616", "]E0"), Self.scan("3608439390616", "]E0")])
        #expect(try line(id).received == 3)
        #expect(try store.deliveries.setMode(.remove, delivery: id, by: Author("Nadia"), at: sender.time))
        applier.forgetReceptions()
        #expect(try verdicts([Self.tag(1), Self.scan("3608439390616", "]E0"), Self.tag(2)]) == [.removed, .removed])
        #expect(try line(id).received == 1)
        // Undone: it counts again.
        let last = try #require(try store.deliveries.view(id)?.decisions.last)
        try decide(.undo, id, quantity: Quantity(last.id))
        #expect(try line(id).received == 2)
        #expect(throws: DecisionError.noSuchDecision) { try decide(.undo, id, quantity: Quantity(last.id)) }
        #expect(try store.deliveries.reception(of: id)?.received == [Self.breaker: 2])
    }

    @Test func anUnknownTagIsWhatAPersonSays() throws {
        let id = try announce([.init(gtin: Self.breaker, quantity: 1)])
        try open(id)
        let badge = TagID(.epcGen2, [0xE2, 0x80, 0x11, 0x22])
        #expect(try verdicts([.appeared(Self.sighting(badge, "dock"))]) == [.unknown])
        try decide(.associate, id, gtin: Self.breaker, subject: "tag:\(badge.hex)")
        #expect(try line(id).received == 1)
        #expect(try store.deliveries.view(id)?.unknown.isEmpty == true)
        let next = try #require(
            try store.deliveries.expect(
                Announced(note: "BL-2", supplier: "Rexel", lines: [.init(gtin: Self.breaker, quantity: 1)]),
                source: "file"))
        try open(next)
        #expect(
            try verdicts([.appeared(Self.sighting(TagID(.epcGen2, [0xE2, 0x80, 0x11, 0x22]), "dock"))]) == [],
            "counted by another delivery")
    }

    @Test func nothingIsClosedBeforeItIsDecided() throws {
        let id = try announce([.init(gtin: Self.breaker, quantity: 5)], dock: "dock-2")
        try open(id)
        try send([Self.tag(1), Self.tag(1, Self.lamp), .appeared(Self.sighting(TagID(.epcGen2, [1, 2]), "dock"))])
        let kinds = try #require(try store.deliveries.view(id)?.questions.map(\.kind))
        #expect(Set(kinds) == [.short, .unordered, .unknown, .dock])
        try store.deliveries.settle(
            delivery: id, short: .later, extra: .refuse, unknown: .ignore, by: Author("Nadia"), at: 1)
        let view = try #require(try store.deliveries.view(id))
        #expect(view.questions.isEmpty)
        #expect(view.lines.map(\.received) == [1, 0] && view.lines[1].refused == 1)
        #expect(view.decisions.allSatisfy { $0.who == "Nadia" })
    }

    @Test func damagedAndRefusedAreNoMoreThanWasReceived() throws {
        let id = try announce([.init(gtin: Self.breaker, quantity: 5)])
        try open(id)
        try send((1...3).map { Self.tag($0) })
        #expect(throws: DecisionError.self) { try decide(.refuse, id, gtin: Self.breaker, quantity: 4) }
        #expect(throws: DecisionError.self) { try decide(.adjust, id, gtin: Self.breaker, quantity: -4) }
        try decide(.damaged, id, gtin: Self.breaker, quantity: 2)
        #expect(throws: DecisionError.self) { try decide(.damaged, id, gtin: Self.breaker, quantity: 2) }
        try decide(.refuse, id, gtin: Self.breaker, quantity: 2)
        try decide(.adjust, id, gtin: Self.breaker, quantity: 1)
        let line = try line(id)
        #expect(line.received == 2 && line.damaged == 2 && line.refused == 2)
        #expect(try store.deliveries.trail(delivery: id, gtin: Self.breaker).count == 6)
    }

    /// Read before anybody opened it: proposed by what lies there, and counted when it is opened.
    @Test func whatLiesAtTheDockProposesItsDelivery() throws {
        let other = try #require(
            try store.deliveries.expect(
                Announced(note: "BL-9", supplier: "Sonepar", lines: [.init(gtin: Self.breaker, quantity: 1)]),
                source: "file"))
        let id = try announce([.init(gtin: Self.breaker, quantity: 3), .init(gtin: Self.lamp, quantity: 2)])
        try send([Self.tag(1), Self.tag(2), Self.tag(3, Self.lamp)])
        let proposals = try store.strays.proposals(zone: "dock", at: sender.time)
        #expect(proposals.compactMap { $0["id"]?.integer } == [id, other])
        #expect(proposals.first?["fits"] == 3)
        try open(id)
        #expect(try store.deliveries.view(id)?.received == 3)
    }

    @Test func twoDocksReceiveAtOnceAndAPauseKeepsEverything() throws {
        let first = try announce([.init(gtin: Self.breaker, quantity: 3)])
        let second = try #require(
            try store.deliveries.expect(
                Announced(note: "BL-2", supplier: "S", lines: [.init(gtin: Self.breaker, quantity: 3)]), source: "file")
        )
        try open(first)
        try open(second, at: "dock-2")
        try send([Self.tag(1), Self.tag(2, at: "dock-2"), Self.tag(3)])
        #expect(try line(first).received == 2 && line(second).received == 1)
        // The second takes the first dock: the first waits, and goes on at the exact piece.
        try open(second)
        try send([Self.tag(4)])
        try open(first)
        try send([Self.tag(1), Self.tag(3), Self.tag(5)])
        #expect(try line(first).received == 3 && line(second).received == 2)
    }

    // MARK: the book

    @Test func goodsGoFromTheDockToTheShelfAndOut() throws {
        try store.articles.save(ProductView(gtin: Self.breaker, description: "Disjoncteur", minimum: 3))
        let id = try announce([.init(gtin: Self.breaker, quantity: 4)])
        try open(id)
        try send([Self.tag(1), Self.tag(2), Self.tag(3), Self.scan("3608439390616", "]E0")])
        try send([.moved(Self.sighting(Self.epc(1), "shelf"), from: "dock")])
        #expect(try store.stock.rows(gtin: Self.breaker).isEmpty, "in the book when it is closed, not before")
        #expect(try store.deliveries.close(delivery: id, by: Author("Nadia"), at: sender.time))
        #expect(try !store.deliveries.close(delivery: id, by: Author("Bruno"), at: sender.time))
        #expect(try store.stock.rows(gtin: Self.breaker).map { "\($0.zone) \($0.quantity)" } == ["dock 3", "shelf 1"])
        try send([Self.tag(2, at: "shelf"), Self.tag(2, at: "gate"), Self.tag(1, at: "gate"), Self.tag(1, at: "gate")])
        #expect(try store.stock.rows(gtin: Self.breaker).map { "\($0.zone) \($0.quantity)" } == ["dock 2"])
        #expect(try store.stock.openNotices().map { $0["kind"]?.text } == ["low-stock"])
        let kinds = try store.stock.movements(gtin: Self.breaker, zone: nil, from: nil, to: nil, limit: 10).compactMap {
            $0["kind"]?.text
        }
        #expect(kinds == ["departed", "departed", "moved", "received", "received", "received", "received"])
        // Found on the shelf though nobody received it.
        try send([Self.tag(50, at: "shelf")])
        #expect(try store.stock.rows(gtin: Self.breaker).map { "\($0.zone) \($0.quantity)" } == ["dock 2", "shelf 1"])
        #expect(try store.stock.openNotices().isEmpty, "three again")
    }

    /// Read before it was opened, driven to the shelf, and then closed: once in the book.
    @Test func aPieceOnItsWayIsBookedOnce() throws {
        let id = try announce([.init(gtin: Self.breaker, quantity: 2)])
        try send([Self.tag(1), Self.tag(2)])
        try open(id)
        try send([.moved(Self.sighting(Self.epc(1), "shelf"), from: "dock")])
        // Whatever the book said meanwhile, closing brings it to two.
        _ = try store.deliveries.close(delivery: id, by: Author("Nadia"), at: sender.time)
        #expect(try store.stock.rows(gtin: Self.breaker).reduce(0) { $0 + $1.quantity } == 2)
        // A backlog that drains later tells the past.
        try send([Self.tag(1, at: "gate")])
        sender.time -= 60_000
        try send([Self.tag(1, at: "shelf")])
        #expect(try store.stock.rows(gtin: Self.breaker).reduce(0) { $0 + $1.quantity } == 1)
    }

    @Test func fortyCartonsOfAPalletAreForty() throws {
        let pallet = "340123450000000017"
        let cartons = (0..<40).map { number in
            Announced.Unit(
                sscc: "3401234500000\(10000 + number)", parent: pallet,
                contents: [.init(gtin: Self.breaker, quantity: 10, lot: "L1")])
        }
        let id = try announce([.init(gtin: Self.breaker, quantity: 400)], units: [.init(sscc: pallet)] + cartons)
        try open(id)
        try send([Self.scan("00\(pallet)", "]C1")])
        #expect(try line(id).received == 400)
        #expect(try store.deliveries.view(id)?.units.allSatisfy(\.isVerified) == true)
        // In remove mode the label takes back what it counted; a tag seen on it counts for itself then.
        try send([Self.tag(1)])
        #expect(try store.deliveries.setMode(.remove, delivery: id, by: Author("Nadia"), at: sender.time))
        applier.forgetReceptions()
        try send([Self.scan("00\(pallet)", "]C1")])
        #expect(try line(id).received == 1)
    }

    @Test func lotsNeverAddUpToMoreThanWasKept() throws {
        let id = try announce([.init(gtin: Self.breaker, quantity: 6), .init(gtin: Self.breaker, quantity: 4)])
        try open(id)
        try send([Self.scan("01\(Self.breaker)10L1\u{1D}3710", "]C1")])
        try decide(.refuse, id, gtin: Self.breaker, quantity: 2)
        let lines = try #require(try store.deliveries.view(id)?.lines)
        #expect(lines.map(\.received) == [6, 2])
        #expect(lines.map { $0.lots.reduce(0) { $0 + $1.quantity } } == [6, 2])
    }

    /// A tag says no lot: the paper's holds for what readers saw, a label's own for what it counted.
    @Test func whatSaysNoLotHasThePapers() throws {
        let id = try announce([.init(gtin: Self.breaker, quantity: 5, lot: "P7", expires: "2027-03-31")])
        try open(id)
        try send([Self.tag(1), Self.tag(2), Self.scan("01\(Self.breaker)10L1\u{1D}372", "]C1")])
        let lots = try line(id).lots
        #expect(lots.map { "\($0.number) \($0.quantity)" } == ["L1 2", "P7 2"])
        #expect(lots.map(\.isFromPaper) == [false, true] && lots[1].expires == "2027-03-31")
    }

    @Test func aDayThatIsNoneIsRefused() throws {
        let csv = CSV(
            Array(
                "bl;fournisseur;gtin;designation;quantite;expires\nBL-3;Rexel;\(Self.breaker);D;1;2027-02-29\nBL-3;Rexel;\(Self.lamp);D;1;2028-02-29\n"
                    .utf8))
        let report = try Import.deliveries(csv, into: store, dryRun: true, now: 0)
        #expect(report.accepted == 1 && report.refused.map(\.line) == [2])
        #expect(Piece.date("280200") == "2028-02-29" && Piece.date("270229") == nil && Piece.date("271301") == nil)
    }

    @Test func theERPsListKeepsThePalletsOfTheSuppliersMessage() throws {
        let unit = Announced.Unit(sscc: "340123450000000017", contents: [.init(gtin: Self.breaker, quantity: 10)])
        let id = try announce([.init(gtin: Self.breaker, quantity: 10, serials: ["1"])], units: [unit])
        let pulled = Announced(
            note: "BL-1", supplier: "Rexel", erp: "7",
            lines: [.init(gtin: Self.breaker, quantity: 10, erp: "19", erpProduct: "3")])
        try store.deliveries.expect(pulled, source: "erp")
        #expect(try store.deliveries.view(id)?.units.count == 1)
        // And a file over it keeps the ERP's lines.
        _ = try announce([.init(gtin: Self.breaker, quantity: 12)])
        #expect(try line(id).erp == "19" && line(id).expected == 12)
    }

    // MARK: stock takes

    /// A thousand tags, each read twenty times by two readers, are a thousand.
    @Test func aBurstCountsEachTagOnce() throws {
        let id = try #require(
            try store.takes.openTake(zone: "shelf", sources: ["hand"], blind: true, by: Author("Nadia"), at: 1))
        applier.forgetReceptions()
        var rows: [[UInt8]] = []
        for read in 0..<20 {
            for serial in 1...1000 as ClosedRange<UInt64> {
                rows.append(Self.tag(serial, at: read % 2 == 0 ? "shelf" : "hand").encoded(at: Int64(read)))
            }
        }
        var first: UInt64 = 1
        for start in stride(from: 0, to: rows.count, by: 400) {
            let part = Array(rows[start..<min(start + 400, rows.count)])
            _ = try applier.apply([("hand-1", Self.frame(part, first: first, origin: 5000))], at: 6000)
            first += UInt64(part.count)
        }
        let view = try #require(try store.takes.view(id))
        #expect(view.counted == 1000)
        #expect(view.json["lines"]?.list?.first?["expected"] == nil, "blind")
    }

    @Test func goodsReceivedDuringTheCountAreNotLost() throws {
        func book() throws -> [String] { try store.stock.rows(gtin: Self.breaker).map { "\($0.zone) \($0.quantity)" } }
        // Ten on the shelf by the book, two of them tagged.
        try send([Self.tag(1, at: "shelf"), Self.tag(2, at: "shelf")])
        try store.stock.move(
            Movement(kind: .received, from: nil, to: "shelf"), gtin: Self.breaker, quantity: 8, by: Author("x"),
            at: sender.time)
        try send([.left(Self.sighting(Self.epc(2), "shelf"), present: .zero)])
        sender.time += 10_000
        let id = try #require(
            try store.takes.openTake(zone: "shelf", sources: [], blind: false, by: Author("Nadia"), at: sender.time))
        applier.forgetReceptions()
        // Seven scanned by hand, one tag seen; meanwhile a tagged piece arrives and is counted, five untagged come in and are not,
        // one that was counted goes out, and one that nobody has counted goes out too.
        try send((0..<7).map { _ in Self.scan("3608439390616", "]E0", at: "shelf") })
        try send([Self.tag(3, at: "shelf")])
        try store.stock.move(
            Movement(kind: .received, from: nil, to: "shelf"), gtin: Self.breaker, quantity: 5, by: Author("x"),
            at: sender.time)
        try send([Self.tag(1, at: "gate"), Self.tag(2, at: "gate")])
        let line = try #require(try store.takes.view(id)?.lines.first)
        #expect([line.expected, line.counted, line.moved, line.result, line.book] == [10, 9, 4, 13, 14])
        #expect(try store.takes.change(take: id, to: .review, by: Author("Nadia"), at: sender.time))
        let posted = try #require(try store.takes.post(take: id, complete: true, by: Author("Nadia"), at: sender.time))
        #expect(posted.lines.map(\.difference) == [-1])
        #expect(try book() == ["shelf 13"])
        #expect(try store.takes.post(take: id, complete: true, by: Author("Bruno"), at: sender.time) == nil)
    }

    @Test func aCountIsDueWhenGoodsHaveLainThereLongEnough() throws {
        let month: Int64 = 31 * 86_400_000
        try store.stock.watchCounts(at: month * 2)
        #expect(try store.stock.openNotices().isEmpty, "nothing lies there")
        try store.stock.move(
            Movement(kind: .received, from: nil, to: "shelf"), gtin: Self.lamp, quantity: 1, by: Author("x"), at: month)
        try store.stock.watchCounts(at: month + 1)
        #expect(try store.stock.openNotices().isEmpty)
        try store.stock.watchCounts(at: month * 2 + 1)
        #expect(try store.stock.openNotices().map { $0["kind"]?.text } == ["count-due"])
        let id = try #require(
            try store.takes.openTake(zone: "shelf", sources: [], blind: true, by: Author("N"), at: month * 2 + 2))
        _ = try store.takes.change(take: id, to: .review, by: Author("N"), at: month * 2 + 3)
        _ = try store.takes.post(take: id, complete: false, by: Author("N"), at: month * 2 + 4)
        #expect(try store.stock.openNotices().isEmpty, "counted: it goes by itself")
    }

    @Test func aPieceFromAnotherShelfIsMovedNotFound() throws {
        try send([Self.tag(1, at: "attic"), .left(Self.sighting(Self.epc(1), "attic"), present: .zero)])
        // The count's reader reads without a zone of its own kind.
        let id = try #require(
            try store.takes.openTake(zone: "shelf", sources: ["hand"], blind: false, by: Author("N"), at: sender.time))
        applier.forgetReceptions()
        try send([Self.tag(1, at: "hand")])
        _ = try store.takes.change(take: id, to: .review, by: Author("N"), at: sender.time)
        _ = try store.takes.post(take: id, complete: false, by: Author("N"), at: sender.time)
        #expect(try store.stock.rows(gtin: Self.breaker).map { "\($0.zone) \($0.quantity)" } == ["shelf 1"])
        #expect(try store.stock.items(epc: Self.epc(1).hex, gtin: nil, limit: 1).first?["bookedIn"] == "shelf")
    }

    /// What is only still there is no news, and takes nothing out in remove mode; a tag and its barcode are one piece.
    @Test func aPieceIsCountedOnceHoweverItIsRead() throws {
        let id = try #require(try store.takes.openTake(zone: "shelf", sources: [], blind: true, by: Author("N"), at: 1))
        applier.forgetReceptions()
        try send([Self.tag(1, at: "shelf"), Self.scan("01\(Self.breaker)211", "]d2", at: "shelf")])
        #expect(try store.takes.view(id)?.counted == 1)
        _ = try store.takes.setMode(.remove, take: id, by: Author("N"), at: 2)
        applier.forgetReceptions()
        try send([.still(Self.sighting(Self.epc(1), "shelf"))])
        #expect(try store.takes.view(id)?.counted == 1)
        // Received meanwhile though nobody counted any: it stays in the book of a count that is posted in part.
        try store.stock.move(
            Movement(kind: .received, from: nil, to: "shelf"), gtin: Self.lamp, quantity: 5, by: Author("x"),
            at: sender.time)
        _ = try store.takes.change(take: id, to: .review, by: Author("N"), at: sender.time)
        let posted = try #require(try store.takes.post(take: id, complete: false, by: Author("N"), at: sender.time))
        #expect(posted.lines.map(\.gtin) == [Self.breaker])
        #expect(try store.stock.rows(gtin: Self.lamp).map(\.quantity) == [5])
    }

    @Test func whatNobodyCountedStaysUnlessEverythingWasCounted() throws {
        for complete in [false, true] {
            try store.stock.move(
                Movement(kind: .received, from: nil, to: "attic"), gtin: Self.lamp, quantity: 4, by: Author("x"), at: 1)
            let before = try store.stock.rows(gtin: Self.lamp).first?.quantity
            let id = try #require(
                try store.takes.openTake(zone: "attic", sources: [], blind: true, by: Author("N"), at: 2))
            #expect(try store.takes.openTake(zone: "attic", sources: [], blind: true, by: Author("N"), at: 2) == nil)
            _ = try store.takes.change(take: id, to: .review, by: Author("N"), at: 3)
            _ = try store.takes.post(take: id, complete: complete, by: Author("N"), at: 4)
            #expect(try store.stock.rows(gtin: Self.lamp).first?.quantity == (complete ? nil : before))
        }
    }

    // MARK: finding

    @Test func everythingIsFoundByItsBeginnings() throws {
        try store.articles.save(
            ProductView(gtin: Self.breaker, description: "Disjoncteur 16A courbe C", reference: "DJ16C"))
        _ = try announce([.init(gtin: Self.lamp, description: "Réglette à diodes", quantity: 1)])
        _ = try store.parties.add(
            name: "Claire Moreau", company: "Atelier Électrique", reference: "C-7",
            numbers: [PhoneNumber("01 99 00 12 34", region: "FR")], by: "x", at: 1)
        func found(_ text: String) throws -> [String] {
            try store.index.search(text, kinds: Set(SearchTable.Found.allCases), limit: 10).compactMap {
                $0["kind"]?.text
            }
        }
        #expect(try found("disj 16") == ["product"])
        #expect(try found("dj16") == ["product"])
        #expect(try found("reglet") == ["product"])
        #expect(try found("electr moreau") == ["party"])
        #expect(try found("0199001234") == ["party"])
        #expect(try found("bl-1") == ["delivery"])
        #expect(try found("x") == [])
        #expect(try found("\" OR body:*") == [])
        try send([Self.tag(1, at: "shelf")])
        #expect(try found(String(Self.epc(1).hex.prefix(10))) == ["tag"])
    }

    // MARK: who

    @Test func passwordsAreKeptAsArgon2idAndNothingElse() throws {
        let hash = Password.hash("une phrase assez longue")
        #expect(hash.hasPrefix("$argon2id$v=19$m=65536,t=3,p=1$"))
        #expect(Password.holds("une phrase assez longue", hash))
        #expect(!Password.holds("une phrase assez longu", hash))
        #expect(Password.weakness("court", name: "Nadia") != nil)
        #expect(Password.weakness("nadia-nadia-nadia", name: "Nadia") != nil)
        #expect(try store.people.isOpenHouse())
        let id = try store.people.save(user: "Nadia", .init(password: hash, rights: [.prices]), by: Author("x"), at: 1)
        #expect(try !store.people.isOpenHouse())
        let person = try store.people.openSession(user: id, station: "dock", session: "d", at: 10)
        #expect(person.may(.prices) && !person.may(.users) && person.station == "dock")
        #expect(
            try store.people.person(session: "d", at: 10 + PeopleTable.stationLife) == nil,
            "a station's session ends by itself")
        _ = try store.people.save(user: "Nadia", .init(isDisabled: true), by: Author("x"), at: 2)
        #expect(try store.people.person(session: "d", at: 11) == nil)
    }
}
