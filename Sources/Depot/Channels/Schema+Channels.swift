extension Schema {
    /// How people are told where no page of theirs is open; what waits for each of these ways; who is on duty; and what nobody has read.
    /// Times are Unix milliseconds.
    static let channels = """
        -- `shown`: what its person recognises it by. `sealed`: where it leads, by the installation's own secret. `rest`: until then nothing
        -- is tried.
        CREATE TABLE channel (
            id INTEGER PRIMARY KEY AUTOINCREMENT, user INTEGER NOT NULL, kind TEXT NOT NULL, shown TEXT NOT NULL, sealed TEXT NOT NULL,
            mark TEXT NOT NULL, created INTEGER NOT NULL, failures INTEGER NOT NULL DEFAULT 0, rest INTEGER NOT NULL DEFAULT 0,
            answered INTEGER, sentence TEXT, lost INTEGER NOT NULL DEFAULT 0, UNIQUE (user, kind, mark));
        -- A line of somebody's inbox for one of them; what it says is read there when it is sent. `line` 0 is a test, -1 the day's digest.
        -- `raised`: nobody had read it.
        CREATE TABLE channel_line (
            channel INTEGER NOT NULL REFERENCES channel, line INTEGER NOT NULL, state TEXT NOT NULL, raised INTEGER NOT NULL DEFAULT 0,
            attempts INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL, at INTEGER NOT NULL, sentence TEXT,
            PRIMARY KEY (channel, line)) WITHOUT ROWID;
        CREATE INDEX channel_line_waiting ON channel_line (channel, due) WHERE state='waiting';
        CREATE INDEX channel_line_of ON channel_line (line);
        -- What somebody chose for a type and a way; without a row the default counts.
        CREATE TABLE channel_choice (
            user INTEGER NOT NULL, type TEXT NOT NULL, kind TEXT NOT NULL, wanted INTEGER NOT NULL, PRIMARY KEY (user, type, kind))
            WITHOUT ROWID;
        -- `loud`: what is critical comes in the quiet hours, too. `digest`: the hour of the day; `digested`: its last day, YYYYMMDD.
        CREATE TABLE channel_habit (
            user INTEGER PRIMARY KEY, loud INTEGER NOT NULL, digest INTEGER, digested INTEGER NOT NULL DEFAULT 0, since INTEGER NOT NULL DEFAULT 0);
        -- Who is on duty: on which days (bit 0 is Monday), from which minute until which; it may go over midnight. In the order in which
        -- they are told.
        CREATE TABLE duty (
            id INTEGER PRIMARY KEY, user INTEGER NOT NULL, days INTEGER NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL,
            position INTEGER NOT NULL);
        -- A critical fact that goes on to somebody else until somebody has seen it.
        CREATE TABLE escalation (
            fact INTEGER PRIMARY KEY, type TEXT NOT NULL, subject TEXT NOT NULL, begun INTEGER NOT NULL, last INTEGER NOT NULL,
            steps INTEGER NOT NULL DEFAULT 0, done INTEGER, done_by TEXT);
        CREATE INDEX escalation_open ON escalation (last) WHERE done IS NULL;
        CREATE INDEX inbox_critical ON inbox (fact) WHERE priority=3;
        CREATE TABLE escalation_step (
            fact INTEGER NOT NULL, channel INTEGER NOT NULL, user INTEGER NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL,
            PRIMARY KEY (fact, channel)) WITHOUT ROWID;
        -- What is told once a day, and when it was last: YYYYMMDD.
        CREATE TABLE told_day (what TEXT PRIMARY KEY, day INTEGER NOT NULL);
        CREATE TRIGGER channel_line_of_nothing AFTER DELETE ON inbox BEGIN
            DELETE FROM channel_line WHERE line=OLD.id;
        END;
        CREATE TRIGGER channel_of_nobody AFTER DELETE ON user BEGIN
            DELETE FROM channel_line WHERE channel IN (SELECT id FROM channel WHERE user=OLD.id);
            DELETE FROM channel WHERE user=OLD.id;
            DELETE FROM channel_choice WHERE user=OLD.id;
            DELETE FROM channel_habit WHERE user=OLD.id;
            DELETE FROM duty WHERE user=OLD.id;
        END;
        """
}
