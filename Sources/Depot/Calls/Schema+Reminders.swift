extension Schema {
    /// Call-backs with a time: about a call, by a person. What is said about them stands in the call's note.
    static let reminders = """
        CREATE TABLE reminder (
            id INTEGER PRIMARY KEY, call TEXT NOT NULL, user INTEGER NOT NULL, who TEXT NOT NULL, due INTEGER NOT NULL,
            created INTEGER NOT NULL, told INTEGER, team INTEGER NOT NULL DEFAULT 0, done INTEGER, done_by TEXT);
        CREATE INDEX reminder_due ON reminder (due) WHERE done IS NULL;
        CREATE INDEX reminder_call ON reminder (call);
        CREATE UNIQUE INDEX reminder_open ON reminder (call, user) WHERE done IS NULL;
        """
}
