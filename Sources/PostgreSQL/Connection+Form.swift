package import SQLite

extension Connection {
    /// Makes the tables of a SQLite database in one that has none.
    package func build(_ blueprint: Blueprint) throws(SQLiteError) {
        try execute("SET LOCAL statement_timeout = 0; CREATE SCHEMA IF NOT EXISTS \(Connection.schema)")
        try execute(
            """
            CREATE TABLE form (version bigint NOT NULL, turn bigint NOT NULL DEFAULT 0, functions text);
            CREATE TABLE given (name text COLLATE "C" PRIMARY KEY, last bigint NOT NULL)
            """)
        for statement in Dialect(optional: blueprint.optional).schema(blueprint) { try execute(statement) }
        try execute("INSERT INTO form VALUES (\(blueprint.form), 0, '\(Functions.mark)')")
        try learn()
    }

    /// The functions as this version has them, also where an older one made the tables.
    package func renew() throws(SQLiteError) {
        try execute(
            """
            SET LOCAL statement_timeout = 0;
            ALTER TABLE form ADD COLUMN IF NOT EXISTS turn bigint NOT NULL DEFAULT 0, ADD COLUMN IF NOT EXISTS functions text;
            """)
        try execute(Functions.all)
        try execute("UPDATE form SET functions='\(Functions.mark)'")
    }

    /// Whether the functions are this version's.
    package func isRenewed() throws(SQLiteError) -> Bool {
        guard dialect.tables["form"]?.columns.contains("functions") ?? false else { return false }
        return try value("SELECT functions FROM form") == Functions.mark
    }

    /// One further step of the schema, as SQLite has it; `numbered` are tables whose new rows get a number where they bring none.
    package func step(
        _ sql: String, form: Int, numbered: [String: Blueprint.Numbering] = [:]
    ) throws(SQLiteError) {
        for statement in Token.statements(of: sql) {
            let isDefinition = ["CREATE", "ALTER", "DROP"].contains(statement.first { !$0.isSpace }?.keyword)
            let text = statement.map(\.text).joined()
            if isDefinition, statement.contains(where: { $0.keyword == "TRIGGER" }) {
                if let made = dialect.trigger(text) { try execute(made) }
            } else {
                try execute(isDefinition ? dialect.definition(text) : dialect.statement(text))
            }
            // What follows in the step may write to what has just been made.
            if isDefinition { try learn(numbered) }
        }
        try execute("UPDATE form SET version=\(form)")
    }

    private func learn(_ numbered: [String: Blueprint.Numbering]) throws(SQLiteError) {
        try learn()
        let known = try Set(
            values("SELECT relname FROM pg_class JOIN pg_trigger ON tgrelid=pg_class.oid WHERE tgname='numbered'")
                .compactMap { $0[0] })
        for (table, numbering) in numbered where dialect.tables[table] != nil && !known.contains(table) {
            try execute(dialect.numbers(of: table, numbering))
        }
    }
}

extension Token {
    /// Each with what stands before its semicolon; those of a trigger stay together.
    static func statements(of sql: String) -> [[Token]] {
        var out: [[Token]] = []
        var one: [Token] = []
        var depth = 0
        for token in Token.all(of: sql) {
            if case .space(let text) = token, text.hasPrefix("--") { continue }
            if ["BEGIN", "CASE"].contains(token.keyword) { depth += 1 }
            if token.keyword == "END" { depth -= 1 }
            if token == .symbol(";"), depth == 0 {
                if one.contains(where: { !$0.isSpace }) { out.append(one) }
                one = []
            } else {
                one.append(token)
            }
        }
        if one.contains(where: { !$0.isSpace }) { out.append(one) }
        return out
    }
}
