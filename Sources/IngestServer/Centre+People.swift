import Depot
import Model
import Platform
import SQLite

/// Why somebody was not let in.
enum SignInRefusal: Error {
    /// Name, password, PIN or badge do not fit; which of them is not said.
    case refused
    /// Too many tries, or too many at once: seconds to wait.
    case wait(Int64)
    /// Names alone are not believed here.
    case passwordNeeded
    /// This person's PIN opens nothing any more.
    case pinLocked
}

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

    /// How one signs in here.
    func howToSignIn() throws -> JSON {
        let isOpen = try store.isOpenHouse()
        return .object([
            ("names", .bool(isOpen && configuration.isLoopback)), ("passwords", .bool(!isOpen)),
            ("people", .array(try store.peopleWithPIN())),
            ("stations", .array(configuration.zones.filter { $0.value.kind == .dock }.keys.sorted().map(JSON.string))),
        ])
    }

    /// Names are believed as long as nobody has a password and only this machine can ask.
    func signIn(name: String, token: String) async throws -> Person {
        guard try store.isOpenHouse(), configuration.isLoopback else { throw SignInRefusal.passwordNeeded }
        let person = try store.signIn(name: name, session: Digests.hex(token), at: Clocks.wall)
        await board.signedIn(person)
        return person
    }

    func signIn(name: String, password: String, from source: String, token: String) async throws -> Person {
        let user = try store.user(name: name)
        return try await admit(
            user, as: .name(name), secret: password, kept: user?.password, station: nil, from: source, token)
    }

    func signIn(id: Int64, pin: String, station: String, from source: String, token: String) async throws -> Person {
        let user = try store.user(id: id)
        return try await admit(
            user, as: .pin(id), secret: pin, kept: user?.pin, station: station, from: source, token)
    }

    func signIn(badge: String, station: String, from source: String, token: String) async throws -> Person {
        let digest = Password.badge(badge)
        let key = SignInKey.badge(digest)
        try begin(key, from: source)
        guard let user = try store.user(badge: digest),
            let person = try signIns.openSession(
                user, by: key, station: station, session: Digests.hex(token), from: source, at: Clocks.wall)
        else { throw try refuse(key, nil, station, from: source) }
        await board.signedIn(person)
        return person
    }

    private func admit(
        _ user: Store.UserRow?, as key: SignInKey, secret: String, kept: String?, station: String?, from source: String,
        _ token: String
    ) async throws -> Person {
        try begin(key, from: source)
        let isRight = try await fits(secret, kept, key, from: source)
        guard isRight, kept != nil, let user,
            let person = try signIns.openSession(
                user, by: key, station: station, session: Digests.hex(token), from: source, at: Clocks.wall)
        else { throw try refuse(key, user?.name, station, from: source) }
        await board.signedIn(person)
        return person
    }

    private func begin(_ key: SignInKey, from source: String) throws {
        switch try signIns.admission(of: key, from: source, at: Clocks.wall) {
        case .go: break
        case .wait(let seconds): throw SignInRefusal.wait(seconds)
        case .pinLocked: throw SignInRefusal.pinLocked
        }
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

    /// Nil when it was taken; otherwise what is wrong with it.
    func changePassword(of person: Person, old: String, new: String, from source: String) async throws -> String? {
        // Who has none gets the first from somebody who runs the server: a page left open at a dock is no proof.
        guard let user = try store.user(id: person.id), let kept = user.password else { throw SignInRefusal.refused }
        let key = SignInKey.own(person.id)
        try begin(key, from: source)
        guard try await fits(old, kept, key, from: source) else {
            throw try refuse(key, user.name, person.station, from: source)
        }
        try signIns.succeeded(key, from: source, at: Clocks.wall)
        if let weakness = Password.weakness(new, name: user.name) { return weakness }
        let hash = try await Centre.hashed(from: source) { Password.hash(new) }
        try await save(.init(password: hash), of: user.name, by: person.author)
        return nil
    }

    /// Adds or changes a person; secrets in the clear, nil leaves them. What is wrong, or nil. Throws `Store.UserFault` where
    /// nobody would be left who can add people.
    func save(
        user name: String, password: String?, pin: String?, badge: String?, rights: Set<Permission>?, disabled: Bool?,
        by author: Author
    ) async throws -> String? {
        if let password, !password.isEmpty, let weakness = Password.weakness(password, name: name) { return weakness }
        if let pin, !pin.isEmpty, !Password.isPIN(pin) { return "a PIN has 4 to 12 digits, not all the same" }
        var change = Store.UserChange(rights: rights, isDisabled: disabled)
        if let password {
            change.password = password.isEmpty ? "" : try await Centre.hashed(from: "") { Password.hash(password) }
        }
        if let pin { change.pin = pin.isEmpty ? "" : try await Centre.hashed(from: "") { Password.hash(pin) } }
        if let badge { change.badge = badge.isEmpty ? "" : Password.badge(badge) }
        let isFirst = try store.isOpenHouse() && [password, pin, badge].contains { $0?.isEmpty == false }
        if isFirst, rights?.contains(.users) != true || password?.isEmpty != false {
            return
                "the first who is let in by more than a name has a password and the right users: nobody else could add people"
        }
        try await save(change, of: name, by: author)
        return nil
    }

    /// Whoever has another secret or other rights now, or is let in no more, has no open page either.
    private func save(_ change: Store.UserChange, of name: String, by author: Author) async throws {
        let before = try store.user(name: name)
        let id = try store.database.transaction { try store.save(user: name, change, by: author, at: Clocks.wall) }
        if change.endsSessions(of: before) { await board.signedOut(person: id) }
    }
}
