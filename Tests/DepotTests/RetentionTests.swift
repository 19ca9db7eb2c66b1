import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// What is forgotten by age, kind by kind, and what stays.
struct RetentionTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let author = Author("Alice")

    init() throws { store = try TestStore.open("\(folder.path)/db") }

    private func forget(_ kind: Retention, before limit: Int64) throws -> Int {
        var count = 0
        while true {
            let pass = try store.retention.forget(kind, before: limit)
            count += pass.forgotten
            if pass.isDone { return count }
        }
    }

    private func count(_ table: String, _ condition: String = "1=1") throws -> Int64 {
        try store.database.integer("SELECT count(*) FROM \(table) WHERE \(condition)") ?? 0
    }

    @Test func theTrailAndViewsGoApartAndTheChainIsWhole() throws {
        for number in 0..<1200 as Range<Int64> {
            try store.tell(
                Fact(number % 2 == 0 ? .read(.card) : .deliveryClosed, number), by: author, at: number * 10_000_000)
        }
        let limit: Int64 = 8_000_000_000
        #expect(try forget(.cardViews, before: limit) == 400)
        #expect(
            try count("entry", "salt IS NULL") == 400 && count("entry", "kind='delivery.close' AND salt IS NULL") == 0)
        #expect(try forget(.cardViews, before: limit) == 0, "what is done is not walked again")
        #expect(try forget(.trail, before: limit) == 400)
        #expect(try forget(.cardViews, before: limit + 1_000_000_000) == 50)
        let verdict = try store.ledger.verify()
        #expect(verdict.broken == nil && verdict.erased == 850)
    }

    @Test func aNoteWaitsForTheERP() throws {
        for (id, at) in [("1", 1000), ("2", 1000), ("3", 9000)] as [(String, Int64)] {
            try CallTests.save(CallTests.call(id, at: at, answeredBy: "101"), in: store)
            _ = try store.calls.write(
                CallNote(revision: 0, note: "vellum", who: "Alice", at: at), of: "pbx/\(id)", over: 0)
        }
        try store.jobs.queue(.call, subject: "pbx/2", payload: .null, by: author, at: 1000)
        #expect(try forget(.notes, before: 5000) == 1)
        #expect(try store.calls.note(of: "pbx/1") == nil && store.calls.row("pbx/1") != nil)
        #expect(try store.calls.note(of: "pbx/2") != nil && store.calls.note(of: "pbx/3") != nil)
    }

    @Test func picturesAndSignaturesHaveTimesOfTheirOwn() throws {
        for (id, kind, reason) in [(1, "photo", nil), (2, "signed", "M. Durand")] as [(Int64, String, String?)] {
            let photo = try store.deliveries.keep(photo: [1, 2, 3], type: "image/png", by: author, at: 1000)
            try store.database.run(
                "INSERT INTO decision (id, delivery, at, who, kind, reason, photo) VALUES (?, 7, 1000, 'Alice', ?, ?, ?)",
                .integer(id), .text(kind), .text(reason), .integer(photo))
        }
        #expect(try forget(.photos, before: 5000) == 1)
        #expect(try count("photo") == 1 && count("decision", "id=2 AND photo IS NOT NULL") == 1)
        #expect(try forget(.signatures, before: 5000) == 1)
        #expect(try count("photo") == 0 && count("decision", "reason='M. Durand'") == 0 && count("decision") == 2)
        #expect(try forget(.signatures, before: 5000) == 0)
    }

    /// Keys stay, so that a row which comes again is known.
    @Test func readsLoseWhatTheySaidAndKeepTheirKeys() throws {
        try store.database.run("INSERT INTO stream (id, agent, epoch) VALUES (1, 'dock', 1)")
        for seq in 1...700 as ClosedRange<Int64> {
            try store.database.run(
                "INSERT INTO record VALUES (1, ?1, ?2, ?1, ?1, 1, NULL, NULL, 'tag', x'8102')", .integer(seq),
                .integer(seq == 5 ? 6 : 1))
        }
        #expect(try forget(.reads, before: 601) == 599)
        #expect(try count("record") == 700 && count("record", "body=x'80'") == 599)
        #expect(try count("record", "kind=6 AND body=x'8102'") == 1, "calls go by their own age")
        #expect(try forget(.reads, before: 601) == 0)
    }

    @Test func whatIsKeptForEverIsWarnedOf() {
        var rules = RetentionRules()
        #expect(rules.warnings == [] && rules.limit(.reads, at: 1) == nil)
        #expect(rules.limit(.inbox, at: 90 * 86_400_000) == 0)
        rules[.calls] = 0
        rules[.cardViews] = 0
        #expect(rules.warnings.count == 2)
        rules[.calls] = 30
        #expect(rules.warnings.contains { $0.contains("notes go with their calls") })
    }
}
