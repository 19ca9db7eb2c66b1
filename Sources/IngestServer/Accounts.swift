import Depot
import Model
import Platform

/// Who is let in, and what people change of themselves and others: the desks' answers, with the slow work of hashing between them.
struct Accounts: Sendable {
    /// A hash to compare with where there is no such user: an answer takes as long for a name that nobody has.
    private static let nobody = Password.hash("nobody's password")
    /// One at a time: each takes 64 MiB and some 100 ms, and strangers may ask.
    private static let hashing = WorkThreads("password", waiting: 16)
    /// What somebody waits for whom the hashing thread has no room, in seconds: as long as a full queue takes.
    private static let busyPause: Int64 = 2

    let writer: Writer
    let live: LiveView
    private let present: Locked<IngestConfiguration>
    let refusals = Locked(UInt64(0))
    let challenges = Locked(PasskeyChallenges())
    private let passwords: Locked<ERPPasswords?>

    init(writer: Writer, live: LiveView, _ present: Locked<IngestConfiguration>) {
        (self.writer, self.live, self.present) = (writer, live, present)
        passwords = Locked(Accounts.passwords(present.with { $0 }))
    }

    var configuration: IngestConfiguration { present.with { $0 } }
    /// Nil where the ERP is not asked.
    var erp: ERPPasswords? { passwords.with { $0 } }

    /// Another ERP, or another way to it.
    func takeERP(_ configuration: IngestConfiguration) {
        passwords.with { $0 = Accounts.passwords(configuration) }
    }

    private static func passwords(_ configuration: IngestConfiguration) -> ERPPasswords? {
        configuration.signIn.asksERP ? configuration.erp.map { ERPPasswords($0) } : nil
    }

    /// Wrong passwords, PINs and badges.
    var refusedSignIns: UInt64 { refusals.with { $0 } }

    static func hashed<T: Sendable>(
        from source: String, _ body: @escaping @Sendable () -> T
    ) async throws -> T {
        do { return try await hashing.run(from: source, body) } catch { throw SignInRefusal.wait(busyPause) }
    }

    /// How one signs in here, and at which dock's screen.
    func howToSignIn(at screen: Screen?) async throws -> JSON {
        let (isOpen, people) = try await live.read { (try $0.people.isOpenHouse(), try $0.people.withPIN()) }
        return .object([
            ("names", .bool(isOpen && configuration.isLoopback)), ("passwords", .bool(!isOpen)),
            ("people", .array(people)),
            ("stations", .array(configuration.zones.filter { $0.value.kind == .dock }.keys.sorted().map(JSON.string))),
            ("screen", screen.map { .string($0.zone) }),
            ("providers", .array(configuration.signIn.providers.map(\.json))),
        ])
    }

    /// Names are believed as long as nobody has a password and only this machine can ask.
    func signIn(name: String, token: String) async throws -> Person {
        guard configuration.isLoopback else { throw SignInRefusal.passwordNeeded }
        let person = try await writer.run { try $0.signIn.believe(name, session: Digests.hex(token), at: $1) }
        await live.signedIn(person)
        return person
    }

    /// `code` is that of a second factor, where they have one.
    func signIn(
        name: String, password: String, code: String?, from source: String, browser: String, token: String
    ) async throws -> Person {
        let user = try await live.read { try $0.people.user(name: name) }
        return try await admit(
            user, as: .name(name), secret: password, kept: user?.password, code: code, station: nil, from: source,
            browser, token)
    }

    func signIn(
        id: Int64, pin: String, station: String, from source: String, browser: String, screen: Int64?, token: String
    ) async throws -> Person {
        let user = try await live.read { try $0.people.user(id: id) }
        return try await admit(
            user, as: .pin(id), secret: pin, kept: user?.pin, code: nil, station: station, screen: screen, from: source,
            browser, token)
    }

    /// `badge` as it is kept: typed, or read at the dock of `screen`. Where a PIN is asked for besides, it says whose.
    func signIn(
        kept badge: String, station: String, from source: String, browser: String, screen: Int64?, token: String
    ) async throws -> Person {
        let (key, asksPIN) = (SignInKey.badge(badge), configuration.people.badgeAsksPIN)
        let person = try await writer.run { desks, now in
            try desks.signIn.begin(key, from: source, at: now)
            if asksPIN, let user = try desks.signIn.owner(badge: badge) {
                try desks.signIn.withdrawn(key, from: source)
                throw user.pin == nil ? SignInRefusal.pinMissing : .pinNeeded(user.id, user.name)
            }
            return try desks.signIn.openSession(
                badge: badge, station: station, session: Digests.hex(token), from: source, browser: browser,
                screen: screen, at: now)
        }
        guard let person else { throw try await refuse(key, nil, station, from: source) }
        await live.signedIn(person)
        return person
    }

