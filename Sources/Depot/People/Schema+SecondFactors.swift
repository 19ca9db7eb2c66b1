extension Schema {
    /// Second factors, tokens of programs, from where people sign in, and what a session shows of itself.
    static let secondFactors = """
        -- Of an app's secret the salt alone (`CodeKeys`); `next` is one that was shown and not confirmed yet. `step` is the last that was used.
        CREATE TABLE one_time_code (
            user INTEGER PRIMARY KEY REFERENCES user, salt TEXT, mark TEXT, since INTEGER, next TEXT,
            step INTEGER NOT NULL DEFAULT 0, wrong INTEGER NOT NULL DEFAULT 0, wrong_since INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE recovery_code (
            user INTEGER NOT NULL REFERENCES user, digest TEXT NOT NULL, used INTEGER, PRIMARY KEY (user, digest))
            WITHOUT ROWID;
        CREATE TABLE passkey (
            id INTEGER PRIMARY KEY, user INTEGER NOT NULL REFERENCES user, credential TEXT NOT NULL UNIQUE,
            site TEXT NOT NULL, key BLOB NOT NULL, counter INTEGER NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL,
            used INTEGER);
        CREATE INDEX passkey_user ON passkey (user);
        CREATE TABLE token (
            id TEXT PRIMARY KEY, digest TEXT NOT NULL, user INTEGER NOT NULL REFERENCES user, name TEXT NOT NULL,
            scopes TEXT NOT NULL, reads INTEGER NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL, used INTEGER,
            used_from TEXT) WITHOUT ROWID;
        CREATE TABLE sign_in_place (
            user INTEGER NOT NULL REFERENCES user, source TEXT NOT NULL, since INTEGER NOT NULL, last INTEGER NOT NULL,
            PRIMARY KEY (user, source)) WITHOUT ROWID;
        ALTER TABLE session ADD COLUMN source TEXT;
        ALTER TABLE session ADD COLUMN browser TEXT;
        ALTER TABLE session ADD COLUMN proof TEXT;
        ALTER TABLE session ADD COLUMN shown INTEGER;
        CREATE INDEX session_user ON session (user);
        """
}
