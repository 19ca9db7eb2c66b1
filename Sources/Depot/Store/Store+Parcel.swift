import SQLite

extension Store {
    /// The statements that make the tables, and nothing that stands in them.
    public func schema() throws -> String {
        if database.engine != nil {
            let columns = try database.tables().sorted().map { table in
                let columns = try database.columns(of: table).map { "\($0.name) \($0.kind.rawValue)" }
                return "\(table) (\(columns.joined(separator: ", ")))\n"
            }
            return "-- form \(try form()) of \(Store.newestForm)\n" + columns.joined()
        }
        let statements = try database.rows("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name") {
            $0.text(0) + ";\n"
        }
        return "-- form \(try form()) of \(Store.newestForm)\n" + statements.joined()
    }

    /// Names of people and firms that are known here, at most a million: what must not stand in a text that leaves the house.
    public func personalNames() throws -> [String] {
        try database.rows(
            """
            SELECT name FROM user UNION SELECT name FROM party UNION SELECT company FROM party
            UNION SELECT supplier FROM delivery UNION SELECT client FROM delivery WHERE client IS NOT NULL LIMIT 1000000
            """
        ) { $0.text(0) }
    }

    /// Of the library that is in use.
    public func libraryVersion() throws -> String {
        try database.engine?.version ?? database.text("SELECT sqlite_version()") ?? "?"
    }
}
