import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Facts, their chain, and those who follow.
struct LedgerTests {
    private let folder = TemporaryFolder()
    let store: Store
    let nadia = Author("Nadia", station: "dock-1")

    init() throws { store = try TestStore.open("\(folder.path)/db") }

    func tell(_ count: Int) throws {
        for number in 1...count {
            try store.tell(Fact(.deliveryOpened, Int64(number), "dock-1"), by: nadia, at: Int64(number))
        }
    }

    @Test func factsAreReadInTheOrderOfCommitsWithoutHoles() throws {
        try tell(3)
        let entries = try store.ledger.entries(after: 1, limit: 10)
        #expect(entries.map(\.seq) == [2, 3])
        #expect(entries.map(\.fact.subject) == ["2", "3"])
        #expect(entries.first?.author == nadia)
        #expect(try store.ledger.tip() == 3)
    }

    @Test func aFactOfATransactionThatFailsDidNotHappen() throws {
        struct Trouble: Error {}
        try tell(1)
        #expect(throws: Trouble.self) {
            try store.transaction {
                try store.tell(Fact(.deliveryClosed, 1), by: nadia, at: 2)
                throw Trouble()
            }
        }
        #expect(try store.ledger.tip() == 1)
        #expect(try store.ledger.verify().broken == nil)
    }

    @Test(arguments: [
        "UPDATE entry SET detail='dock-9' WHERE seq=3", "UPDATE entry SET who='Karim' WHERE seq=3",
        "UPDATE entry SET at=99 WHERE seq=3", "DELETE FROM entry WHERE seq=3",
        "UPDATE entry SET salt=NULL, digest='00' WHERE seq=3",
    ])
    func aChangedPastIsFound(statement: String) throws {
        try tell(5)
        #expect(
            try store.ledger.verify()
                == Ledger.Verdict(entries: 5, erased: 0, broken: nil, tip: try store.ledger.verify().tip))
        try store.database.execute(statement)
        let broken = try #require(try store.ledger.verify().broken)
        #expect((3...4).contains(broken))
    }

    @Test func anErasureLeavesTheChainWhole() throws {
        try tell(2)
        try store.tell(Fact(.callNoted, "lyon/pbx/17", "+33465710101 asked"), by: nadia, at: 3)
        try tell(2)
        #expect(try store.ledger.erase(mentioning: ["+33465710101"]) == 1)
        let verdict = try store.ledger.verify()
        #expect(verdict.broken == nil)
        #expect(verdict.erased == 1)
        #expect(try store.database.integer("SELECT count(*) FROM entry WHERE instr(detail, '+33465710101')>0") == 0)
        #expect(try store.ledger.entries(after: 2, limit: 1).first?.isErased == true)
    }

    @Test func theTrailOfBeforeIsChainedWhenTheDatabaseIsOpened() throws {
        let path = "\(folder.path)/old"
        do {
            let old = try Database(path: path)
            for step in Schema.steps[..<4] { try old.execute(step) }
            try old.execute(
                """
                PRAGMA user_version=4;
                INSERT INTO audit (at, who, what, subject) VALUES (5, 'Nadia', 'delivery.open', '17'), (6, 'Nadia', 'delivery.close', '17');
                """)
        }
        let store = try Store(path: path)
        #expect(try store.ledger.verify().entries == 2)
        #expect(try store.ledger.verify().broken == nil)
        let trail = try store.ledger.trail(before: nil, subject: "17", who: nil, limit: 10)
        #expect(trail.map(\.fact.kind) == [.deliveryClosed, .deliveryOpened])
        #expect(try store.trail.entries(before: nil, subject: "17", who: nil, limit: 10) == trail)
        #expect(try store.ledger.watermark(of: "audit") == 2, "its follower goes on from there")
    }

    /// Writes down what it follows, and may die on the way.
    struct Scribe: Follower {
        static let name = "scribe"
        struct Death: Error {}
        var dies: Int64?

        func follow(_ entry: Entry, in store: Store) throws {
            if entry.seq == dies { throw Death() }
            try store.jobs.remember("scribe-\(entry.seq)", entry.fact.subject, at: entry.at)
        }
    }

    @Test func aFollowerBeginsWithWhatHappensFromNowOn() throws {
        try tell(2)
        #expect(try !store.run(Scribe()))
        try tell(1)
        #expect(try store.run(Scribe()))
        #expect(try store.ledger.watermark(of: "scribe") == 3)
        #expect(try store.database.integer("SELECT count(*) FROM erp_state WHERE name LIKE 'scribe-%'") == 1)
    }

    @Test func aFollowerThatDiesMissesNoneAndDoesNoneTwice() throws {
        try store.run(Scribe())
        try tell(5)
        #expect(throws: Scribe.Death.self) { try store.run(Scribe(dies: 4)) }
        #expect(try store.ledger.watermark(of: "scribe") == 0)
        #expect(try store.database.integer("SELECT count(*) FROM erp_state WHERE name LIKE 'scribe-%'") == 0)
        try store.run(Scribe())
        #expect(try store.database.integer("SELECT count(*) FROM erp_state WHERE name LIKE 'scribe-%'") == 5)
    }

    @Test func ofEachSubjectTheLastChangeIsFound() throws {
        try tell(2)
        try store.tell(Fact(.deliveryClosed, 1), by: nadia, at: 9)
        try store.tell(Fact(.deliveryClosed, 1), by: nadia, at: 10)
        #expect(try store.ledger.changed(since: 1, limit: 10).map(\.seq) == [2, 4])
    }
}
