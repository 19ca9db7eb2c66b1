import Model
import SQLite
import TestSupport
import Testing

@testable import Depot

/// Who brought the goods signs for them: a name, a picture, or both; nobody has to.
struct SignatureTests {
    @Test func aSignatureIsKeptWithTheDeliveryAndChangesNoQuantity() throws {
        let folder = TemporaryFolder()
        let store = try Store(path: "\(folder.path)/db")
        let desk = ReceivingDesk(store)
        let author = Author("Nadia")
        let opened = try desk.openBlind(
            supplier: "Rexel", zone: "dock-1", note: "BL-1", day: "2026-11-28", by: author, at: 1)
        let id = try #require(opened)
        let before = try #require(try store.deliveries.view(id))
        func sign(_ name: String?, _ photo: Int64?) throws {
            try desk.decide(
                Decision(at: 2, who: "Nadia", kind: .signed, reason: name, photo: photo), on: id)
        }
        #expect(throws: DecisionError.self) { try sign(nil, nil) }
        let photo = try desk.keep(photo: [0x89, 0x50, 0x4E, 0x47], type: "image/png", by: author, at: 2)
        try sign("Paul, chauffeur", photo)
        let view = try #require(try store.deliveries.view(id))
        #expect(view.decisions.map(\.kind) == [.signed] && view.decisions.first?.photo == photo)
        #expect(view.received == before.received && view.questions == before.questions)
        #expect(try desk.close(id, .init(), by: author, at: 3))
        #expect(try store.deliveries.view(id)?.decisions.first?.reason == "Paul, chauffeur")
    }
}
