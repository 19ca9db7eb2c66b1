/// Who is let in: tries, pauses, the PINs' budgets and sessions. Hashing is the caller's, on a thread of its own, between
/// `admission` and what follows it. Everything counted is in the database: no restart clears a pause.
///
/// A try is counted when it begins: a hundred at once are a hundred. Every admission that says `go` is followed by one of
/// `openSession`, `succeeded`, `refused` and `withdrawn`.
public struct SignInDesk {
    /// Wrong PINs of one person in a day, from everywhere, before the PIN opens nothing any more: a guesser of four digits
    /// has one chance in five hundred, once.
    public static let pinBudget: Int64 = 20
    static let day: Int64 = 86_400_000
    /// A source from which somebody signed in is theirs for this long.
    static let knownLife: Int64 = 90 * day
    /// Rows of tries; the oldest are forgotten beyond it, those of known sources last.
    static let rowLimit: Int64 = 10_000
    /// The trail has one row in this time for each subject and source, with a count.
    static let trailPause: Int64 = 600_000
    /// Subjects and sources that the trail names in that time; further ones are told together.
    static let trailLimit: Int64 = 200

    public enum Admission: Equatable, Sendable {
        case go
        /// Seconds, at least 1.
        case wait(Int64)
        /// The budget is used up: a right password, a new PIN or an administrator opens it again.
        case pinLocked
    }

    let store: Store

    public init(_ store: Store) { self.store = store }

    // MARK: before the slow part

    /// Whether this may be tried now; if so it is counted as wrong until it is known better. `source` is the remote address.
    public func admission(of key: SignInKey, from source: String, at now: Int64) throws -> Admission {
        let source = SignInSource.counted(source)
        return try store.transaction {
            let pair = try store.signIns.tries(key.kind.rawValue, key.subject, source)
            var pause = pair.pause(SignInDesk.limit(key), at: now)
            // Others' failures from elsewhere, or those of a neighbour, do not slow who signs in from here usually.
            if pair.known == 0 || pair.known < now - SignInDesk.knownLife {
                pause = max(
                    pause, try store.signIns.tries(key.kind.rawValue, key.subject, "").pause(.anywhere, at: now),
                    try store.signIns.tries("source", "", source).pause(.source, at: now))
            }
            guard pause == 0 else { return .wait((pause + 999) / 1000) }
            if key.kind == .pin {
                guard try spend(pinOf: key.subject, at: now) else { return .pinLocked }
            }
            try store.signIns.count(key.kind.rawValue, key.subject, source, SignInDesk.limit(key), at: now)
            try store.signIns.count(key.kind.rawValue, key.subject, "", .anywhere, at: now)
            try store.signIns.count("source", "", source, .source, at: now)
            try store.signIns.forget(beyond: SignInDesk.rowLimit)
            return .go
        }
    }

    private static func limit(_ key: SignInKey) -> SignInLimit { key.kind == .badge ? .badge : .pair }

    // MARK: after it

    /// It was right: the source is known from now on.
    public func succeeded(_ key: SignInKey, from source: String, at now: Int64) throws {
        try store.transaction { try taken(key, SignInSource.counted(source), at: now) }
    }

    /// It was not tried after all, because there was no room: as if it had not been.
    public func withdrawn(_ key: SignInKey, from source: String) throws {
        let source = SignInSource.counted(source)
        try store.transaction {
            try store.signIns.giveBack(key.kind.rawValue, key.subject, source, SignInDesk.limit(key))
            try giveBackElsewhere(key, source)
        }
    }

    /// It was wrong, and stays counted; the trail is told. `who` is the person's name where there is such a person, never what
    /// was typed: it may be a password in the wrong field.
    public func refused(
        _ key: SignInKey, who: String?, station: String? = nil, from source: String, at now: Int64
    ) throws {
        let source = SignInSource.counted(source)
        try store.transaction {
            try tellWaiting(at: now)
            var (subject, place) = (who ?? (key.kind == .badge ? "a badge" : "an unknown name"), source)
            if try store.signIns.refusal(subject, place) == nil,
                try store.signIns.refusalCount() >= SignInDesk.trailLimit
            {
                (subject, place) = ("other names", "other places")
            }
            if try store.signIns.refusal(subject, place) == nil {
                try store.signIns.add(refusal: subject, place, at: now)
                try store.tell(
                    Fact(.sessionRefused, subject, "from \(place)"), by: Author("-", station: station), at: now)
            } else {
                try store.signIns.countAgain(refusal: subject, place)
            }
            if key.kind == .pin, let who, try isPINLocked(key.subject) {
                try store.tell(
                    Fact(.user(secret: "pin"), who, "locked after \(SignInDesk.pinBudget) wrong tries"),
                    by: Author("-"),
                    at: now)
            }
        }
    }

    /// A session of somebody who has shown who they are. Nil when they were disabled, or their secret was changed, since
    /// `user` was read; that is counted as wrong. A right password opens a locked PIN again.
    public func openSession(
        _ user: PeopleTable.UserRow, by key: SignInKey, station: String?, session digest: String, from source: String,
        as proof: SignInProof? = nil, way: SessionWay? = nil, browser: String? = nil, screen: Int64? = nil,
        at now: Int64
    ) throws -> Person? {
        let mark = SessionMark(proof ?? key.proof, source: source, browser: browser, way: way, screen: screen)
        return try store.transaction { () -> Person? in
            // A screen may have ended meanwhile.
            if let screen, try store.screens.screen(screen) == nil { return nil }
            guard let current = try store.people.user(id: user.id), !current.isDisabled,
                current.password == user.password,
                current.pin == user.pin, current.hasBadge == user.hasBadge
            else { return nil }
            try taken(key, SignInSource.counted(source), at: now)
            if key.kind == .name, way == nil { try store.people.openPIN(of: user.id) }
            return try open(user.id, station: station, session: digest, as: mark, at: now)
        }
    }

