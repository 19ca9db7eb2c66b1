/// A SQLite schema as another engine is built by it.
package struct Blueprint: Sendable {
    /// Which column of a table is numbered by the database, where a row brings no number.
    package struct Numbering: Sendable {
        package var column: String
        /// A number is never given twice, also when its row is gone.
        package var isFresh: Bool

        package init(column: String, isFresh: Bool) { (self.column, self.isFresh) = (column, isFresh) }
    }

    package var definitions: [Definition]
    package var numbered: [String: Numbering]
    /// Columns that may be NULL in one table or another.
    package var optional: Set<String>
    /// The step that it has been brought to.
    package var form: Int

    package init(definitions: [Definition], numbered: [String: Numbering], optional: Set<String>, form: Int) {
        (self.definitions, self.numbered, self.optional, self.form) = (definitions, numbered, optional, form)
    }
}

/// One thing of a SQLite schema, as `sqlite_master` has it.
package struct Definition: Sendable {
    package enum Kind: String, Sendable { case table, index, trigger }

    package var kind: Kind
    package var name: String
    package var sql: String

    package init(kind: Kind, name: String, sql: String) { (self.kind, self.name, self.sql) = (kind, name, sql) }
}

extension Dialect {
    /// The statements that make the same tables, indexes and triggers here.
    func schema(_ blueprint: Blueprint) -> [String] {
        let definitions = blueprint.definitions
        var out = [Functions.all]
        for table in Dialect.inOrder(definitions.filter { $0.kind == .table }) {
            out.append(definition(table.sql))
            if let numbering = blueprint.numbered[table.name] { out.append(numbers(of: table.name, numbering)) }
        }
        out += definitions.filter { $0.kind == .index }.map { definition($0.sql) }
        out += definitions.filter { $0.kind == .trigger && !$0.sql.contains(" search ") }.compactMap { trigger($0.sql) }
        return out + [Functions.search]
    }

    /// A table after those that it refers to.
    private static func inOrder(_ tables: [Definition]) -> [Definition] {
        var rest = tables
        var out: [Definition] = []
        while !rest.isEmpty {
            let known = Set(out.map(\.name))
            let ready = rest.filter { table in
                let words = Token.all(of: table.sql).compactMap { token -> String? in
                    switch token {
                    case .word(let text): text
                    case .quoted(let text): String(text.dropFirst().dropLast())
                    default: nil
                    }
                }
                return zip(words, words.dropFirst()).allSatisfy {
                    $0.uppercased() != "REFERENCES" || known.contains($1) || $1 == table.name
                }
            }
            // A circle of references is for the server to refuse.
            let next = ready.isEmpty ? rest : ready
            out += next
            rest.removeAll { table in next.contains { $0.name == table.name } }
        }
        return out
    }

    /// The number of a new row, where it brings none: the greatest and one more, as in SQLite, so that an account has no gaps. One
    /// writer at a time, until its transaction ends.
    func numbers(of table: String, _ numbering: Blueprint.Numbering) -> String {
        let column = Token.name(numbering.column)
        let given = """
            INSERT INTO given AS g VALUES ('\(table)', coalesce(NEW.\(column), 1)) ON CONFLICT (name) DO UPDATE
                SET last = CASE WHEN NEW.\(column) IS NULL THEN g.last + 1 ELSE greatest(g.last, NEW.\(column)) END;
            IF NEW.\(column) IS NULL THEN SELECT last INTO NEW.\(column) FROM given WHERE name = '\(table)'; END IF;
            """
        let greatest = """
            IF NEW.\(column) IS NULL THEN
                PERFORM pg_advisory_xact_lock(\(Functions.writers));
                SELECT coalesce(max(\(column)), 0) + 1 INTO NEW.\(column) FROM \(Token.name(table));
            END IF;
            """
        return """
            CREATE FUNCTION \(Token.name("number_\(table)"))() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN
            \(numbering.isFresh ? given : greatest)
            PERFORM set_config('quai.last', NEW.\(column)::text, false);
            RETURN NEW; END $body$;
            CREATE TRIGGER numbered BEFORE INSERT ON \(Token.name(table)) FOR EACH ROW
                EXECUTE FUNCTION \(Token.name("number_\(table)"))()
            """
    }

    /// `CREATE TRIGGER name AFTER DELETE ON table WHEN condition BEGIN statements; END`, as a function and what calls it.
    func trigger(_ sql: String) -> String? {
        let tokens = Token.all(of: sql)
        guard let begin = tokens.firstIndex(where: { $0.keyword == "BEGIN" }),
            let end = tokens.lastIndex(where: { $0.keyword == "END" }),
            let at = tokens.firstIndex(where: { $0.keyword == "TRIGGER" })
        else { return nil }
        let head = tokens[(at + 1)..<begin].filter { !$0.isSpace }
        guard let name = head.first?.text else { return nil }
        var event = head.dropFirst()[...]
        var condition = ""
        if let when = event.firstIndex(where: { $0.keyword == "WHEN" }) {
            condition = "WHEN (\(event[(when + 1)...].map(\.text).joined(separator: " ").replacing(" . ", with: "."))) "
            event = event[..<when]
        }
        let body = statement(tokens[(begin + 1)..<end].map(\.text).joined())
        return """
            CREATE FUNCTION \(name)() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN
            \(body)
            RETURN NULL; END $body$;
            CREATE TRIGGER \(name) \(statement(event.map(\.text).joined(separator: " "))) FOR EACH ROW \(condition)
                EXECUTE FUNCTION \(name)()
            """
    }
}

extension Token {
    /// A name as PostgreSQL takes it.
    static func name(_ text: String) -> String { "\"\(text)\"" }
}
