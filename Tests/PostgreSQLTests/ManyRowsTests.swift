import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot
@testable import PostgreSQL

/// What goes in many rows at a time is what goes in one by one.
@Suite(.enabled(if: TestServer.programs != nil, "PostgreSQL is not installed: apt-get install postgresql-15"))
struct ManyRowsTests {
    private let folder = TemporaryFolder()
    private let server: Database
    private let file: Database

    init() throws {
        server = try Store(path: try TestServer.shared.get().address(of: "\(folder.path)/db")).database
        file = try Store(path: "\(folder.path)/file").database
    }

    private func same(_ sql: String) throws {
        func all(_ database: Database) throws -> [[String?]] {
            try database.rows(sql) { row in (0..<8).map { row.isNull($0) ? nil : row.text($0) } }
        }
        let ours = try all(file)
        #expect(try all(server) == ours && !ours.isEmpty, "\(sql)")
    }

    private func insertion(_ database: Database) throws -> RowInsertion {
        try RowInsertion(
            database, into: "record", row: "(?1, *, *, *, ?2, ?3, *, *, *, *)", shared: 3, whereThere: .leftOut)
    }

    private func insert(_ rows: Range<Int>, _ insertion: RowInsertion) throws -> Int {
        try insertion.run(rows.count) { statement in
            for (place, value) in [7, 99, 1].enumerated() { statement.bind(Int32(place + 1), Int64(value)) }
        } each: { statement, number, first in
            let seq = rows.lowerBound + number
            statement.bind(first, Int64(seq))
            statement.bind(first + 1, Int64.max)
            statement.bind(first + 2, Int64(-seq))
            statement.bind(first + 3, seq % 3 == 0 ? nil : "é\(seq)")
            statement.bind(first + 4, "")
            statement.bind(first + 5, nil as String?)
            statement.bind(first + 6, [0, 255, UInt8(seq % 256)])
        }
    }

    @Test func rowsGoInTogether() throws {
        for database in [server, file] {
            let insertion = try insertion(database)
            try database.transaction {
                let inserted = try insert(1..<400, insertion) + insert(400..<401, insertion)
                #expect(inserted == 400)
                #expect(try database.integer("SELECT count(*) FROM record") == 400)
            }
            #expect(try insert(5..<6, insertion) == 0 && insert(500..<560, insertion) == 60)
        }
        try same(
            "SELECT stream, seq, kind, captured, coalesce(device, '-'), zone, CAST(subject AS TEXT), hex(body) FROM record ORDER BY seq"
        )
        // One that is there ends the transaction, at the latest with its commit; the next one is whole again.
        let insertion = try insertion(server)
        let error = #expect(throws: SQLiteError.self) {
            try server.transaction { _ = try insert(550..<570, insertion) }
        }
        #expect(error?.isConstraint == true && !server.inTransaction)
        // What is no UTF-8 is no reason to refuse a frame.
        let bad: [UInt8] = [0x61, 0xFF, 0x62, 0x00, 0x63]
        let hot = try server.hot(
            "INSERT INTO item (epc, present, first_seen, last_seen) VALUES (?1, ?2, ?3, ?3) ON CONFLICT DO NOTHING",
            key: 1)
        try server.transaction {
            bad.withUnsafeBytes { hot.bind(1, utf8: $0) }
            for place in [2, 3] as [Int32] { hot.bind(place, 1 as Int64) }
            try hot.run()
        }
        #expect(try server.text("SELECT epc FROM item") == "a\u{FFFD}b")
        #expect(try insert(560..<570, insertion) == 10 && server.integer("SELECT count(*) FROM record") == 470)
    }

    /// Rows come again, in the same statement too, and are read between; what is rolled back is not gathered any more.
    @Test func itemsAreSeenTogether() throws {
        struct Back: Error {}
        for database in [server, file] {
            let seen = try database.hot(
                """
                INSERT INTO item (epc, gtin, zone, present, first_seen, last_seen, delivery) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)
                ON CONFLICT DO UPDATE SET zone=CASE WHEN excluded.last_seen >= last_seen THEN excluded.zone ELSE zone END,
                    last_seen=CASE WHEN excluded.last_seen >= last_seen THEN excluded.last_seen ELSE last_seen END,
                    delivery=coalesce(delivery, excluded.delivery)
                """, key: 1)
            func see(_ number: Int, at time: Int64) throws {
                seen.bind(1, "e\(number)")
                seen.bind(2, number % 5 == 0 ? nil : "g")
                seen.bind(3, "z\(time % 7)")
                seen.bind(4, 1 as Int64)
                seen.bind(5, time)
                if time % 2 == 0 { seen.bind(6, time) } else { seen.bind(6, nil as String?) }
                try seen.run()
            }
            try database.transaction {
                for number in 0..<2500 { try see(number % 1100, at: Int64((number * 37) % 1000)) }
                try see(1, at: 5000)
                #expect(try database.integer("SELECT last_seen FROM item WHERE epc='e1'") == 5000)
                #expect(throws: Back.self) {
                    try database.transaction {
                        try see(9000, at: 1)
                        throw Back()
                    }
                }
                try see(2, at: 5001)
                try see(2, at: 5002)
            }
            #expect(throws: Back.self) {
                try database.transaction {
                    try see(9001, at: 1)
                    throw Back()
                }
            }
            try see(9002, at: 3)
            #expect(try database.integer("SELECT count(*) FROM item") == 1101)
        }
        try same("SELECT epc, gtin, zone, present, first_seen, last_seen, delivery, epc FROM item ORDER BY epc")
    }
}
