extension Schema {
    /// Events as EPCIS tells them, made once from what happened. `error`: it says that the event of the same id was wrong. `state`:
    /// of the capture by a repository; `kept` where there is none. `job`: the repository's name of it.
    static let epcis = """
        CREATE TABLE epcis_event (
            id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, error INTEGER NOT NULL, at INTEGER NOT NULL, told INTEGER NOT NULL,
            kind TEXT NOT NULL, step TEXT NOT NULL, action TEXT NOT NULL, subject TEXT, body TEXT NOT NULL, state TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL DEFAULT 0, job TEXT, sentence TEXT, UNIQUE (event, error));
        CREATE INDEX epcis_event_at ON epcis_event (at);
        CREATE INDEX epcis_event_subject ON epcis_event (subject) WHERE subject IS NOT NULL;
        CREATE INDEX epcis_event_state ON epcis_event (state, id);
        CREATE INDEX epcis_event_told ON epcis_event (told);
        """
}
