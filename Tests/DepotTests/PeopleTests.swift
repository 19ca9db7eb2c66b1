import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Who is let in, who waits and who is left who may: a desk over a real database, and a time that is given.
struct PeopleTests {
    static let home = "192.0.2.10"
    static let stranger = "203.0.113.9"
    static let start: Int64 = 1_800_000_000_000
    static let boss = Author("Nadia")

    private let folder = TemporaryFolder()
    let store: Store
    let desk: SignInDesk

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        desk = SignInDesk(store)
    }

    /// Secrets as they would be kept: what is kept here is not looked at by the desk.
    @discardableResult
    private func add(
        _ name: String, password: String? = "kept", pin: String? = nil, badge: String? = nil,
        rights: Set<Permission> = [], at now: Int64 = PeopleTests.start
    ) throws -> PeopleTable.UserRow {
        _ = try store.people.save(
            user: name, .init(password: password, pin: pin, badge: badge, rights: rights), by: Self.boss, at: now)
        return try #require(try store.people.user(name: name))
    }

    /// Wrong tries until one has to wait, at most `count`; how many were made.
    @discardableResult
    private func fail(
        _ key: SignInKey, _ count: Int, from source: String, who: String? = "Nadia", at now: Int64 = PeopleTests.start
    ) throws -> Int {
        for made in 0..<count {
            guard try desk.admission(of: key, from: source, at: now) == .go else { return made }
            try desk.refused(key, who: who, from: source, at: now)
        }
        return count
    }

    private func open(
        _ user: PeopleTable.UserRow, _ key: SignInKey, _ session: String, station: String? = nil,
        from source: String = PeopleTests.home, at now: Int64 = PeopleTests.start
    ) throws -> Person? {
        try #require(try desk.admission(of: key, from: source, at: now) == .go)
        return try desk.openSession(user, by: key, station: station, session: session, from: source, at: now)
    }

    private func refusals() throws -> [Fact] {
        try store.ledger.entries(after: 0, limit: 1000).map(\.fact).filter { $0.kind == .sessionRefused }
    }

    // MARK: tries

    @Test func aRightPasswordOpensASessionAndIsWrittenDown() throws {
        let user = try add("Nadia", rights: [.users])
        let person = try #require(try open(user, .name("Nadia"), "s"))
        #expect(person.name == "Nadia" && person.may(.users) && person.station == nil)
        #expect(try store.people.person(session: "s", at: Self.start + 1)?.id == user.id)
        #expect(try store.ledger.entries(after: 0, limit: 100).last?.fact.kind == .sessionOpened)
    }

    @Test func whoWasDisabledWhileThePasswordWasCheckedIsNotLetIn() throws {
        let user = try add("Nadia")
        #expect(try desk.admission(of: .name("Nadia"), from: Self.home, at: Self.start) == .go)
        _ = try store.people.save(user: "Nadia", .init(isDisabled: true), by: Self.boss, at: Self.start)
        #expect(
            try desk.openSession(
                user, by: .name("Nadia"), station: nil, session: "s", from: Self.home, at: Self.start) == nil)
        _ = try store.people.save(
            user: "Nadia", .init(password: "other", isDisabled: false), by: Self.boss, at: Self.start)
        #expect(try open(user, .name("Nadia"), "s") == nil, "nor whose password was changed meanwhile")
    }

    @Test func fiveWrongTriesWaitAndTheWaitDoubles() throws {
        try add("Nadia")
        #expect(try fail(.name("Nadia"), 9, from: Self.stranger) == 5)
        #expect(try desk.admission(of: .name("Nadia"), from: Self.stranger, at: Self.start) == .wait(30))
        #expect(try desk.admission(of: .name("Nadia"), from: Self.stranger, at: Self.start + 29_001) == .wait(1))
        #expect(try fail(.name("Nadia"), 2, from: Self.stranger, at: Self.start + 30_000) == 1)
        #expect(try desk.admission(of: .name("Nadia"), from: Self.stranger, at: Self.start + 30_000) == .wait(60))
    }

    @Test func aHundredTriesAtOnceAreAHundredTries() throws {
        let admitted = try (0..<100).count { _ in
            try desk.admission(of: .name("Nadia"), from: Self.stranger, at: Self.start) == .go
        }
        #expect(admitted == 5)
    }

    @Test func aTryForWhichThereWasNoRoomIsNone() throws {
        for _ in 0..<50 {
            #expect(try desk.admission(of: .name("Nadia"), from: Self.home, at: Self.start) == .go)
            try desk.withdrawn(.name("Nadia"), from: Self.home)
        }
    }

    @Test func aPauseSurvivesARestart() throws {
        try fail(.name("Nadia"), 5, from: Self.stranger)
        let again = SignInDesk(try TestStore.open("\(folder.path)/db"))
        #expect(try again.admission(of: .name("Nadia"), from: Self.stranger, at: Self.start + 1000) == .wait(29))
    }

    @Test func anotherSourceIsNotLocked() throws {
        let user = try add("Nadia")
        try fail(.name("Nadia"), 5, from: Self.stranger)
        #expect(try open(user, .name("Nadia"), "s") != nil)
    }

    @Test func manySourcesSlowANameAndNeverForLong() throws {
        let user = try add("Nadia")
        #expect(try open(user, .name("Nadia"), "s") != nil)
        var now = Self.start
        for number in 0..<200 {
            now += 31_000
            try fail(.name("Nadia"), 1, from: "198.51.100.\(number)", at: now)
        }
        guard case .wait(let seconds) = try desk.admission(of: .name("Nadia"), from: Self.stranger, at: now) else {
            Issue.record("a new source is slowed")
            return
        }
        #expect(seconds <= 30)
        #expect(try open(user, .name("Nadia"), "t", at: now) != nil, "where she signs in usually she is let in at once")
    }

    @Test func oneSourceCannotTryEverybody() throws {
        let admitted = try (0..<100).count { number in
            try fail(.name("name \(number)"), 1, from: Self.stranger, who: nil) == 1
        }
        #expect(admitted == 30)
        let later = Self.start + 60_000
        #expect(try desk.admission(of: .name("Nadia"), from: Self.stranger, at: later) == .go, "a minute at most")
    }

    @Test func oneNetworkOfIPv6IsOneSource() {
        #expect(SignInSource.counted("2001:db8:1:2::3") == SignInSource.counted("2001:db8:1:2:ffff::4%eth0"))
        #expect(SignInSource.counted("2001:db8:1:2::3") != SignInSource.counted("2001:db8:1:3::3"))
        #expect(SignInSource.counted("::ffff:192.0.2.1") == "192.0.2.1")
        #expect(SignInSource.counted("") == SignInSource.unknown)
    }

    @Test(arguments: ["badge", "pin:2", "2", "", "source"])
    func noNameIsABadgeOrAPIN(_ name: String) throws {
        try add("Nadia")
        try fail(.name(name), 5, from: Self.home)
        #expect(try desk.admission(of: .badge("b"), from: Self.home, at: Self.start) == .go)
        #expect(try desk.admission(of: .pin(2), from: Self.home, at: Self.start) == .go)
        #expect(try desk.admission(of: .own(2), from: Self.home, at: Self.start) == .go)
    }

    @Test func wrongBadgesAtOneDockLeaveTheOthersAlone() throws {
        #expect(try fail(.badge("wrong"), 9, from: Self.stranger, who: nil) == 5, "the same again and again")
        for number in 0..<6 { #expect(try fail(.badge("other \(number)"), 1, from: Self.stranger, who: nil) == 1) }
        let user = try add("Camille", password: nil, badge: "b")
        let person = try open(user, .badge("b"), "s", station: "dock-2", from: Self.stranger)
        #expect(person?.station == "dock-2")
        #expect(try desk.admission(of: .badge("wrong"), from: Self.stranger, at: Self.start + 300_000) == .go)
    }

    @Test func whoTriesManyBadgesIsSlowed() throws {
        var tried = 0
        while tried < 100, try fail(.badge("guess \(tried)"), 1, from: Self.stranger, who: nil) == 1 { tried += 1 }
        #expect(tried == 30)
        #expect(try desk.admission(of: .badge("b"), from: Self.home, at: Self.start) == .go, "others go on")
    }

    @Test func rowsAreBoundedAndKnownSourcesAreKept() throws {
        let user = try add("Nadia")
        #expect(try open(user, .name("Nadia"), "s") != nil)
        try store.database.run(
            """
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<10100)
            INSERT INTO sign_in_try (kind, subject, source, count, until, at) SELECT 'name', i, 'x', 1, 0, ?+i FROM n
            """, .integer(Self.start))
        try fail(.name("Bruno"), 1, from: Self.stranger)
        #expect(try store.database.integer("SELECT count(*) FROM sign_in_try") ?? 0 <= 10_000)
        #expect(try store.database.integer("SELECT count(*) FROM sign_in_try WHERE known>0") == 1)
    }

    // MARK: PIN

    /// Twenty wrong ones in a day, from wherever and however slowly.
    private func useUp(_ user: PeopleTable.UserRow) throws -> Int64 {
        var now = Self.start
        for number in 0..<20 {
            now += 31_000
            #expect(try fail(.pin(user.id), 1, from: "198.51.100.\(number)", who: user.name, at: now) == 1)
        }
        return now + 31_000
    }

    @Test func twentyWrongPINsLockThePINAndNotThePassword() throws {
        let user = try add("Nadia", pin: "kept")
        let now = try useUp(user)
        #expect(try desk.admission(of: .pin(user.id), from: Self.home, at: now) == .pinLocked)
        #expect(try desk.admission(of: .pin(user.id), from: Self.home, at: now + 2 * SignInDesk.day) == .pinLocked)
        #expect(try store.people.user(id: user.id)?.isPINLocked == true)
        let told = try store.ledger.entries(after: 0, limit: 1000).map(\.fact)
        #expect(told.contains { $0.kind == .user(secret: "pin") && $0.detail?.contains("locked") == true })
        #expect(try open(user, .name("Nadia"), "s", at: now) != nil)
        #expect(
            try open(user, .pin(user.id), "t", station: "dock", at: now) != nil, "the right password opens it again")
    }

    @Test func whoRunsTheServerOpensALockedPIN() throws {
        let user = try add("Camille", password: nil, pin: "kept")
        let now = try useUp(user)
        #expect(try desk.admission(of: .pin(user.id), from: Self.home, at: now) == .pinLocked)
        _ = try store.people.save(user: "Camille", .init(isDisabled: false), by: Self.boss, at: now)
        #expect(try open(user, .pin(user.id), "s", station: "dock", at: now) != nil)
    }

    @Test func rightPINsUseNothingUp() throws {
        let user = try add("Camille", password: nil, pin: "kept")
        for number in 0..<40 { #expect(try open(user, .pin(user.id), "s\(number)", station: "dock") != nil) }
        #expect(try store.people.user(id: user.id)?.isPINLocked == false)
    }

    // MARK: the trail

    @Test func refusalsAreInTheTrailOnceInTenMinutes() throws {
        try fail(.name("Nadia"), 5, from: Self.stranger)
        try fail(.name("Nadia"), 1, from: Self.home)
        #expect(try refusals().map(\.detail) == ["from \(Self.stranger)", "from \(Self.home)"])
        try desk.tellRefusals(at: Self.start + 599_999)
        #expect(try refusals().count == 2)
        try desk.tellRefusals(at: Self.start + 600_000)
        #expect(try refusals().last?.detail == "4 more times from \(Self.stranger)")
        #expect(try refusals().count == 3)
        #expect(try store.ledger.verify().broken == nil)
    }

    @Test func manySourcesDoNotFillTheTrail() throws {
        for number in 0..<300 {
            let source = "198.51.\(number / 200).\(number % 200)"
            try desk.refused(.name("x"), who: nil, from: source, at: Self.start)
        }
        #expect(try refusals().count == 201)
    }

    // MARK: sessions

    @Test func sessionsThatEndedAreNotLive() throws {
        let user = try add("Nadia", pin: "kept", rights: [.users])
        let other = try add("Bruno", rights: [.users])
        #expect(try open(user, .name("Nadia"), "desk") != nil)
        #expect(try open(user, .pin(user.id), "dock", station: "dock") != nil)
        #expect(try open(other, .name("Bruno"), "other") != nil)
        let all = ["desk", "dock", "other", "never"]
        #expect(try store.people.liveSessions(among: all, at: Self.start) == ["desk", "dock", "other"])
        #expect(
            try store.people.liveSessions(among: ["desk"], at: Self.start) == ["desk"], "none that was not asked about")
        #expect(
            try store.people.liveSessions(among: all, at: Self.start + PeopleTable.stationLife) == ["desk", "other"])
        #expect(try store.people.liveSessions(among: all, at: Self.start + PeopleTable.sessionLife) == [])
        // Another process, as a command is.
        let command = try TestStore.open("\(folder.path)/db")
        let version = try store.dataVersion()
        _ = try command.people.save(user: "Nadia", .init(isDisabled: true), by: Self.boss, at: Self.start)
        #expect(try store.dataVersion() != version)
        #expect(try store.people.liveSessions(among: all, at: Self.start) == ["other"])
        _ = try command.people.save(user: "Bruno", .init(password: "new"), by: Self.boss, at: Self.start)
        #expect(try store.people.liveSessions(among: all, at: Self.start) == [])
    }

    @Test func otherRightsEndSessionsAndTheSameDoNot() throws {
        let user = try add("Bruno", rights: [.prices])
        #expect(try open(user, .name("Bruno"), "s") != nil)
        _ = try store.people.save(user: "Bruno", .init(rights: [.prices]), by: Self.boss, at: Self.start)
        #expect(try store.people.liveSessions(among: ["s"], at: Self.start) == ["s"])
        _ = try store.people.save(user: "Bruno", .init(rights: []), by: Self.boss, at: Self.start)
        #expect(try store.people.liveSessions(among: ["s"], at: Self.start) == [])
    }

    @Test func theFirstPasswordEndsSessionsOfNames() throws {
        _ = try store.people.signIn(name: "Camille", session: "name", at: Self.start)
        #expect(try store.people.liveSessions(among: ["name"], at: Self.start) == ["name"])
        try add("Nadia")
        #expect(try store.people.liveSessions(among: ["name"], at: Self.start) == [])
    }

    // MARK: who may

    @Test(arguments: [
        PeopleTable.UserChange(rights: [.prices]), PeopleTable.UserChange(isDisabled: true),
        PeopleTable.UserChange(password: ""),
    ])
    func theLastWhoCanAddPeopleStays(_ change: PeopleTable.UserChange) throws {
        try add("Nadia", rights: [.users])
        try add("Camille", password: nil, pin: "kept", rights: [.users])
        #expect(throws: PeopleTable.UserFault.lastAdministrator) {
            try store.people.save(user: "Nadia", change, by: Self.boss, at: Self.start)
        }
        #expect(try store.people.user(name: "Nadia")?.isAdministrator == true)
        try add("Bruno", rights: [.users])
        _ = try store.people.save(user: "Nadia", change, by: Self.boss, at: Self.start)
        #expect(throws: PeopleTable.UserFault.lastAdministrator) {
            try store.people.save(user: "Bruno", change, by: Self.boss, at: Self.start)
        }
        _ = try store.people.save(user: "Bruno", change, by: Self.boss, force: true, at: Self.start)
        #expect(try store.people.user(name: "Bruno")?.isAdministrator == false)
    }

    @Test(arguments: [
        "password1234", "1234567890", "azertyuiop", "Azertyuiop!", "MotDePasse2024", "p@ssw0rd2025", "soleilsoleil",
        "quai123456789", "quaipassword1", "31121999123", "Marseille13013", "!!qwertyuiop!!", "bienvenue2026",
        "Nadia-12345",
        "aqwzsxedcrfv", "court",
    ])
    func aPasswordThatIsTriedFirstIsRefused(_ password: String) {
        #expect(Password.weakness(password, name: "Nadia") != nil)
    }

    @Test(arguments: ["une phrase assez longue", "le vieux quai de bois", "xK4#mv92Lpq", "tortue-verglas-mandoline"])
    func aPasswordOfOnesOwnIsTaken(_ password: String) {
        #expect(Password.weakness(password, name: "Nadia") == nil)
    }

    @Test func aPasswordIsComparedWithWhatIsKept() {
        let kept = Password.hash("tortue-verglas-mandoline")
        #expect(Password.holds("tortue-verglas-mandoline", kept))
        #expect(!Password.holds("Tortue-verglas-mandoline", kept))
    }
}
