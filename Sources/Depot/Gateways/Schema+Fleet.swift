extension Schema {
    /// What lists and metrics of thousands of gateways need of a status, so that none is read for it.
    static let fleet = """
        ALTER TABLE agent ADD COLUMN pending INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE agent ADD COLUMN clock_offset INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE agent ADD COLUMN trouble INTEGER NOT NULL DEFAULT 0;
        UPDATE agent SET
            pending=CASE WHEN json_valid(status) THEN max(0, coalesce(CAST(json_extract(status, '$.account.pending') AS INTEGER), 0)) ELSE 0 END,
            clock_offset=CASE WHEN json_valid(status) THEN coalesce(CAST(json_extract(status, '$.clockOffset') AS INTEGER), 0) ELSE 0 END;
        """
}
