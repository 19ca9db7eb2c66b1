import Testing

@testable import PostgreSQL

/// What is ours becomes theirs, and nothing else is touched.
struct DialectTests {
    private static let dialect = Dialect(
        tables: [
            "stock": Dialect.Table(columns: ["zone", "gtin", "quantity"], key: ["zone", "gtin"]),
            "party": Dialect.Table(columns: ["id", "name", "company"], key: ["id"]),
        ], optional: ["zone"])

    @Test(arguments: [
        // Parameters, by turns and by number.
        ("SELECT ? WHERE a=?2 AND b=?", "SELECT $1 WHERE a=$2 AND b=$3"),
        ("SELECT '?' || \"a?\" -- ?\n, x'80'", "SELECT '?' || \"a?\" -- ?\n, '\\x80'::bytea"),
        // What may be NULL.
        (
            "SELECT a IS ?1, b IS NOT c, d IS NULL, e IS NOT NULL",
            "SELECT a IS NOT DISTINCT FROM $1, b IS DISTINCT FROM c, d IS NULL, e IS NOT NULL"
        ),
        (
            "SELECT 1 ORDER BY zone, id DESC, max(a, b) DESC LIMIT 1",
            "SELECT 1 ORDER BY zone NULLS FIRST, id DESC, max(a, b) DESC NULLS LAST LIMIT 1"
        ),
        ("SELECT (SELECT 1 ORDER BY party.zone), 2", "SELECT (SELECT 1 ORDER BY party.zone NULLS FIRST), 2"),
        // Texts.
        (
            "SELECT a LIKE ?1 || '%' OR b NOT LIKE 'x' ESCAPE '!'",
            "SELECT a ILIKE $1 || '%' ESCAPE '' OR b NOT ILIKE 'x' ESCAPE '!'"
        ),
        ("SELECT a GLOB 'x*' AND b NOT GLOB 'y*'", "SELECT a @~ 'x*' AND b  !@~ 'y*'"),
        ("SELECT CAST(sum(a) AS INTEGER), CAST(b AS TEXT)", "SELECT as_integer(sum(a) ), as_text(b )"),
        // Rows that are there.
        (
            "INSERT OR IGNORE INTO stock VALUES (?, ?, 1)",
            "INSERT  INTO stock VALUES ($1, $2, 1) ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO stock VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET quantity=quantity + excluded.quantity WHERE zone<>''",
            "INSERT INTO stock VALUES ($1, $2, $3) ON CONFLICT (\"zone\", \"gtin\") DO UPDATE SET quantity=\"stock\".\"quantity\" + excluded.quantity WHERE \"stock\".\"zone\"<>''"
        ),
        (
            "INSERT OR REPLACE INTO stock (zone, gtin) VALUES (?, ?)",
            "INSERT  INTO stock (zone, gtin) VALUES ($1, $2) ON CONFLICT (\"zone\", \"gtin\") DO UPDATE SET \"quantity\"=DEFAULT"
        ),
        ("UPDATE party SET name=? WHERE rowid=?", "UPDATE party SET name=$1 WHERE \"id\"=$2"),
        // Names.
        ("SELECT user.name FROM user", "SELECT \"user\".name FROM \"user\""),
        (
            "SELECT a FROM (SELECT 1 AS a) WHERE a IN ()",
            "SELECT a FROM (SELECT 1 AS a) AS part_4 WHERE a IN (SELECT NULL::text WHERE false)"
        ),
        (
            "SELECT 1 FROM a INDEXED BY b CROSS JOIN c ON c.d=a.d LIMIT -1",
            "SELECT 1 FROM a   JOIN c ON c.d=a.d LIMIT ALL"
        ),
    ])
    func aStatementIsMade(ours: String, theirs: String) {
        #expect(Self.dialect.statement(ours) == theirs)
    }

    @Test func aTableIsMade() {
        let made = Self.dialect.definition(
            "CREATE TABLE note (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL, body BLOB, user INTEGER REFERENCES user) WITHOUT ROWID"
        )
        #expect(
            made
                == "CREATE TABLE note (id bigint PRIMARY KEY , text text COLLATE \"C\" NOT NULL, body bytea, \"user\" bigint REFERENCES \"user\" DEFERRABLE) "
        )
        #expect(
            Self.dialect.definition("CREATE INDEX i ON t (zone, id DESC) WHERE zone IS NOT NULL")
                == "CREATE INDEX i ON t (zone NULLS FIRST, id DESC) WHERE zone IS NOT NULL")
    }
}
