import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// What a role may, who has which, and where.
struct RoleTests {
    private static let boss = Author("Nadia")
    private let folder = TemporaryFolder()
    private let store: Store
    private let desk: AccountDesk

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        desk = AccountDesk(store)
        _ = try desk.save(.init(password: "kept", roles: ["administrator"]), of: "Nadia", by: Self.boss, at: 1)
    }

    private func session(_ name: String, _ digest: String, at now: Int64 = 10) throws -> Person {
        let id = try #require(try store.people.user(name: name)).id
        return try store.people.openSession(user: id, station: nil, session: digest, at: now)
    }

    // MARK: the table

    @Test func eachActionHasOneLineAndEachRoleOneColumn() {
        #expect(Role.table.map(\.action).count == Permission.allCases.count)
        #expect(Set(Role.table.map(\.action)) == Set(Permission.allCases))
        for row in Role.table {
            let marks = row.marks.split(separator: " ")
            #expect(marks.count == Role.names.count && marks.allSatisfy { $0 == "x" || $0 == "." }, "\(row.action)")
        }
        #expect(Role.builtIn.map(\.name) == Role.names && Role.names.allSatisfy(Role.isName))
        for role in Role.builtIn { #expect(role.permissions == role.permissions.whole, "\(role.name) carries more") }
    }

    @Test func docksSeeNoCallsAgentsPostNothingAndMoneyIsForThoseWithPrices() throws {
        let personal: Set<Permission> = [.clientsSee, .clientsEdit, .callsSee, .callsTake, .callsDial, .callsSupervise]
        for name in ["depot-manager", "depot-worker", "technician", "buyer", "viewer"] {
            #expect(try #require(Role.builtIn(name)).permissions.isDisjoint(with: personal), "\(name)")
        }
        let booking: Set<Permission> = [.stock, .stockPost, .productsEdit, .deliveriesClose, .countingCount]
        for name in ["call-agent", "supervisor", "viewer"] {
            #expect(try #require(Role.builtIn(name)).permissions.isDisjoint(with: booking), "\(name)")
        }
        #expect(Role.builtIn.filter { $0.permissions.contains(.prices) }.map(\.name) == ["administrator", "buyer"])
        #expect(Role.builtIn.filter { $0.permissions.contains(.users) }.map(\.name) == ["administrator"])
        #expect(Role.builtIn("administrator")?.permissions == Set(Permission.allCases))
    }

    @Test(arguments: [
        ("a", true), ("night-shift-2", true), ("", false), ("-a", false), ("2a", false), ("É", false), ("A", false),
    ])
    func aNameOfARole(_ text: String, isName: Bool) { #expect(Role.isName(text) == isName) }

    // MARK: whoever was there keeps what they could do

    @Test func theStepGivesEverybodyTheRoleOfAllThatNeededNoRight() throws {
        let path = "\(folder.path)/old"
        do {
            let database = try Database(path: path)
            let steps = Schema.steps.prefix { $0 != Schema.roles }
            for step in steps { try database.execute(step) }
            try database.execute(
                """
                PRAGMA user_version=\(steps.count);
                INSERT INTO user (id, name, created, password, rights) VALUES
                    (1, 'Nadia', 1, 'kept', 'erp,imports,prices,stock,users'), (2, 'Bruno', 1, 'kept', 'stock'),
                    (3, 'Camille', 1, NULL, '');
                """)
        }
        let old = try Store(path: path)
        let staff = try #require(Role.builtIn(Role.staff)).permissions
        #expect(try old.people.user(name: "Nadia")?.permissions == Set(Permission.allCases))
        #expect(try old.people.user(name: "Bruno")?.permissions == staff.union([.stock, .stockPost, .productsEdit]))
        let camille = try #require(try old.people.user(name: "Camille"))
        #expect(camille.permissions == staff && camille.roles == [Role.staff] && camille.scope.isEverything)
        #expect(try old.people.user(name: "Nadia")?.isAdministrator == true)
    }

    @Test func rightsAloneMeanWhatTheyMeantBeforeThereWereRoles() throws {
        _ = try desk.save(.init(password: "kept", rights: [.stock]), of: "Bruno", by: Self.boss, at: 2)
        let bruno = try session("Bruno", "s")
        #expect(bruno.may(.stockPost) && bruno.may(.productsEdit) && bruno.may(.callsDial) && !bruno.may(.prices))
        _ = try desk.save(.init(password: "kept", roles: ["viewer"]), of: "Vera", by: Self.boss, at: 2)
        let vera = try session("Vera", "v")
        #expect(vera.may(.deliveriesSee) && !vera.may(.deliveriesCount) && !vera.may(.callsSee))
    }

    @Test func whereNobodyHasAPasswordEverybodyMayEverything() throws {
        let open = try TestStore.open("\(folder.path)/open")
        let person = try open.people.signIn(name: "Omar", session: "s", at: 1)
        #expect(Permission.allCases.allSatisfy(person.may) && person.reach == Reach())
    }

    // MARK: changes

    @Test func anotherRoleOrScopeEndsSessionsAndTheSameDoesNot() throws {
        _ = try desk.save(.init(password: "kept", roles: ["buyer"]), of: "Bea", by: Self.boss, at: 2)
        func isLive(_ digest: String) throws -> Bool { try !store.people.liveSessions(among: [digest], at: 11).isEmpty }
        _ = try session("Bea", "a")
        #expect(try !desk.save(.init(roles: ["buyer"]), of: "Bea", by: Self.boss, at: 3).endsSessions)
        #expect(try isLive("a"))
        #expect(try desk.save(.init(scope: Scope([.zones: ["dock-1"]])), of: "Bea", by: Self.boss, at: 4).endsSessions)
        #expect(try !isLive("a"))
        _ = try session("Bea", "b")
        #expect(try desk.save(.init(roles: ["viewer", "buyer"]), of: "Bea", by: Self.boss, at: 5).endsSessions)
        #expect(try !isLive("b"))
        let told = try store.ledger.entries(after: 0, limit: 100).map(\.fact).filter { $0.subject == "Bea" }
        #expect(told.contains(Fact(.userRights, "Bea", "role=buyer,viewer")))
        #expect(told.contains(Fact(.userScope, "Bea", "zones=dock-1")))
        #expect(throws: PeopleTable.UserFault.unknownRole("nobody")) {
            try desk.save(.init(roles: ["nobody"]), of: "Bea", by: Self.boss, at: 6)
        }
        #expect(throws: PeopleTable.UserFault.lastAdministrator) {
            try desk.save(.init(roles: ["viewer"]), of: "Nadia", by: Self.boss, at: 7)
        }
    }

    @Test func anOwnRoleIsMadeHeldChangedAndForgotten() throws {
        _ = try desk.set(role: "night-shift", [.deliveriesSee], by: Self.boss, at: 2)
        _ = try desk.save(.init(password: "kept", roles: ["night-shift"]), of: "Nils", by: Self.boss, at: 3)
        #expect(try !session("Nils", "a").may(.deliveriesClose))
        let nils = try #require(try store.people.user(name: "Nils")).id
        #expect(try desk.set(role: "night-shift", [.deliveriesSee, .deliveriesClose], by: Self.boss, at: 4) == [nils])
        #expect(try store.people.liveSessions(among: ["a"], at: 11) == [])
        #expect(try session("Nils", "b").may(.deliveriesClose))
        #expect(try desk.set(role: "night-shift", [.deliveriesSee, .deliveriesClose], by: Self.boss, at: 5) == [])
        #expect(throws: RoleRefusal.held(1)) { try desk.forget(role: "night-shift", by: Self.boss, at: 6) }
        _ = try desk.save(.init(roles: []), of: "Nils", by: Self.boss, at: 7)
        #expect(try session("Nils", "c").rights == [])
        try desk.forget(role: "night-shift", by: Self.boss, at: 8)
        #expect(throws: RoleRefusal.unknown) { try desk.forget(role: "night-shift", by: Self.boss, at: 9) }
        #expect(throws: RoleRefusal.builtIn) { _ = try desk.set(role: "viewer", [.users], by: Self.boss, at: 9) }
        #expect(throws: RoleRefusal.name) { _ = try desk.set(role: "Chef d'équipe", [], by: Self.boss, at: 9) }
    }

    @Test func theLastAdministratorIsNotUndoneByTheirRole() throws {
        _ = try desk.set(role: "chief", [.users], by: Self.boss, at: 2)
        _ = try desk.save(.init(roles: ["chief"]), of: "Nadia", by: Self.boss, at: 3)
        #expect(throws: PeopleTable.UserFault.lastAdministrator) {
            try desk.set(role: "chief", [.deliveriesSee], by: Self.boss, at: 4)
        }
        #expect(try store.roles.role("chief")?.permissions == [.users])
    }

    // MARK: where

    @Test func aScopeIsWhatAllOfItsKindsCover() throws {
        #expect(Reach(Scope(), zonesOfSites: []) == Reach())
        let docks = Reach(Scope([.zones: ["dock-1"]]), zonesOfSites: [])
        #expect(docks.covers(zone: "dock-1") && !docks.covers(zone: "dock-2") && docks.covers(zone: nil))
        #expect(docks.covers(site: "lyon") && docks.covers(site: nil))
        let lyon = Reach(Scope([.sites: ["lyon"]]), zonesOfSites: ["dock-1", "dock-2"])
        #expect(lyon.covers(zone: "dock-2") && !lyon.covers(zone: "quai-nice") && !lyon.covers(site: nil))
        let both = Reach(
            Scope([.sites: ["lyon"], .zones: ["dock-1", "quai-nice"]]), zonesOfSites: ["dock-1", "dock-2"])
        #expect(both.zones == ["dock-1"])
    }

    @Test func theZonesOfASiteAreThoseThatWereConfirmedForIt() throws {
        for (agent, site, zones) in [("a", "lyon", ["dock-1"]), ("b", "nice", ["quai-1"])] {
            try store.gateways.keep(
                .init(name: agent, site: site, zones: zones, mayTelephone: true, state: .confirmed, who: "x", at: 1))
        }
        _ = try desk.save(
            .init(password: "kept", roles: ["depot-worker"], scope: Scope([.sites: ["lyon"]])), of: "Lea",
            by: Self.boss, at: 2)
        let lea = try session("Lea", "s")
        #expect(lea.reach.zones == ["dock-1"] && lea.reach.covers(site: "lyon") && !lea.reach.covers(site: "nice"))
    }
}
