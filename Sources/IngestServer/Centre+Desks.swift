import Depot
import Dispatch
import Followers
import Logging
import Model
import Platform
import SQLite

/// Sessions, telephones and clients, as people change them.
extension Centre {
    // MARK: people

    func used(session token: String) { try? store.use(session: Digests.hex(token), at: Clocks.wall) }

    /// Ends the session, and every open page of it.
    func signOut(token: String) async throws {
        let digest = Digests.hex(token)
        try store.signOut(session: digest)
        await board.signedOut(digest)
    }

    func claim(desk: String?, person: Person) async throws {
        try store.database.transaction {
            try store.claim(desk: desk, user: person.id, at: Clocks.wall)
            try store.tell(Fact(.deskClaimed, desk ?? "-"), by: person.author, at: Clocks.wall)
        }
        await board.claimed(desk, by: person)
    }

    func addParty(name: String, company: String, numbers: [String], person: Person) async throws -> PartyView? {
        let parsed = numbers.map { configuration.plan.number($0) }.filter { $0.kind != .withheld }
        let id = try store.database.transaction {
            let id = try store.addParty(
                name: name, company: company, reference: nil, numbers: parsed, by: person.name, at: Clocks.wall)
            try store.tell(Fact(.partyCreated, id), by: person.author, at: Clocks.wall)
            return id
        }
        follow()
        // Cards that are open know the new client at once.
        await board.showAll()
        return try store.party(id)
    }

    static func gateway(_ row: Store.AgentRow) -> JSON {
        .object([
            ("name", .string(row.name)), ("site", row.site.map(JSON.string)), ("online", .bool(row.online)),
            ("seen", .int(row.seen)), ("since", .int(row.since)), ("alarm", row.alarm.map(JSON.string)),
            ("status", row.status),
            (
                "centre",
                .object([
                    ("applied", .int(Int64(clamping: row.applied))), ("rejected", .int(Int64(clamping: row.rejected))),
                    ("skipped", .int(Int64(clamping: row.skipped))),
                ])
            ),
        ])
    }
}
