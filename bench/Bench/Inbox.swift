import Depot
import Glibc
import Model
import Platform
import SQLite

/// Inboxes of many people, in this process: what a page waits for when somebody opens the bell, and what a fact costs that concerns
/// a thousand people.
struct InboxBench {
    var folder: String
    var people = 10_000
    var lines = 100

    func run() throws {
        try Files.makeFolder(folder)
        let store = try Store(path: "\(folder)/inbox.db")
        let filled = try time { try fill(store) }
        print("inbox of \(people) people with \(lines) unread notices each: made in \(Int(filled)) ms")
        try measure("list of 100 with its counts", samples: 300) { number in
            let user = Int64(number * 7919 % people + 1)
            _ = (try store.inbox.rows(of: user, limit: 101), try store.inbox.counts(of: user))
        }
        try measure("counts alone", samples: 300) { number in
            _ = try store.inbox.counts(of: Int64(number * 7919 % people + 1))
        }
        // Somebody comes back to 500 missed calls.
        let away = Int64(people + 1)
        try store.transaction {
            for seq in 1...500 { try add(Int64(seq) + 1_000_000, .callMissed, to: away, store) }
        }
        let rows = try store.inbox.rows(of: away, limit: 501)
        let isInOrder = rows.map(\.seq) == rows.map(\.seq).sorted(by: >)
        try measure("500 missed calls at once (\(rows.count), \(isInOrder ? "in order" : "NOT in order"))", samples: 50)
        {
            _ in
            let lines = try store.inbox.rows(of: away, limit: 501).map { InboxLine($0, NoticeWords(), in: .en).json }
            _ = JSON.array(lines).text8
        }
        try measure("one fact to 1000 people", samples: 20) { number in
            try store.transaction {
                for user in 1...Int64(1000) { try add(2_000_000 + Int64(number), .gatewayOffline, to: user, store) }
            }
        }
    }

    private func fill(_ store: Store) throws {
        let now = Clocks.wall
        try store.database.transaction {
            _ = try store.database.run(
                """
                WITH RECURSIVE person (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM person WHERE id<?1),
                    line (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM line WHERE seq<?2)
                INSERT INTO inbox (user, fact, seq, type, priority, since, at, subject, data, link, site, expires)
                SELECT id, seq, seq, 'receipt.completed', seq % 4, ?3, ?3, seq, '{"subject":"BL-2026-0117","body":"Rexel"}',
                    '/receiving?ref=1', 'lyon', ?3 + 86400000 FROM line, person
                """, .integer(people), .integer(lines), .integer(now))
        }
    }

    private func add(_ seq: Int64, _ type: NoticeType, to user: Int64, _ store: Store) throws {
        // A minute lies between two: each is a line of its own.
        let entry = Entry(
            seq: seq, at: seq * 60_000, author: Author("bench"), site: nil, fact: Fact(.gatewayOffline, "dock-\(seq)"))
        let new = InboxTable.New(type, "dock-\(seq)", ["subject": "dock-\(seq)"], link: type.page)
        try store.inbox.add(new, to: user, of: entry)
    }

    private func time(_ body: () throws -> Void) rethrows -> Double {
        let start = Clocks.now
        try body()
        return Double((Clocks.now - start).nanoseconds) / 1e6
    }

    private func measure(_ what: String, samples: Int, _ body: (Int) throws -> Void) throws {
        let times = try (0..<samples).map { number in try time { try body(number) } }.sorted()
        print("  \(what): median \(two(times[samples / 2])) ms, worst \(two(times[samples - 1])) ms")
    }

    private func two(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}
