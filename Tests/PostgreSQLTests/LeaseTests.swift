import Glibc
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot
@testable import PostgreSQL

/// Who works of several centres, as a value: any number of them, stopped, cut off and dead for as long as it pleases a seed.
struct LeaseTests {
    /// A centre as the lease sees it; what it believes may be old.
    private struct Centre {
        let name: String
        /// Under which it believes to work.
        var epoch: Int64?
        var session = true
        var stopped: Int64 = 0
    }

    @Test(arguments: 1...200) func oneWorksAtATime(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var lease = Lease()
        var centres = (0..<3).map { Centre(name: "c\($0)") }
        var now: Int64 = 1_000_000
        var committed: [Int64] = []
        var idle: Int64 = 0
        for _ in 0..<2000 {
            now += Int64.random(in: 1...400, using: &random)
            let index = Int.random(in: 0..<3, using: &random)
            switch Int.random(in: 0..<40, using: &random) {
            case 0: centres[index].stopped = now + Int64.random(in: 0...8000, using: &random)
            // Its connection is lost; it asks again with the next thing to do.
            case 1: centres[index].session = false
            // Dead, and begun anew as another.
            case 2: centres[index] = Centre(name: "c\(now)-\(index)")
            case 3:
                if let epoch = centres[index].epoch, let next = lease.released(by: centres[index].name, epoch) {
                    lease = next
                    centres[index] = Centre(name: "c\(now)-\(index)")
                }
            default: break
            }
            guard centres[index].stopped <= now else { continue }
            let holder = centres.first { $0.name == lease.holder }
            if let epoch = centres[index].epoch {
                // What it writes counts only under the last number, whatever it believes.
                if lease.admits(epoch) { committed.append(epoch) }
                centres[index].session = true
                if let next = lease.renewed(by: centres[index].name, epoch, at: now) {
                    #expect(next.epoch == lease.epoch && next.until == now + Lease.length)
                    lease = next
                } else {
                    #expect(lease.epoch > epoch)
                    centres[index] = Centre(name: "c\(now)-\(index)")
                }
            } else if let next = lease.claimed(by: centres[index].name, at: now, isGone: holder?.session != true) {
                #expect(next.epoch == lease.epoch + 1)
                #expect(holder?.session != true || now >= lease.until)
                (lease, centres[index].epoch, centres[index].session) = (next, next.epoch, true)
            }
            idle = centres.contains { $0.epoch == lease.epoch && $0.stopped <= now } ? now : idle
        }
        // A number never comes again: who was taken over from wrote nothing afterwards.
        #expect(committed == committed.sorted())
        #expect(committed.count > 100)
        #expect(centres.filter { $0.epoch == lease.epoch && lease.epoch > 0 }.count <= 1)
    }

    @Test func itEndsWithItsTimeOrItsConnection() throws {
        let first = try #require(Lease().claimed(by: "a", at: 0, isGone: true))
        #expect(first.epoch == 1 && first.claimed(by: "b", at: Lease.length - 1, isGone: false) == nil)
        #expect(first.claimed(by: "b", at: Lease.length, isGone: false)?.epoch == 2)
        #expect(first.claimed(by: "b", at: 1, isGone: true)?.epoch == 2)
        // Late, and yet nobody came.
        #expect(first.renewed(by: "a", 1, at: 9000)?.until == 9000 + Lease.length)
        #expect(first.renewed(by: "b", 1, at: 1) == nil && first.renewed(by: "a", 2, at: 1) == nil)
        #expect(first.released(by: "a", 1)?.claimed(by: "b", at: 1, isGone: false)?.epoch == 2)
    }
}

/// The same on a server: what a centre writes that was taken over from, however that came, is not committed.
@Suite(.enabled(if: TestServer.programs != nil, "PostgreSQL is not installed: apt-get install postgresql-15"))
struct LeaseRowTests {
    private let folder = TemporaryFolder()
    private let address: String

    init() throws { address = try TestServer.shared.get().address(of: "\(folder.path)/db") }

    private func seat(_ id: String) throws -> LeaseRow {
        try LeaseRow(address, id: id, name: "centre-\(id)", version: "1")
    }

