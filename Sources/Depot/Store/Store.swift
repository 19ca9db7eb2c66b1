import Model
import PostgreSQL
package import SQLite

/// The centre's database, held by one executor: what it knows is in its tables (`StoreTable`).
public final class Store {
    package let database: Database
    /// What each zone is to the book of stock.
    public var rules: [String: ZoneRule] = [:]
    /// Rights that are had only with a second factor.
    public var guarded: Set<Permission> = []

    /// `epoch`: the number under which a centre works on a server's database, which the process `holder` claimed (`CentreSeat`).
    public init(path: String, epoch: Int64? = nil, holder: String? = nil) throws {
        if Store.isServer(path) {
            let connection = try Connection(path)
            if let epoch { try connection.serve(epoch, of: holder) }
            database = Database(connection, path: "PostgreSQL")
            try Schema.migrate(connection, database, isCentre: epoch != nil)
            try ledger.seal()
            return
        }
        // Half the calls to the kernel for a backlog; the agent's buffer, often on flash and a few rows at a time, keeps 4 KiB.
        database = try Database(path: path, pageSize: 8192)
        try Schema.migrate(database)
        try ledger.seal()
    }

    /// On another engine, whose tables are there and of the newest version.
    package init(_ database: Database) throws {
        self.database = database
        try ledger.seal()
    }

    /// As traces call it (OpenTelemetry semantic conventions, `db.system.name`).
    public var system: String { database.engine == nil ? "sqlite" : "postgresql" }

    /// What happens in it happens wholly, or not at all.
    public func transaction<T>(_ body: () throws -> T) throws -> T { try database.transaction(body) }

    /// Whether a centre has claimed it; false of a file.
    public func isClaimed() throws -> Bool { try (database.engine as? Connection)?.isClaimed() ?? false }

    /// Lets go of pages of the database that are kept in memory; they are read again when they are wanted.
    public func releaseMemory() { database.releaseMemory() }

    /// Another number as soon as another connection, of this process or another one, has changed the database
    /// (https://www.sqlite.org/pragma.html#pragma_data_version).
    public func dataVersion() throws -> Int64 {
        try database.engine?.dataVersion() ?? database.integer("PRAGMA data_version") ?? 0
    }

    // Made when first used: a view for reading has no use for them.
    lazy var insertRecords = Result { () throws(SQLiteError) in
        try RowInsertion(
            database, into: "record", row: "(?1, *, *, *, ?2, ?3, *, *, *, *)", shared: 3, whereThere: .leftOut)
    }
    lazy var insertItems = Result { () throws(SQLiteError) in
        try RowInsertion(
            database, into: "item (epc, gtin, serial, zone, present, first_seen, last_seen)",
            row: "(*, *, *, *, *, *, *)", whereThere: .leftOut)
    }
    lazy var upsertItem = Result { () throws(SQLiteError) in
        try database.hot(
            """
            INSERT INTO item (epc, gtin, serial, zone, present, first_seen, last_seen, delivery)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)
            ON CONFLICT DO UPDATE SET zone=CASE WHEN excluded.last_seen >= last_seen THEN excluded.zone ELSE zone END,
                present=CASE WHEN excluded.last_seen >= last_seen THEN excluded.present ELSE present END,
                last_seen=CASE WHEN excluded.last_seen >= last_seen THEN excluded.last_seen ELSE last_seen END,
                delivery=coalesce(delivery, excluded.delivery)
            """, key: 1)
    }

    /// A second view, for reading what another one writes: never waits for it.
    public init(reading path: String) throws {
        database =
            Store.isServer(path)
            ? Database(try Connection(path, isReading: true), path: "PostgreSQL")
            : try Database(path: path, readOnly: true)
    }
}
