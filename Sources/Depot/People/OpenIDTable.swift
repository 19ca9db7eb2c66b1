import SQLite

/// Who people are at providers, and the sessions that came from there.
public struct OpenIDTable: StoreTable {
    let store: Store

    func user(issuer: String, subject: String) throws -> Int64? {
        try database.integer(
            "SELECT user FROM openid_identity WHERE issuer=? AND subject=?", .text(issuer), .text(subject))
    }

    /// Whether somebody else there is this person already.
    func isLinked(_ user: Int64, issuer: String) throws -> Bool {
        try database.integer(
            "SELECT 1 FROM openid_identity WHERE issuer=? AND user=? LIMIT 1", .text(issuer), .integer(user)) != nil
    }

    func link(_ user: Int64, issuer: String, subject: String, at now: Int64) throws {
        try database.run(
            "INSERT INTO openid_identity (issuer, subject, user, since) VALUES (?, ?, ?, ?)", .text(issuer),
            .text(subject), .integer(user), .integer(now))
    }

    /// Which provider a session is of; nil where it is of none.
    public func issuer(session digest: String) throws -> String? {
        try database.first("SELECT issuer FROM session WHERE token=? AND way='openid'", .text(digest)) {
            $0.optionalText(0)
        } ?? nil
    }

    /// Ends those of a person there, or of one session there; both where both are said. Returns their digests.
    func end(issuer: String, subject: String?, session: String?) throws -> [String] {
        let digests = try database.rows(
            """
            SELECT token FROM session WHERE way='openid' AND issuer=?1 AND (?2 IS NULL OR sid=?2)
                AND (?3 IS NULL OR user IN (SELECT user FROM openid_identity WHERE issuer=?1 AND subject=?3))
            """, .text(issuer), .text(session), .text(subject)
        ) { $0.text(0) }
        for digest in digests { try store.people.signOut(session: digest) }
        return digests
    }

    /// Ends sessions of providers that are named no more, and of the ERP where it is asked no more.
    func endOthers(than issuers: [String], keepingERP: Bool) throws {
        let ways = try database.rows("SELECT DISTINCT way, issuer FROM session WHERE way IS NOT NULL") {
            (way: $0.text(0), issuer: $0.optionalText(1))
        }
        for row in ways {
            if row.way == "erp" ? keepingERP : row.issuer.map(issuers.contains) == true { continue }
            try database.run(
                "DELETE FROM session WHERE way=? AND coalesce(issuer, '')=?", .text(row.way), .text(row.issuer ?? ""))
        }
    }
}