    private func works(_ row: LeaseRow) throws -> Int64? {
        guard case .works(let epoch) = try row.claim(upTo: Store.newestForm) else { return nil }
        return epoch
    }

    private func add(_ store: Store, _ name: String) throws {
        _ = try store.transaction {
            try store.database.run("INSERT INTO party (name, company, created) VALUES (?, 'Quai', 1)", .text(name))
        }
    }

    private func names(_ store: Store) throws -> [String] {
        try store.database.rows("SELECT name FROM party ORDER BY id") { $0.text(0) }
    }

    @Test func theOtherStandsByUntilThisOneEnds() throws {
        var first: LeaseRow? = try seat("a")
        let second = try seat("b")
        let epoch = try #require(try works(first!))
        #expect(try works(second) == nil)
        #expect(try first!.renew(epoch) && works(second) == nil)
        let others = try first!.others()
        #expect(others.map(\.name) == ["centre-b"] && others.map(\.works) == [false])
        // Its process ends: the lock goes with its connection, long before its time.
        first = nil
        var tries = 0
        var next: Int64?
        while next == nil, tries < 500 {
            next = try works(second)
            tries += 1
        }
        #expect(next == epoch + 1)
        #expect(try second.renew(epoch + 1))
    }

    @Test func whoEndsByPlanLetsTheOtherBegin() throws {
        let (first, second) = (try seat("a"), try seat("b"))
        let epoch = try #require(try works(first))
        let store = try Store(path: address, epoch: epoch)
        try first.release(epoch)
        // Until then it may write what it has in hand.
        try add(store, "before")
        #expect(try works(second) == epoch + 1)
        let error = #expect(throws: SQLiteError.self) { try add(store, "after") }
        #expect(error?.state != nil)
        #expect(try !first.renew(epoch))
        #expect(try names(Store(path: address, epoch: epoch + 1)) == ["before"])
    }

    /// Stopped within a transaction: its connections stand, and it says nothing any more.
    @Test func whoWasStoppedCommitsNothingAfterwards() throws {
        let (first, second) = (try seat("a"), try seat("b"))
        let epoch = try #require(try works(first))
        let store = try Store(path: address, epoch: epoch)
        try add(store, "before")
        let admin = try Connection(address)
        #expect(throws: SQLiteError.self) {
            try store.transaction {
                try store.database.run("INSERT INTO party (name, company, created) VALUES ('stopped', 'Quai', 1)")
                #expect(try works(second) == nil)
                // The time of its lease goes by.
                _ = try admin.value("UPDATE quai_centres.lease SET until = 0 RETURNING 1")
                #expect(try works(second) == epoch + 1)
                try add(Store(path: address, epoch: epoch + 1), "other")
            }
        }
        // It wakes up: by its old connections or by new ones.
        for _ in 0..<3 { #expect(throws: SQLiteError.self) { try add(store, "woken") } }
        #expect(throws: SQLiteError.self) { try store.database.run("DELETE FROM party") }
        #expect(throws: SQLiteError.self) { _ = try Store(path: address, epoch: epoch) }
        // The connection of its lease was ended, too; by a new one it hears that another works.
        #expect(throws: SQLiteError.self) { _ = try first.renew(epoch) }
        #expect(try !first.renew(epoch))
        #expect(try names(Store(path: address, epoch: epoch + 1)) == ["before", "other"])
        // And it stands by.
        #expect(try works(try seat("c")) == nil)
    }

