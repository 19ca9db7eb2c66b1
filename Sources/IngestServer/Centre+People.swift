import Depot
import Model
import Platform
import SQLite

/// Why somebody was not let in.
enum SignInRefusal: Error {
    /// Name, password, PIN or badge do not fit; which of them is not said.
    case refused
    /// Too many tries: seconds to wait.
    case wait(Int64)
    /// Names alone are not believed here.
    case passwordNeeded
}

/// Tries of a name or a place: five, then a pause that doubles. Kept in memory; an attacker who can restart the service
/// has better ways in.
struct SignInTries {
    static let free = 5
    static let firstPause: Int64 = 30_000
    static let longestPause: Int64 = 3_600_000
    /// Names remembered.
    static let limit = 10_000

    private var failures: [String: (count: Int, until: Int64)] = [:]

    /// Seconds that are still to wait.
    func pause(_ who: String, at now: Int64) -> Int64? {
        guard let entry = failures[who], entry.until > now else { return nil }
        return (entry.until - now + 999) / 1000
    }

    mutating func failed(_ who: String, at now: Int64) {
        if failures.count >= SignInTries.limit { failures = failures.filter { $0.value.until > now } }
        var entry = failures[who] ?? (0, 0)
        entry.count += 1
        if entry.count >= SignInTries.free {
            let doublings = min(10, entry.count - SignInTries.free)
            entry.until = now + min(SignInTries.longestPause, SignInTries.firstPause << Int64(doublings))
        }
        failures[who] = entry
    }

    mutating func succeeded(_ who: String) { failures[who] = nil }
}

extension Centre {
    /// A hash to compare with where there is no such user: an answer takes as long for a name that nobody has.
    private static let nobody = Password.hash("nobody's password")
    /// One at a time: each takes 64 MiB, and strangers may ask.
    private static let hashing = Locked(())

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

    func signIn(name: String, password: String, token: String) async throws -> Person {
        try await admit(try store.user(name: name), as: name, secret: password, kept: \.password, station: nil, token)
    }

    func signIn(id: Int64, pin: String, station: String, token: String) async throws -> Person {
        try await admit(try store.user(id: id), as: "pin:\(id)", secret: pin, kept: \.pin, station: station, token)
    }

    func signIn(badge: String, station: String, token: String) async throws -> Person {
        let now = Clocks.wall
        // Not by station: whoever guesses chooses what it is called.
        if let wait = tries.pause("badge", at: now) { throw SignInRefusal.wait(wait) }
        guard let user = try store.user(badge: Password.badge(badge)), !user.isDisabled else {
            tries.failed("badge", at: now)
            throw try refuse("badge at \(station)")
        }
        tries.succeeded("badge")
        return try await open(user.id, station: station, token)
    }

    private func admit(
        _ user: Store.UserRow?, as key: String, secret: String, kept: any KeyPath<Store.UserRow, String?> & Sendable,
        station: String?, _ token: String
    ) async throws -> Person {
        if let wait = tries.pause(key, at: Clocks.wall) { throw SignInRefusal.wait(wait) }
        // Counted before the slow part: a hundred tries at once are a hundred tries.
        tries.failed(key, at: Clocks.wall)
        let hash = user.flatMap { $0[keyPath: kept] }
        let holds = await onOwnThread("password") {
            Centre.hashing.with { _ in Password.holds(secret, hash ?? Centre.nobody) }
        }
        // Not what was typed: it may be a password in the wrong field.
        guard holds, hash != nil, let user, !user.isDisabled else { throw try refuse(user?.name ?? "an unknown name") }
        tries.succeeded(key)
        return try await open(user.id, station: station, token)
    }

    private func open(_ user: Int64, station: String?, _ token: String) async throws -> Person {
        let person = try store.openSession(user: user, station: station, session: Digests.hex(token), at: Clocks.wall)
        try store.audit("session.open", subject: person.name, by: person.author, at: Clocks.wall)
        await board.signedIn(person)
        return person
    }

    private func refuse(_ who: String) throws -> SignInRefusal {
        counters.refusedSignIns += 1
        try store.audit("session.refused", subject: String(who.prefix(80)), who: "-", at: Clocks.wall)
        return .refused
    }

    /// Nil when it was taken; otherwise what is wrong with it.
    func changePassword(of person: Person, old: String, new: String) async throws -> String? {
        // Who has none gets the first from somebody who runs the server: a page left open at a dock is no proof.
        let key = "own:\(person.id)"
        if let wait = tries.pause(key, at: Clocks.wall) { throw SignInRefusal.wait(wait) }
        guard let user = try store.user(id: person.id), let kept = user.password else { throw SignInRefusal.refused }
        tries.failed(key, at: Clocks.wall)
        guard await onOwnThread("password", { Centre.hashing.with { _ in Password.holds(old, kept) } }) else {
            throw SignInRefusal.refused
        }
        tries.succeeded(key)
        if let weakness = Password.weakness(new, name: user.name) { return weakness }
        let hash = await onOwnThread("password") { Password.hash(new) }
        try await save(.init(password: hash), of: user.name, by: person.author)
        return nil
    }

    /// Adds or changes a person; secrets in the clear, nil leaves them. What is wrong, or nil.
    func save(
        user name: String, password: String?, pin: String?, badge: String?, rights: Set<Permission>?, disabled: Bool?,
        by author: Author
    ) async throws -> String? {
        if let password, !password.isEmpty, let weakness = Password.weakness(password, name: name) { return weakness }
        if let pin, !pin.isEmpty, !Password.isPIN(pin) { return "a PIN has 4 to 12 digits, not all the same" }
        var change = Store.UserChange(rights: rights, isDisabled: disabled)
        if let password {
            change.password = password.isEmpty ? "" : await onOwnThread("password") { Password.hash(password) }
        }
        if let pin { change.pin = pin.isEmpty ? "" : await onOwnThread("password") { Password.hash(pin) } }
        if let badge { change.badge = badge.isEmpty ? "" : Password.badge(badge) }
        let isFirst = try store.isOpenHouse() && [password, pin, badge].contains { $0?.isEmpty == false }
        if isFirst, rights?.contains(.users) != true || password?.isEmpty != false {
            return
                "the first who is let in by more than a name has a password and the right users: nobody else could add people"
        }
        try await save(change, of: name, by: author)
        return nil
    }

    /// Whoever has another secret now, or is let in no more, has no open page either.
    private func save(_ change: Store.UserChange, of name: String, by author: Author) async throws {
        let id = try store.database.transaction { try store.save(user: name, change, by: author, at: Clocks.wall) }
        if change.password != nil || change.pin != nil || change.badge != nil || change.isDisabled == true {
            await board.signedOut(person: id)
        }
    }
}
