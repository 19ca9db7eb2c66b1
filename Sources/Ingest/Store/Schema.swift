import SQLite

/// The centre's tables, one step per version. A step is never edited once it has been released.
enum Schema {
    static let steps: [String] = [
        """
        CREATE TABLE agent (
            name TEXT PRIMARY KEY, site TEXT, online INTEGER NOT NULL DEFAULT 0, status TEXT, seen INTEGER NOT NULL,
            since INTEGER NOT NULL, alarm TEXT);
        CREATE TABLE stream (
            id INTEGER PRIMARY KEY, agent TEXT NOT NULL, epoch INTEGER NOT NULL, frontier INTEGER NOT NULL DEFAULT 0,
            applied INTEGER NOT NULL DEFAULT 0, rejected INTEGER NOT NULL DEFAULT 0,
            skipped INTEGER NOT NULL DEFAULT 0, UNIQUE (agent, epoch));
        -- Which boot wrote which numbers: tells rows of a restored file from those that took their numbers since.
        CREATE TABLE stream_boot (
            stream INTEGER NOT NULL, counter INTEGER NOT NULL, random INTEGER NOT NULL, first INTEGER NOT NULL,
            last INTEGER NOT NULL, PRIMARY KEY (stream, counter, random)) WITHOUT ROWID;
        -- Every record once: the key decides. Clustered, so that appending stays cheap at any size.
        CREATE TABLE record (
            stream INTEGER NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL, captured INTEGER NOT NULL,
            received INTEGER NOT NULL, synced INTEGER NOT NULL, device TEXT, zone TEXT, subject TEXT, body BLOB NOT NULL,
            PRIMARY KEY (stream, seq)) WITHOUT ROWID;
        CREATE TABLE dead_letter (
            stream INTEGER NOT NULL, seq INTEGER NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL, body BLOB NOT NULL,
            at INTEGER NOT NULL, PRIMARY KEY (stream, seq)) WITHOUT ROWID;
        CREATE TABLE product (gtin TEXT PRIMARY KEY, description TEXT NOT NULL);
        CREATE TABLE item (
            epc TEXT PRIMARY KEY, gtin TEXT, serial TEXT, zone TEXT, present INTEGER NOT NULL, first_seen INTEGER NOT NULL,
            last_seen INTEGER NOT NULL, delivery INTEGER);
        CREATE TABLE delivery (
            id INTEGER PRIMARY KEY, note TEXT NOT NULL UNIQUE, supplier TEXT NOT NULL, expected TEXT, status TEXT NOT NULL,
            client TEXT, zone TEXT, opened INTEGER, opened_by TEXT, closed INTEGER, closed_by TEXT);
        CREATE TABLE delivery_line (
            delivery INTEGER NOT NULL REFERENCES delivery, position INTEGER NOT NULL, gtin TEXT NOT NULL,
            description TEXT NOT NULL, quantity INTEGER NOT NULL, PRIMARY KEY (delivery, position)) WITHOUT ROWID;
        -- What was counted: one row a tag, or a barcode scan with its record as subject.
        CREATE TABLE counted (
            delivery INTEGER NOT NULL REFERENCES delivery, subject TEXT NOT NULL, gtin TEXT, serial TEXT, at INTEGER NOT NULL,
            stream INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (delivery, subject)) WITHOUT ROWID;
        CREATE INDEX counted_subject ON counted (subject);
        CREATE TABLE party (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, company TEXT NOT NULL, reference TEXT UNIQUE, created INTEGER NOT NULL,
            created_by TEXT);
        CREATE TABLE party_number (
            party INTEGER NOT NULL REFERENCES party, key TEXT NOT NULL, number TEXT NOT NULL, label TEXT,
            PRIMARY KEY (party, key)) WITHOUT ROWID;
        CREATE INDEX party_number_key ON party_number (key);
        CREATE TABLE call (
            id TEXT PRIMARY KEY, agent TEXT NOT NULL, revision INTEGER NOT NULL, state TEXT NOT NULL, direction TEXT,
            key TEXT, started INTEGER NOT NULL, answered INTEGER, ended INTEGER, snapshot TEXT NOT NULL);
        CREATE INDEX call_started ON call (started);
        CREATE INDEX call_key ON call (key, started);
        CREATE TABLE missed (
            call TEXT PRIMARY KEY, at INTEGER NOT NULL, done INTEGER, done_by TEXT);
        CREATE TABLE command (
            id TEXT PRIMARY KEY, agent TEXT NOT NULL, user INTEGER, body TEXT NOT NULL, issued INTEGER NOT NULL,
            expires INTEGER NOT NULL, state TEXT NOT NULL, cause TEXT, call TEXT);
        CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT NOT NULL, created INTEGER NOT NULL);
        CREATE TABLE session (
            token TEXT PRIMARY KEY, user INTEGER NOT NULL REFERENCES user, created INTEGER NOT NULL, seen INTEGER NOT NULL);
        CREATE TABLE desk (user INTEGER PRIMARY KEY REFERENCES user, extension TEXT NOT NULL, since INTEGER NOT NULL);
        CREATE INDEX desk_extension ON desk (extension);
        CREATE TABLE audit (
            id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, subject TEXT NOT NULL,
            detail TEXT);
        """,
        """
        -- Which telephones took part: a person's history is found without reading everybody's.
        CREATE TABLE call_desk (
            desk TEXT NOT NULL, started INTEGER NOT NULL, call TEXT NOT NULL, PRIMARY KEY (desk, started, call))
            WITHOUT ROWID;
        CREATE INDEX call_desk_call ON call_desk (call);
        INSERT OR IGNORE INTO call_desk SELECT json_extract(leg.value, '$.desk'), call.started, call.id
            FROM call, json_each(call.snapshot, '$.legs') AS leg WHERE json_extract(leg.value, '$.desk') IS NOT NULL;
        ALTER TABLE call ADD COLUMN queue TEXT;
        CREATE INDEX call_queue ON call (queue, started) WHERE queue IS NOT NULL;
        -- What people write about a call: its revision tells two who write at once.
        CREATE TABLE call_note (
            call TEXT PRIMARY KEY, revision INTEGER NOT NULL, note TEXT NOT NULL, disposition TEXT, party INTEGER,
            who TEXT NOT NULL, at INTEGER NOT NULL);
        ALTER TABLE missed ADD COLUMN taken INTEGER;
        ALTER TABLE missed ADD COLUMN taken_by TEXT;
        CREATE INDEX missed_open ON missed (at) WHERE done IS NULL;
        CREATE INDEX record_call ON record (subject) WHERE kind=6;
        -- The last seven digits: what a shortened number is guessed by.
        ALTER TABLE party_number ADD COLUMN tail TEXT;
        UPDATE party_number SET tail=substr(key, -7) WHERE length(key)>=9;
        CREATE INDEX party_number_tail ON party_number (tail);
        """,
        """
        -- Clustered by its key: half the trees to walk for each sighting.
        CREATE TABLE item_clustered (
            epc TEXT PRIMARY KEY, gtin TEXT, serial TEXT, zone TEXT, present INTEGER NOT NULL, first_seen INTEGER NOT NULL,
            last_seen INTEGER NOT NULL, delivery INTEGER) WITHOUT ROWID;
        INSERT INTO item_clustered SELECT * FROM item ORDER BY epc;
        DROP TABLE item;
        ALTER TABLE item_clustered RENAME TO item;
        -- Rows that were applied under another key than this one, with the boot that wrote them: should they come again from
        -- an image of the agent's disk, they are known.
        CREATE TABLE moved (
            stream INTEGER NOT NULL, seq INTEGER NOT NULL, counter INTEGER NOT NULL, random INTEGER NOT NULL,
            PRIMARY KEY (stream, seq, counter, random)) WITHOUT ROWID;
        -- What each agent is to be set to; none goes by its own file.
        CREATE TABLE desired (
            agent TEXT PRIMARY KEY, revision INTEGER NOT NULL, text TEXT NOT NULL, expires INTEGER, who TEXT NOT NULL,
            at INTEGER NOT NULL) WITHOUT ROWID;
        """,
    ]

    /// Brings a database to the newest version, each step in a transaction of its own.
    static func migrate(_ database: Database) throws {
        let version = Int(try database.integer("PRAGMA user_version") ?? 0)
        guard version <= steps.count else {
            throw SQLiteError(
                code: 1, message: "written by a newer version of edge-ingest (\(version)); install that one",
                statement: "open")
        }
        for index in version..<steps.count {
            try database.transaction {
                try database.execute(steps[index])
                try database.execute("PRAGMA user_version=\(index + 1)")
            }
        }
    }
}
