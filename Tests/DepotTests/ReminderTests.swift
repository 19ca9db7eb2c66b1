import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Call-backs with a time: told once, whatever restarts, and to whom.
struct ReminderTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let desk: ReminderDesk
    private let alice = Person(id: 1, name: "Alice", desk: "101")
    private let bruno = Person(id: 2, name: "Bruno", desk: "102")
    private let zoe = Person(id: 4, name: "Zoé", desk: "201")

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        desk = ReminderDesk(store)
        try CallTests.save(CallTests.call("1", at: 1000, missedBy: ["101"]), in: store)
    }

    private func scope(_ person: Person) -> CallScope { CallTests.routing().shared(person.id) }

    private func set(
        _ due: Int64, call: String = "pbx/1", by person: Person? = nil, at now: Int64 = 10_000
    ) throws -> Reminder {
        let person = person ?? alice
        let sight = CallDesk.Sight(isShown: false, running: nil, scope: scope(person))
        return try desk.set(call, at: due, seeing: sight, by: person, at: now)
    }

    private func facts() throws -> [String] {
        try store.ledger.entries(after: 0, limit: 100).filter { $0.fact.kind.rawValue.hasPrefix("call.remind") }.map {
            "\($0.author.who) \($0.fact.kind.deed) \($0.fact.subject)"
        }
    }

    @Test func itIsToldOnceWhenItIsTimeAlsoAfterARestart() throws {
        let reminder = try set(60_000)
        #expect(try desk.due(at: 59_999).isEmpty)
        // Another process looks, long after.
        let again = ReminderDesk(try TestStore.open("\(folder.path)/db"))
        #expect(try again.due(at: 90_000) == [reminder])
        let told = try #require(try again.tell(reminder, isTeams: false, at: 90_000))
        #expect(told.told == 90_000 && !told.isTeams)
        #expect(try desk.due(at: 100_000).isEmpty && again.tell(reminder, isTeams: false, at: 100_000) == nil)
        #expect(try facts() == ["Alice remind pbx/1", "Alice remind-due pbx/1"])
    }

    @Test func anotherTimeTakesThePlaceOfTheFirst() throws {
        let first = try set(60_000)
        _ = try desk.tell(first, isTeams: true, at: 60_000)
        let second = try set(120_000, at: 61_000)
        #expect(second.id == first.id && second.told == nil && !second.isTeams)
        #expect(try store.reminders.rows(of: 1, seeing: scope(alice), at: 70_000).map(\.due) == [120_000])
    }

    @Test func theTeamHasItWhereItsPersonIsNotThere() throws {
        let reminder = try set(60_000)
        #expect(try store.reminders.rows(of: 2, seeing: scope(bruno), at: 60_000).isEmpty, "it is Alice's")
        #expect(throws: ReminderDesk.Refusal.noCall) {
            try desk.settle(reminder.id, done: true, of: scope(bruno), by: bruno, at: 60_000)
        }
        _ = try desk.tell(reminder, isTeams: true, at: 60_000)
        #expect(try store.reminders.rows(of: 2, seeing: scope(bruno), at: 60_000).map(\.isTeams) == [true])
        #expect(try store.reminders.rows(of: 4, seeing: scope(zoe), at: 60_000).isEmpty, "another team's")
        #expect(throws: ReminderDesk.Refusal.noCall) {
            try desk.settle(reminder.id, done: true, of: scope(zoe), by: zoe, at: 61_000)
        }
        #expect(try desk.settle(reminder.id, done: true, of: scope(bruno), by: bruno, at: 61_000))
        #expect(try !desk.settle(reminder.id, done: true, of: scope(alice), by: alice, at: 62_000), "once")
        let seen = try store.reminders.rows(of: 1, seeing: scope(alice), at: 62_000)
        #expect(seen.first?.doneBy == "Bruno", "Alice sees who did it")
        let later = 61_000 + ReminderDesk.afterglow
        #expect(try store.reminders.rows(of: 1, seeing: scope(alice), at: later).isEmpty)
    }

    @Test func whatWasDoneIsOpenedAgain() throws {
        let reminder = try set(60_000)
        #expect(try desk.settle(reminder.id, done: true, of: scope(alice), by: alice, at: 20_000))
        #expect(try desk.due(at: 60_000).isEmpty)
        #expect(try desk.settle(reminder.id, done: false, of: scope(alice), by: alice, at: 21_000))
        #expect(try desk.due(at: 60_000).map(\.id) == [reminder.id])
        #expect(try facts().suffix(2) == ["Alice remind-done pbx/1", "Alice remind-undone pbx/1"])
        // Where another was set meanwhile, the old one stays done.
        _ = try desk.settle(reminder.id, done: true, of: scope(alice), by: alice, at: 22_000)
        _ = try set(90_000, at: 23_000)
        #expect(try !desk.settle(reminder.id, done: false, of: scope(alice), by: alice, at: 24_000))
    }

    @Test func nobodyIsRemindedOfWhatTheyMayNotSeeOrOfTheWrongTime() throws {
        #expect(throws: ReminderDesk.Refusal.noCall) { try set(60_000, by: zoe) }
        #expect(throws: ReminderDesk.Refusal.noCall) { try set(60_000, call: "pbx/none") }
        for due: Int64 in [.min, .max, 10_000 - 60_001, 10_001 + ReminderDesk.reach] {
            #expect(throws: ReminderDesk.Refusal.badTime) { try set(due) }
        }
        #expect(throws: ReminderDesk.Refusal.badTime) { try set(.max, at: .max) }
        #expect(try facts().isEmpty)
        #expect(try set(10_000 - 60_000).due == -50_000, "just now")
    }

    @Test func soManyAreOpenAndNoMore() throws {
        for index in 2..<(2 + ReminderDesk.limit) {
            try CallTests.save(CallTests.call("\(index)", at: 2000, missedBy: ["101"]), in: store)
            _ = try set(60_000, call: "pbx/\(index)")
        }
        #expect(throws: ReminderDesk.Refusal.tooMany) { try set(60_000) }
        #expect(try set(70_000, call: "pbx/2").due == 70_000, "one that is there may be moved")
    }

    @Test func itGoesWithItsCall() throws {
        _ = try set(60_000)
        _ = try store.erasure.erase(PhoneNumber("0612340091"), who: "test", dryRun: false, at: 20_000)
        #expect(try store.database.integer("SELECT count(*) FROM reminder") == 0)
    }

    @Test func whatBecameAnotherCallIsRemindedOfAsThat() throws {
        _ = try set(60_000)
        var merged = CallTests.call("1", at: 1000)
        (merged.revision, merged.mergedInto) = (9, "pbx/2")
        try CallTests.save(CallTests.call("2", at: 1000, answeredBy: "101"), in: store)
        try CallTests.save(merged, in: store)
        #expect(try desk.due(at: 60_000).map(\.call) == ["pbx/2"])
    }
}
