/// What people change of themselves and, with the right `users`, of others. Hashing is the caller's, on a thread of its own, between
/// the steps.
public struct AccountDesk {
    let store: Store
    private var signIns: SignInDesk { SignInDesk(store) }

    public init(_ store: Store) { self.store = store }

    /// Who was changed, and whether their sessions have ended: then their open pages end too.
    public struct Saved: Equatable, Sendable {
        public var id: Int64
        public var endsSessions: Bool
    }

    /// Adds a person or changes one; secrets as they are kept. Throws `AccountRefusal.first`, or `PeopleTable.UserFault` where nobody would be
    /// left who can add people or a badge is somebody else's; then nothing has changed.
    public func save(_ change: PeopleTable.UserChange, of name: String, by author: Author, at now: Int64) throws
        -> Saved
    {
        try store.transaction {
            let isFirst =
                try store.people.isOpenHouse()
                && [change.password, change.pin, change.badge].contains { $0?.isEmpty == false }
            let permissions = try store.roles.permissions(of: change.roles ?? [], and: change.rights ?? [])
            if isFirst, !permissions.contains(.users) || change.password?.isEmpty != false {
                throw AccountRefusal.first
            }
            return try write(change, of: name, by: author, at: now)
        }
    }

    private func write(
        _ change: PeopleTable.UserChange, of name: String, by author: Author, at now: Int64
    ) throws -> Saved {
        let before = try store.people.user(name: name)
        let id = try store.people.save(user: name, change, by: author, at: now)
        return Saved(id: id, endsSessions: change.endsSessions(of: before))
    }

    // MARK: one's own password

    /// A change of one's own password that has begun. `kept` is what the old one, as typed, is compared with.
    public struct PasswordChange: Sendable {
        public let user: PeopleTable.UserRow
        public let kept: String
        public let key: SignInKey
        let source: String
        let author: Author
    }

    /// Counts a try of the old password. Throws `SignInRefusal`: for whoever has none, too. They get the first from somebody who runs
    /// the server: a page left open at a dock is no proof.
    public func begin(passwordOf person: Person, from source: String, at now: Int64) throws -> PasswordChange {
        guard let user = try store.people.user(id: person.id), let kept = user.password else {
            throw SignInRefusal.refused
        }
        let key = SignInKey.own(person.id)
        try signIns.begin(key, from: source, at: now)
        return PasswordChange(user: user, kept: kept, key: key, source: source, author: person.author)
    }

    /// The old one was compared. Throws `SignInRefusal.refused` where it was wrong, which stays counted, and `AccountRefusal` where the
    /// new one is too weak.
    public func shown(isRight: Bool, for change: PasswordChange, new: String, at now: Int64) throws {
        try shown(isRight: isRight, for: change, at: now)
        if let weakness = Password.weakness(new, name: change.user.name) { throw AccountRefusal.password(weakness) }
    }

    /// The same where it was asked for alone.
    public func shown(isRight: Bool, for change: PasswordChange, at now: Int64) throws {
        guard isRight else {
            try signIns.refused(
                change.key, who: change.user.name, station: change.author.station, from: change.source, at: now)
            throw SignInRefusal.refused
        }
        try signIns.succeeded(change.key, from: change.source, at: now)
    }

    /// `hash` takes the place of what was shown; every session of theirs ends. Throws `SignInRefusal.refused` where they were disabled,
    /// or given another password, meanwhile.
    public func finish(_ change: PasswordChange, hash: String, at now: Int64) throws -> Saved {
        try store.transaction {
            guard let user = try store.people.user(id: change.user.id), !user.isDisabled, user.password == change.kept
            else {
                throw SignInRefusal.refused
            }
            return try write(.init(password: hash), of: user.name, by: change.author, at: now)
        }
    }

    // MARK: the telephone

    /// Several may claim one. Nil gives it back.
    public func claim(_ desk: String?, by person: Person, at now: Int64) throws {
        try store.transaction {
            try store.people.claim(desk: desk, user: person.id, at: now)
            try store.tell(Fact(.deskClaimed, desk ?? "-"), by: person.author, at: now)
        }
    }
}
