import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// In which ways people are told while no page is open, and how it goes on until somebody has read it.
struct ChannelTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let desk: ChannelDesk
    private let alice: Person
    private let bruno: Person
    private let noon = SiteTime(day: 20_261_128, weekday: 5, minute: 720)
    private let night = SiteTime(day: 20_261_128, weekday: 5, minute: 60)

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        desk = ChannelDesk(store)
        let people = store.people
        func add(_ name: String) throws -> Person {
            let id = try people.save(user: name, .init(password: "kept", rights: []), by: Author("root"), at: 1)
            return Person(id: id, name: name, desk: nil)
        }
        (alice, bruno) = (try add("Alice"), try add("Bruno"))
    }

    private func add(_ kind: NoticeChannel.Kind, of person: Person) throws -> Int64 {
        try desk.add(.init(kind, shown: kind.rawValue, sealed: "x", mark: "\(person.id)"), of: person, at: 1).id
    }

    private func tell(_ seq: Int64, _ type: NoticeType = .gatewayOffline, to people: [Person], at: Int64) throws {
        let entry = Entry(
            seq: seq, at: at, author: Author("edge-ingest"), site: nil, fact: Fact(.gatewayOffline, "dock-\(seq)"))
        try store.transaction {
            for person in people {
                try store.inbox.add(
                    .init(type, "dock-\(seq)", ["subject": "dock-\(seq)"], link: "/gateways"), to: person.id, of: entry)
            }
        }
    }

    private func ready(at now: Int64, _ time: SiteTime? = nil) throws -> [ChannelLoad] {
        try store.channels.ready(at: now, time ?? noon, limit: 50)
    }

    private func take(_ load: ChannelLoad, at now: Int64) throws { try desk.settle(load, .init(.taken, "ok"), at: now) }

    private func told(_ kind: Fact.Kind) throws -> [String] {
        try store.ledger.entries(after: 0, limit: 1000).filter { $0.fact.kind == kind }.compactMap(\.fact.detail)
    }

    @Test func aDatabaseOfBeforeHasNone() throws {
        let path = "\(folder.path)/old"
        let before = try #require(Schema.steps.firstIndex(of: Schema.channels))
        do {
            let old = try Database(path: path)
            for step in Schema.steps[..<before] { try old.execute(step) }
            try old.execute("PRAGMA user_version=\(before)")
        }
        #expect(try Store(path: path).channels.sums().isEmpty)
    }

    @Test func whatIsImportantIsToldByWhatItsPersonHas() throws {
        let mail = try add(.email, of: alice)
        let sms = try add(.sms, of: alice)
        try tell(1, .lowStock, to: [alice, bruno], at: 1000)
        try tell(2, .gatewayOnline, to: [alice], at: 1000)
        #expect(
            try ready(at: 1000).map(\.channel.id) == [mail], "high by e-mail, a text message for what is critical alone"
        )
        try tell(3, to: [alice], at: 1000)
        #expect(try Set(ready(at: 1000).map(\.channel.id)) == [mail, sms])
        let load = try #require(try ready(at: 1000).first { $0.channel.id == mail })
        #expect(load.lines.count == 2, "what waits goes together")
        try take(load, at: 1000)
        #expect(try ready(at: 1000).map(\.channel.id) == [sms], "once")
        // What was read meanwhile is not told.
        _ = try InboxDesk(store).markAll(upTo: .max, of: alice, at: 1001)
        #expect(try store.channels.entries(try #require(try ready(at: 1001).first)).isEmpty)
    }

    @Test func aRushIsFewMessagesAndLosesNone() throws {
        _ = try add(.push, of: alice)
        var messages = 0
        var lines: Set<Int64> = []
        for seq in 1...200 as ClosedRange<Int64> {
            try tell(seq, to: [alice], at: 1000 + seq * 10)
            for load in try ready(at: 1000 + seq * 10) {
                (messages, lines) = (messages + 1, lines.union(load.lines))
                try take(load, at: 1000 + seq * 10)
            }
        }
        for second in 3...120 as ClosedRange<Int64> {
            for load in try ready(at: second * 1000) {
                (messages, lines) = (messages + 1, lines.union(load.lines))
                try take(load, at: second * 1000)
            }
        }
        let rows = try store.inbox.rows(of: alice.id, limit: 1000)
        #expect(lines == Set(rows.map(\.id)) && rows.reduce(0) { $0 + $1.count } == 200)
        #expect(messages < 6, "\(messages)")
        #expect(try store.channels.sums().first?.lost == 0)
    }

    @Test func aChoiceOfATypeAndAWayCounts() throws {
        let (push, mail) = (try add(.push, of: alice), try add(.email, of: alice))
        let wishes = InboxPreferences(
            [
                .init(.lowStock, web: true, sound: false, channels: [.push]),
                .init(.gatewayOnline, web: true, sound: false, channels: [.email]),
            ],
            quiet: nil)
        let saved = try InboxDesk(store).prefer(wishes, of: alice, at: 1)
        #expect(saved.choices.count == NoticeType.allCases.count)
        #expect(saved.choices.first { $0.type == .lowStock }?.channels == [.push])
        try tell(1, .lowStock, to: [alice], at: 1000)
        #expect(try ready(at: 1000).map(\.channel.id) == [push])
        try tell(2, .gatewayOnline, to: [alice], at: 1000)
        #expect(try Set(ready(at: 1000).map(\.channel.id)) == [push, mail])
    }

    @Test func inQuietHoursNothingComesButWhatOneWants() throws {
        _ = try add(.push, of: alice)
        var wishes = InboxPreferences([], quiet: .init(from: 1320, until: 420))
        _ = try InboxDesk(store).prefer(wishes, of: alice, at: 1)
        try tell(1, .lowStock, to: [alice], at: 1000)
        try tell(2, to: [alice], at: 1000)
        #expect(try ready(at: 1000, night).isEmpty)
        wishes.isLoud = true
        _ = try InboxDesk(store).prefer(wishes, of: alice, at: 1)
        let load = try #require(try ready(at: 1000, night).first)
        #expect(load.lines.count == 1, "the critical one")
        try take(load, at: 1000)
        #expect(try ready(at: 9000, noon).first?.lines.count == 1, "the other when they are over")
    }

    @Test func whatFailsIsTriedLaterAndTheDeadAreToldAndSettled() throws {
        let id = try add(.email, of: alice)
        try tell(1, to: [alice], at: 1000)
        let load = try #require(try ready(at: 1000).first)
        try desk.settle(load, .init(.later(due: 9000), "451 later"), at: 1000)
        #expect(try ready(at: 8999).isEmpty)
        let again = try #require(try ready(at: 9000).first)
        #expect(again.attempts == 1)
        try desk.settle(again, .init(.never, "550 no"), at: 9000)
        #expect(try ready(at: 99_000).isEmpty)
        #expect(try store.channels.broken().map(\.sentence) == ["550 no"])
        #expect(try told(.channelDied) == ["email: 550 no"])
        #expect(try store.stock.openNotices().count == 1)
        try desk.test(id, of: alice, at: 99_000)
        let test = try #require(try ready(at: 99_000, night).first)
        #expect(test.lines == [ChannelLoad.test])
        try take(test, at: 99_000)
        #expect(try store.stock.openNotices().isEmpty && store.channels.broken().isEmpty, "it works again")
        #expect(throws: ChannelDesk.Refusal.noSuchChannel) { try desk.test(id, of: bruno, at: 1) }
    }

    @Test func aSubscriptionThatIsGoneIsForgotten() throws {
        _ = try add(.push, of: alice)
        try tell(1, to: [alice], at: 1000)
        try desk.settle(try #require(try ready(at: 1000).first), .init(.gone, "HTTP 410"), at: 1000)
        #expect(try store.channels.rows(of: alice.id).isEmpty)
        #expect(try told(.channelGone) == ["push"])
        #expect(try store.database.integer("SELECT count(*) FROM channel_line") == 0)
    }

    @Test func thereIsRoomForSoManyWaysAndLines() throws {
        for number in 0..<NoticeChannel.limit {
            _ = try desk.add(.init(.ntfy, shown: "n", sealed: "x", mark: "\(number)"), of: alice, at: 1)
        }
        #expect(throws: ChannelDesk.Refusal.full) { try add(.sms, of: alice) }
        #expect(throws: ChannelDesk.Refusal.known) {
            try desk.add(.init(.ntfy, shown: "n", sealed: "x", mark: "1"), of: alice, at: 1)
        }
        let push = try add(.push, of: bruno)
        #expect(try add(.push, of: bruno) == push, "a browser that subscribes again is the same one")
        for line in 1...ChannelTable.waitingLimit + 3 { try store.channels.wait(line, for: push, due: 1, at: 1) }
        let sum = try #require(try store.channels.sums().first { $0.kind == .push })
        #expect(sum.waiting == ChannelTable.waitingLimit && sum.lost == 3)
    }

    @Test func theDigestComesOnceADayAtItsHour() throws {
        let mail = try add(.email, of: alice)
        var wishes = InboxPreferences([], quiet: nil)
        wishes.digest = 11
        _ = try InboxDesk(store).prefer(wishes, of: alice, at: 1)
        try tell(1, .gatewayOnline, to: [alice], at: 1000)
        try tell(2, .receiptStarted, to: [alice], at: 1000)
        try desk.digests(at: 2000, SiteTime(day: 20_261_128, weekday: 5, minute: 659))
        #expect(try ready(at: 2000).isEmpty)
        for _ in 0..<2 { try desk.digests(at: 3000, noon) }
        let load = try #require(try ready(at: 3000).first)
        #expect(load.lines == [ChannelLoad.digest])
        #expect(try store.channels.entries(load).count == 2)
        try take(load, at: 3000)
        try desk.digests(at: 90_000, SiteTime(day: 20_261_129, weekday: 6, minute: 700))
        #expect(try store.channels.entries(try #require(try ready(at: 90_000).first)).isEmpty, "told once")
        #expect(try desk.endDigest(ofChannel: mail, at: 90_000))
        #expect(try InboxDesk(store).prefer(wishes, of: alice, at: 1).digest == 11)
        #expect(try desk.endDigest(ofChannel: mail, at: 90_000))
        #expect(try store.inbox.preferences(of: alice.id).digest == nil && ready(at: 99_000).isEmpty)
    }

    // MARK: what nobody reads

    @Test func whatIsCriticalGoesToTheNextWayAndThenToTheNextPerson() throws {
        let minute: Int64 = 60_000
        _ = try add(.push, of: alice)
        let (sms, mail) = (try add(.sms, of: alice), try add(.email, of: bruno))
        // Told by push and e-mail as it happens; a text message only for what nobody reads.
        var wishes = InboxPreferences([.init(.gatewayOffline, web: true, sound: true, channels: [.push])], quiet: nil)
        _ = try InboxDesk(store).prefer(wishes, of: alice, at: 1)
        wishes.choices[0].channels = []
        _ = try InboxDesk(store).prefer(wishes, of: bruno, at: 1)
        let duties = DutyDesk(store)
        _ = try duties.set(
            [alice, bruno].map { Duty(user: $0.id, days: Duty.everyDay, from: 480, until: 1080) }, by: Author("Nadia"),
            at: 1)
        try tell(1, to: [alice, bruno], at: 1000)
        for load in try ready(at: 1000) { try take(load, at: 1000) }
        func look(_ minutes: Int64) throws -> [ChannelLoad] {
            try duties.lookAround(at: 1000 + minutes * minute, noon, patience: 15 * minute)
            return try ready(at: 1000 + minutes * minute)
        }
        #expect(try look(14).isEmpty)
        let first = try look(15)
        #expect(first.map(\.channel.id) == [sms] && first[0].isRaised)
        try take(first[0], at: 1000 + 15 * minute)
        #expect(try look(29).isEmpty)
        let second = try look(30)
        #expect(second.map(\.channel.id) == [mail], "Alice has no other way: Bruno is next")
        #expect(try told(.noticeRaised) == ["gateway.offline: Alice: sms", "gateway.offline: Bruno: email"])
        let line = try #require(try store.inbox.rows(of: alice.id, limit: 1).first)
        #expect(try store.escalations.steps(of: [line.id])[line.id]?.map(\.who) == ["Alice", "Bruno"])
        // Somebody sees it: it goes no further, and what waits still is not sent.
        #expect(try InboxDesk(store).mark([line.id], read: true, of: alice, at: 1000 + 31 * minute) == 1)
        #expect(try ready(at: 1000 + 31 * minute).isEmpty)
        #expect(try look(60).isEmpty)
        #expect(try told(.noticeSeen) == ["gateway.offline"])
        #expect(try told(.noticeUnseen).isEmpty)
    }

    @Test func whereNobodyIsOnDutyEverybodyIsAskedAndAtLastItIsSaid() throws {
        let ways = [try add(.email, of: alice), try add(.email, of: bruno)]
        for person in [alice, bruno] {
            _ = try InboxDesk(store).prefer(
                InboxPreferences([.init(.gatewayOffline, web: true, sound: true, channels: [])], quiet: nil),
                of: person, at: 1)
        }
        let duties = DutyDesk(store)
        try tell(1, to: [alice, bruno], at: 0)
        try duties.lookAround(at: 10, noon, patience: 10)
        #expect(try ready(at: 10).map(\.channel.id) == ways)
        try duties.lookAround(at: 20, noon, patience: 10)
        #expect(try told(.noticeUnseen) == ["gateway.offline: 1"])
        // What goes by itself goes on to nobody.
        try tell(2, to: [alice], at: 30)
        try store.transaction { try store.inbox.settle([.gatewayOffline], subject: "dock-2", at: 31) }
        try duties.lookAround(at: 60, noon, patience: 10)
        #expect(try told(.noticeRaised).count == 1)
    }

    @Test func aDutyShowsNobodyWhatTheyWereNotTold() {
        #expect(Escalation.rung(duty: [3], told: [1], ways: [1: [10], 3: [30]], used: []) == [10])
        #expect(Escalation.rung(duty: [3, 1], told: [1, 3], ways: [1: [10, 11], 3: [30]], used: [30]) == [10])
        #expect(Escalation.rung(duty: [1], told: [1, 2], ways: [1: [10], 2: [20]], used: [10]) == [])
        #expect(Escalation.rung(duty: [], told: [1, 2], ways: [1: [10, 11], 2: [20]], used: [10, 20]) == [11])
    }

    @Test func aNightBelongsToTheDayOnWhichItBegins() {
        let friday = Duty(user: 1, days: 1 << 4, from: 1320, until: 360)
        #expect(friday.covers(SiteTime(day: 0, weekday: 4, minute: 1400)))
        #expect(friday.covers(SiteTime(day: 0, weekday: 5, minute: 100)))
        #expect(!friday.covers(SiteTime(day: 0, weekday: 4, minute: 100)))
        #expect(!friday.covers(SiteTime(day: 0, weekday: 5, minute: 400)))
        let whole = Duty(user: 1, days: 1, from: 0, until: 0)
        #expect(
            whole.covers(SiteTime(day: 0, weekday: 0, minute: 0))
                && !whole.covers(SiteTime(day: 0, weekday: 1, minute: 0)))
    }
}
