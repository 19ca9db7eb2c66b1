extension Schema {
    /// What the trail shows, written by its follower; everything of before at once. As `AuditFollower` chooses.
    static let trail = """
        CREATE TABLE trail (seq INTEGER PRIMARY KEY);
        INSERT INTO trail SELECT seq FROM entry WHERE kind NOT IN ('call.ended', 'call.missed', 'delivery.pulled');
        INSERT OR REPLACE INTO follower SELECT 'audit', coalesce(max(seq), 0) FROM entry;
        """
}
