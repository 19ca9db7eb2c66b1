extension Schema {
    /// Where records are that were written into files, and how far each file's rows have been taken out.
    static let archive = """
        CREATE TABLE archive_file (
            name TEXT PRIMARY KEY, month TEXT NOT NULL, records INTEGER NOT NULL, bytes INTEGER NOT NULL, digest TEXT NOT NULL,
            at INTEGER NOT NULL, emptied INTEGER) WITHOUT ROWID;
        CREATE INDEX archive_open ON archive_file (name) WHERE emptied IS NULL;
        -- Numbers of a stream, first to last without a hole, all of them in one file; those up to `removed` are no rows any more.
        CREATE TABLE archived (
            stream INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, removed INTEGER NOT NULL, file TEXT NOT NULL,
            PRIMARY KEY (stream, first)) WITHOUT ROWID;
        CREATE INDEX archived_open ON archived (file) WHERE removed<last;
        -- What came to a zone and left it: without walking what happened elsewhere.
        CREATE INDEX movement_to ON movement (to_zone, at) WHERE to_zone IS NOT NULL;
        CREATE INDEX movement_from ON movement (from_zone, at) WHERE from_zone IS NOT NULL;
        -- The number stands in it, so that PostgreSQL, too, walks it from the end.
        CREATE INDEX entry_whose ON entry (who, seq);
        DROP INDEX entry_who;
        CREATE INDEX command_sent ON command (expires) WHERE state='sent';
        CREATE INDEX command_issued ON command (issued);
        CREATE INDEX command_call ON command (call) WHERE call IS NOT NULL;
        CREATE INDEX call_running ON call (started) WHERE state<>'ended';
        """
}
