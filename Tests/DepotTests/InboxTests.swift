import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// What people are told of, and what they do about it.
struct InboxTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let desk: InboxDesk
    private let alice = Person(id: 1, name: "Alice", desk: nil)
    private let bruno = Person(id: 2, name: "Bruno", desk: nil)

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        desk = InboxDesk(store)
    }

    /// One row for a person; two hours lie between facts, unless something else is said.
    private func add(
        _ seq: Int64, _ type: NoticeType = .gatewayOffline, _ subject: String = "dock-1", to user: Int64 = 1,
        at: Int64? = nil, isOnce: Bool = false
    ) throws {
        let entry = Entry(
            seq: seq, at: at ?? seq * 7_200_000, author: Author("edge-ingest"), site: "lyon",
            fact: Fact(.gatewayOffline, subject))
        let new = InboxTable.New(type, subject, ["subject": subject], link: type.page, isOnce: isOnce)
        try store.transaction { try store.inbox.add(new, to: user, of: entry) }
    }

    private func ids(
        of user: Int64 = 1, _ filter: InboxFilter = InboxFilter(), after cursor: InboxCursor? = nil, offset: Int = 0
    ) throws -> [Int64] {
        try store.inbox.rows(of: user, filter, after: cursor, offset: offset, limit: 2000).map(\.seq)
    }

    @Test func aDatabaseOfBeforeTheInboxHasAnEmptyOne() throws {
        let path = "\(folder.path)/old"
        let before = try #require(Schema.steps.firstIndex(of: Schema.inbox))
        do {
            let old = try Database(path: path)
            for step in Schema.steps[..<before] { try old.execute(step) }
            try old.execute(
                "PRAGMA user_version=\(before); INSERT INTO user (id, name, created) VALUES (1, 'Alice', 0);")
        }
        let store = try Store(path: path)
        #expect(try store.database.integer("PRAGMA user_version") == Int64(Schema.steps.count))
        #expect(try store.inbox.change() == 0)
        #expect(try store.inbox.counts(of: 1) == InboxCounts())
        #expect(try store.people.rows().map(\.name) == ["Alice"])
    }

    @Test func aFactIsToldAPersonOnceHoweverOftenItIsFollowed() throws {
        try add(1)
        try add(1)
        try add(1, to: 2)
        #expect(try ids() == [1] && ids(of: 2) == [1])
        // What is gone does not come again.
        let id = try #require(try store.inbox.rows(of: 1, limit: 1).first?.id)
        #expect(try desk.remove(id, of: alice, at: 9) == 1)
        try add(1)
        #expect(try ids().isEmpty)
    }

    @Test func theUnreadComeFirstAndThenTheNewest() throws {
        for seq in 1...5 { try add(Int64(seq), seq == 4 ? .gatewayOnline : .gatewayOffline) }
        let rows = try store.inbox.rows(of: 1, limit: 9)
        #expect(try desk.mark([rows[0].id, rows[2].id, 999], read: true, of: alice, at: 50) == 2)
        #expect(try desk.mark([rows[0].id], read: true, of: alice, at: 60) == 0, "it was read already")
        #expect(try ids() == [4, 2, 1, 5, 3])
        #expect(try ids(offset: 3) == [5, 3])
        // The page after a line begins behind it, also where the others have moved.
        let second = try store.inbox.rows(of: 1, limit: 2)[1]
        #expect(InboxCursor(second.cursor.text) == second.cursor)
        #expect(try ids(after: second.cursor) == [1, 5, 3])
        var filter = InboxFilter()
        filter.priorities = [.low]
        #expect(try ids(filter) == [4])
        filter = InboxFilter()
        filter.types = [.gatewayOffline]
        filter.isRead = false
        #expect(try ids(filter) == [2, 1])
        let counts = try store.inbox.counts(of: 1)
        #expect(counts.critical == 2 && counts.low == 1 && counts.unread == 3)
        #expect(try desk.mark([rows[0].id], read: false, of: alice, at: 70) == 1)
        #expect(try ids() == [5, 4, 2, 1, 3])
    }

    @Test func aCursorThatIsNoneIsNil() {
        for text in ["", "1", "1.2", "2.1.1", "1.x.1", "1.1.1.1", "0.99999999999999999999.1"] {
            #expect(InboxCursor(text) == nil, "\(text)")
        }
    }

    @Test func nobodyChangesAnothersInbox() throws {
        try add(1)
        let id = try #require(try store.inbox.rows(of: 1, limit: 1).first?.id)
        #expect(try desk.mark([id], read: true, of: bruno, at: 5) == 0)
        #expect(try desk.remove(id, of: bruno, at: 9) == 0)
        #expect(throws: InboxDesk.Refusal.noEntry) { try desk.snooze(id, until: 10, of: bruno, at: 5) }
        #expect(try store.inbox.row(id, of: 2) == nil)
        #expect(try store.inbox.counts(of: 1).unread == 1)
    }

    @Test func allAreReadUpToTheFactThatWasSeen() throws {
        for seq in 1...3 { try add(Int64(seq)) }
        #expect(try desk.markAll(upTo: 2, of: alice, at: 9) == 2)
        #expect(try store.inbox.counts(of: 1).unread == 1, "what came since stays")
        #expect(try desk.removeRead(of: alice) == 2)
        #expect(try ids() == [3])
    }

    @Test func whatIsPutOffIsNotUnreadUntilItsTime() throws {
        try add(1)
        let id = try #require(try store.inbox.rows(of: 1, limit: 1).first?.id)
        let now: Int64 = 7_200_000
        #expect(throws: InboxDesk.Refusal.badTime) { try desk.snooze(id, until: now, of: alice, at: now) }
        #expect(throws: InboxDesk.Refusal.badTime) { try desk.snooze(id, until: .max, of: alice, at: now) }
        #expect(try desk.snooze(id, until: now + 1000, of: alice, at: now) == 1)
        #expect(try desk.snooze(id, until: now + 1000, of: alice, at: now) == 0, "again is the same")
        #expect(try ids().isEmpty && store.inbox.counts(of: 1).unread == 0)
        var filter = InboxFilter()
        filter.isSnoozed = true
        #expect(try ids(filter) == [1])
        #expect(try !desk.lookAround(at: now + 999))
        #expect(try ids().isEmpty)
        let change = try store.inbox.change()
        #expect(try !desk.lookAround(at: now + 1000))
        #expect(try ids() == [1] && store.inbox.counts(of: 1).unread == 1)
        #expect(try store.inbox.changed(since: change) == [1], "whoever shows it is told")
    }

    @Test func whatIsOverGoes() throws {
        try add(1, .gatewayOnline)
        let end = 7_200_000 + NoticeType.gatewayOnline.life
        _ = try desk.lookAround(at: end - 1)
        #expect(try ids() == [1])
        _ = try desk.lookAround(at: end)
        #expect(try ids().isEmpty)
    }

    @Test func ofTooManyThoseThatWereReadGoFirst() throws {
        try store.transaction { for seq in 1...InboxTable.limit { try add(seq) } }
        let old = try store.inbox.rows(of: 1, limit: 2000)
        #expect(try desk.mark([old[10].id], read: true, of: alice, at: 9) == 1)
        try add(InboxTable.limit + 1)
        #expect(try store.inbox.row(old[10].id, of: 1) == nil)
        try add(InboxTable.limit + 2)
        #expect(try ids().last == 2, "then the oldest")
        #expect(try ids().count == Int(InboxTable.limit))
        #expect(try store.inbox.dropped() == 2)
    }

    @Test func aRushOfOneTypeIsANumberOnOneLine() throws {
        for seq in 1...30 { try add(Int64(seq), .callMissed, "pbx/\(seq)", at: 1000 + Int64(seq)) }
        let rows = try store.inbox.rows(of: 1, limit: 99)
        #expect(rows.count == 21)
        #expect(rows.reduce(0) { $0 + $1.count } == 30, "none is dropped")
        let group = try #require(rows.first)
        #expect(group.isGroup && group.count == 10 && group.seq == 30 && group.subject.isEmpty && group.words.isEmpty)
        // Another type has a rush of its own, and a minute later each is told again.
        try add(31, .gatewayOffline, at: 1031)
        try add(32, .callMissed, "pbx/32", at: 200_000)
        #expect(try store.inbox.rows(of: 1, limit: 2).map(\.isGroup) == [false, false])
    }

    @Test func aCallWhoseEndIsToldTwiceIsOneLine() throws {
        try add(1, .callMissed, "pbx/1", isOnce: true)
        try add(2, .callMissed, "pbx/1", isOnce: true)
        #expect(try ids() == [1])
    }

    @Test func eachChangeIsKnownByItsNumber() throws {
        try add(1)
        try add(2, to: 2)
        let change = try store.inbox.change()
        #expect(try store.inbox.changed(since: 0) == [1, 2])
        #expect(try desk.markAll(upTo: 9, of: alice, at: 9) == 1)
        #expect(try store.inbox.changed(since: change) == [1])
        #expect(try store.inbox.counts(of: 1).change == store.inbox.change())
        // What changes nothing is no change.
        let last = try store.inbox.change()
        #expect(try desk.markAll(upTo: 9, of: alice, at: 9) == 0)
        #expect(try store.inbox.change() == last)
    }

    @Test func whatIsNotWantedIsNotTold() throws {
        let online = InboxPreferences.Choice(.gatewayOnline, web: false, sound: false)
        let signIns = InboxPreferences.Choice(.signIns, web: false, sound: false)
        let quiet = InboxPreferences.Quiet(from: 1200, until: 420)
        let saved = try desk.prefer(InboxPreferences([online, signIns], quiet: quiet), of: alice, at: 9)
        #expect(saved.quiet == quiet && saved.choices.contains(online))
        #expect(try store.inbox.preferences(of: 2).choices.allSatisfy { $0 == .init(default: $0.type) })
        try add(1, .gatewayOnline)
        try add(2, .signIns)
        try add(1, .gatewayOnline, to: 2)
        #expect(try ids() == [2], "a refused sign-in is always told")
        #expect(try ids(of: 2) == [1])
        // Nothing chosen is the default again.
        #expect(try desk.prefer(InboxPreferences([], quiet: nil), of: alice, at: 9).quiet == nil)
        try add(3, .gatewayOnline)
        #expect(try ids() == [3, 2])
    }

    @Test func aPersonTakesTheirInboxWithThem() throws {
        try store.database.run("INSERT INTO user (id, name, created) VALUES (1, 'Alice', 0)")
        try add(1)
        try add(1, to: 2)
        try store.database.run("DELETE FROM user WHERE id=1")
        #expect(try ids().isEmpty && ids(of: 2) == [1])
        #expect(try store.inbox.changed(since: 0) == [2])
    }

    @Test func whatWasToldOfACallIsForgottenWithIt() throws {
        try add(1, .callMissed, "dock/pbx/1")
        try add(2, .callMissed, "dock/pbx/2")
        try store.transaction { try store.erasure.forget(calls: ["dock/pbx/1"]) }
        #expect(try ids() == [2])
    }

    @Test func anErasedNumberIsInNoInbox() throws {
        try CallTests.save(CallTests.call("1", at: 1000, missedBy: ["101"]), in: store)
        try add(1, .callMissed, "pbx/1")
        try store.database.run(
            "INSERT INTO inbox (user, fact, seq, type, priority, since, at, subject, data, expires) VALUES (1, 7, 7, 'system.announcement', 1, 0, 0, '', ?, 9)",
            .text(JSON.object([("detail", .string("call 06 12 34 00 91 back"))]).description))
        _ = try store.erasure.erase(PhoneNumber("0612340091"), who: "Nadia", dryRun: false, at: 5)
        let rows = try store.inbox.rows(of: 1, limit: 9)
        #expect(rows.map(\.type) == [.announcement])
        #expect(rows.first?.words["detail"]?.contains("34") == false)
    }
}
