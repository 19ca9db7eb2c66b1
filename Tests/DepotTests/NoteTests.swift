import Model
import SQLite
import TestSupport
import Testing

@testable import Depot

/// The number of a note alone names no delivery: suppliers number their papers as they like.
struct NoteTests {
    let dock: InventoryTests

    init() throws { dock = try InventoryTests() }

    var store: Store { dock.store }
    static let gtins = PaperTests.gtins

    func take(_ bytes: [UInt8], adding: Bool = false) throws -> ImportReport {
        try Import.deliveries(bytes, options: .init(isAddition: adding), into: store, dryRun: false, now: 1)
    }

    func table(_ rows: String...) throws -> ImportReport {
        try take(Array(([PaperTests.head] + rows).joined(separator: "\n").utf8))
    }

    /// Supplier to what is expected of it, of note N.
    func expected() throws -> [String: [Quantity]] {
        let views = try store.deliveries.ids(note: "N").compactMap { try store.deliveries.view($0) }
        return Dictionary(views.map { ($0.supplier, $0.lines.map(\.expected)) }) { first, _ in first }
    }

    @Test(arguments: 0..<3) func twoSuppliersOfOneNumberAreTwoDeliveries(form: Int) throws {
        let paper = String(decoding: AgainTests.papers(Self.gtins[0])[form], as: UTF8.self)
        let other = paper.replacing("Sonepar", with: "Rexel").replacing("3012345000015", with: "3012345000022")
        for text in [paper, other, other] { #expect(try take(Array(text.utf8)).refused.isEmpty) }
        #expect(try expected() == ["Sonepar": [2], "Rexel": [2]])
    }

    @Test func oneTableMayHoldBoth() throws {
        let report = try table(
            "N;Sonepar;\(Self.gtins[0]);A;5", "N;Rexel;\(Self.gtins[1]);B;7", "N;;\(Self.gtins[2]);C;1",
            "N;SONEPAR France SAS;\(Self.gtins[3]);D;2")
        #expect(report.refused.isEmpty && report.deliveries == 2)
        #expect(
            try expected() == ["Sonepar": [5, 2], "Rexel": [7, 1]], "a row that names nobody is of the one above")
    }

    @Test func oneFileOfMessagesMayHoldBoth() throws {
        let json = ["Sonepar", "Rexel", "REXEL FRANCE"].map {
            "{\"note\":\"N\",\"supplier\":\"\($0)\",\"lines\":[{\"gtin\":\"\(Self.gtins[0])\",\"quantity\":2}]}"
        }
        let report = try take(Array("[\(json.joined(separator: ","))]".utf8))
        #expect(report.deliveries == 2 && report.refused.map(\.reason) == ["delivery N stands twice"])
        let line = ["LIN+1++\(Self.gtins[0]):EN", "QTY+12:3:PCE"]
        let text = DESADVTests.interchange([
            ["BGM+351+N+9", "NAD+SU+++Sonepar"] + line, ["BGM+351+N+9", "NAD+SU+++Rexel"] + line,
        ])
        #expect(try take(Array(text.utf8)).refused.isEmpty)
        #expect(try expected() == ["Sonepar": [3], "Rexel": [3]])
    }

    @Test func aPaperThatDoesNotSayWhoseItIsIsAskedFor() throws {
        _ = try table("N;Sonepar;\(Self.gtins[0]);A;5", "N;Rexel;\(Self.gtins[1]);B;7")
        let report = try table("N;;\(Self.gtins[2]);C;1")
        #expect(report.deliveries == 0 && report.refused.first?.reason.contains("of Sonepar and one of Rexel") == true)
    }

    @Test func suppliersOfOneNoteAreBounded() throws {
        let rows = (0..<60).map { "N;Company\($0);\(Self.gtins[0]);A;1" }
        let report = try take(Array(([PaperTests.head] + rows).joined(separator: "\n").utf8))
        #expect(report.deliveries == Again.supplierLimit && report.refused.count == 60 - Again.supplierLimit)
    }

