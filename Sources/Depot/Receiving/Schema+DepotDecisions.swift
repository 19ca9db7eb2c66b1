extension Schema {
    /// Decisions of pages at depots, each once by its agent's and page's key. `state`: done, proposed, accepted, refused.
    static let depotDecisions = """
        CREATE TABLE depot_decision (
            id INTEGER PRIMARY KEY, agent TEXT NOT NULL, key TEXT NOT NULL, delivery INTEGER NOT NULL, at INTEGER NOT NULL,
            received INTEGER NOT NULL, zone TEXT NOT NULL, text TEXT NOT NULL, state TEXT NOT NULL, why TEXT,
            settled INTEGER, settled_by TEXT, UNIQUE (agent, key));
        CREATE INDEX depot_decision_proposed ON depot_decision (delivery);
        -- Numbers of deliveries that are gone are given again.
        CREATE TRIGGER delivery_undecided AFTER DELETE ON delivery BEGIN
            DELETE FROM depot_decision WHERE delivery=OLD.id;
        END;
        """
}
