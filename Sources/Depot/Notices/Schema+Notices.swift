extension Schema {
    /// What each person is told of: one row for a person and a fact. What is wrong now is in `notice`; this is who was told, and what
    /// they did about it. Times are Unix milliseconds.
    static let inbox = """
        CREATE TABLE inbox (
            id INTEGER PRIMARY KEY, user INTEGER NOT NULL, fact INTEGER NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL,
            priority INTEGER NOT NULL, since INTEGER NOT NULL, at INTEGER NOT NULL, count INTEGER NOT NULL DEFAULT 1,
            grouped INTEGER NOT NULL DEFAULT 0, subject TEXT NOT NULL, data TEXT NOT NULL, link TEXT, site TEXT, team TEXT,
            read INTEGER, snoozed INTEGER, expires INTEGER NOT NULL, UNIQUE (user, fact));
        CREATE INDEX inbox_type ON inbox (user, type, at);
        CREATE INDEX inbox_unread ON inbox (user, priority) WHERE read IS NULL AND snoozed IS NULL;
        CREATE INDEX inbox_subject ON inbox (subject);
        CREATE INDEX inbox_expires ON inbox (expires);
        CREATE INDEX inbox_snoozed ON inbox (snoozed) WHERE snoozed IS NOT NULL;
        -- How far each person was told, and the number of the last change of their inbox: whoever shows it looks for newer ones.
        CREATE TABLE inbox_head (
            user INTEGER PRIMARY KEY, change INTEGER NOT NULL, seq INTEGER NOT NULL, dropped INTEGER NOT NULL DEFAULT 0);
        CREATE UNIQUE INDEX inbox_change ON inbox_head (change);
        CREATE TRIGGER inbox_of_nobody AFTER DELETE ON user BEGIN
            DELETE FROM inbox WHERE user=OLD.id;
            DELETE FROM inbox_head WHERE user=OLD.id;
        END;
        """

    /// What people want to be told, where they chose; and when nothing is heard: minutes of the day.
    static let inboxPreferences = """
        CREATE TABLE inbox_preference (
            user INTEGER NOT NULL, type TEXT NOT NULL, web INTEGER NOT NULL, sound INTEGER NOT NULL, PRIMARY KEY (user, type))
            WITHOUT ROWID;
        CREATE TABLE inbox_quiet (user INTEGER PRIMARY KEY, start INTEGER NOT NULL, stop INTEGER NOT NULL);
        CREATE TRIGGER inbox_preference_of_nobody AFTER DELETE ON user BEGIN
            DELETE FROM inbox_preference WHERE user=OLD.id;
            DELETE FROM inbox_quiet WHERE user=OLD.id;
        END;
        """
}
