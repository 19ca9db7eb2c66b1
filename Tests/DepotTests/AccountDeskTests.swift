import Model
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// What people change of themselves and of others, with secrets that are not hashed here.
struct AccountDeskTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let desk: AccountDesk
    private static let home = "192.0.2.10"
    private static let start: Int64 = 1_800_000_000_000
    private static let good = "tortue-verglas-mandoline"
    private static let better = "le vieux quai de bois"
    private let boss = Author("Nadia")

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        desk = AccountDesk(store)
    }

    /// As the centre does it, with the secret itself for its hash.
    @discardableResult
    private func change(_ name: String, _ change: AccountChange) throws -> AccountDesk.Saved {
        try change.check(for: name)
        return try desk.save(change.kept { $0 }, of: name, by: boss, at: Self.start)
    }

    /// Nadia, who can add people, and a session of hers.
    private func nadia() throws -> Person {
        try change("Nadia", .init(password: Self.good, rights: [.users]))
        return try session("Nadia", "nadia")
    }

    private func session(_ name: String, _ token: String) throws -> Person {
        let id = try #require(try store.people.user(name: name)?.id)
        return try store.people.openSession(user: id, station: nil, session: token, at: Self.start)
    }

    private func live(_ tokens: String...) throws -> Set<String> {
        try store.people.liveSessions(among: tokens, at: Self.start)
    }

    /// The road of a change of one's own password.
    private func changeOwn(
        _ person: Person, old: String, new: String, from source: String = Self.home, at now: Int64 = Self.start
    ) throws -> AccountDesk.Saved {
        let change = try desk.begin(passwordOf: person, from: source, at: now)
        try desk.shown(isRight: old == change.kept, for: change, new: new, at: now)
        return try desk.finish(change, hash: new, at: now)
    }

    private func facts() throws -> [String] {
        try store.ledger.entries(after: 0, limit: 1000).map {
            "\($0.author.who) \($0.fact.kind.rawValue) \($0.fact.subject)"
        }
    }

    // MARK: one's own password

    @Test func anotherPasswordEndsEverySession() throws {
        let person = try nadia()
        _ = try session("Nadia", "elsewhere")
        try change("Bruno", .init(password: Self.good))
        _ = try session("Bruno", "bruno")
        let saved = try changeOwn(person, old: Self.good, new: Self.better)
        #expect(saved == AccountDesk.Saved(id: person.id, endsSessions: true))
        #expect(try store.people.user(name: "Nadia")?.password == Self.better)
        #expect(try store.people.user(name: "Nadia")?.rights == [.users])
        #expect(try live("nadia", "elsewhere", "bruno") == ["bruno"])
        #expect(try facts().last == "Nadia user.password Nadia")
    }

    @Test func aWrongPasswordChangesNothingAndIsCounted() throws {
        let person = try nadia()
        for _ in 0..<5 {
            #expect(throws: SignInRefusal.refused) { try changeOwn(person, old: "wrong", new: Self.better) }
        }
        #expect(throws: SignInRefusal.wait(30)) { try changeOwn(person, old: Self.good, new: Self.better) }
        #expect(try store.people.user(name: "Nadia")?.password == Self.good)
        #expect(try live("nadia") == ["nadia"])
        #expect(try facts().last == "- session.refused Nadia")
        #expect(
            try changeOwn(person, old: Self.good, new: Self.better, at: Self.start + 30_000).endsSessions)
    }

    @Test(arguments: ["court", "password1234", "Nadia-12345", "aaaaaaaaaaaa", ""])
    func aWeakPasswordIsRefusedAfterTheOldOneWasShown(_ new: String) throws {
        let person = try nadia()
        #expect(throws: SignInRefusal.refused, "who has not shown the old one learns nothing") {
            try changeOwn(person, old: "wrong", new: new)
        }
        #expect {
            try changeOwn(person, old: Self.good, new: new)
        } throws: {
            guard case AccountRefusal.password(let weakness) = $0 else { return false }
            return !weakness.isEmpty
        }
        #expect(try store.people.user(name: "Nadia")?.password == Self.good)
        #expect(try live("nadia") == ["nadia"])
    }

    @Test func triesWithARightPasswordAreNotCounted() throws {
        let person = try nadia()
        for _ in 0..<20 {
            #expect(throws: AccountRefusal.self) { try changeOwn(person, old: Self.good, new: "court") }
        }
    }

    @Test func theSamePasswordIsTakenAndEndsSessionsAllTheSame() throws {
        let person = try nadia()
        #expect(try changeOwn(person, old: Self.good, new: Self.good).endsSessions)
        #expect(try live("nadia").isEmpty)
    }

    @Test func whoHasNoPasswordGetsTheFirstFromSomebodyElse() throws {
        _ = try nadia()
        try change("Bruno", .init(pin: "4711"))
        let bruno = try session("Bruno", "dock")
        #expect(throws: SignInRefusal.refused) { try changeOwn(bruno, old: "", new: Self.better) }
        #expect(throws: SignInRefusal.refused) {
            try changeOwn(Person(id: 99, name: "nobody", desk: nil), old: "", new: Self.better)
        }
    }

    @Test func whatWasChangedMeanwhileIsNotWrittenOver() throws {
        let person = try nadia()
        try change("Boss", .init(password: Self.good, rights: [.users]))
        let late = try desk.begin(passwordOf: person, from: Self.home, at: Self.start)
        try desk.shown(isRight: true, for: late, new: Self.better, at: Self.start)
        try change("Nadia", .init(password: "given by the boss"))
        #expect(throws: SignInRefusal.refused) { try desk.finish(late, hash: Self.better, at: Self.start) }
        #expect(try store.people.user(name: "Nadia")?.password == "given by the boss")
        let disabled = try desk.begin(passwordOf: person, from: Self.home, at: Self.start)
        try change("Nadia", .init(isDisabled: true))
        #expect(throws: SignInRefusal.refused) { try desk.finish(disabled, hash: Self.better, at: Self.start) }
    }

    // MARK: others

    @Test func theFirstIsSomebodyWhoCanAddPeople() throws {
        let tip = try store.ledger.tip()
        for first in [
            AccountChange(password: Self.good), .init(pin: "4711", rights: [.users]),
            .init(badge: "E0040150", rights: [.users]), .init(password: Self.good, rights: [.stock]),
        ] {
            #expect(throws: AccountRefusal.first) { try change("Nadia", first) }
        }
        #expect(try store.people.users().isEmpty && store.ledger.tip() == tip)
        // Somebody without a secret may be there before.
        try change("Camille", .init(rights: [.prices]))
        #expect(try store.people.isOpenHouse())
        try change("Nadia", .init(password: Self.good, rights: [.users]))
        try change("Bruno", .init(pin: "4711"))
        #expect(try !store.people.isOpenHouse())
    }

    @Test(arguments: ["123", "1234567890123", "1111", "12a4", "١٢٣٤"])
    func aPINHasFourToTwelveDigits(_ pin: String) throws {
        _ = try nadia()
        #expect(throws: AccountRefusal.pin) { try change("Bruno", .init(pin: pin)) }
        #expect(try store.people.user(name: "Bruno") == nil)
    }

    @Test(arguments: ["court", "bruno-le-quai", "password1234"])
    func aWeakPasswordOfAnotherIsRefused(_ password: String) throws {
        _ = try nadia()
        #expect(throws: AccountRefusal.self) { try change("Bruno", .init(password: password)) }
        #expect(try store.people.user(name: "Bruno") == nil)
    }

    /// A PIN is tried with a person's number: it says nothing of who somebody is.
    @Test func twoMayHaveTheSamePIN() throws {
        _ = try nadia()
        try change("Bruno", .init(pin: "4711"))
        try change("Camille", .init(pin: "4711"))
        #expect(try store.people.users().filter { $0.pin == "4711" }.map(\.name) == ["Bruno", "Camille"])
    }

    @Test func aBadgeIsOnePersons() throws {
        _ = try nadia()
        try change("Bruno", .init(badge: "E0040150"))
        let tip = try store.ledger.tip()
        #expect(throws: PeopleTable.UserFault.badgeTaken) { try change("Camille", .init(badge: "E0040150")) }
        #expect(try store.people.user(name: "Camille") == nil && store.ledger.tip() == tip, "nothing has happened")
        try change("Bruno", .init(badge: "E0040150"))
        #expect(try store.people.user(badge: Password.badge("E0040150"))?.name == "Bruno")
        // Taken away, it is free again; case and spaces are a badge's own.
        try change("Bruno", .init(badge: ""))
        try change("Camille", .init(badge: "E0040150"))
        try change("Bruno", .init(badge: "e0040150"))
        #expect(try store.people.user(badge: Password.badge("E0040150"))?.name == "Camille")
    }

    @Test func aBadgeOfSomebodyWhoIsDisabledIsTheirs() throws {
        _ = try nadia()
        try change("Bruno", .init(badge: "E0040150"))
        try change("Bruno", .init(isDisabled: true))
        #expect(throws: PeopleTable.UserFault.badgeTaken) { try change("Camille", .init(badge: "E0040150")) }
    }

    @Test func anEmptyTextTakesASecretAwayAndNilLeavesIt() throws {
        _ = try nadia()
        try change("Bruno", .init(password: Self.good, pin: "4711", badge: "E0040150"))
        try change("Bruno", .init(pin: ""))
        let user = try #require(try store.people.user(name: "Bruno"))
        #expect(user.pin == nil && user.password == Self.good && user.hasBadge)
    }

    @Test(arguments: [
        AccountChange(password: "le vieux quai de bois"), .init(pin: "4711"), .init(badge: "E0040150"), .init(pin: ""),
        .init(rights: [.stock]), .init(isDisabled: true),
    ])
    func whatChangesWhoSomebodyIsEndsTheirSessions(_ change: AccountChange) throws {
        _ = try nadia()
        try self.change("Bruno", .init(password: Self.good, rights: [.prices]))
        _ = try session("Bruno", "bruno")
        #expect(try self.change("Bruno", change).endsSessions)
        #expect(try live("bruno", "nadia") == ["nadia"])
    }

    @Test func theSameRightsEndNoSession() throws {
        _ = try nadia()
        try change("Bruno", .init(password: Self.good, rights: [.prices]))
        _ = try session("Bruno", "bruno")
        #expect(try !change("Bruno", .init(rights: [.prices])).endsSessions)
        #expect(try !change("Bruno", .init(isDisabled: false)).endsSessions)
        #expect(try live("bruno") == ["bruno"])
    }

    @Test func theLastWhoCanAddPeopleStays() throws {
        let person = try nadia()
        for last in [AccountChange(rights: []), .init(isDisabled: true), .init(password: "")] {
            #expect(throws: PeopleTable.UserFault.lastAdministrator) { try change("Nadia", last) }
        }
        #expect(try live("nadia") == ["nadia"])
        #expect(try changeOwn(person, old: Self.good, new: Self.better).endsSessions, "their own password is theirs")
    }

    // MARK: secrets

    @Test func onlyWhatIsHashedIsSlow() {
        #expect(AccountChange(password: "x").isSlow && AccountChange(pin: "4711").isSlow)
        #expect(!AccountChange(password: "", pin: "", badge: "E0040150", rights: [.users], isDisabled: true).isSlow)
    }

    @Test func noSecretIsKeptAsItWasTyped() {
        let kept = AccountChange(password: Self.good, pin: "4711", badge: "E0040150").kept()
        #expect(kept.password?.hasPrefix("$argon2id$") == true && kept.pin?.hasPrefix("$argon2id$") == true)
        #expect(kept.badge == Password.badge("E0040150") && kept.badge != "E0040150")
    }

    // MARK: the telephone

    @Test func aTelephoneIsClaimedByWhoeverSitsThereAndGivenBack() throws {
        let nadia = try nadia()
        try change("Bruno", .init(password: Self.good))
        let bruno = try session("Bruno", "bruno")
        try desk.claim("101", by: nadia, at: Self.start)
        try desk.claim("101", by: bruno, at: Self.start)
        try desk.claim("102", by: nadia, at: Self.start)
        #expect(try store.people.person(session: "nadia", at: Self.start)?.desk == "102", "one each")
        #expect(try store.people.person(session: "bruno", at: Self.start)?.desk == "101")
        try desk.claim(nil, by: nadia, at: Self.start)
        #expect(try store.people.person(session: "nadia", at: Self.start)?.desk == nil)
        #expect(try facts().last == "Nadia desk.claim -")
    }
}
