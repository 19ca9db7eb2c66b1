import FaultyDisk
import SQLite
import TestSupport
import Testing

@testable import Depot

/// Databases of every version, whose migration is killed or loses its power at every single operation of the disk.
struct MigrationTests {
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
            }
            guard !isWhole else { break }
            operations += 1
            try #require(operations < 2000)
        }
        #expect(operations > 5, "it was killed that often")
    }
}
