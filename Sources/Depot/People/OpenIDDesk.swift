/// Lets in whom a provider has vouched for. Whoever was here before is known by issuer and subject, which never change; a name or an
/// e-mail address, which do, counts once, and only where the site says so.
///
/// People with the right `users` are never matched by a name: it may be one that somebody chose there. Where groups say what people may,
/// they say it at each sign-in, and other sessions end when that has changed.
public struct OpenIDDesk {
    let store: Store

    public init(_ store: Store) { self.store = store }

    /// What an ID token has come to.
    public struct Visitor: Sendable {
        public var issuer: String
        public var subject: String
        /// `sid`
        public var session: String?
        /// What they may be called here, the most likely first.
        public var names: [String]
        /// By which a person who is here already is matched for the first time; nil: by none.
        public var match: String?
        /// What their groups may; nil where groups say nothing here, empty where none of theirs is named.
        public var rights: Set<Permission>?
        /// Whether one of their groups is named: one may stand for no right at all.
        public var isInGroup: Bool

        public init(
            issuer: String, subject: String, session: String?, names: [String], match: String?,
            rights: Set<Permission>?, isInGroup: Bool
        ) {
            (self.issuer, self.subject, self.session, self.names) = (issuer, subject, session, names)
            (self.match, self.rights, self.isInGroup) = (match, rights, isInGroup)
        }
    }

    /// Who is let in, and whether their other sessions, and with them open pages, have ended.
    public struct Entered: Equatable, Sendable {
        public var person: Person
        public var endsSessions: Bool
    }

    /// A session of whom the token is about. `key` was admitted by `SignInDesk`. Throws `OpenIDFault`; who is refused stays counted, and
    /// whoever lost their groups has no session any more, which is why `.nobody` is told after the transaction.
    public func admit(
        _ visitor: Visitor, by key: SignInKey, session digest: String, from source: String, at now: Int64
    ) throws -> Entered {
        let outcome: Result<Entered, OpenIDFault> = try store.transaction {
            do { return .success(try enter(visitor, by: key, digest, source, now)) } catch let fault as OpenIDFault {
                return .failure(fault)
            }
        }
        return try outcome.get()
    }

    private func enter(
        _ visitor: Visitor, by key: SignInKey, _ digest: String, _ source: String, _ now: Int64
    ) throws -> Entered {
        guard try !store.people.isOpenHouse() else {
            throw OpenIDFault(.first, "nobody has a password yet: the first is an administrator's")
        }
        let known = try known(visitor)
        let before = try known ?? matched(visitor)
        if let before {
            guard !before.isDisabled else { throw OpenIDFault(.disabled, "\(before.name) is let in no more") }
            if visitor.rights != nil, !visitor.isInGroup {
                _ = try store.openID.end(issuer: visitor.issuer, subject: visitor.subject, session: nil)
                throw OpenIDFault(.nobody, "\(before.name) is in none of the groups that are named")
            }
        }
        let user = try before ?? made(visitor, at: now)
        if known == nil {
            try store.openID.link(user.id, issuer: visitor.issuer, subject: visitor.subject, at: now)
            try store.tell(Fact(.userLinked, user.name, visitor.issuer), by: OpenIDDesk.author, at: now)
        }
        let endsSessions = try renew(user, visitor, at: now)
        try SignInDesk(store).succeeded(key, from: source, at: now)
        let person = try store.people.openSession(
            user: user.id, station: nil, session: digest, way: .openID(visitor.issuer, session: visitor.session),
            at: now)
        try store.tell(Fact(.sessionOpened, person.name), by: person.author, at: now)
        return Entered(person: person, endsSessions: endsSessions)
    }

    private func known(_ visitor: Visitor) throws -> PeopleTable.UserRow? {
        guard let id = try store.openID.user(issuer: visitor.issuer, subject: visitor.subject) else { return nil }
        return try store.people.user(id: id)
    }

    /// Somebody who is here already, for the first time by this provider.
    private func matched(_ visitor: Visitor) throws -> PeopleTable.UserRow? {
        guard let name = visitor.match, let user = try store.people.user(name: name) else { return nil }
        guard !user.rights.contains(.users), try !store.openID.isLinked(user.id, issuer: visitor.issuer) else {
            throw OpenIDFault(.name, "\(name) is here already, and not to be matched by a name")
        }
        return user
    }

    /// Somebody new: only where one of their groups is named.
    private func made(_ visitor: Visitor, at now: Int64) throws -> PeopleTable.UserRow {
        guard let rights = visitor.rights, visitor.isInGroup else {
            throw OpenIDFault(.nobody, "nobody here is this person, and none of their groups is named")
        }
        guard let name = visitor.names.first else { throw OpenIDFault(.wrong, "the token says no name") }
        guard try store.people.user(name: name) == nil else {
            throw OpenIDFault(.name, "somebody else here is called \(name)")
        }
        let id = try store.people.save(user: name, .init(rights: rights), by: OpenIDDesk.author, at: now)
        guard let user = try store.people.user(id: id) else { throw OpenIDFault(.nobody, "no such person") }
        return user
    }

    /// Rights as the groups have them now. The last who can add people keeps that right. Whether sessions ended.
    private func renew(_ user: PeopleTable.UserRow, _ visitor: Visitor, at now: Int64) throws -> Bool {
        guard var rights = visitor.rights else { return false }
        let others = try store.people.users().contains { $0.id != user.id && $0.isAdministrator }
        if user.isAdministrator, !others { rights.insert(.users) }
        guard rights != user.rights else { return false }
        _ = try store.people.save(user: user.name, .init(rights: rights), by: OpenIDDesk.author, at: now)
        return true
    }

    /// Nobody here did it.
    private static let author = Author("-")

    /// Ends what a logout token names; the digests of the sessions that have ended.
    public func end(_ logout: OpenIDLogout, issuer: String) throws -> [String] {
        try store.transaction {
            try store.openID.end(issuer: issuer, subject: logout.subject, session: logout.session)
        }
    }

    /// At a start: sessions of whom nobody vouches any more.
    public func keep(issuers: [String], erp: Bool) throws {
        try store.transaction { try store.openID.endOthers(than: issuers, keepingERP: erp) }
    }
}
