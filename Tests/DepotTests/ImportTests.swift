import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Files are read whole and written in portions.
struct ImportPortionTests {
    /// A GTIN-13 with its check digit.
    static func gtin(_ number: Int) -> String {
        let body = "200" + String(String(1_000_000_000 + number).dropFirst())
        var sum = 0
        for (index, digit) in body.enumerated() { sum += (digit.wholeNumberValue ?? 0) * (index % 2 == 0 ? 1 : 3) }
        return body + String((10 - sum % 10) % 10)
    }

    static func products(_ count: Int) -> CSV {
        let rows = (0..<count).map { "\(gtin($0));Thing \($0)" }.joined(separator: "\n")
        return CSV(Array(("gtin;description\n" + rows + "\n").utf8))
    }

    @Test func portionsWriteWhatTheWholeFileSays() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        let checked = try Import.check(products: ImportPortionTests.products(2500))
        #expect(checked.report.accepted == 2500)
        #expect(checked.portions == [0..<1000, 1000..<2000, 2000..<2500])
        #expect(try store.database.integer("SELECT count(*) FROM product") == 0)
        let report = try Import.products(ImportPortionTests.products(2500), into: store, dryRun: false)
        #expect(report == checked.report)
        #expect(try store.database.integer("SELECT count(*) FROM product") == 2500)
    }

    @Test func aFileWhoseImportWasCutShortIsCompletedByImportingItAgain() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        let checked = try Import.check(products: ImportPortionTests.products(1500))
        try checked.write(checked.portions[0], into: store, by: "A", now: 1)
        #expect(try store.database.integer("SELECT count(*) FROM product") == 1000)
        for _ in 0..<2 {
            for portion in checked.portions { try checked.write(portion, into: store, by: "A", now: 2) }
            #expect(try store.database.integer("SELECT count(*) FROM product") == 1500)
            #expect(try store.database.integer("SELECT count(*) FROM search") == 1500)
        }
    }

    @Test func theLinesOfADeliveryAreInOnePortion() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        var text = "delivery_note;supplier;gtin;description;quantity\n"
        for note in ["A", "B", "C"] {
            for index in 0..<600 { text += "\(note);S;\(ImportPortionTests.gtin(index));Thing;1\n" }
        }
        let checked = try Import.check(deliveries: Array(text.utf8), in: store)
        #expect(checked.report.refused.isEmpty && checked.report.deliveries == 3)
        #expect(checked.portions == [0..<1, 1..<2, 2..<3])
        try checked.write(checked.portions[0], into: store, by: "A", now: 1)
        #expect(try store.database.integer("SELECT count(*) FROM delivery_line") == 600)
        for portion in checked.portions { try checked.write(portion, into: store, by: "A", now: 1) }
        #expect(try store.database.integer("SELECT count(*) FROM delivery_line") == 1800)
        #expect(try store.database.integer("SELECT count(*) FROM delivery") == 3)
    }
}
