import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Who is let in by a provider, as whom, with which rights, and when that ends.
struct OpenIDDeskTests {
    static let issuer = "https://login.example"
    static let home = "192.0.2.10"

    private let folder = TemporaryFolder()
    private let store: Store
    private var desk: OpenIDDesk { OpenIDDesk(store) }
    private let key = SignInKey.openID("login", from: home)

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        try add("Alice", password: "kept", rights: [.users])
    }

    private func add(_ name: String, password: String? = nil, rights: Set<Permission> = []) throws {
        _ = try store.people.save(
            user: name, .init(password: password, rights: rights), by: Author("Alice"), at: 0)
    }

    private func visitor(
        _ subject: String, _ names: [String] = ["Nadia"], match: String? = nil, rights: Set<Permission>? = nil,
        isInGroup: Bool = true, session: String? = nil, grant: OpenIDDesk.Grant? = nil, isStrong: Bool = false
    ) -> OpenIDDesk.Visitor {
        .init(
            issuer: Self.issuer, subject: subject, session: session, names: names, match: match,
            grant: grant ?? rights.map { isInGroup ? .init(rights: $0) : .init() }, isStrong: isStrong)
    }

    /// What they may beside the usual work.
    private func more(_ person: Person) -> Set<Permission> {
        person.rights.subtracting(Role.builtIn(Role.staff)?.permissions ?? [])
    }

    @discardableResult
    private func admit(_ visitor: OpenIDDesk.Visitor, _ digest: String, at now: Int64 = 1000) throws
        -> OpenIDDesk.Entered
    {
        try desk.admit(visitor, by: key, session: digest, from: Self.home, at: now)
    }

    private func refusal(_ visitor: OpenIDDesk.Visitor) -> OpenIDFault.Kind? {
        do { try admit(visitor, "refused") } catch { return (error as? OpenIDFault)?.kind }
        return nil
    }

    private func facts(_ kind: Fact.Kind) throws -> Int {
        try store.ledger.entries(after: 0, limit: 1000).count { $0.fact.kind == kind }
    }

    @Test func somebodyNewIsMadeOnlyByAGroup() throws {
        #expect(refusal(visitor("1")) == .nobody, "groups say nothing here")
        #expect(refusal(visitor("1", rights: [], isInGroup: false)) == .nobody)
        #expect(refusal(visitor("1", ["Alice"], rights: [.users])) == .name, "a name is not taken over")
        #expect(refusal(visitor("1", [], rights: [.stock])) == .wrong)
        #expect(try store.people.users().count == 1)
        let entered = try admit(visitor("1", rights: [.stock, .erp]), "a")
        #expect(
            entered.person.name == "Nadia" && more(entered.person) == [.stock, .stockPost, .productsEdit, .erp]
                && !entered.endsSessions)
        #expect(try store.people.person(session: "a", at: 2000) == entered.person, "without a password of ours")
        #expect(try store.people.liveSessions(among: ["a"], at: 2000) == ["a"])
        // Known by issuer and subject from now on, whatever the name has become.
        let again = try admit(visitor("1", ["Renamed"], rights: [.stock, .erp]), "b")
        #expect(again.person.id == entered.person.id && !again.endsSessions)
        #expect(try facts(.userAdded) == 2 && facts(.userLinked) == 1 && facts(.sessionOpened) == 2)
        // A working day, and no more.
        #expect(try store.people.person(session: "b", at: 1000 + SessionWay.life - 1) != nil)
        #expect(try store.people.person(session: "b", at: 1000 + SessionWay.life) == nil)
        #expect(try store.people.liveSessions(among: ["b"], at: 1000 + SessionWay.life) == [])
    }

    @Test func aNameCountsOnceAndNeverForWhoCanAddPeople() throws {
        try add("nadia@firm.example")
        #expect(refusal(visitor("1", match: "nobody@firm.example")) == .nobody)
        let entered = try admit(visitor("1", match: "nadia@firm.example"), "a")
        #expect(entered.person.name == "nadia@firm.example")
        #expect(refusal(visitor("2", match: "nadia@firm.example")) == .name, "somebody else there has the name now")
        #expect(refusal(visitor("3", match: "Alice")) == .name)
        #expect(try admit(visitor("1", match: "Alice"), "b").person.id == entered.person.id)
    }

    @Test func groupsAreReadAtEachSignIn() throws {
        try admit(visitor("1", rights: [.stock]), "a")
        let entered = try admit(visitor("1", rights: [.stock, .prices]), "b")
        #expect(entered.endsSessions && entered.person.rights.isSuperset(of: [.stock, .prices]))
        #expect(try store.people.person(session: "a", at: 2000) == nil, "rights changed: other sessions end")
        #expect(try store.people.person(session: "b", at: 2000) != nil)
        #expect(refusal(visitor("1", rights: [], isInGroup: false)) == .nobody)
        #expect(try store.people.person(session: "b", at: 2000) == nil, "who lost the groups has no session")
        #expect(try facts(.userRights) == 4)
    }

    @Test func theLastAdministratorKeepsTheirRight() throws {
        // Linked while they were no administrator.
        try add("Bruno", password: "kept")
        try admit(visitor("1", match: "Bruno"), "a")
        try add("Bruno", rights: [.users])
        _ = try store.people.save(user: "Alice", .init(rights: []), by: Author("Bruno"), at: 0)
        let entered = try admit(visitor("1", rights: [.stock]), "b")
        #expect(entered.person.rights.isSuperset(of: [.stock, .users]))
        try add("Alice", rights: [.users])
        #expect(try admit(visitor("1", rights: [.stock]), "c").person.rights.contains(.users) == false)
    }

    @Test func whoIsDisabledAndAHouseWithoutPasswordsLetNobodyIn() throws {
        let person = try admit(visitor("1", rights: []), "a").person
        _ = try store.people.save(user: person.name, .init(isDisabled: true), by: Author("Alice"), at: 0)
        #expect(refusal(visitor("1", rights: [.stock])) == .disabled)
        #expect(try store.people.user(id: person.id)?.rights == [])
        let empty = try TestStore.open("\(folder.path)/empty")
        #expect(throws: OpenIDFault(.first, "nobody has a password yet: the first is an administrator's")) {
            try OpenIDDesk(empty).admit(
                visitor("1", rights: [.stock]), by: key, session: "a", from: Self.home, at: 1)
        }
        #expect(try empty.people.users().isEmpty)
    }

    @Test func groupsGiveRolesAndSayWhere() throws {
        var grant = OpenIDDesk.Grant(rights: [.prices], roles: ["depot-worker"], scope: Scope([.zones: ["dock-1"]]))
        let first = try admit(visitor("1", grant: grant), "a").person
        #expect(first.roles == ["depot-worker"] && first.rights.contains(.prices) && !first.rights.contains(.callsSee))
        #expect(first.reach.zones == ["dock-1"])
        // Another group says nothing of where: it does not widen.
        grant.add(.init(rights: [], roles: ["buyer"]))
        grant.add(.init(rights: [], scope: Scope([.zones: ["dock-2"]])))
        let second = try admit(visitor("1", grant: grant), "b")
        #expect(second.endsSessions && second.person.roles == ["depot-worker", "buyer"])
        #expect(second.person.reach.zones == ["dock-1", "dock-2"])
        #expect(try !admit(visitor("1", grant: grant), "c").endsSessions, "nothing has changed")
        #expect(try store.people.person(session: "b", at: 2000) != nil)
        // Where no group says where, an administrator's word stays.
        #expect(try admit(visitor("1", grant: .init(rights: [])), "d").person.reach.zones == ["dock-1", "dock-2"])
        #expect(refusal(visitor("1", grant: .init(rights: [], roles: ["stok"]))) == .role)
        #expect(try store.people.user(name: "Nadia")?.roles == [Role.staff])
        // Whoever can add people by a role, not by a right, is not matched by a name either.
        _ = try store.people.save(
            user: "Bruno", .init(password: "kept", roles: ["administrator"]), by: Author("Alice"), at: 0)
        #expect(refusal(visitor("2", match: "Bruno")) == .name)
    }

    @Test func aRightThatAsksForTwoFactorsIsHadWhereTheProviderAskedForTwo() throws {
        store.guarded = [.prices]
        let once = try admit(visitor("1", rights: [.prices, .stock]), "a").person
        #expect(!once.rights.contains(.prices) && once.rights.contains(.stock) && !once.isFactorDue)
        let twice = try admit(visitor("1", rights: [.prices, .stock], isStrong: true), "b").person
        #expect(twice.rights.contains(.prices))
        let rows = try store.people.sessions(of: once.id, current: "b", at: 2000)
        #expect(Set(rows.map(\.proof)) == [.provider, .providerTwice])
        // It proves nothing of a secret of ours: what changes how one signs in asks for that.
        #expect(twice.session?.shown == 0)
        #expect(try facts(.sessionNewPlace) == 0)
        _ = try desk.admit(
            visitor("1", rights: [.prices, .stock]), by: key, session: "c", from: "203.0.113.7", browser: "Firefox",
            at: 3000)
        #expect(try facts(.sessionNewPlace) == 1, "a sign-in from elsewhere is told to its person")
    }

    @Test func aLogoutEndsASessionOrAllOfAPerson() throws {
        try admit(visitor("1", rights: [], session: "s1"), "a")
        try admit(visitor("1", rights: [], session: "s2"), "b")
        try admit(visitor("2", ["Bruno"], rights: [], session: "s3"), "c")
        let one = OpenIDLogout(subject: nil, session: "s1")
        #expect(try desk.end(one, issuer: "https://evil.example").isEmpty, "of its own sessions alone")
        #expect(try desk.end(OpenIDLogout(subject: "2", session: "s2"), issuer: Self.issuer).isEmpty)
        #expect(try desk.end(one, issuer: Self.issuer) == ["a"])
        #expect(try store.openID.issuer(session: "b") == Self.issuer && store.openID.issuer(session: "a") == nil)
        #expect(try desk.end(OpenIDLogout(subject: "1", session: nil), issuer: Self.issuer) == ["b"])
        #expect(try store.people.person(session: "c", at: 2000) != nil)
        try desk.keep(issuers: [Self.issuer], erp: false)
        #expect(try store.people.person(session: "c", at: 2000) != nil)
        try desk.keep(issuers: [], erp: true)
        #expect(try store.people.person(session: "c", at: 2000) == nil, "nobody vouches for it any more")
    }

    @Test func aStrangersAnswersCostNobodyElseAPause() throws {
        let desk = SignInDesk(store)
        let stranger = SignInKey.openID("login", from: "203.0.113.9")
        for _ in 0..<20 {
            guard try desk.admission(of: stranger, from: "203.0.113.9", at: 1) == .go else { break }
            try desk.refused(stranger, who: "by login", from: "203.0.113.9", at: 1)
        }
        #expect(try desk.admission(of: stranger, from: "203.0.113.9", at: 1) != .go)
        #expect(try desk.admission(of: key, from: Self.home, at: 1) == .go)
    }
}
