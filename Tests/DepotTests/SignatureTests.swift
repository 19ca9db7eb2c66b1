import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Who brought the goods signs for them: a name, a picture, or both; nobody has to.
struct SignatureTests {
    @Test func aSignatureIsKeptWithTheDeliveryAndChangesNoQuantity() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
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

    @Test func whereSomebodyHasToSignNothingIsClosedWithout() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        let desk = ReceivingDesk(store)
        let author = Author("Nadia", reason: "late goods")
        let opened = try desk.openBlind(
            supplier: "Rexel", zone: "dock-1", note: "BL-1", day: "2026-11-28", by: author, at: 1)
        let id = try #require(opened)
        func sign(at now: Int64) throws {
            try desk.decide(Decision(at: now, who: "Nadia", kind: .signed, reason: "Paul"), on: id)
        }
        func close(at now: Int64) throws -> Bool {
            try desk.close(id, .init(needsSignature: true), by: author, at: now)
        }
        #expect(throws: DecisionError.unsigned) { try close(at: 2) }
        #expect(try store.deliveries.view(id)?.status == "open")
        try sign(at: 3)
        let signed = try #require(try store.deliveries.view(id)?.decisions.last)
        // One that was taken back is none.
        try desk.decide(Decision(at: 4, who: "Nadia", kind: .undo, quantity: Quantity(Int(signed.id))), on: id)
        #expect(throws: DecisionError.unsigned) { try close(at: 5) }
        try sign(at: 6)
        #expect(try close(at: 7))
        // What comes late is signed for anew.
        try desk.reopen(id, zone: "dock-1", by: author, at: 8)
        #expect(throws: DecisionError.unsigned) { try close(at: 9) }
        try sign(at: 10)
        #expect(try close(at: 11))
    }
}
