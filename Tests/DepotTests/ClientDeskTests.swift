import Model
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// A number is given to a client who is here already, and taken back.
struct ClientDeskTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let desk: ClientDesk
    private let alice = Person(id: 1, name: "Alice", desk: "101")
    private let number = PhoneNumber("06 12 34 00 91", internalPlan: #"\d{3}"#)

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        desk = ClientDesk(store)
        try store.parties.add(
            name: "Hélène Dupont", company: "Dupont", reference: "C1", numbers: [PhoneNumber("0199001234")], by: "test",
            at: 1)
    }

    private func facts() throws -> [String] {
        try store.ledger.entries(after: 0, limit: 100).map {
            "\($0.author.who) \($0.fact.kind.rawValue) \($0.fact.subject) \($0.fact.detail ?? "")"
        }
    }

    @Test func aNumberIsGivenOnceAndTakenBack() throws {
        #expect(try store.parties.rows(key: number.key).isEmpty)
        #expect(try desk.attach(number, to: 1, by: alice, at: 2))
        #expect(try store.parties.rows(key: number.key).map(\.id) == [1])
        #expect(try !desk.attach(PhoneNumber("+33612340091"), to: 1, by: alice, at: 3), "however it is written")
        #expect(try desk.detach(number, from: 1, by: alice, at: 4))
        #expect(try store.parties.rows(key: number.key).isEmpty)
        #expect(try !desk.detach(number, from: 1, by: alice, at: 5), "twice is once")
        #expect(
            try facts() == ["Alice party.number 1 06 12 34 00 91", "Alice party.number-undone 1 06 12 34 00 91"])
    }

    @Test func whatTheClientCameWithIsNotTakenAwayHere() throws {
        #expect(throws: ClientDesk.Refusal.notOurs) {
            try desk.detach(PhoneNumber("0199001234"), from: 1, by: alice, at: 2)
        }
        // A file that brings it too does not make it anybody else's.
        _ = try desk.attach(number, to: 1, by: alice, at: 2)
        try store.parties.add(
            name: "Hélène Dupont", company: "Dupont", reference: "C1", numbers: [number], by: "test", at: 3)
        #expect(try desk.detach(number, from: 1, by: alice, at: 4))
    }

    @Test(arguments: ["anonymous", "101", "112", "3631", "hello", "*21#"])
    func whatDoesNotTellWhoCallsIsNobodys(_ text: String) throws {
        #expect(throws: ClientDesk.Refusal.noNumber) {
            try desk.attach(PhoneNumber(text, internalPlan: #"\d{3}"#), to: 1, by: alice, at: 2)
        }
        #expect(try facts().isEmpty)
    }

    @Test func aShortenedNumberCanBeGiven() throws {
        #expect(try desk.attach(PhoneNumber("12340091"), to: 1, by: alice, at: 2))
    }

    @Test func aClientHasSoManyNumbersAndNoMore() throws {
        for index in 0..<49 { _ = try desk.attach(PhoneNumber("06123401\(10 + index)"), to: 1, by: alice, at: 2) }
        #expect(throws: ClientDesk.Refusal.full) { try desk.attach(number, to: 1, by: alice, at: 3) }
        #expect(throws: ClientDesk.Refusal.noClient) { try desk.attach(number, to: 7, by: alice, at: 3) }
    }

    @Test func aCallIsOfTheLinkItCameBy() {
        #expect(CallName.line("lyon/pbx/17", of: "lyon") == "pbx")
        #expect(CallName.line("lyon/17", of: "lyon") == "lyon")
        #expect(CallName.line("lyon/sha256:00", of: "lyon") == "lyon")
        #expect(CallName.line("paris/pbx/17", of: "lyon") == "lyon", "another's")
    }
}
