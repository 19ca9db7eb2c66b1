import Depot
import Platform
import Settings
import Sheets
import TestSupport
import Testing

@testable import IngestServer

/// Whether somebody signs is one word of the file.
struct ReceivingSettingsTests {
    private func rule(_ text: String) throws -> SignatureRule {
        try IngestConfiguration(parsing: "version = 1\n\(text)", file: "ingest.toml").signature
    }

    @Test func aSignatureIsOfferedUnlessTheFileSaysOtherwise() throws {
        #expect(try rule("") == .offered)
        for one in SignatureRule.allCases {
            #expect(try rule("[receiving]\nsignature = \"\(one.rawValue)\"\n") == one)
        }
    }

    @Test(arguments: ["\"sometimes\"", "true"]) func anotherWordIsRefused(word: String) {
        #expect(throws: Problems.self) { try rule("[receiving]\nsignature = \(word)\n") }
    }

    @Test func theSlipSaysHowManyPhotosThereAre() throws {
        let folder = TemporaryFolder()
        let store = try Store(path: "\(folder.path)/db")
        let (desk, author) = (ReceivingDesk(store), Author("Nadia"))
        let opened = try desk.openBlind(
            supplier: "Rexel", zone: "dock-1", note: "BL-1", day: "2026-11-28", by: author, at: 1)
        let id = try #require(opened)
        let before = try #require(try store.deliveries.view(id))
        #expect(!DeliverySlip.make(before, .fr).notes.contains { $0.hasPrefix("Photos") })
        let photo = try desk.keep(photo: [0xFF, 0xD8, 0xFF], type: "image/jpeg", by: author, at: 2)
        #expect(try desk.close(id, .init(photos: [photo]), by: author, at: 3))
        let view = try #require(try store.deliveries.view(id))
        #expect(DeliverySlip.make(view, .fr).notes.contains("Photos des marchandises : 1"))
        #expect(DeliverySlip.make(view, .en).notes.contains("Photos of the goods: 1"))
        #expect(try DeliverySlip.make(view, .en).pdf(.roll80).starts(with: Array("%PDF".utf8)))
    }
}
