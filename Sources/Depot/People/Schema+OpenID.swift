extension Schema {
    /// Who somebody is at a provider, and by whom a session was opened.
    static let openID = """
        CREATE TABLE openid_identity (
            issuer TEXT NOT NULL, subject TEXT NOT NULL, user INTEGER NOT NULL REFERENCES user, since INTEGER NOT NULL,
            PRIMARY KEY (issuer, subject)) WITHOUT ROWID;
        CREATE INDEX openid_identity_user ON openid_identity (user);
        -- How, where it was not by a password, PIN or badge of ours: openid or erp.
        ALTER TABLE session ADD COLUMN way TEXT;
        ALTER TABLE session ADD COLUMN issuer TEXT;
        ALTER TABLE session ADD COLUMN sid TEXT;
        """
}
