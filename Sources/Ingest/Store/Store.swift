public import SQLite

/// The centre's database. All SQL of the centre is in this folder; callers hold it on one executor.
public final class Store {
    public let database: Database

    public init(path: String) throws {
        database = try Database(path: path)
        try Schema.migrate(database)
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