    // MARK: at the dock

    @Test func aScannedNumberOfTwoAsksWhichOne() throws {
        _ = try table("N;Sonepar;\(Self.gtins[0]);A;5", "N;Rexel;\(Self.gtins[1]);B;7")
        let note = InventoryTests.scan("N", "]C0")
        let asked = CentreEvent.refused(zone: "dock", take: nil, subject: "text:N", .several)
        #expect(try dock.send([note]) == [asked])
        #expect(try store.deliveries.rows(closedSince: 0).allSatisfy { $0.status == "expected" })
        let ids = try store.deliveries.ids(note: "N")
        #expect(try dock.open(ids[1]))
        #expect(try dock.send([note]) == [asked], "perhaps the other one has come")
        #expect(try store.deliveries.close(delivery: ids[1], by: Author("Zoe"), at: 9))
        dock.applier.forgetReceptions()
        #expect(try dock.send([note]) == [.delivery(ids[0])], "one is left")
    }

    @Test func aDeliveryWithoutNoticeMayHaveAnothersNumber() throws {
        _ = try table("N;Sonepar;\(Self.gtins[0]);A;5")
        func blind(_ supplier: String) throws -> Int64? {
            try store.deliveries.openBlind(
                supplier: supplier, zone: "dock", note: "N", day: "2026-11-27", by: Author("Zoe"), at: 1)
        }
        #expect(try blind("Sonepar") == nil)
        #expect(try blind("Rexel") != nil)
    }

    // MARK: the ERP

    func pull(_ quantity: Quantity, supplier: String = "Rexel", receipt: String = "7", gtin: String) throws -> Int64? {
        try store.deliveries.expect(
            Announced(
                note: "N", supplier: supplier, erp: receipt,
                lines: [.init(gtin: "0\(gtin)", quantity: quantity, erp: "19", erpProduct: "3")]), source: "erp")
    }

    @Test(
        arguments: [
            (10, ["L1 6", "L2 4"]), (8, ["L1 6", "L2 4"]), (12, ["L1 6", "L2 4"]),
        ] as [(Quantity, [String])])
    func theERPAddsToWhatThePaperSaidOfLots(quantity: Quantity, lots: [String]) throws {
        let head = "\(PaperTests.head);lot;expires"
        let rows = [
            "N;Rexel;\(Self.gtins[0]);A;6;L1;2027-03-31", "N;Rexel;\(Self.gtins[0]);A;4;L2;",
            "N;Rexel;\(Self.gtins[1]);B;3;;",
        ]
        #expect(try take(Array(([head] + rows).joined(separator: "\n").utf8)).refused.isEmpty)
        for _ in 0..<2 {
            let id = try #require(try pull(quantity, gtin: Self.gtins[0]))
            let lines = try store.database.rows(
                "SELECT lot, quantity, expires, erp FROM delivery_line WHERE delivery=? AND gtin=? ORDER BY position",
                .integer(id), .text("0\(Self.gtins[0])")
            ) { ("\($0.optionalText(0) ?? "-") \($0.quantity(1))", $0.optionalText(2), $0.optionalText(3)) }
            #expect(lines.map(\.0) == lots, "a second pull changes nothing")
            #expect(lines[0].1 == "2027-03-31" && lines.allSatisfy { $0.2 == "19" })
            let others = try #require(try store.deliveries.view(id)).lines.filter { $0.gtin == "0\(Self.gtins[1])" }
            #expect(others.map(\.expected) == [3], "the ERP does not name it, the paper does")
        }
        #expect(try store.deliveries.ids(note: "N").count == 1)
    }

    @Test func receiptsOfTwoSuppliersMayHaveOneNumber() throws {
        let first = try pull(1, gtin: Self.gtins[0])
        let second = try pull(2, supplier: "Sonepar", receipt: "8", gtin: Self.gtins[0])
        #expect(first != nil && second != nil && first != second)
        #expect(try pull(3, supplier: "Sonepar", receipt: "8", gtin: Self.gtins[0]) == second)
    }
}
