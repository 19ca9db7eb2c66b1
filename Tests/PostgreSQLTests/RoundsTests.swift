import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot
@testable import PostgreSQL

/// How often the server is waited for: each time is a way there and back, whatever is asked. The numbers never grow unseen.
@Suite(.enabled(if: TestServer.programs != nil, "PostgreSQL is not installed: apt-get install postgresql-15"))
struct RoundsTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let connection: Connection
    private let applier: Applier

    init() throws {
        store = try Store(path: try TestServer.shared.get().address(of: "\(folder.path)/db"))
        connection = try #require(store.database.engine as? Connection)
        applier = Applier(store: store)
    }

    private func frame(_ rows: [Model.Row], first: Int) -> [UInt8] {
        let plain = Frame.body(of: rows.map { $0.encoded(at: 10) })
        return Frame(
            epoch: 5, lane: .bulk, first: UInt64(first), count: rows.count, boot: Boot(counter: 1, random: 2),
            origin: 1000,
            synced: true, codec: .plain, crc: CRC32C.checksum(plain), body: plain
        ).encoded
    }

    private func barcode(_ number: Int) -> Model.Row {
        .barcode(device: "g", zone: "dock", Barcode(text: "b\(number)"))
    }

    private func tag(_ number: Int) -> Model.Row {
        let bytes: [UInt8] = [
            0x30, 0x74, 0x25, 0x7B, 0xF7, 0x19, 0x40, 0, 0, UInt8(number >> 16), UInt8(number >> 8 & 255),
            UInt8(number & 255),
        ]
        return .appeared(
            .init(device: "g", zone: "dock", tag: TagID(.epcGen2, bytes), rssiDBm: nil, antenna: 1, reads: 1))
    }

    /// Rounds of one transaction with these frames.
    private func rounds(_ frames: [(agent: String, payload: [UInt8])], _ count: Int) throws -> Int {
        let before = connection.rounds
        let result = try applier.apply(frames, at: 0)
        let rounds = connection.rounds - before
        #expect(result.applied == count && result.rejected == 0 && result.known == 0)
        return rounds
    }

    /// The second time of each: at first there are statements to be prepared, and it is looked what is open.
    @Test func aTransactionIsFewRounds() throws {
        var next = 1
        func batch(_ frames: Int, _ size: Int, _ row: (Int) -> Model.Row) throws -> Int {
            let made = (0..<frames).map { _ -> (agent: String, payload: [UInt8]) in
                defer { next += size }
                return ("dock", frame((next..<next + size).map(row), first: next))
            }
            return try rounds(made, frames * size)
        }
        func again(_ frames: Int, _ size: Int, _ row: (Int) -> Model.Row) throws -> Int {
            _ = try batch(frames, size, row)
            return try batch(frames, size, row)
        }
        // Its beginning with all that is read, and its end with all that is written.
        #expect(try again(1, 1, barcode) == 2)
        #expect(try again(1, 1, tag) == 2)
        // A COPY begins and ends between them.
        #expect(try again(8, 250, barcode) == 4)
        #expect(try again(8, 250, tag) == 4)
        // However many gateways there are.
        func all(_ number: Int) -> [(agent: String, payload: [UInt8])] {
            (0..<40).map { ("dock-\($0)", frame([barcode($0)], first: number)) }
        }
        _ = try rounds(all(1), 40)
        #expect(try rounds(all(2), 40) == 4)
        #expect(try store.records.recordCount() == Int64(next - 1 + 80))
        #expect(try store.database.integer("SELECT count(*) FROM item") == 2 + 4000)
        #expect(try store.database.integer("SELECT sum(frontier) FROM stream") == Int64(next - 1 + 80))
    }

    /// What waits fails with the commit, with its own sentence, and nothing of the transaction has happened.
    @Test func whatWaitsFailsWithTheTransaction() throws {
        let database = store.database
        func state(_ body: () throws -> Void) -> String? {
            do { try database.transaction(body) } catch let error as SQLiteError {
                #expect(!database.inTransaction && error.statement.contains("product"))
                return error.state
            } catch {}
            return nil
        }
        func put(_ name: String?) throws {
            try database.later("INSERT INTO product (gtin, description) VALUES (?, ?)", .text(name), .text("A"))
        }
        var states = [state { try put("1") }]
        states.append(
            state {
                try put("2")
                try put("1")
                try put("3")
            })
        // Before anything else that is asked, where it is told then.
        var count: Int64?
        states.append(
            state {
                try put("2")
                count = try database.integer("SELECT count(*) FROM product")
                try put(nil)
                _ = try database.integer("SELECT 1 FROM product")
            })
        #expect(states == [nil, "23505", "23502"] && count == 2)
        #expect(try database.integer("SELECT count(*) FROM product") == 1)
        // A part that goes back takes along what waited in it, and no more.
        struct Back: Error {}
        try database.transaction {
            try put("4")
            _ = try? database.transaction {
                try put("5")
                throw Back()
            }
            try put("6")
        }
        #expect(try database.rows("SELECT gtin FROM product ORDER BY gtin") { $0.text(0) } == ["1", "4", "6"])
        // Outside of a transaction it is done at once.
        try put("7")
        #expect(try database.integer("SELECT count(*) FROM product") == 4)
    }

    /// What was foreseen is as of the beginning, under the writers' lock, and asked anew where something is written.
    @Test func whatWasForeseenIsAskedOnce() throws {
        let database = store.database
        let sql = "SELECT count(*) FROM product WHERE gtin<>?"
        try database.transaction(foreseeing: [Question(sql, .text("0"))]) {
            let before = connection.rounds
            for _ in 0..<3 { #expect(try database.integer(sql, .text("0")) == 0) }
            #expect(connection.rounds == before)
            #expect(try database.integer(sql, .text("1")) == 0)
            #expect(connection.rounds > before)
            try database.run("INSERT INTO product (gtin, description) VALUES ('1', 'A')")
            #expect(try database.integer(sql, .text("0")) == 1)
        }
        #expect(try database.integer(sql, .text("0")) == 1)
        // A lost server is said, and nothing of what was foreseen outlives it.
        let name = try database.text("SELECT current_database()") ?? ""
        #expect(throws: SQLiteError.self) {
            try database.transaction(foreseeing: [Question(sql, .text("0"))]) {
                try TestServer.shared.get().admin(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname='\(name)'")
                try database.later("INSERT INTO product (gtin, description) VALUES ('2', 'A')")
            }
        }
        #expect(!database.inTransaction)
        let count = try database.transaction(foreseeing: [Question(sql, .text("0"))]) {
            try database.integer(sql, .text("0"))
        }
        #expect(count == 1)
    }
}
