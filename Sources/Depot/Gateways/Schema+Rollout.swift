extension Schema {
    /// Versions on their way to the gateways; one at a time is under way. `value` is all of it, as JSON.
    static let rollout = """
        CREATE TABLE rollout (id INTEGER PRIMARY KEY, state TEXT NOT NULL, who TEXT NOT NULL, begun INTEGER NOT NULL, value TEXT NOT NULL);
        """
}
