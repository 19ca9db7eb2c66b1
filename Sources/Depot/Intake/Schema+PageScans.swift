extension Schema {
    /// Scans that pages brought, by the key that the browser gave them: kept for weeks, because a browser may bring one again
    /// (`PageScan.keyLife`).
    static let pageScans = """
        CREATE TABLE page_scan (
            key TEXT PRIMARY KEY, seq INTEGER NOT NULL, person INTEGER, sender INTEGER, zone TEXT NOT NULL, at INTEGER NOT NULL,
            received INTEGER NOT NULL, answer TEXT NOT NULL) WITHOUT ROWID;
        """

    /// They are forgotten by when they came.
    static let pageScanAge = "CREATE INDEX page_scan_received ON page_scan (received);"
}
