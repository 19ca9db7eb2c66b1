import Model
import StoreSupport
import TestSupport
import Testing

@testable import Depot
@testable import Followers

/// A call-back that is to stand in the ERP, too.
struct CallBackTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let queue = QueueFollower(location: { $0 }, plan: { _ in NumberPlan() })
    private let alice = Person(id: 1, name: "Alice", desk: "101")
    private let bruno = Person(id: 2, name: "Bruno", desk: "102")

    init() throws { store = try TestStore.open("\(folder.path)/db") }

    private func reminder(erp: String?) throws -> Int64 {
        var call = CallSnapshot(call: "pbx/1", revision: 1, startedAt: 1000)
        (call.state, call.direction) = (.ended, .inbound)
        (call.caller, call.called) = (Party(number: "0612340091", name: nil), "0123456701")
        _ = try store.calls.save(call, agent: "dock", key: CallKey.of(call, plan: NumberPlan()))
        let party = try store.parties.add(
            name: "Karim", company: "Durand", reference: nil,
            numbers: [NumberPlan().number("0612340091", dialled: false)],
            by: "test", at: 1)
        if let erp { try store.parties.link(party: party, erp: erp) }
        return try store.reminders.add("pbx/1", due: 5000, of: alice, at: 2)
    }

    private var desk: QueueDesk { QueueDesk(Desks(store), queue) }

    @Test func itIsPushedOnceToTheClientAtItsDay() throws {
        let id = try reminder(erp: "17")
        let job = try desk.pushCallBack(id, on: "2026-11-28", by: alice, at: 3)
        #expect(job.kind == .call && job.payload["party"] == "17" && job.payload["callBackOn"] == "2026-11-28")
        #expect(try desk.pushCallBack(id, on: "2026-11-29", by: alice, at: 4) == job)
        #expect(try store.jobs.rows(state: nil, limit: 9).count == 1)
    }

    @Test func nobodyPushesAnothersAndNothingGoesToAClientTheERPDoesNotKnow() throws {
        let id = try reminder(erp: nil)
        #expect(throws: QueueDesk.CallBackRefusal.noReminder) {
            try desk.pushCallBack(id, on: "2026-11-28", by: bruno, at: 3)
        }
        #expect(throws: QueueDesk.CallBackRefusal.noClient) {
            try desk.pushCallBack(id, on: "2026-11-28", by: alice, at: 3)
        }
        #expect(throws: QueueDesk.CallBackRefusal.noERP) {
            try QueueDesk(Desks(store), nil).pushCallBack(id, on: "2026-11-28", by: alice, at: 3)
        }
        #expect(try store.jobs.rows(state: nil, limit: 9).isEmpty)
    }

    private func settle(_ id: Int64, done: Bool, at now: Int64) throws {
        _ = try ReminderDesk(store).settle(id, done: done, of: CallScope(desks: []), by: alice, at: now)
        let kind: Fact.Kind = done ? .reminderDone : .reminderUndone
        try follow(Fact(kind, "pbx/1"), at: now)
    }

    private func follow(_ fact: Fact, at now: Int64) throws {
        try store.transaction {
            try queue.follow(Entry(seq: 1, at: now, author: alice.author, site: nil, fact: fact), in: store)
        }
    }

    @Test func whatIsDoneHereIsToBeDoneThereOnceAndAfterItWasTold() throws {
        let id = try reminder(erp: "17")
        let told = try desk.pushCallBack(id, on: "2026-11-28", by: alice, at: 3)
        try settle(id, done: true, at: 10)
        try follow(Fact(.reminderDone, "pbx/1"), at: 11)
        let job = try #require(try store.jobs.job(of: .call, subject: "pbx/1#\(id).done"))
        #expect(job.payload["closes"] == [.string(told.key)] && job.payload["party"] == "17")
        #expect(job.due == 10 + QueueFollower.noteRest && job.afterJob == told.id)
        #expect(try store.jobs.rows(state: nil, limit: 9).count == 2)
        try store.jobs.finish(job: told.id, remote: "5", sentence: "", at: 12)
        #expect(try store.jobs.job(job.id)?.afterJob == nil)
    }

    @Test func whatIsTakenBackBeforeItWasToldIsNotTold() throws {
        let id = try reminder(erp: "17")
        try desk.pushCallBack(id, on: "2026-11-28", by: alice, at: 3)
        try settle(id, done: true, at: 10)
        try settle(id, done: false, at: 11)
        #expect(try store.jobs.job(of: .call, subject: "pbx/1#\(id).done") == nil)
        try settle(id, done: true, at: 12)
        #expect(try store.jobs.job(of: .call, subject: "pbx/1#\(id).done") != nil)
    }

    /// Brought there and done there.
    private func closed() throws -> (id: Int64, told: ERPJob, done: ERPJob) {
        let id = try reminder(erp: "17")
        let told = try desk.pushCallBack(id, on: "2026-11-28", by: alice, at: 3)
        try store.jobs.finish(job: told.id, remote: "5", sentence: "", at: 4)
        try settle(id, done: true, at: 10)
        return (id, told, try #require(try store.jobs.job(of: .call, subject: "pbx/1#\(id).done")))
    }

    @Test func whatIsTakenBackAfterItWasToldIsOpenedAgainThereOnce() throws {
        let (id, told, done) = try closed()
        try store.jobs.finish(job: done.id, remote: "5", sentence: "", at: 50_000)
        try settle(id, done: false, at: 60_000)
        try follow(Fact(.reminderUndone, "pbx/1"), at: 60_001)
        let again = try #require(try store.jobs.job(of: .call, subject: "pbx/1#\(id).2"))
        #expect(again.payload["reopens"] == [.string(told.key)] && again.payload["closes"] == nil)
        #expect(again.payload["callBackOn"] == "2026-11-28" && again.payload["party"] == "17")
        #expect(again.payload["subject"]?.text?.hasPrefix("Open again: Call back") == true)
        #expect(again.due == 60_000 + QueueFollower.noteRest || again.due == 60_001 + QueueFollower.noteRest)
        #expect(again.afterJob == nil && again.key != told.key)
        #expect(try store.jobs.rows(state: nil, limit: 9).count == 3)
        #expect(try desk.pushCallBack(id, on: "2026-11-29", by: alice, at: 60_002).id == again.id)
    }

    @Test func whatIsDoneAgainBeforeItWasOpenedThereAgainTellsNothing() throws {
        let (id, _, done) = try closed()
        try store.jobs.finish(job: done.id, remote: "5", sentence: "", at: 50_000)
        try settle(id, done: false, at: 60_000)
        try settle(id, done: true, at: 60_010)
        #expect(try store.jobs.job(of: .call, subject: "pbx/1#\(id).2") == nil)
        #expect(try store.jobs.rows(state: nil, limit: 9).count == 2)
        try settle(id, done: false, at: 60_020)
        #expect(try store.jobs.job(of: .call, subject: "pbx/1#\(id).2") != nil)
    }

    @Test func whatIsDoneAgainLaterIsSaidOfTheOneThatIsOpenThere() throws {
        let (id, told, done) = try closed()
        try store.jobs.finish(job: done.id, remote: "5", sentence: "", at: 50_000)
        try settle(id, done: false, at: 60_000)
        let again = try #require(try store.jobs.job(of: .call, subject: "pbx/1#\(id).2"))
        try store.jobs.finish(job: again.id, remote: "6", sentence: "", at: 100_000)
        try settle(id, done: true, at: 110_000)
        let last = try #require(try store.jobs.job(of: .call, subject: "pbx/1#\(id).2.done"))
        #expect(last.payload["closes"] == [.string(again.key), .string(told.key)])
        try settle(id, done: false, at: 110_010)
        #expect(try store.jobs.rows(state: nil, limit: 9).count == 3)
    }

    @Test func itIsOpenedAgainThereAfterWhatWasSaidOfItBefore() throws {
        let (id, _, done) = try closed()
        // Whether it was done there is not known.
        try store.jobs.fail(job: done.id, fault: "rule", sentence: "Refused.", due: nil, at: 50_000)
        try settle(id, done: false, at: 60_000)
        let again = try #require(try store.jobs.job(of: .call, subject: "pbx/1#\(id).2"))
        #expect(again.afterJob == done.id)
        #expect(try store.jobs.drop(job: done.id, by: Author("Alice", reason: "By hand"), at: 60_001))
        #expect(try store.jobs.job(again.id)?.afterJob == nil)
    }

    @Test func whatTheERPWasNotToldIsDoneHereAlone() throws {
        try settle(try reminder(erp: "17"), done: true, at: 10)
        #expect(try store.jobs.rows(state: nil, limit: 9).isEmpty)
    }

    @Test func itIsForgottenWithItsCall() throws {
        try desk.pushCallBack(try reminder(erp: "17"), on: "2026-11-28", by: alice, at: 3)
        _ = try store.erasure.forgetCalls(before: 10_000)
        #expect(try store.jobs.rows(state: nil, limit: 9).isEmpty)
        #expect(ErasureTable.call(of: "pbx/1#17") == "pbx/1" && ErasureTable.call(of: "pbx/1#a") == "pbx/1#a")
        #expect(ErasureTable.call(of: "pbx/1#17.done") == "pbx/1" && ErasureTable.call(of: "pbx/1#17.2") == "pbx/1")
        #expect(ErasureTable.call(of: "pbx/1#17.2.done") == "pbx/1")
        #expect(ErasureTable.call(of: "pbx/1#17.x") == "pbx/1#17.x")
    }
}
