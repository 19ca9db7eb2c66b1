public import Model
public import SQLite

/// Commands that were begun: each once, and what became of it.
extension OutboxFile {
    /// True the first time; false when this command was begun before.
    public func begin(command: Command, at now: Int64) throws(SQLiteError) -> Bool {
        try database.run(
            "INSERT INTO command VALUES (?, ?, ?, 'accepted', NULL) ON CONFLICT DO NOTHING", .text(command.id),
            .integer(now), .text(command.json.description)) == 1
    }

    public func update(_ progress: CommandProgress) throws(SQLiteError) {
        try database.run(
            "UPDATE command SET state=?, cause=? WHERE id=?", .text(progress.state.rawValue), .text(progress.cause),
            .text(progress.id))
    }

    public func progress(of id: String) throws(SQLiteError) -> CommandProgress? {
        try database.first("SELECT state, cause FROM command WHERE id=?", .text(id)) { row in
            CommandProgress(id: id, state: .init(rawValue: row.text(0)) ?? .unknown, cause: row.optionalText(1))
        }
    }

    /// Commands that were begun and whose end is not known.
    public func unfinished() throws -> [Command] {
        try database.rows("SELECT body, state FROM command ORDER BY received") { row -> Command? in
            guard CommandProgress.State(rawValue: row.text(1))?.isFinal == false,
                let json = try? JSON(parsing: row.text(0))
            else { return nil }
            return Command(json: json)
        }.compactMap(\.self)
    }

    public func dropCommands(before time: Int64) throws(SQLiteError) {
        try database.run("DELETE FROM command WHERE received < ?", .integer(time))
    }
}
