extension Schema {
    /// What happened, once for everybody who wants to know it. The trail of before becomes its beginning; `Ledger.seal` chains
    /// it. Events that nobody followed go.
    static let ledger = """
        CREATE TABLE entry (
            seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, station TEXT, reason TEXT, site TEXT,
            kind TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT, salt TEXT, digest TEXT, chain TEXT);
        CREATE INDEX entry_subject ON entry (subject);
        CREATE INDEX entry_who ON entry (who);
        INSERT INTO entry (seq, at, who, station, reason, kind, subject, detail)
            SELECT row_number() OVER (ORDER BY id), at, who, station, reason, what, subject, detail FROM audit ORDER BY id;
        DROP TABLE audit;
        DROP TABLE business_event;
        -- How far each follower has come.
        CREATE TABLE follower (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
        """
}
