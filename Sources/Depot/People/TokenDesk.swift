import Model

/// Tokens of programs: made, shown once, taken back.
public struct TokenDesk {
    /// Longest life, in days.
    public static let longest: Int64 = 730
    /// All of them.
    public static let limit: Int64 = 200
    /// Before it ends somebody is told, in milliseconds.
    static let warning: Int64 = 14 * day
    private static let day: Int64 = 86_400_000

    public enum Refusal: Error, Equatable, Sendable {
        case tooMany
        /// Nobody gives a program what they may not do themselves.
        case beyondRights(Permission)
    }

    let store: Store

    public init(_ store: Store) { self.store = store }

    /// A new one, which is not to be had again. `days` is within 1 and `longest`.
    public func make(
        _ name: String, _ scopes: Set<Permission>, isReader: Bool, days: Int64, for person: Person, at now: Int64
    ) throws -> (token: String, row: TokenTable.Row) {
        try store.transaction {
            guard try store.tokens.count() < TokenDesk.limit else { throw Refusal.tooMany }
            if let beyond = scopes.filter({ !person.may($0) }).min(by: { $0.rawValue < $1.rawValue }) {
                throw Refusal.beyondRights(beyond)
            }
            let token = ProgramToken.fresh()
            let row = TokenTable.Row(
                id: ProgramToken.name(of: token) ?? "", name: name, who: person.name, scopes: scopes,
                isReader: isReader,
                created: now, expires: now + min(days, TokenDesk.longest) * TokenDesk.day)
            try store.tokens.add(row, digest: ProgramToken.digest(token), of: person.id)
            try store.tell(Fact(.tokenAdded, name, row.id), by: person.author, at: now)
            return (token, row)
        }
    }

    /// False where there is none.
    public func revoke(_ id: String, by author: Author, at now: Int64) throws -> Bool {
        try store.transaction {
            guard let row = try store.tokens.row(id) else { return false }
            try store.tokens.remove(id)
            try store.tell(Fact(.tokenRevoked, row.name, id), by: author, at: now)
            return true
        }
    }

    /// Every one of somebody's, within a transaction.
    func revoke(allOf user: Int64, by author: Author, at now: Int64) throws {
        for row in try store.tokens.rows(of: user) {
            try store.tokens.remove(row.id)
            try store.tell(Fact(.tokenRevoked, row.name, row.id), by: author, at: now)
        }
    }

    public func used(_ id: String, from source: String, at now: Int64) throws {
        try store.tokens.use(id, from: source, at: now)
    }
}