    /// Within a transaction: the session, and who is told of it.
    func open(_ user: Int64, station: String?, session digest: String, as mark: SessionMark, at now: Int64) throws
        -> Person
    {
        let person = try store.people.openSession(user: user, station: station, session: digest, as: mark, at: now)
        try store.tell(Fact(.sessionOpened, person.name), by: person.author, at: now)
        let place = SignInSource.counted(mark.source ?? "")
        if try store.factors.note(place: place, of: user, at: now) {
            let what = [place, mark.browser, station].compactMap(\.self).joined(separator: " · ")
            try store.tell(Fact(.sessionNewPlace, person.name, what), by: person.author, at: now)
        }
        return person
    }

    /// Whose badge it is; nil: nobody's, or they are let in no more.
    public func owner(badge digest: String) throws -> PeopleTable.UserRow? {
        try store.people.user(badge: digest).flatMap { $0.isDisabled ? nil : $0 }
    }

    /// The same for who shows a badge. Nil when nobody has it, or they are let in no more.
    public func openSession(
        badge digest: String, station: String, session: String, from source: String, browser: String? = nil,
        screen: Int64? = nil, at now: Int64
    ) throws -> Person? {
        guard let user = try store.people.user(badge: digest) else { return nil }
        return try openSession(
            user, by: .badge(digest), station: station, session: session, from: source, browser: browser,
            screen: screen, at: now)
    }

    /// A session of whoever says that they have this name: as long as nobody has a password. Throws `SignInRefusal`.
    public func believe(_ name: String, session digest: String, at now: Int64) throws -> Person {
        guard try store.people.isOpenHouse() else { throw SignInRefusal.passwordNeeded }
        return try store.people.signIn(name: name, session: digest, at: now)
    }

    /// Somebody used this session now.
    public func use(session digest: String, at now: Int64) throws { try store.people.use(session: digest, at: now) }

    public func end(session digest: String) throws { try store.people.signOut(session: digest) }

    /// Ends one of somebody's sessions, by the signs that name it; its digest, nil where it is none of theirs.
    public func end(session id: String, of user: Int64, named name: String, by author: Author, at now: Int64) throws
        -> String?
    {
        try store.transaction {
            let digest = try store.people.end(session: id, of: user)
            if digest != nil { try store.tell(Fact(.sessionEnded, name, id), by: author, at: now) }
            return digest
        }
    }

    /// Ends all of them but one: how many.
    public func end(
        sessionsOf user: Int64, named name: String, except digest: String?, by author: Author, at now: Int64
    )
        throws -> Int
    {
        try store.transaction {
            let count = try store.people.end(sessionsOf: user, except: digest)
            if count > 0 { try store.tell(Fact(.sessionEnded, name, "\(count)"), by: author, at: now) }
            return count
        }
    }

    /// Its person has shown their password again.
    public func shown(session digest: String, at now: Int64) throws {
        try store.people.show(session: digest, at: now)
    }

    /// Tells the trail how many refusals there were besides those it has. Called with each refusal, and now and then.
    public func tellRefusals(at now: Int64) throws {
        guard try store.signIns.refusalCount() > 0 else { return }
        try store.transaction { try tellWaiting(at: now) }
    }

    private func tellWaiting(at now: Int64) throws {
        for row in try store.signIns.takeRefusals(olderThan: SignInDesk.trailPause, at: now) where row.more > 0 {
            try store.tell(
                Fact(.sessionRefused, row.subject, "\(row.more) more times from \(row.source)"), by: Author("-"),
                at: now)
        }
    }

    // MARK: counting

    private func taken(_ key: SignInKey, _ source: String, at now: Int64) throws {
        try store.signIns.clear(key.kind.rawValue, key.subject, source, at: now)
        try giveBackElsewhere(key, source)
    }

    private func giveBackElsewhere(_ key: SignInKey, _ source: String) throws {
        try store.signIns.giveBack(key.kind.rawValue, key.subject, "", .anywhere)
        try store.signIns.giveBack("source", "", source, .source)
        if key.kind == .pin, let person = Int64(key.subject) { try store.signIns.giveBackPIN(of: person) }
    }

    // MARK: the PIN's budget

    /// Takes one try from the day's budget; false when it is used up. Nobody's PIN has none, and is slowed by the rest.
    private func spend(pinOf person: String, at now: Int64) throws -> Bool {
        guard let id = Int64(person) else { return true }
        try store.signIns.renewPIN(of: id, budget: SignInDesk.pinBudget, at: now)
        guard try !isPINLocked(person) else { return false }
        try store.signIns.spendPIN(of: id)
        return true
    }

    private func isPINLocked(_ person: String) throws -> Bool {
        guard let id = Int64(person) else { return false }
        return try store.signIns.isPINLocked(of: id, budget: SignInDesk.pinBudget)
    }
}
