extension Schema {
    /// Whoever was there before numbers could be masked goes on seeing them: whom that does not concern, loses the right.
    static let personalRight = "UPDATE user SET rights=trim(rights || ',personal', ',');"

    /// Wrong tries, so that no restart forgets a pause; refusals that the trail is not told of yet; each PIN's budget.
    static let people = """
        -- `kind` says what `subject` is (name, pin, badge, own; source: the place itself), so that no name equals a badge.
        -- An empty source is all of them together. `known` is when this subject last succeeded from this source.
        CREATE TABLE sign_in_try (
            kind TEXT NOT NULL, subject TEXT NOT NULL, source TEXT NOT NULL, count INTEGER NOT NULL, until INTEGER NOT NULL,
            at INTEGER NOT NULL, known INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (kind, subject, source)) WITHOUT ROWID;
        CREATE TABLE sign_in_refusal (
            subject TEXT NOT NULL, source TEXT NOT NULL, since INTEGER NOT NULL, more INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (subject, source)) WITHOUT ROWID;
        ALTER TABLE user ADD COLUMN pin_wrong INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE user ADD COLUMN pin_since INTEGER NOT NULL DEFAULT 0;
        """
}
