extension Schema {
    /// Agents that are asked to join, and the certificates that they were given.
    static let enrolment = """
        -- Of the token the name and a digest; `key` is the digest of the public key that used it.
        CREATE TABLE agent_invitation (
            id TEXT PRIMARY KEY, agent TEXT NOT NULL UNIQUE, digest TEXT NOT NULL, site TEXT NOT NULL,
            zones TEXT NOT NULL DEFAULT '[]', who TEXT NOT NULL, made INTEGER NOT NULL, ends INTEGER NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0, used INTEGER, key TEXT) WITHOUT ROWID;
        CREATE TABLE agent_certificate (
            serial TEXT PRIMARY KEY, agent TEXT NOT NULL, key TEXT NOT NULL, made INTEGER NOT NULL, ends INTEGER NOT NULL,
            revoked INTEGER) WITHOUT ROWID;
        CREATE INDEX agent_certificate_agent ON agent_certificate (agent, made);
        CREATE INDEX agent_certificate_key ON agent_certificate (key);
        """
}