    /// The server ends its connections, and nobody else comes: it goes on under its number. Where another came it does not.
    @Test func aConnectionThatIsLostIsNotTheLease() throws {
        let (first, second) = (try seat("a"), try seat("b"))
        let epoch = try #require(try works(first))
        let store = try Store(path: address, epoch: epoch)
        let name = try #require(try Connection(address).value("SELECT current_database()"))
        func cut() throws {
            try TestServer.shared.get().admin(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname='\(name)'")
        }
        try cut()
        #expect(throws: SQLiteError.self) { _ = try first.renew(epoch) }
        #expect(try first.renew(epoch))
        #expect(throws: SQLiteError.self) { try add(store, "cut") }
        try add(store, "again")
        try cut()
        #expect(throws: SQLiteError.self) { _ = try works(second) }
        // Whoever stands by has just found the server again: the one that works goes first, for a moment.
        #expect(try works(second) == nil)
        var next: Int64?
        for _ in 0..<500 where next == nil {
            next = try works(second)
            usleep(10_000)
        }
        #expect(next == epoch + 1)
        #expect(throws: SQLiteError.self) { _ = try first.renew(epoch) }
        #expect(try !first.renew(epoch))
        for _ in 0..<2 { #expect(throws: SQLiteError.self) { try add(store, "late") } }
        #expect(try names(Store(path: address)) == ["again"])
    }

    /// That a place was given up for the broker's sake, and who reaches it, is known to all; also where an older version made the tables.
    @Test func whoReachesTheBrokerIsKnown() throws {
        let first = try seat("a")
        let admin = try Connection(address)
        _ = try admin.value(
            """
            DROP TABLE quai_centres.given; ALTER TABLE quai_centres.centre DROP broker, DROP looked, DROP since;
            INSERT INTO quai_centres.centre VALUES ('old', 'centre-old', '0', false, quai_centres.moment()); SELECT 1
            """)
        #expect(try admin.centres().map(\.broker) == [nil] && admin.given().isEmpty)
        let second = try seat("b")
        let epoch = try #require(try works(first))
        second.broker = LeaseRow.Reach(isReached: true, age: 400)
        #expect(try works(second) == nil)
        let seen = try first.others()
        #expect(seen.map(\.name) == ["centre-b", "centre-old"] && seen[1].broker == nil && seen[1].since == nil)
        let broker = try #require(seen[0].broker)
        #expect(broker.isReached && broker.age >= 400 && broker.age < 60_000)
        first.broker = LeaseRow.Reach(isReached: false, age: 0)
        #expect(try first.renew(epoch) && first.given().isEmpty)
        #expect(try second.others().first { $0.works }?.broker?.isReached == false)
        try first.give(epoch)
        try first.give(epoch)
        #expect(try second.given().map(\.name) == ["centre-a"])
        // Who yields is there, and takes nothing; who gave its place up is said not to work.
        try first.release(epoch)
        #expect(try second.others().allSatisfy { !$0.works })
        #expect(try second.claim(upTo: Store.newestForm, yields: true) == .another)
        #expect(try works(second) == epoch + 1)
    }

    /// After a failover to a standby that lacked a commit the same number is another's: who had it before is not let in by it.
    @Test func aNumberThatComesAgainIsAnothers() throws {
        let (first, second) = (try seat("a"), try seat("b"))
        let epoch = try #require(try works(first))
        let store = try Store(path: address, epoch: epoch, holder: "a")
        try add(store, "before")
        // As the standby has it.
        _ = try Connection(address).value(
            "UPDATE quai_centres.lease SET holder = '', epoch = \(epoch - 1), until = 0 RETURNING 1")
        #expect(try works(second) == epoch)
        for _ in 0..<2 { #expect(throws: SQLiteError.self) { try add(store, "late") } }
        #expect(throws: SQLiteError.self) { _ = try Store(path: address, epoch: epoch, holder: "a") }
        try add(Store(path: address, epoch: epoch, holder: "b"), "other")
        #expect(try names(Store(path: address)) == ["before", "other"])
    }

    /// A newer version changes the tables when it works, not while an older one does; an older one leaves a newer one's alone.
    @Test func tablesChangeWithWhoWorks() throws {
        let first = try seat("a")
        let epoch = try #require(try works(first))
        let admin = try Connection(address)
        _ = try admin.value("UPDATE quai.form SET version = version - 1 RETURNING 1")
        let error = #expect(throws: SQLiteError.self) { _ = try Store(path: address) }
        #expect(error?.message.contains("older version") == true)
        _ = try admin.value("UPDATE quai.form SET version = version + 2 RETURNING 1")
        try first.release(epoch)
        #expect(try seat("b").claim(upTo: Store.newestForm) == .newer(form: Store.newestForm + 1))
        _ = try admin.value("UPDATE quai.form SET version = \(Store.newestForm) RETURNING 1")
        #expect(try works(seat("c")) == epoch + 1)
    }
}
