import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// A delivery answers to each of its names: the receipt's, the order's, the supplier's. Two that have one are asked about.
struct DeliveryNameTests {
    static let gtin = "09521234000013"
    static let other = "09521234000020"
    static let head = "delivery_note;supplier;gtin;description;quantity;lot;expires"

    private let folder = TemporaryFolder()
    private let store: Store
    private let applier: Applier
    private let sender = InventoryTests.Sender()
    private let nadia = Author("Nadia", station: "dock")

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        store.rules = ["dock": ZoneRule(kind: .dock)]
        applier = Applier(store: store)
    }

    /// What the ERP announces: order P00124, the supplier's number of it, receipt WH/IN/00207.
    @discardableResult
    private func pull(
        _ receipt: String = "207", name: String = "WH/IN/00207", _ references: [String] = ["P00124", "BL-SON-77120"],
        supplier: String = "Sonepar", quantity: Quantity = 10, open: Set<String> = []
    ) throws -> Int64 {
        let names = [name] + references
        var announced = Announced(
            note: try store.deliveries.note(
                ofReceipt: receipt, supplier: supplier, names: names, open: open.union([receipt])),
            supplier: supplier, erp: receipt,
            lines: [.init(gtin: Self.gtin, quantity: quantity, erp: "m\(receipt)", erpProduct: "3")])
        announced.names = names
        try store.deliveries.expect(announced, source: "erp")
        return try #require(try store.deliveries.id(note: announced.note))
    }

    private func take(_ rows: String...) throws -> ImportReport {
        try Import.deliveries(
            Array(([Self.head] + rows).joined(separator: "\n").utf8), into: store, dryRun: false, now: 1)
    }

    @discardableResult
    private func scan(_ text: String) throws -> [CentreEvent] {
        sender.time += 1000
        let frame = InventoryTests.frame(
            [InventoryTests.scan(text).encoded(at: 0)], first: sender.next, origin: sender.time)
        sender.next += 1
        return try applier.apply([("gate", frame)], at: sender.time).events
    }

    private func refusals(_ events: [CentreEvent]) -> [Refusal] {
        events.compactMap { if case .refused(_, _, _, let why) = $0 { why } else { nil } }
    }

    private func view(_ id: Int64) throws -> DeliveryView { try #require(try store.deliveries.view(id)) }

    private var count: Int64 { get throws { try store.articles.count(of: .delivery) } }

    // MARK: scanned

    @Test(arguments: ["P00124", "BL-SON-77120", "bl-son-77120", "WH/IN/00207"])
    func aScanOfAnyOfItsNamesOpensIt(_ text: String) throws {
        let id = try pull()
        #expect(try view(id).note == "P00124")
        try scan(text)
        #expect(try view(id).status == "open" && view(id).zone == "dock")
        #expect(try refusals(scan("BL-SON-77120")) == [.sameNote], "its paper is no piece of goods")
        #expect(try view(id).unknown.isEmpty)
        let desk = ReceivingDesk(store)
        #expect(try desk.close(id, .init(short: .never), by: nadia, at: sender.time))
        let next = try #require(
            try desk.openBlind(supplier: "S", zone: "dock", note: "B", day: "2026-11-27", by: nadia, at: sender.time))
        #expect(try refusals(scan("BL-SON-77120")) == [.closedNote])
        #expect(try view(next).unknown.isEmpty)
    }

    @Test func twoThatHaveOneNumberAreAskedAbout() throws {
        let first = try pull("1", name: "WH/IN/1", ["P1", "BL-7"], supplier: "Sonepar")
        let second = try pull("2", name: "WH/IN/2", ["P2", "BL-7"], supplier: "Rexel", open: ["1"])
        #expect(first != second)
        #expect(try refusals(scan("BL-7")) == [.several])
        #expect(try view(first).status == "expected" && view(second).status == "expected")
        try scan("P2")
        #expect(try view(second).status == "open")
        #expect(try refusals(scan("BL-7")) == [.sameNote], "the one that is open is meant")
    }

    @Test func aNumberThatAnArticleHasIsGoods() throws {
        try store.articles.save(ProductView(gtin: "#P0077", description: "Vis", reference: "P0077"))
        let id = try pull("1", name: "WH/IN/1", ["P1", "P0077"])
        try scan("P1")
        try scan("P0077")
        #expect(try view(id).lines.map(\.gtin) == [Self.gtin, "#P0077"])
    }

    @Test(arguments: ["BL-SON-77120", "son-77", "wh/in/00207", "P00124"])
    func itIsFoundByAnyOfThem(_ text: String) throws {
        let id = try pull()
        let found = try store.index.search(text, kinds: [.delivery], limit: 5)
        let isName = text != "son-77"
        #expect(found.compactMap { $0["ref"]?.text } == (isName ? [String(id)] : []))
    }

    // MARK: imported

    @Test func theSuppliersNoteIsTheReceiptOfTheERP() throws {
        let id = try pull()
        let report = try take("BL-SON-77120;SONEPAR SAS;\(Self.gtin);A;6;L7;2027-01-31")
        #expect(report.refused.isEmpty && report.remarks.first?.reason.contains("P00124") == true)
        #expect(try count == 1)
        var line = try #require(try view(id).lines.first)
        #expect(line.expected == 6 && line.erp == "m207")
        // The next pull adds to what the file said, and wipes nothing.
        try pull()
        line = try #require(try view(id).lines.first)
        #expect(line.expected == 6 && line.erp == "m207" && line.erpProduct == "3")
        try scan("BL-SON-77120")
        try scan(Self.gtin)
        let lot = try #require(try view(id).lines.first?.lots.first)
        #expect(lot.number == "L7" && lot.expires == "2027-01-31" && lot.isFromPaper)
    }

    @Test func aPaperThatCameFirstIsTheReceiptsToo() throws {
        _ = try take("BL-SON-77120;Sonepar;\(Self.gtin);A;4;L1;", "BL-SON-77120;Sonepar;\(Self.gtin);A;6;L2;")
        let paper = try #require(try store.deliveries.id(note: "BL-SON-77120"))
        try scan("BL-SON-77120")
        #expect(try view(paper).status == "open")
        let id = try pull()
        #expect(id == paper)
        #expect(try count == 1)
        #expect(try view(id).erp == "207" && view(id).lines.map(\.erp) == ["m207", "m207"])
        #expect(try view(id).names == ["P00124", "WH/IN/00207"])
        #expect(try view(id).lines.map(\.expected) == [4, 6])
    }

    @Test func anotherSuppliersNumberIsAnotherDelivery() throws {
        try pull()
        _ = try take("BL-SON-77120;Rexel;\(Self.gtin);A;6;;")
        #expect(try count == 2)
        // Two deliveries of one supplier have the number: a file does not guess.
        try pull("208", name: "WH/IN/00208", ["P00125", "BL-9"], open: ["207"])
        try pull("209", name: "WH/IN/00209", ["P00126", "BL-9"], open: ["207", "208"])
        let report = try take("BL-9;Sonepar;\(Self.gtin);A;6;;")
        #expect(report.deliveries == 0 && report.refused.first?.reason.contains("P00125") == true)
    }

    @Test func aMessageNamesTheOrder() throws {
        let id = try pull(quantity: 10)
        func message(_ note: String) -> [UInt8] {
            Array(
                DESADVTests.interchange([
                    [
                        "BGM+351+\(note)+9", "RFF+ON:P00124", "NAD+SU+3012345000015::9++Sonepar",
                        "LIN+1++\(Self.gtin):EN", "QTY+12:6:PCE",
                    ]
                ]).utf8)
        }
        let report = try Import.deliveries(message("BL-1"), into: store, dryRun: false, now: 1)
        #expect(report.refused.isEmpty && report.remarks.first?.reason.contains("P00124") == true)
        #expect(try count == 1)
        #expect(try view(id).names.contains("BL-1"))
        #expect(try view(id).lines.map(\.expected) == [6] && view(id).erp == "207")
        // The next paper of the order is another delivery.
        _ = try Import.deliveries(message("BL-2"), into: store, dryRun: false, now: 1)
        #expect(try count == 2)
    }

    // MARK: back-orders

    /// Six of ten are received in the ERP: the rest is the same delivery, under its order's name.
    @Test func theRestOfAReceiptThatWasDoneThereIsNoSecondDelivery() throws {
        let id = try pull("198", name: "WH/IN/00198", ["P00123"])
        let rest = try pull("199", name: "WH/IN/00199", ["P00123"], quantity: 4)
        try store.jobs.forgetReceipts(except: ["199"])
        #expect(rest == id)
        #expect(try count == 1)
        #expect(try view(id).note == "P00123" && view(id).erp == "199" && view(id).lines.map(\.expected) == [4])
        // Received here and pushed, what is left comes back with its order's name and the receipt's.
        let desk = ReceivingDesk(store)
        #expect(try desk.open(id, zone: "dock", by: nadia, at: 5))
        try desk.decide(Decision(at: 6, who: "Nadia", kind: .adjust, gtin: Self.gtin, quantity: 3), on: id)
        #expect(try desk.close(id, .init(short: .later), by: nadia, at: 7))
        let last = try pull("200", name: "WH/IN/00200", ["P00123"], quantity: 1)
        #expect(try view(last).note == "P00123 (WH/IN/00200)")
        sender.time = 1_000_000
        try scan("P00123")
        #expect(try view(last).status == "open", "the order's number opens what is still to come")
    }

    @Test func namesGoWithTheirDelivery() throws {
        try pull()
        try store.jobs.forgetReceipts(except: [])
        #expect(try store.database.integer("SELECT count(*) FROM delivery_name") == 0)
    }
}
