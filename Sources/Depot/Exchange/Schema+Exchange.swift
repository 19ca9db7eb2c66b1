extension Schema {
    /// The exchange by files with an ERP that has no connector.
    static let exchange = """
        -- What is told by file: numbered without gaps, each a push. `staged`: its whole content lies beside its place; `written`: in
        -- it. `tidy`: answers of the other side lie there still.
        CREATE TABLE exchange_file (
            number INTEGER PRIMARY KEY, job INTEGER NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, day TEXT, staged INTEGER,
            written INTEGER, tidy INTEGER NOT NULL DEFAULT 0);
        CREATE INDEX exchange_file_tidy ON exchange_file (number) WHERE tidy=1;
        -- What stands in it. `source`: the entry of the ledger, or the movements, that it tells; once.
        CREATE TABLE exchange_entry (
            id INTEGER PRIMARY KEY, source TEXT NOT NULL UNIQUE, subject TEXT NOT NULL, file INTEGER NOT NULL, at INTEGER NOT NULL,
            rows TEXT NOT NULL);
        CREATE INDEX exchange_entry_file ON exchange_entry (file);
        CREATE INDEX exchange_entry_subject ON exchange_entry (subject);
        -- Files that were read: the report until it lies beside the file, where that was put.
        CREATE TABLE exchange_read (
            name TEXT NOT NULL, digest TEXT NOT NULL, at INTEGER NOT NULL, kind TEXT, accepted INTEGER NOT NULL,
            refused INTEGER NOT NULL, report TEXT, report_form TEXT, moved INTEGER, PRIMARY KEY (name, digest)) WITHOUT ROWID;
        CREATE INDEX exchange_read_moved ON exchange_read (at) WHERE moved IS NULL;
        """
}
