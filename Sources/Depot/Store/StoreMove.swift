private import CCrypto
package import SQLite

/// Everything of one store into another of the same form that is empty, whichever engines they have, with an account of every table.
package struct StoreMove {
    /// What a table holds, the same of the same rows wherever they are.
    package struct Account: Equatable, Sendable {
        package var table: String
        package var rows: Int
        /// Of every value of every row, in the order of the key: SHA-256 over the one before and the row.
        package var digest: [UInt8]
    }

    let source: Database
    let target: Database

    /// Rows of one statement.
    private static let together = 100

    package init(from source: Store, to target: Store) { self.init(from: source.database, to: target.database) }
    init(from source: Database, to target: Database) { (self.source, self.target) = (source, target) }

    /// All of it in one transaction of the target; throws, and nothing was written, where an account is not the same afterwards.
    package func run(_ told: (Account) -> Void) throws -> [Account] {
        for table in ["entry", "stream", "user", "party", "product"]
        where try target.integer("SELECT 1 FROM \(table) LIMIT 1") != nil {
            throw SQLiteError(code: 1, message: "the other store is not empty: \(table)", statement: "migrate")
        }
        let tables = try source.tables().filter { !$0.hasPrefix("search") }.sorted()
        try source.execute(source.engine?.beginReading ?? "BEGIN")
        defer { try? source.execute("COMMIT") }
        let expected = try tables.map { try StoreMove.account(of: $0, in: source) }
        return try target.transaction {
            let wake = try still()
            for table in tables { try target.run("DELETE FROM \(StoreMove.name(table))") }
            for account in expected {
                try copy(account.table)
                let found = try StoreMove.account(of: account.table, in: target)
                guard found == account else {
                    throw SQLiteError(
                        code: 1,
                        message: "\(account.table) has \(found.rows) rows there and \(account.rows) here, or others",
                        statement: "migrate")
                }
                told(account)
            }
            try numbers()
            try wake()
            // The index of words is made anew by the triggers of its tables.
            for (table, column) in [("product", "gtin"), ("party", "name"), ("delivery", "note"), ("label", "gtin")] {
                try target.run("UPDATE \(table) SET \(column)=\(column)")
            }
            return expected
        }
    }

    package static func account(of table: String, in database: Database) throws -> Account {
        let columns = try database.columns(of: table)
        var account = Account(table: table, rows: 0, digest: [UInt8](repeating: 0, count: 32))
        try each(table, columns, database) { values in
            var bytes = account.digest
            for value in values {
                switch value {
                case .null: bytes.append(0)
                case .integer(let value): withUnsafeBytes(of: value.bigEndian) { bytes += [1] + $0 }
                case .real(let value): withUnsafeBytes(of: value.bitPattern.bigEndian) { bytes += [2] + $0 }
                case .text(let text): bytes += [3] + Array("\(text.utf8.count):".utf8) + Array(text.utf8)
                case .blob(let blob): bytes += [4] + Array("\(blob.count):".utf8) + blob
                }
            }
            account.rows += 1
            ccrypto_sha256(bytes, bytes.count, &account.digest)
        }
        return account
    }

    func copy(_ table: String) throws {
        let columns = try source.columns(of: table)
        let row = "(\(columns.map { _ in "?" }.joined(separator: ", ")))"
        let head =
            "INSERT INTO \(StoreMove.name(table)) (\(columns.map { StoreMove.name($0.name) }.joined(separator: ", "))) VALUES "
        var waiting: [Value] = []
        var rows = 0
        func send() throws {
            guard rows > 0 else { return }
            try target.run(head + Array(repeating: row, count: rows).joined(separator: ", "), arguments: waiting)
            (waiting, rows) = ([], 0)
        }
        try StoreMove.each(table, columns, source) { values in
            waiting += values
            rows += 1
            if rows == StoreMove.together { try send() }
        }
        try send()
    }

    /// A stretch of rows at a time, in the order of the key: a table may be larger than the memory.
    private static func each(
        _ table: String, _ columns: [Database.Column], _ database: Database, _ body: ([Value]) throws -> Void
    ) throws {
        let key = columns.filter { $0.key > 0 }.sorted { $0.key < $1.key }
        let names = columns.map { name($0.name) }.joined(separator: ", ")
        let order = key.map { name($0.name) }.joined(separator: ", ")
        // Pictures are large.
        let stretch = columns.contains { $0.kind == .blob } ? 200 : 5000
        var last: [Value] = []
        while true {
            let after =
                last.isEmpty ? "" : " WHERE (\(order)) > (\(key.map { _ in "?" }.joined(separator: ", ")))"
            let limit = key.isEmpty ? "" : " ORDER BY \(order) LIMIT \(stretch)"
            let rows = try database.rows("SELECT \(names) FROM \(name(table))\(after)\(limit)", arguments: last) {
                row in
                columns.indices.map { value(row, $0, columns[$0].kind) }
            }
            for row in rows { try body(row) }
            guard !key.isEmpty, rows.count == stretch, let end = rows.last else { return }
            last = key.compactMap { part in columns.firstIndex { $0.name == part.name }.map { end[$0] } }
        }
    }

    private static func value(_ row: Row, _ column: Int, _ kind: Database.Column.Kind) -> Value {
        if row.isNull(column) { return .null }
        return switch kind {
        case .integer: .integer(row.integer(column))
        case .real: .real(row.real(column))
        case .text: .text(row.text(column))
        case .blob: .blob(row.blob(column))
        }
    }

    private static func name(_ text: String) -> String { "\"\(text)\"" }

    /// Triggers tell others and write what follows, and it was written once already. Returns what wakes them.
    private func still() throws -> () throws -> Void {
        let tables = try target.tables().filter { !$0.hasPrefix("search") }.sorted()
        if target.engine != nil {
            for table in tables { try target.execute("ALTER TABLE \(StoreMove.name(table)) DISABLE TRIGGER USER") }
            // Tables come by their names, not by who refers to whom.
            try target.execute("SET CONSTRAINTS ALL DEFERRED")
            return {
                try target.execute("SET CONSTRAINTS ALL IMMEDIATE")
                for table in tables { try target.execute("ALTER TABLE \(StoreMove.name(table)) ENABLE TRIGGER USER") }
            }
        }
        try target.execute("PRAGMA defer_foreign_keys=ON")
        let triggers = try target.rows("SELECT name, sql FROM sqlite_master WHERE type='trigger'") {
            ($0.text(0), $0.text(1))
        }
        for (name, _) in triggers { try target.execute("DROP TRIGGER \(name)") }
        return { for (_, sql) in triggers { try target.execute(sql) } }
    }

    /// Numbers that are never given twice go on where they were.
    private func numbers() throws {
        let ours = source.engine == nil ? "SELECT name, seq FROM sqlite_sequence" : "SELECT name, last FROM given"
        let theirs = target.engine == nil ? "sqlite_sequence (name, seq)" : "given (name, last)"
        let given = try source.rows(ours) { ($0.text(0), $0.integer(1)) }
        try target.run("DELETE FROM \(target.engine == nil ? "sqlite_sequence" : "given")")
        for (table, last) in given {
            try target.run("INSERT INTO \(theirs) VALUES (?, ?)", .text(table), .integer(last))
        }
    }
}