    private func admit(
        _ user: PeopleTable.UserRow?, as key: SignInKey, secret: String, kept: String?, code: String?, station: String?,
        screen: Int64? = nil, from source: String, _ browser: String, _ token: String
    ) async throws -> Person {
        try await writer.run { try $0.signIn.begin(key, from: source, at: $1) }
        let isOwn = try await fits(secret, kept, key, from: source) && kept != nil
        let verdict = isOwn ? .unknown : try await askERP(secret, user, key)
        guard isOwn || verdict == .right, let user else {
            let refusal = try await refuse(key, user?.name, station, from: source)
            throw verdict == .away ? .erpAway : refusal
        }
        let second = station == nil ? try await second(code, of: user, after: key, from: source) : nil
        let (proof, way): (SignInProof?, SessionWay?) = isOwn ? (second, nil) : (second ?? .erp, .erp)
        let person = try await writer.run {
            try $0.signIn.openSession(
                user, by: key, station: station, session: Digests.hex(token), from: source, as: proof, way: way,
                browser: browser, screen: screen, at: $1)
        }
        guard let person else { throw try await refuse(key, user.name, station, from: source) }
        await live.signedIn(person)
        return person
    }

    /// Whether it is the ERP's password of this person. Never of whoever can add people, nor before there is anybody who can: those have
    /// a password of ours.
    private func askERP(_ secret: String, _ user: PeopleTable.UserRow?, _ key: SignInKey) async throws
        -> ERPPasswords.Verdict
    {
        guard let erp, let user, key == .name(user.name), !user.isDisabled, !user.permissions.contains(.users),
            try await live.read({ try !$0.people.isOpenHouse() })
        else { return .unknown }
        return await erp.ask(secret, of: user.name, at: Clocks.wall)
    }

    /// What besides the password was shown; nil where nothing else is asked for. A password that was right is no try, whatever the code.
    private func second(
        _ code: String?, of user: PeopleTable.UserRow, after key: SignInKey, from source: String
    ) async throws -> SignInProof? {
        do {
            try await writer.run { desks, _ in try desks.factors.ask(user) }
            return nil
        } catch let refusal as SignInRefusal {
            try await writer.run { desks, _ in try desks.signIn.withdrawn(key, from: source) }
            guard code != nil else { throw refusal }
        }
        let keys = try? configuration.people.keys(state: configuration.state)
        do {
            return try await writer.run { try $0.factors.show(code ?? "", of: user, keys: keys, from: source, at: $1) }
        } catch SignInRefusal.refused {
            refusals.with { $0 += 1 }
            throw SignInRefusal.refused
        }
    }

    /// A try for which there was no room is none.
    func fits(_ secret: String, _ kept: String?, _ key: SignInKey, from source: String) async throws -> Bool {
        do {
            return try await Accounts.hashed(from: source) { Password.holds(secret, kept ?? Accounts.nobody) }
        } catch {
            try await writer.run { desks, _ in try desks.signIn.withdrawn(key, from: source) }
            throw error
        }
    }

    private func refuse(
        _ key: SignInKey, _ who: String?, _ station: String?, from source: String
    ) async throws -> SignInRefusal {
        refusals.with { $0 += 1 }
        try await writer.run { try $0.signIn.refused(key, who: who, station: station, from: source, at: $1) }
        return .refused
    }

    // MARK: accounts

    /// Throws `SignInRefusal` for the old one, and `AccountRefusal` for the new one.
    func changePassword(of person: Person, old: String, new: String, from source: String) async throws {
        let change = try await writer.run { try $0.accounts.begin(passwordOf: person, from: source, at: $1) }
        let isRight = try await fits(old, change.kept, change.key, from: source)
        if !isRight { refusals.with { $0 += 1 } }
        try await writer.run { try $0.accounts.shown(isRight: isRight, for: change, new: new, at: $1) }
        let hash = try await Accounts.hashed(from: source) { Password.hash(new) }
        await saved(try await writer.run { try $0.accounts.finish(change, hash: hash, at: $1) })
    }

    /// Adds or changes a person. Throws `AccountRefusal` and `PeopleTable.UserFault`.
    func change(_ name: String, _ change: AccountChange, by author: Author) async throws {
        try change.check(for: name)
        let kept = change.isSlow ? try await Accounts.hashed(from: "") { change.kept() } : change.kept()
        await saved(try await writer.run { try $0.accounts.save(kept, of: name, by: author, at: $1) })
    }

    /// Makes an own role or changes one. Throws `RoleRefusal` and `PeopleTable.UserFault`.
    func set(role: String, _ permissions: Set<Permission>, by author: Author) async throws {
        let holders = try await writer.run { try $0.accounts.set(role: role, permissions, by: author, at: $1) }
        for person in holders { await live.signedOut(person: person) }
    }

    /// Throws `RoleRefusal`.
    func forget(role: String, by author: Author) async throws {
        try await writer.run { try $0.accounts.forget(role: role, by: author, at: $1) }
    }

    /// Whoever has another secret or other rights now, or is let in no more, has no open page either.
    private func saved(_ saved: AccountDesk.Saved) async {
        if saved.endsSessions { await live.signedOut(person: saved.id) }
    }

    func claim(desk: String?, person: Person) async throws {
        try await writer.run { try $0.accounts.claim(desk, by: person, at: $1) }
        await live.claimed(desk, by: person)
    }

    func prefer(_ taste: Taste, person: Person) async throws -> Taste {
        try await writer.run { desks, _ in try desks.accounts.prefer(taste, by: person) }
    }

    // MARK: sessions

    /// Ends the session, and every open page of it.
    func signOut(token: String) async throws {
        let digest = Digests.hex(token)
        try await writer.run { desks, _ in try desks.signIn.end(session: digest) }
        await live.signedOut(digest)
    }
}
