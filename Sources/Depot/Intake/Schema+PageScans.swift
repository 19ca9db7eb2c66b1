extension Schema {
    /// Scans that pages brought, by the key that the browser gave them: kept for as long as the records are, because a browser may
    /// bring one again after weeks.
    static let pageScans = """
        CREATE TABLE page_scan (
            key TEXT PRIMARY KEY, seq INTEGER NOT NULL, person INTEGER, sender INTEGER, zone TEXT NOT NULL, at INTEGER NOT NULL,
            received INTEGER NOT NULL, answer TEXT NOT NULL) WITHOUT ROWID;
        """
}
