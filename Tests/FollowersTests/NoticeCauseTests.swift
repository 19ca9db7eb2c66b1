import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot
@testable import Followers

/// What nobody does and somebody is told all the same, once, until it is over.
struct NoticeCauseTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let follower = InboxFollower()
    private let desk: NoticeDesk
    private let alice: Int64
    private let day: Int64 = 86_400_000

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        desk = NoticeDesk(store)
        alice = try store.people.save(
            user: "Alice", .init(password: "kept", rights: [.stock, .erp, .users]), by: Author("root"), at: 1)
        try store.people.claim(desk: "101", user: alice, at: 1)
        try store.run(follower)
    }

    private func told() throws -> [String] {
        try store.run(follower)
        return try store.inbox.rows(of: alice, limit: 50).filter { !$0.isGroup }.map { line in
            let title = NoticeWords().title(of: line.type, in: .en, line.words)
            return line.isUnread ? title : "read: \(title)"
        }
    }

    private func time(_ minute: Int64, _ day: Int64 = 20_261_128) -> SiteTime {
        SiteTime(day: day, weekday: 5, minute: minute)
    }

    @Test func theDaysDeliveriesAreOneLineInTheMorning() throws {
        for (note, expected) in [("A", "2026-11-28"), ("B", "2026-11-28"), ("C", "2026-11-29"), ("D", nil as String?)] {
            try store.database.run(
                "INSERT INTO delivery (note, supplier, expected, status) VALUES (?, 'Rexel', ?, 'expected')",
                .text(note),
                .text(expected))
        }
        func look(_ minute: Int64, _ date: String, _ number: Int64) throws {
            try desk.watchDeliveries(at: 1000, time(minute, number), today: date, oldest: "2026-11-14")
        }
        try look(300, "2026-11-28", 20_261_128)
        #expect(try told().isEmpty)
        for minute in [370, 700] as [Int64] { try look(minute, "2026-11-28", 20_261_128) }
        #expect(try told() == ["Deliveries expected today: 2"])
        // The next day: two are late, one more is expected.
        try look(400, "2026-11-29", 20_261_129)
        let lines = try told()
        #expect(
            lines.contains("Delivery is overdue: A") && lines.contains("Deliveries expected today: 1")
                && lines.count == 4)
        try look(500, "2026-11-29", 20_261_129)
        #expect(try told().count == 4, "once")
        _ = try store.database.run("UPDATE delivery SET status='open' WHERE note='A'")
        try look(600, "2026-11-29", 20_261_129)
        #expect(try told().contains("read: Delivery is overdue: A"))
        let line = try #require(try store.inbox.rows(of: alice, limit: 50).first { $0.words["subject"] == "B" })
        #expect(line.link == "/receiving?ref=2" && line.words["body"] == "Rexel, 2026-11-28")
        // History that somebody imports is none.
        try store.database.run(
            "INSERT INTO delivery (note, supplier, expected, status) VALUES ('old', '', '2020-01-01', 'expected')")
        try look(600, "2026-11-29", 20_261_129)
        #expect(try told().count == 4)
    }

    @Test func unknownTagsAreALineOfTheirZone() throws {
        func stray(_ tag: String, _ gtin: String?, at: Int64) throws {
            try store.database.run(
                """
                INSERT OR REPLACE INTO stray (zone, subject, gtin, quantity, at, stream, seq) VALUES ('dock-1', ?, ?, 1000, ?, 1, 1)
                """, .text("tag:\(tag)"), .text(gtin), .integer(at))
        }
        try stray("E1", nil, at: 1000)
        try stray("E2", nil, at: 1000)
        try stray("E3", "03606480000013", at: 1000)
        for now in [2000, 3000] as [Int64] { try desk.watchTags(at: now) }
        #expect(try told() == ["Unknown tags at dock-1 (2)"])
        try desk.watchTags(at: 1001 + StrayTable.strayLife)
        #expect(try told() == ["read: Unknown tags at dock-1 (2)"])
    }

    @Test func aReaderThatDoesNotGetOverItAndABufferThatFillsAreTold() throws {
        func status(_ state: String, since: Int64, level: String, bytes: Int64) -> JSON {
            .object([
                (
                    "devices",
                    .array([
                        .object([
                            ("name", "gate"), ("kind", "reader"), ("state", .string(state)), ("since", .int(since)),
                            ("reason", "no answer"),
                        ]),
                        .object([("name", "pbx"), ("kind", "telephony"), ("state", "failing"), ("since", 0)]),
                    ])
                ),
                ("buffer", .object([("bytes", .int(bytes)), ("budget", 100), ("level", .string(level))])),
            ])
        }
        func hear(_ json: JSON, at now: Int64) throws {
            try store.transaction { try desk.watch(json, of: "lyon", at: now) }
        }
        try hear(status("failing", since: 1000, level: "roomy", bytes: 10), at: 60_000)
        #expect(try told().isEmpty, "it may get over it")
        for now in [130_000, 160_000] as [Int64] {
            try hear(status("failing", since: 1000, level: "warning", bytes: 71), at: now)
        }
        #expect(try Set(told()) == ["Reader fault: lyon/gate", "Buffer is filling: lyon 71 %"])
        #expect(
            try store.inbox.rows(of: alice, limit: 9).last { $0.type == .readerFault }?.words["body"] == "no answer")
        try hear(status("running", since: 170_000, level: "roomy", bytes: 65), at: 170_000)
        #expect(try Set(told()) == ["read: Reader fault: lyon/gate", "Buffer is filling: lyon 71 %"], "at the border")
        try hear(status("running", since: 170_000, level: "roomy", bytes: 20), at: 180_000)
        #expect(try told().allSatisfy { $0.hasPrefix("read:") })
    }

    @Test func keysThatExpireAreTold() throws {
        let ends = [
            KeyEnd(name: "[broker] ca.pem", end: 1000 + 29 * day), KeyEnd(name: "[erp] ca.pem", end: 1000 + 31 * day),
        ]
        for _ in 0..<2 { try desk.watchKeys(ends, at: 1000) }
        #expect(try told() == ["Key expires soon: [broker] ca.pem 1970-01-30"])
        try desk.watchKeys([], at: 2000)
        #expect(try told().first?.hasPrefix("read:") == true)
    }

    @Test func aPushThatSomebodyOvertookInTheERPIsAConflict() throws {
        try store.transaction {
            try store.jobs.queue(
                .reception, subject: "17", payload: .object([("title", "BL-7")]), by: Author("Bruno"), at: 1)
        }
        let job = try #require(try store.jobs.job(of: .reception, subject: "17"))
        try store.jobs.fail(
            job: job.id, fault: "conflict", sentence: "Somebody else changed it meanwhile.", due: nil, at: 1000)
        #expect(try told() == ["Conflict with the ERP: BL-7"])
    }

    @Test func anUnknownNumberIsToldOnceToWhoAnswered() throws {
        func answered(_ id: String, _ number: String) throws {
            var call = CallSnapshot(call: "dock/pbx/\(id)", revision: 1, startedAt: 1000)
            (call.state, call.direction, call.called) = (.ended, .inbound, "0123456701")
            call.caller = Party(number: number, name: nil)
            call.legs = [.init(id: "\(id)-1", desk: "101", state: .ended, rangAt: 1000, answeredAt: 1500)]
            (call.answeredBy, call.endedAt) = (["101"], 2000)
            try store.transaction {
                _ = try store.calls.save(call, agent: "dock", key: NumberPlan().number(number).key)
            }
        }
        for id in ["1", "2"] { try answered(id, "0612340091") }
        try answered("3", "17")
        #expect(try told() == ["Call from an unknown number: 06 12 34 00 91"])
        let party = try store.parties.add(
            name: "Jeanne", company: "Dupont", reference: nil, numbers: [PhoneNumber("0612340091")], by: "Nadia",
            at: 3000)
        try store.tell(Fact(.partyCreated, party), by: Author("Nadia"), at: 3000)
        try answered("4", "0612340091")
        #expect(try told() == ["read: Call from an unknown number: 06 12 34 00 91"])
    }

    @Test func aReportThatTookLongIsToldWhoWaited() throws {
        try desk.reportMade("stock", for: Person(id: alice, name: "Alice", desk: nil), at: 1000)
        #expect(try told() == ["Report ready: stock"])
    }

    /// Told once when it has stood a while, once when it is over, and not as often as it flickers.
    @Test func aFindingIsToldWhenItBeginsAndWhenItIsOver() throws {
        let minute: Int64 = 60_000
        var now: Int64 = 1_796_000_000_000
        func one(_ code: String, _ agent: String? = nil, since: Int64) -> StandingFinding {
            StandingFinding(
                agent: agent, code: code, severity: "broken", since: since, sentence: "/var: 3 MiB are free")
        }
        func look(_ all: [StandingFinding], unseen: Bool = false) throws -> [String] {
            try NoticeDesk(store).watchFindings(all, isUnseen: { _, _, _ in unseen }, at: now)
            return try told()
        }
        let (full, clock) = (one("disk-full", since: now), one("agent-clock-unset", "lyon", since: now))
        // What stands but a moment, and what has a notice of its own.
        #expect(try look([full, clock, one("gateway-silent", since: 0)]).isEmpty)
        now += 2 * minute
        let begun = try look([full, clock])
        #expect(
            Set(begun) == ["Quai: The disk of the database is full", "lyon: The clock of this machine is not set"])
        now += 5 * minute
        // Told once; also by a centre that started anew and knows not since when.
        #expect(try look([one("disk-full", since: now), one("agent-clock-unset", "lyon", since: now)]) == begun)
        // Whoever is away, or hidden by a cause, is not over.
        #expect(try look([], unseen: true) == begun)
        now += 63 * minute
        let over = try look([clock])
        #expect(over.contains("Put right: Quai, The disk of the database is full 1 h 10 min") && over.count == 3)
        #expect(over.contains("read: Quai: The disk of the database is full"))
        // It flickers: not told again within the hour; and then it is.
        now += 10 * minute
        let again = one("disk-full", since: now - 3 * minute)
        #expect(try look([clock, again]).count == 3)
        now += 51 * minute
        #expect(try look([clock, again]).count { $0 == "Quai: The disk of the database is full" } == 1)
        #expect(try store.stock.openNotices().count { $0["kind"]?.text == "finding" } == 2)
        // In French, and to those alone who may do something.
        let words = ["code": "agent-disk-low", "subject": "lyon"]
        #expect(
            NoticeWords().title(of: .finding, in: .fr, words) == "lyon : Le disque du tampon se remplit"
                || NoticeWords.findings["agent-disk-low"] == nil)
        #expect(NoticeType.finding.audience == .holders(of: .gatewaysCommand))
    }

    @Test func manyFindingsAreALimit() throws {
        let now: Int64 = 1_796_000_000_000
        let all = (0..<200).map {
            StandingFinding(agent: "a\($0)", code: "agent-disk-full", severity: "broken", since: 0)
        }
        for _ in 0..<2 { try desk.watchFindings(all, isUnseen: { _, _, _ in false }, at: now) }
        #expect(try store.stock.openNotices().count == NoticeDesk.findingLimit)
    }

    @Test func everyTypeHasACause() {
        let withTables: Set<NoticeType> = [.receiptDiscrepancy, .countDiscrepancy, .erpConflict]
        for type in NoticeType.allCases { #expect(type.fact != nil || withTables.contains(type), "\(type)") }
    }
}
