import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Everything goes from a file to a server and back, and is the same.
@Suite(.enabled(if: TestServer.programs != nil, "PostgreSQL is not installed: apt-get install postgresql-15"))
struct StoreMoveTests {
    private let folder = TemporaryFolder()
    private let author = Author("Nadia")

    private func filled(_ path: String) throws -> Store {
        let store = try Store(path: path)
        try store.parties.add(
            name: "Zoé", company: "Quai", reference: nil, numbers: [PhoneNumber("0612340091")], by: "Nadia", at: 1)
        try store.database.execute(
            """
            INSERT INTO product (gtin, description) VALUES ('01', 'Vis à bois'), ('02', '');
            INSERT INTO delivery (id, note, supplier, status) VALUES (7, 'BL-7', 'S', 'open');
            INSERT INTO delivery_line (delivery, position, gtin, description, quantity) VALUES (7, 1, '01', 'A', 3000);
            INSERT INTO screen (secret, name, zone, created, who) VALUES ('a', 'b', 'c', 1, 'd'), ('e', 'f', 'g', 1, 'h');
            DELETE FROM screen WHERE secret='e';
            """)
        try store.database.run(
            "INSERT INTO record VALUES (1, 1, 6, 1, 1, 1, NULL, NULL, NULL, ?)", .blob([0, 255, 39]))
        for number in 0..<450 { try store.tell(Fact(.deskClaimed, "\(number)"), by: author, at: 42) }
        return store
    }

    @Test func nothingIsLostOnTheWayThereAndBack() throws {
        let file = try filled("\(folder.path)/file")
        let server = try Store(path: try TestServer.shared.get().address(of: "\(folder.path)/server"))
        var told = 0
        let there = try StoreMove(from: file, to: server).run { told += $0.rows }
        #expect(told == there.reduce(0) { $0 + $1.rows } && told > 450)
        #expect(try server.ledger.verify() == file.ledger.verify())
        #expect(try server.index.search("bois", kinds: [.product], limit: 5).count == 1)
        // What is done next has the next number, also where the last one's row is gone.
        try server.database.execute(
            "INSERT INTO screen (secret, name, zone, created, who) VALUES ('i', 'j', 'k', 1, 'l')")
        #expect(server.database.lastInsertID == 3)
        try server.tell(Fact(.deskClaimed, "next"), by: author, at: 43)
        #expect(try server.ledger.verify().broken == nil)

        let back = try Store(path: "\(folder.path)/back")
        let accounts = try StoreMove(from: server, to: back).run { _ in }
        #expect(accounts.map(\.table) == there.map(\.table) && accounts != there)
        #expect(try back.ledger.verify() == server.ledger.verify())
        #expect(try back.index.search("zoe", kinds: [.party], limit: 5).count == 1)
        #expect(try back.database.damage() == [] && back.database.rows("PRAGMA foreign_key_check") { $0.text(0) } == [])
        let triggers = "SELECT count(*) FROM sqlite_master WHERE type='trigger'"
        #expect(try back.database.integer(triggers) == file.database.integer(triggers))
        // Only into what is empty.
        #expect(throws: SQLiteError.self) { _ = try StoreMove(from: server, to: file).run { _ in } }
    }
}
