extension Schema {
    /// What lists and metrics of thousands of gateways need of a status, so that none is read for it.
    static let fleet = """
        ALTER TABLE agent ADD COLUMN pending INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE agent ADD COLUMN clock_offset INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE agent ADD COLUMN trouble INTEGER NOT NULL DEFAULT 0;
        UPDATE agent SET
            pending=CASE WHEN json_valid(status) THEN max(0, coalesce(CAST(json_extract(status, '$.account.pending') AS INTEGER), 0)) ELSE 0 END,
            trouble=CASE WHEN NOT json_valid(status) THEN 0
                WHEN json_extract(status, '$.buffer.trouble') IS NOT NULL OR instr(status, '"severity":"broken"')>0
                    OR instr(status, '"notSaved":')>0 THEN 3
                WHEN json_extract(status, '$.uplink.delivering')=0 OR instr(status, '"severity":"warning"')>0
                    OR EXISTS (SELECT 1 FROM json_each(status, '$.devices') AS device
                        WHERE coalesce(json_extract(device.value, '$.state'), '')<>'ready') THEN 2
                ELSE 0 END,
            clock_offset=CASE WHEN json_valid(status) THEN coalesce(CAST(json_extract(status, '$.clockOffset') AS INTEGER), 0) ELSE 0 END;
        """
}
