public import SQLite

/// The centre's database. All SQL of the centre is in this folder; callers hold it on one executor.
public final class Store {
    public let database: Database

    public init(path: String) throws {
        database = try Database(path: path)
        try Schema.migrate(database)
    }

    // Made when first used: a view for reading has no use for them.
    lazy var insertRecord = Result { () throws(SQLiteError) in
        try database.hot("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
    }
    lazy var upsertItem = Result { () throws(SQLiteError) in
        try database.hot(
            """
            INSERT INTO item VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)
            ON CONFLICT DO UPDATE SET zone=CASE WHEN ?6 >= last_seen THEN ?4 ELSE zone END,
                present=CASE WHEN ?6 >= last_seen THEN ?5 ELSE present END, last_seen=max(last_seen, ?6),
                delivery=coalesce(delivery, ?7)
            """)
    }

    /// A second view, for reading what another one writes: never waits for it.
    public init(reading path: String) throws { database = try Database(path: path, readOnly: true) }

    /// Who did what, when: kept for every decision a person makes.
    public func audit(_ what: String, subject: String, who: String, detail: String? = nil, at now: Int64) throws {
        try database.run(
            "INSERT INTO audit (at, who, what, subject, detail) VALUES (?, ?, ?, ?, ?)", .integer(now), .text(who),
            .text(what), .text(subject), .text(detail))
    }
}
