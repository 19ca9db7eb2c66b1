import Depot
import Model
import Platform
import SQLite

/// Who is let in, and what people change of themselves and others.
extension Centre {
    /// A hash to compare with where there is no such user: an answer takes as long for a name that nobody has.
    private static let nobody = Password.hash("nobody's password")
    /// One at a time: each takes 64 MiB and some 100 ms, and strangers may ask.
    private static let hashing = WorkThreads("password", waiting: 16)
    /// What somebody waits for whom the hashing thread has no room, in seconds: as long as a full queue takes.
    private static let busyPause: Int64 = 2

    private static func hashed<T: Sendable>(
        from source: String, _ body: @escaping @Sendable () -> T
    ) async throws -> T {
        do { return try await hashing.run(from: source, body) } catch { throw SignInRefusal.wait(busyPause) }
    }

    private var signIns: SignInDesk { SignInDesk(store) }
    private var accounts: AccountDesk { AccountDesk(store) }

    /// How one signs in here.
    func howToSignIn() throws -> JSON {
        let isOpen = try store.people.isOpenHouse()
        return .object([
            ("names", .bool(isOpen && configuration.isLoopback)), ("passwords", .bool(!isOpen)),
            ("people", .array(try store.people.peopleWithPIN())),
            ("stations", .array(configuration.zones.filter { $0.value.kind == .dock }.keys.sorted().map(JSON.string))),
        ])
    }

    /// Names are believed as long as nobody has a password and only this machine can ask.
    func signIn(name: String, token: String) async throws -> Person {
        guard try store.people.isOpenHouse(), configuration.isLoopback else { throw SignInRefusal.passwordNeeded }
        let person = try store.people.signIn(name: name, session: Digests.hex(token), at: Clocks.wall)
        await board.signedIn(person)
        return person
    }

    func signIn(name: String, password: String, from source: String, token: String) async throws -> Person {
        let user = try store.people.user(name: name)
        return try await admit(
            user, as: .name(name), secret: password, kept: user?.password, station: nil, from: source, token)
    }

    func signIn(id: Int64, pin: String, station: String, from source: String, token: String) async throws -> Person {
        let user = try store.people.user(id: id)
        return try await admit(
            user, as: .pin(id), secret: pin, kept: user?.pin, station: station, from: source, token)
    }

    func signIn(badge: String, station: String, from source: String, token: String) async throws -> Person {
        let digest = Password.badge(badge)
        let key = SignInKey.badge(digest)
        try signIns.begin(key, from: source, at: Clocks.wall)
        guard let user = try store.people.user(badge: digest),
            let person = try signIns.openSession(
                user, by: key, station: station, session: Digests.hex(token), from: source, at: Clocks.wall)
        else { throw try refuse(key, nil, station, from: source) }
        await board.signedIn(person)
        return person
    }

    private func admit(
        _ user: PeopleTable.UserRow?, as key: SignInKey, secret: String, kept: String?, station: String?,
        from source: String,
        _ token: String
    ) async throws -> Person {
        try signIns.begin(key, from: source, at: Clocks.wall)
        let isRight = try await fits(secret, kept, key, from: source)
        guard isRight, kept != nil, let user,
            let person = try signIns.openSession(
                user, by: key, station: station, session: Digests.hex(token), from: source, at: Clocks.wall)
        else { throw try refuse(key, user?.name, station, from: source) }
        await board.signedIn(person)
        return person
    }

    /// A try for which there was no room is none.
    private func fits(_ secret: String, _ kept: String?, _ key: SignInKey, from source: String) async throws -> Bool {
        do {
            return try await Centre.hashed(from: source) { Password.holds(secret, kept ?? Centre.nobody) }
        } catch {
            try signIns.withdrawn(key, from: source)
            throw error
        }
    }

    private func refuse(
        _ key: SignInKey, _ who: String?, _ station: String?, from source: String
    ) throws -> SignInRefusal {
        counters.refusedSignIns += 1
        try signIns.refused(key, who: who, station: station, from: source, at: Clocks.wall)
        return .refused
    }

    // MARK: accounts

    /// Throws `SignInRefusal` for the old one, and `AccountRefusal` for the new one.
    func changePassword(of person: Person, old: String, new: String, from source: String) async throws {
        let change = try accounts.begin(passwordOf: person, from: source, at: Clocks.wall)
        let isRight = try await fits(old, change.kept, change.key, from: source)
        if !isRight { counters.refusedSignIns += 1 }
        try accounts.shown(isRight: isRight, for: change, new: new, at: Clocks.wall)
        let hash = try await Centre.hashed(from: source) { Password.hash(new) }
        await saved(try accounts.finish(change, hash: hash, at: Clocks.wall))
    }

    /// Adds or changes a person. Throws `AccountRefusal` and `PeopleTable.UserFault`.
    func change(_ name: String, _ change: AccountChange, by author: Author) async throws {
        try change.check(for: name)
        let kept = change.isSlow ? try await Centre.hashed(from: "") { change.kept() } : change.kept()
        await saved(try accounts.save(kept, of: name, by: author, at: Clocks.wall))
    }

    /// Whoever has another secret or other rights now, or is let in no more, has no open page either.
    private func saved(_ saved: AccountDesk.Saved) async {
        follow()
        if saved.endsSessions { await board.signedOut(person: saved.id) }
    }

    func claim(desk: String?, person: Person) async throws {
        try accounts.claim(desk, by: person, at: Clocks.wall)
        follow()
        await board.claimed(desk, by: person)
    }

    // MARK: sessions

    func used(session token: String) { try? store.people.use(session: Digests.hex(token), at: Clocks.wall) }

    /// Ends the session, and every open page of it.
    func signOut(token: String) async throws {
        let digest = Digests.hex(token)
        try store.people.signOut(session: digest)
        await board.signedOut(digest)
    }
}
