import PostgreSQL
import SQLite

extension Schema {
    /// Brings a PostgreSQL database to the newest version: an empty one gets the tables that a new SQLite database has, one of before the
    /// steps since. All in one transaction, as the server allows.
    static func migrate(_ connection: Connection, _ database: Database, isCentre: Bool = false) throws {
        let version = try connection.form()
        guard version <= steps.count else {
            throw SQLiteError(
                code: 1, message: "written by a newer version of edge-ingest (\(version)); install that one",
                statement: "open")
        }
        guard try version < steps.count || !connection.isRenewed() else { return }
        // What works on the tables knows them as they are.
        guard try isCentre || version == 0 || !connection.isClaimed() else {
            guard version < steps.count else { return }
            throw SQLiteError(
                code: 5,
                message: "a centre of an older version works on these tables; it changes them who takes over from it",
                statement: "open", state: "55P03")
        }
        try database.transaction {
            // Another process may have been first.
            let version = try connection.form()
            guard version > 0 else {
                let model = try model()
                try connection.build(try blueprint(of: model))
                // A few tables begin with a row.
                let first = StoreMove(from: model, to: database)
                for table in try model.tables() where try model.integer("SELECT 1 FROM \(table) LIMIT 1") != nil {
                    if !table.hasPrefix("search") { try first.copy(table) }
                }
                return
            }
            try connection.renew()
            let numbered = try blueprint(of: model()).numbered
            for index in version..<steps.count {
                try connection.step(steps[index], form: index + 1, numbered: numbered)
            }
        }
    }

    /// What the steps make of an empty database.
    static func model(upTo form: Int = steps.count) throws -> Database {
        // In memory there is no log, and nothing to be kept: `readOnly` asks for neither, and forbids nothing there.
        let model = try Database(path: "file:model?mode=memory", readOnly: true)
        try migrate(model, upTo: form)
        return model
    }

    static func blueprint(of model: Database, form: Int = steps.count) throws -> Blueprint {
        let definitions = try model.rows(
            """
            SELECT type, name, sql FROM sqlite_master
            WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'search%' ORDER BY rowid
            """
        ) { row in
            Definition.Kind(rawValue: row.text(0)).map { Definition(kind: $0, name: row.text(1), sql: row.text(2)) }
        }
        .compactMap { $0 }
        var blueprint = Blueprint(definitions: definitions, numbered: [:], optional: [], form: form)
        for table in definitions where table.kind == .table {
            let columns = try model.columns(of: table.name)
            blueprint.optional.formUnion(columns.lazy.filter { $0.isOptional && $0.key == 0 }.map(\.name))
            let key = columns.filter { $0.key > 0 }
            if key.count == 1, key[0].kind == .integer, !table.sql.contains("WITHOUT ROWID") {
                blueprint.numbered[table.name] = Blueprint.Numbering(
                    column: key[0].name, isFresh: table.sql.contains("AUTOINCREMENT"))
            }
        }
        return blueprint
    }
}

extension Store {
    /// Whether this is the address of a server, and no file's path.
    public static func isServer(_ path: String) -> Bool {
        path.hasPrefix("postgresql://") || path.hasPrefix("postgres://")
    }
}
