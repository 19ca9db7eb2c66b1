import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// A catalogue that comes as one file.
struct ManyProductsTests {
    private let folder = TemporaryFolder()

    private static func product(_ number: Int, isSecond: Bool) -> ProductView {
        let gtin = "03600000\(100_000 + number)"
        var product = ProductView(gtin: gtin, description: isSecond && number % 3 == 0 ? "" : "Disjoncteur \(number) A")
        if !isSecond || number % 4 == 0 { product.reference = "REF-\(number)\(isSecond ? "b" : "")" }
        if number % 5 == 0 { product.unit = "kg" }
        if number % 2 == 0 { product.tracking = isSecond ? "none" : "lot" }
        if number % 7 == 0 { product.minimum = Quantity(number) }
        if isSecond, number % 11 == 0 { product.erp = "odoo:\(number)" }
        if number % 13 == 0 { product.cartons = [.init(gtin: "1\(gtin.dropFirst())", quantity: 12)] }
        if number % 17 == 0 { product.codes = ["C \(number)"] }
        return product
    }

    /// Whether they are new, or come again with less said of them.
    @Test func productsSavedTogetherAreThoseSavedOneByOne() throws {
        var held: [[String]] = []
        var found: [[JSON]] = []
        for isTogether in [false, true] {
            let store = try TestStore.open("\(folder.path)/\(isTogether).db")
            for isSecond in [false, true] {
                let products = (0..<(isSecond ? 320 : 250)).map { ManyProductsTests.product($0, isSecond: isSecond) }
                try store.transaction {
                    if isTogether {
                        try store.articles.save(products)
                    } else {
                        for product in products { try store.articles.save(product) }
                    }
                }
            }
            let all = try store.database.rows("SELECT gtin FROM product ORDER BY gtin") { $0.text(0) }
            held.append(try all.map { try store.articles.product($0).map { "\($0.json)" } ?? "-" })
            found.append(
                try ["disj 31", "ref12", "ref-8b", "03600000100250"].flatMap {
                    try store.index.search($0, kinds: [.product], limit: 400)
                })
        }
        #expect(held[0] == held[1] && held[0].count == 320)
        #expect(found[0] == found[1] && found[0].count == 10)
    }
}
