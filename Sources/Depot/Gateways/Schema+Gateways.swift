extension Schema {
    /// What each agent may speak of. Whoever is there already is trusted as before.
    static let gateways = """
        CREATE TABLE agent_grant (
            name TEXT PRIMARY KEY, site TEXT, zones TEXT NOT NULL DEFAULT '[]', may_telephone INTEGER NOT NULL DEFAULT 1,
            state TEXT NOT NULL, who TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
        INSERT INTO agent_grant SELECT name, site, '[]', 1, 'confirmed', 'edge-ingest', seen FROM agent;
        -- Grows with every change, by whichever process: what was remembered is read again.
        CREATE TABLE agent_grant_change (n INTEGER NOT NULL);
        INSERT INTO agent_grant_change VALUES (1);
        CREATE TRIGGER agent_grant_made AFTER INSERT ON agent_grant BEGIN UPDATE agent_grant_change SET n=n+1; END;
        CREATE TRIGGER agent_grant_set AFTER UPDATE ON agent_grant BEGIN UPDATE agent_grant_change SET n=n+1; END;
        CREATE TRIGGER agent_grant_gone AFTER DELETE ON agent_grant BEGIN UPDATE agent_grant_change SET n=n+1; END;
        """
}
