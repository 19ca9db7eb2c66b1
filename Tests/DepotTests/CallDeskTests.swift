import Model
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// What people write about calls and whom they call back: rights, races of two, and what the trail is told.
struct CallDeskTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let desk: CallDesk
    private let alice = Person(id: 1, name: "Alice", desk: "101")
    private let bruno = Person(id: 2, name: "Bruno", desk: "102")
    private let zoe = Person(id: 4, name: "Zoé", desk: "201")

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        desk = CallDesk(store)
    }

    /// Of somebody who was shown no card: what their telephone and their teams took part in.
    private func sight(_ person: Person) -> CallDesk.Sight {
        CallDesk.Sight(isShown: false, running: nil, scope: CallTests.routing().shared(person.id))
    }

    @discardableResult
    private func write(
        _ words: CallDesk.Words, on call: String = "pbx/1", over base: Int64, by person: Person, at now: Int64 = 10
    ) throws -> CallNote {
        try desk.write(words, on: call, over: base, seeing: sight(person), by: person, at: now)
    }

    private func facts() throws -> [String] {
        try store.ledger.entries(after: 0, limit: 1000).map { "\($0.author.who) \($0.fact.kind.rawValue)" }
    }

    // MARK: notes

    @Test func aNoteIsWrittenAndTold() throws {
        try CallTests.save(CallTests.call("1", at: 1000, answeredBy: "101"), in: store)
        let note = try write(.init(note: "wants a quote", disposition: "quote", party: 7), over: 0, by: alice)
        #expect(
            note
                == CallNote(
                    revision: 1, note: "wants a quote", disposition: "quote", party: 7, who: "Alice", at: 10))
        #expect(try store.calls.note(of: "pbx/1") == note)
        #expect(try facts().last == "Alice call.note")
    }

    @Test func whatIsNotSaidStaysAndWhatIsEmptyGoes() throws {
        try CallTests.save(CallTests.call("1", at: 1000, answeredBy: "101"), in: store)
        try write(.init(note: "wants a quote", disposition: "quote", party: 7), over: 0, by: alice)
        let kept = try write(.init(disposition: "delivery"), over: 1, by: bruno, at: 11)
        #expect(
            kept.note == "wants a quote" && kept.disposition == "delivery" && kept.party == 7 && kept.who == "Bruno")
        let gone = try write(.init(note: "", disposition: "", party: 0), over: 2, by: alice, at: 12)
        #expect(gone.note.isEmpty && gone.disposition == nil && gone.party == nil && gone.revision == 3)
    }

    @Test func ofTwoWhoWriteAtOnceTheSecondIsShownWhatStandsThere() throws {
        try CallTests.save(CallTests.call("1", at: 1000, answeredBy: "101"), in: store)
        let first = try write(.init(note: "Alice's"), over: 0, by: alice)
        let tip = try store.ledger.tip()
        #expect(throws: CallDesk.Refusal.changed(first)) { try write(.init(note: "Bruno's"), over: 0, by: bruno) }
        #expect(throws: CallDesk.Refusal.changed(first)) { try write(.init(note: "Bruno's"), over: 9, by: bruno) }
        #expect(try store.calls.note(of: "pbx/1") == first && store.ledger.tip() == tip, "nothing has happened")
        #expect(try write(.init(note: "both"), over: 1, by: bruno).revision == 2)
    }

    @Test func whoMayNotSeeACallMayNotWriteAboutIt() throws {
        try CallTests.save(CallTests.call("1", at: 1000, answeredBy: "101"), in: store)
        let tip = try store.ledger.tip()
        #expect(throws: CallDesk.Refusal.noCall) { try write(.init(note: "mine?"), over: 0, by: zoe) }
        #expect(throws: CallDesk.Refusal.noCall) { try write(.init(note: "?"), on: "pbx/none", over: 0, by: alice) }
        #expect(try store.calls.note(of: "pbx/1") == nil && store.ledger.tip() == tip)
        // Their colleague's is the team's.
        #expect(try write(.init(note: "our"), over: 0, by: bruno).revision == 1)
    }

    @Test func aRunningCallIsWrittenAboutByWhoeverWasShownItsCard() throws {
        var running = CallTests.call("1", at: 1000, answeredBy: "101")
        (running.state, running.endedAt) = (.answered, nil)
        let words = CallDesk.Words(note: "n")
        // Nothing is kept of it yet.
        let shown = CallDesk.Sight(isShown: true, running: running, scope: CallScope(desks: ["201"]))
        #expect(try desk.write(words, on: "pbx/1", over: 0, seeing: shown, by: zoe, at: 1).revision == 1)
        let team = CallDesk.Sight(isShown: false, running: running, scope: CallScope(desks: ["101"]))
        #expect(try desk.write(words, on: "pbx/1", over: 1, seeing: team, by: alice, at: 1).revision == 2)
        let stranger = CallDesk.Sight(isShown: false, running: running, scope: CallScope(desks: ["201"]))
        #expect(throws: CallDesk.Refusal.noCall) {
            try desk.write(words, on: "pbx/1", over: 2, seeing: stranger, by: zoe, at: 1)
        }
    }

    @Test func theRunningStateCountsBeforeWhatIsKept() throws {
        try CallTests.save(CallTests.call("1", at: 1000, answeredBy: "101"), in: store)
        let elsewhere = CallTests.call("1", at: 1000, answeredBy: "201")
        let sight = CallDesk.Sight(isShown: false, running: elsewhere, scope: CallScope(desks: ["101"]))
        #expect(throws: CallDesk.Refusal.noCall) {
            try desk.write(.init(note: "n"), on: "pbx/1", over: 0, seeing: sight, by: alice, at: 1)
        }
    }

    @Test func aNameThatTwoAgentsHaveIsNobodys() throws {
        for agent in ["lyon", "paris"] {
            try store.gateways.update(agent: agent, site: nil, online: true, status: nil, at: 1)
            try CallTests.tell(CallTests.call("17", at: 1000, answeredBy: "101"), by: agent, in: store)
        }
        try CallTests.tell(CallTests.call("18", at: 1000, answeredBy: "101"), by: "lyon", in: store)
        #expect(throws: CallDesk.Refusal.ambiguous) { try desk.name(of: "pbx/17") }
        #expect(try desk.name(of: "lyon/pbx/17") == "lyon/pbx/17")
        #expect(try desk.name(of: "pbx/18") == "lyon/pbx/18")
        #expect(try desk.name(of: "pbx/19") == "pbx/19")
    }

    // MARK: missed calls

    private func take(_ call: String = "pbx/1", _ takes: Bool = true, by person: Person, at now: Int64 = 10) throws
        -> Bool
    {
        try desk.take(missed: call, takes, of: CallTests.routing().shared(person.id), by: person, at: now)
    }

    private func settle(_ call: String = "pbx/1", by person: Person) throws -> Bool {
        try desk.settle(missed: call, of: CallTests.routing().shared(person.id), by: person, at: 20)
    }

    @Test func ofTwoWhoTakeAMissedCallOneHasIt() throws {
        try CallTests.save(CallTests.call("1", at: 1000, missedBy: ["101"]), in: store)
        #expect(try take(by: alice))
        #expect(try !take(by: bruno))
        #expect(try !take("pbx/1", false, by: bruno), "nor can he give back what is hers")
        #expect(try store.calls.row("pbx/1")?.missed?.takenBy == "Alice")
        #expect(try take(by: alice), "it stays hers")
        #expect(try take("pbx/1", false, by: alice))
        #expect(try take(by: bruno))
        #expect(try store.calls.row("pbx/1")?.missed?.takenBy == "Bruno")
        #expect(try facts().suffix(1) == ["Bruno missed.take"])
        #expect(try facts().contains("Alice missed.give-back"))
    }

    @Test func aMissedCallIsSettledOnce() throws {
        try CallTests.save(CallTests.call("1", at: 1000, missedBy: ["101"]), in: store)
        #expect(try settle(by: bruno))
        #expect(try !settle(by: alice))
        #expect(try store.calls.row("pbx/1")?.missed?.doneBy == "Bruno")
        #expect(try facts().filter { $0.hasSuffix("missed.done") } == ["Bruno missed.done"])
        #expect(try !take(by: alice), "what is done is nobody's to take")
    }

    @Test func whatAColleagueTookMayBeSettledByAnother() throws {
        try CallTests.save(CallTests.call("1", at: 1000, missedBy: ["101"]), in: store)
        #expect(try take(by: alice))
        #expect(try settle(by: bruno))
    }

    @Test func whatAnotherTeamMissedIsLeftAlone() throws {
        try CallTests.save(CallTests.call("1", at: 1000, missedBy: ["101"]), in: store)
        let tip = try store.ledger.tip()
        #expect(try !take(by: zoe))
        #expect(try !settle(by: zoe))
        #expect(try !settle("pbx/none", by: alice))
        #expect(try store.calls.row("pbx/1")?.missed?.isOpen == true && store.ledger.tip() == tip)
    }

    @Test func aStoryIsTakenAndSettledWhole() throws {
        try CallTests.save(CallTests.call("1", at: 1000, missedBy: ["101"]), in: store)
        try CallTests.save(CallTests.call("2", at: 30_000, missedBy: ["102"]), in: store)
        try CallTests.save(CallTests.call("3", at: 30_000, from: "0612340092", missedBy: ["102"]), in: store)
        #expect(try take("pbx/2", by: alice))
        #expect(try store.calls.row("pbx/1")?.missed?.takenBy == "Alice")
        #expect(try settle("pbx/1", by: alice))
        #expect(try store.calls.row("pbx/2")?.missed?.isOpen == false)
        #expect(try store.calls.row("pbx/3")?.missed?.isOpen == true, "another number is another story")
    }

    @Test func aMissedCallIsFoundByTheExchangesOwnName() throws {
        try store.gateways.update(agent: "lyon", site: nil, online: true, status: nil, at: 1)
        try CallTests.tell(CallTests.call("17", at: 1000, missedBy: ["101"]), by: "lyon", in: store)
        #expect(try take("pbx/17", by: alice))
        #expect(try store.calls.row("lyon/pbx/17")?.missed?.takenBy == "Alice")
    }
}
