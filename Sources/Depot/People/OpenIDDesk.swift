/// Lets in whom a provider has vouched for. Whoever was here before is known by issuer and subject, which never change; a name or an
/// e-mail address, which do, counts once, and only where the site says so.
///
/// People with the right `users` are never matched by a name: it may be one that somebody chose there. Where groups say what people may,
/// they say it at each sign-in, and other sessions end when that has changed. Rights that ask for a second factor are had where the provider
/// says that it asked for one.
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
        /// What their groups come to; nil where groups say nothing here.
        public var grant: Grant?
        /// They have shown two things there.
        public var isStrong: Bool

        public init(
            issuer: String, subject: String, session: String?, names: [String], match: String?, grant: Grant?,
            isStrong: Bool = false
        ) {
            (self.issuer, self.subject, self.session, self.names) = (issuer, subject, session, names)
            (self.match, self.grant, self.isStrong) = (match, grant, isStrong)
        }
    }

    /// What groups give. Of several the rights and roles of all; where one says where it holds, it holds there alone, whatever others say.
    public struct Grant: Equatable, Sendable {
        /// None of theirs is named: they are not let in.
        public var isNobodys = true
        public var rights: Set<Permission> = []
        public var roles: Set<String> = []
        /// Nil where no group that is named anywhere says one: it stays as it is.
        public var scope: Scope?

        public init() {}

        public init(rights: Set<Permission>, roles: Set<String> = [], scope: Scope? = nil) {
            (isNobodys, self.rights, self.roles, self.scope) = (false, rights, roles, scope)
        }

        public mutating func add(_ other: Grant) {
            isNobodys = false
            rights.formUnion(other.rights)
            roles.formUnion(other.roles)
            for (kind, names) in other.scope?.names ?? [:] {
                scope = scope ?? Scope()
                scope?.names[kind, default: []].formUnion(names)
            }
        }

        /// Who is given no role does the usual work.
        var change: PeopleTable.UserChange {
            .init(rights: rights, roles: roles.isEmpty ? [Role.staff] : roles, scope: scope)
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
        _ visitor: Visitor, by key: SignInKey, session digest: String, from source: String, browser: String? = nil,
        at now: Int64
    ) throws -> Entered {
        let way = SessionWay.openID(visitor.issuer, session: visitor.session)
        let mark = SessionMark(
            visitor.isStrong ? .providerTwice : .provider, source: source, browser: browser, way: way)
        let outcome: Result<Entered, OpenIDFault> = try store.transaction {
            do { return .success(try enter(visitor, by: key, digest, mark, now)) } catch let fault as OpenIDFault {
                return .failure(fault)
            }
        }
        return try outcome.get()
    }

    private func enter(
        _ visitor: Visitor, by key: SignInKey, _ digest: String, _ mark: SessionMark, _ now: Int64
    ) throws -> Entered {
        guard try !store.people.isOpenHouse() else {
            throw OpenIDFault(.first, "nobody has a password yet: the first is an administrator's")
        }
        let known = try known(visitor)
        let before = try known ?? matched(visitor)
        if let before {
            guard !before.isDisabled else { throw OpenIDFault(.disabled, "\(before.name) is let in no more") }
            if visitor.grant?.isNobodys == true {
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
        let signIn = SignInDesk(store)
        try signIn.succeeded(key, from: mark.source ?? "", at: now)
        let person = try signIn.open(user.id, station: nil, session: digest, as: mark, at: now)
        return Entered(person: person, endsSessions: endsSessions)
    }

    private func known(_ visitor: Visitor) throws -> PeopleTable.UserRow? {
        guard let id = try store.openID.user(issuer: visitor.issuer, subject: visitor.subject) else { return nil }
        return try store.people.user(id: id)
    }

    /// Somebody who is here already, for the first time by this provider.
    private func matched(_ visitor: Visitor) throws -> PeopleTable.UserRow? {
        guard let name = visitor.match, let user = try store.people.user(name: name) else { return nil }
        guard !user.permissions.contains(.users), try !store.openID.isLinked(user.id, issuer: visitor.issuer) else {
            throw OpenIDFault(.name, "\(name) is here already, and not to be matched by a name")
        }
        return user
    }

    /// Somebody new: only where one of their groups is named.
    private func made(_ visitor: Visitor, at now: Int64) throws -> PeopleTable.UserRow {
        guard let grant = visitor.grant, !grant.isNobodys else {
            throw OpenIDFault(.nobody, "nobody here is this person, and none of their groups is named")
        }
        guard let name = visitor.names.first else { throw OpenIDFault(.wrong, "the token says no name") }
        guard try store.people.user(name: name) == nil else {
            throw OpenIDFault(.name, "somebody else here is called \(name)")
        }
        let id = try save(name, grant.change, at: now)
        guard let user = try store.people.user(id: id) else { throw OpenIDFault(.nobody, "no such person") }
        return user
    }

    /// Rights as the groups have them now. The last who can add people keeps that right. Whether sessions ended.
    private func renew(_ user: PeopleTable.UserRow, _ visitor: Visitor, at now: Int64) throws -> Bool {
        guard var change = visitor.grant?.change else { return false }
        if user.isAdministrator, try !store.people.changed(user, by: change).isAdministrator,
            try !store.people.users().contains(where: { $0.id != user.id && $0.isAdministrator })
        {
            change.rights?.insert(.users)
        }
        guard change.endsSessions(of: user) else { return false }
        if change.rights == user.rights { change.rights = nil }
        _ = try save(user.name, change, at: now)
        return true
    }

    private func save(_ name: String, _ change: PeopleTable.UserChange, at now: Int64) throws -> Int64 {
        do { return try store.people.save(user: name, change, by: OpenIDDesk.author, at: now) } catch PeopleTable
            .UserFault.unknownRole(let role)
        {
            throw OpenIDFault(.role, "its groups give the role \(role), which is not there")
        }
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
