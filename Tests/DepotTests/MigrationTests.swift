import FaultyDisk
import Model
import SQLite
import TestSupport
import Testing

@testable import Depot

/// Databases of every version, whose migration is killed or loses its power at every single operation of the disk.
struct MigrationTests {
    /// From this version on quantities are thousandths.
    static let exact = 1 + (Schema.steps.firstIndex(of: Schema.quantities) ?? 0)

    /// One row of every table with quantities: seven pieces each.
    private static func fill(_ database: Database, thousandths: Bool) throws {
        let seven = thousandths ? 7000 : 7
        try database.execute(
            """
            INSERT INTO product (gtin, description, unit, minimum) VALUES ('01', 'A', 'pce', \(seven)), ('02', 'B', NULL, NULL);
            INSERT INTO packaging VALUES ('11', '01', \(seven));
            INSERT INTO delivery (id, note, supplier, status, zone) VALUES (1, 'N', 'S', 'open', 'dock');
            INSERT INTO delivery_line (delivery, position, gtin, description, quantity) VALUES (1, 1, '01', 'A', \(seven));
            INSERT INTO delivery_unit VALUES (1, 'P', NULL);
            INSERT INTO delivery_content VALUES (1, 'P', '01', '', \(seven));
            INSERT INTO counted (delivery, subject, gtin, at, stream, seq, quantity, absorbed)
                VALUES (1, 'sscc:P/01', '01', 1, 1, 1, \(seven), \(seven));
            INSERT INTO decision (delivery, at, who, kind, gtin, quantity) VALUES (1, 1, 'N', 'adjust', '01', -\(seven));
            INSERT INTO decision (delivery, at, who, kind, subject) VALUES (1, 1, 'N', 'ignore', 'x');
            INSERT INTO stray (zone, subject, gtin, quantity, at, stream, seq) VALUES ('dock', 's', '01', \(seven), 1, 1, 2);
            INSERT INTO stock VALUES ('shelf', '01', \(seven));
            INSERT INTO movement (at, kind, gtin, quantity, who) VALUES (1, 'moved', '01', \(seven), 'N');
            INSERT INTO stock_take (id, zone, blind, status, opened, opened_by) VALUES (1, 'shelf', 0, 'posted', 1, 'N');
            INSERT INTO take_expected VALUES (1, '01', \(seven));
            INSERT INTO take_counted (take, subject, gtin, quantity, at, stream, seq) VALUES (1, 's', '01', \(seven), 1, 1, 3);
            INSERT INTO take_line VALUES (1, '01', \(seven), \(seven), 0, \(seven));
            """)
    }

    /// They are seven pieces still, wherever one looks.
    private static func check(_ store: Store) throws {
        let product = try #require(try store.articles.product("01"))
        #expect(product.minimum == 7 && product.cartons == [.init(gtin: "11", quantity: 7)] && product.unit == "C62")
        #expect(try store.articles.product("02")?.minimum == nil)
        let view = try #require(try store.deliveries.view(1))
        #expect(view.lines.map(\.expected) == [7] && view.lines.map(\.received) == [0])
        #expect(view.units.first?.contents == [.init(gtin: "01", quantity: 7)])
        #expect(view.decisions.map(\.quantity) == [-7, nil])
        #expect(try store.deliveries.reception(of: 1)?.subjects["sscc:P/01"]?.quantity == 7)
        #expect(try store.database.integer("SELECT absorbed FROM counted") == 7000)
        #expect(try store.database.integer("SELECT quantity FROM stray") == 7000)
        #expect(try store.stock.rows(gtin: "01").map(\.quantity) == [7])
        #expect(
            try store.stock.movements(gtin: "01", zone: nil, from: nil, to: nil, limit: 1).first?["quantity"] == .int(7)
        )
        let line = try #require(try store.takes.view(1)?.lines.first)
        #expect(line.expected == 7 && line.counted == 7 && line.moved == 0 && line.book == 7)
        for table in ["take_expected", "take_counted"] {
            #expect(try store.database.integer("SELECT quantity FROM \(table)") == 7000)
        }
    }

    @Test(arguments: 0..<Schema.steps.count, [FAULTY_KILL, FAULTY_POWER])
    func aMigrationThatDiesIsDoneAgain(from version: Int, fault: faulty_kind) throws {
        faulty_register()
        let (old, disk) = (faulty_new(), faulty_new())
        defer {
            faulty_free(old)
            faulty_free(disk)
        }
        do {
            let database = try Database(path: "file:/\(old)/ingest.db?vfs=faulty")
            for step in Schema.steps[..<version] { try database.execute(step) }
            try database.execute("PRAGMA user_version=\(version)")
            // From version 8 on calls are filed under their agent.
            let call = version < 8 ? "pbx/1" : "lyon/pbx/1"
            if version > 0 {
                try database.execute(
                    """
                    INSERT INTO item (epc, zone, present, first_seen, last_seen)
                        VALUES ('AA', 'dock', 1, 1, 2), ('BB', 'dock', 1, 1, 2);
                    INSERT INTO user (id, name, created) VALUES (1, 'Nadia', 0);
                    INSERT INTO call (id, agent, revision, state, started, snapshot)
                        VALUES ('\(call)', 'lyon', 1, 'ended', 5, '{"call":"\(call)"}');
                    INSERT INTO missed (call, at) VALUES ('\(call)', 5);
                    """)
            }
            if version > 3 { try MigrationTests.fill(database, thousandths: version >= MigrationTests.exact) }
        }
        var operations: Int32 = 0
        while true {
            faulty_copy(old, disk)
            faulty_plan(disk, fault, operations, UInt64(operations) + 1)
            let path = "file:/\(disk)/ingest.db?vfs=faulty"
            let isWhole = (try? Store(path: path)) != nil
            faulty_heal(disk)
            do {
                let store = try Store(path: path)
                #expect(try store.database.integer("PRAGMA user_version") == Int64(Schema.steps.count))
                #expect(try store.database.text("PRAGMA integrity_check") == "ok")
                #expect(try store.database.integer("SELECT count(*) FROM item") == (version > 0 ? 2 : 0))
                #expect(try store.database.integer("SELECT count(*) FROM user") == (version > 0 ? 1 : 0))
                let calls = try store.database.rows("SELECT id FROM call JOIN missed ON call=id") { $0.text(0) }
                #expect(calls == (version > 0 ? ["lyon/pbx/1"] : []), "filed once, whatever died")
                if version > 3 { try MigrationTests.check(store) }
            }
            guard !isWhole else { break }
            operations += 1
            try #require(operations < 2000)
        }
        #expect(operations > 5, "it was killed that often")
    }
}
