import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Second factors from the first to the last, sessions and tokens; and that nobody locks the house from inside.
struct FactorDeskTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let desk: FactorDesk
    private let keys: CodeKeys
    private static let start: Int64 = 1_800_000_000_000
    private static let home = "192.0.2.10"
    private static let minute: Int64 = 60_000

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        desk = FactorDesk(store)
        keys = try #require(CodeKeys(master: String(repeating: "k", count: 32)))
        let boss = Author("test")
        _ = try AccountDesk(store).save(
            .init(password: "hash", rights: [.users, .erp]), of: "Nadia", by: boss, at: Self.start)
        _ = try AccountDesk(store).save(
            .init(password: "hash", rights: [.stock]), of: "Bruno", by: boss, at: Self.start)
    }

    private func user(_ name: String = "Nadia") throws -> PeopleTable.UserRow {
        let row = try store.people.user(name: name)
        return try #require(row)
    }

    @discardableResult
    private func session(
        _ token: String, _ name: String = "Nadia", as proof: SignInProof = .password, from source: String = home,
        at now: Int64 = start
    ) throws -> Person? {
        try SignInDesk(store).openSession(
            try user(name), by: .name(name), station: nil, session: token, from: source, as: proof, browser: "Firefox",
            at: now)
    }

    private func person(_ token: String, at now: Int64 = start) throws -> Person {
        let found = try store.people.person(session: token, at: now)
        return try #require(found)
    }

    private func facts(_ room: String = "user.factor") throws -> [String] {
        try store.ledger.entries(after: 0, limit: 1000).filter { $0.fact.kind.rawValue.hasPrefix(room) }.map {
            "\($0.fact.kind.rawValue) \($0.fact.subject) \($0.fact.detail ?? "")"
        }
    }

    /// An app is set up in the session `token`; its secret and the recovery codes.
    private func app(_ token: String, at now: Int64 = start) throws -> (secret: [UInt8], recovery: [String]) {
        let secret = try desk.begin(codeOf: person(token, at: now), keys: keys, at: now)
        let code = OneTimeCode.code(secret, step: OneTimeCode.step(at: now))
        return (secret, try desk.confirm(codeOf: person(token, at: now), code, keys: keys, at: now))
    }

    private func asked(_ name: String = "Nadia") throws -> SignInRefusal? {
        let user = try user(name)
        do { try desk.ask(user) } catch let refusal as SignInRefusal { return refusal }
        return nil
    }

    private func show(_ code: String, keys: CodeKeys?, at now: Int64, from source: String = home) throws -> SignInProof
    {
        try desk.show(code, of: user(), keys: keys, from: source, at: now)
    }

    // MARK: an app

    @Test func aCodeIsAskedForWhenItWasConfirmedAndOpensOnce() throws {
        try session("a")
        try session("b")
        #expect(try asked() == nil)
        #expect(throws: FactorDesk.Refusal.notBegun) {
            try desk.confirm(codeOf: person("a"), "000000", keys: keys, at: Self.start)
        }
        _ = try desk.begin(codeOf: person("a"), keys: keys, at: Self.start)
        // Shown and not confirmed: nothing is asked for.
        #expect(try asked() == nil)
        #expect(throws: FactorDesk.Refusal.wrongCode) {
            try desk.confirm(codeOf: person("a"), "12", keys: keys, at: Self.start)
        }
        let (secret, recovery) = try app("a")
        #expect(recovery.count == RecoveryCode.count && Set(recovery).count == recovery.count)
        #expect(try asked() == .codeNeeded(code: true, passkey: false))
        // What was set up there is shown there; whoever else was signed in is so no more.
        #expect(try store.people.person(session: "b", at: Self.start) == nil)
        #expect(try store.people.person(session: "a", at: Self.start) != nil)

        let later = Self.start + Self.minute
        let code = OneTimeCode.code(secret, step: OneTimeCode.step(at: later))
        #expect(try show(code, keys: keys, at: later) == .code)
        #expect(throws: SignInRefusal.refused) { try show(code, keys: keys, at: later) }
        #expect(throws: SignInRefusal.codesLost) { try show("123456", keys: nil, at: later) }
        #expect(throws: SignInRefusal.codesLost) {
            try show("123456", keys: CodeKeys(master: String(repeating: "x", count: 40)), at: later)
        }
        // Nothing of the secret is in the file.
        let row = try store.database.first("SELECT salt || mark FROM one_time_code") { $0.text(0) }
        #expect(row?.contains(Hex.string(secret)) == false)
        #expect(try facts() == ["user.factor-add Nadia code"])
    }

    @Test func aRecoveryCodeOpensOnceAndNewOnesReplaceIt() throws {
        try session("a")
        let (_, recovery) = try app("a")
        #expect(try show(recovery[0].uppercased(), keys: nil, at: Self.start) == .recovery)
        #expect(throws: SignInRefusal.refused) { try show(recovery[0], keys: nil, at: Self.start) }
        #expect(try store.factors.standing(of: user().id).recovery == 9)
        let fresh = try desk.renewRecovery(of: person("a"), at: Self.start)
        #expect(throws: SignInRefusal.refused) { try show(recovery[1], keys: nil, at: Self.start) }
        #expect(try show(fresh[9], keys: nil, at: Self.start) == .recovery)
    }

    @Test func aGuesserOfCodesIsSlowedAndStoppedForTheDay() throws {
        try session("a")
        let (secret, recovery) = try app("a")
        var (refused, waits, locked) = (0, 0, 0)
        for index in 0..<400 {
            let now = Self.start + Int64(index) * Self.minute
            do { _ = try show("12345x", keys: keys, at: now, from: "198.51.100.\(index % 200)") } catch SignInRefusal
                .refused
            {
                refused += 1
            } catch SignInRefusal.wait { waits += 1 } catch SignInRefusal.codesLocked { locked += 1 }
        }
        #expect(refused == Int(FactorDesk.codeBudget) && locked > 0)
        let now = Self.start + 400 * Self.minute
        let code = OneTimeCode.code(secret, step: OneTimeCode.step(at: now))
        #expect(throws: SignInRefusal.codesLocked) { try show(code, keys: keys, at: now) }
        // Its owner has other ways, and a new day.
        #expect(try show(recovery[0], keys: keys, at: now + Self.minute) == .recovery)
        let tomorrow = now + FactorDesk.day
        #expect(
            try show(OneTimeCode.code(secret, step: OneTimeCode.step(at: tomorrow)), keys: keys, at: tomorrow) == .code)
    }

    @Test func aPageLeftOpenIsNoProof() throws {
        try session("a")
        let late = Self.start + SessionState.freshness + 1
        #expect(throws: FactorDesk.Refusal.showAgain) { try desk.begin(codeOf: person("a"), keys: keys, at: late) }
        try SignInDesk(store).shown(session: "a", at: late)
        _ = try desk.begin(codeOf: person("a", at: late), keys: keys, at: late)
        // A dock's session never shows enough by itself.
        let dock = try store.people.openSession(user: user().id, station: "dock-1", session: "dock", at: Self.start)
        #expect(throws: FactorDesk.Refusal.showAgain) { try desk.begin(codeOf: dock, keys: keys, at: Self.start) }
        _ = try AccountDesk(store).save(.init(pin: "hash"), of: "Camille", by: Author("test"), at: Self.start)
        let camille = try store.people.openSession(
            user: user("Camille").id, station: nil, session: "c", at: Self.start)
        #expect(throws: FactorDesk.Refusal.noPassword) { try desk.begin(codeOf: camille, keys: keys, at: Self.start) }
    }

    // MARK: asked for by a right

    @Test func whoHoldsAGuardedRightSetsOneUpBeforeAnythingElse() throws {
        store.guarded = [.users]
        try session("a")
        try session("bruno", "Bruno")
        #expect(try person("a").isFactorDue && person("a").given == [.erp])
        #expect(try person("a").json["factorDue"] == .bool(true))
        #expect(try !person("bruno").isFactorDue && person("bruno").given == [.stock])
        let (_, _) = try app("a")
        #expect(try !person("a").isFactorDue && person("a").given == [.users, .erp])
        // A PIN or badge opens the rest; a password alone nothing.
        _ = try store.people.openSession(user: user().id, station: "dock-1", session: "dock", at: Self.start)
        #expect(try person("dock").given == [.erp] && !person("dock").isFactorDue)
        store.guarded = []
        try session("old")
        store.guarded = [.users]
        #expect(try store.people.person(session: "old", at: Self.start) == nil)
        // The last one is not taken away.
        #expect(throws: FactorDesk.Refusal.lastFactor) { try desk.removeCode(of: person("a"), at: Self.start) }
        #expect(try store.factors.standing(of: user().id).code != nil)
        store.guarded = []
        try desk.removeCode(of: person("a"), at: Self.start)
        #expect(try asked() == nil && !store.factors.standing(of: user().id).isAny)
    }

    @Test func passkeysAloneAreAComfortUnlessARightAsks() throws {
        try store.factors.add(
            passkey: "c", of: user().id, site: "quai.example", key: [1], counter: 0, name: "key", at: Self.start)
        #expect(try asked() == nil)
        store.guarded = [.erp]
        #expect(try asked() == .codeNeeded(code: false, passkey: true))
        try session("strong", as: .passkey)
        #expect(try person("strong").given == [.users, .erp])
    }

    /// Each way in which the last administrator could be left outside, and the way back.
    @Test func theLastAdministratorIsNeverLockedOut() throws {
        store.guarded = [.users, .erp]
        // Asked for with none set up: in, to set one up.
        #expect(try asked() == nil)
        try session("a")
        #expect(try person("a").isFactorDue)
        let (_, recovery) = try app("a")
        // The app is lost: a recovery code.
        #expect(try show(recovery[0], keys: keys, at: Self.start) == .recovery)
        // The installation's secret is lost: the same.
        #expect(throws: SignInRefusal.codesLost) { try show("123456", keys: nil, at: Self.start) }
        #expect(try show(recovery[1], keys: nil, at: Self.start) == .recovery)
        // They cannot take away their last factor, password or right, or be disabled.
        #expect(throws: FactorDesk.Refusal.lastFactor) { try desk.removeCode(of: person("a"), at: Self.start) }
        for change in [
            PeopleTable.UserChange(password: ""), .init(rights: [.stock]), .init(isDisabled: true),
        ] {
            #expect(throws: PeopleTable.UserFault.lastAdministrator) {
                try AccountDesk(store).save(change, of: "Nadia", by: Author("Nadia"), at: Self.start)
            }
        }
        // Sessions all ended, tokens revoked: the password and a code are there.
        _ = try SignInDesk(store).end(
            sessionsOf: user().id, named: "Nadia", except: nil, by: Author("Nadia"), at: Self.start)
        #expect(try asked() == .codeNeeded(code: true, passkey: false))
        // Everything lost, the codes too: whoever runs the server.
        #expect(try desk.reset(user(), by: Author("root", station: "command line"), at: Self.start))
        #expect(try !desk.reset(user(), by: Author("root"), at: Self.start))
        #expect(try asked() == nil)
        try session("again")
        #expect(try person("again").isFactorDue)
        _ = try app("again")
        #expect(try person("again").given == [.users, .erp])
    }

    // MARK: sessions and where from

    @Test func sessionsAreListedAndEndedByTheirOwner() throws {
        try session("aaaaaaaaaaaaaaaaaaaa")
        try session("bbbbbbbbbbbbbbbbbbbb", at: Self.start + 1)
        try session("cccccccccccccccccccc", "Bruno")
        let rows = try store.people.sessions(of: user().id, current: "aaaaaaaaaaaaaaaaaaaa", at: Self.start + 2)
        #expect(rows.map(\.id) == ["bbbbbbbbbbbbbbbb", "aaaaaaaaaaaaaaaa"] && rows.map(\.isThis) == [false, true])
        #expect(rows[0].source == Self.home && rows[0].browser == "Firefox" && rows[0].proof == .password)
        let signIn = SignInDesk(store)
        for other in ["cccccccccccccccc", "bbbbbbbbbbbbbbb", "", "%"] {
            #expect(
                try signIn.end(session: other, of: user().id, named: "Nadia", by: Author("Nadia"), at: Self.start)
                    == nil)
        }
        #expect(
            try signIn.end(session: rows[0].id, of: user().id, named: "Nadia", by: Author("Nadia"), at: Self.start)
                == "bbbbbbbbbbbbbbbbbbbb")
        #expect(try store.people.person(session: "bbbbbbbbbbbbbbbbbbbb", at: Self.start) == nil)
        #expect(try facts("session.end") == ["session.end Nadia bbbbbbbbbbbbbbbb"])
    }

    @Test func aSignInFromANewPlaceIsToldAndTheFirstIsNot() throws {
        try session("a")
        try session("b")
        #expect(try facts("session.new") == [])
        try session("c", from: "2001:db8:1:2::7")
        try session("d", from: "2001:db8:1:2::8")
        #expect(try facts("session.new") == ["session.new-place Nadia 20010db800010002/64 · Firefox"])
        for index in 0..<250 { try session("x\(index)", from: "198.51.100.\(index)", at: Self.start + Int64(index)) }
        #expect(
            try store.database.integer("SELECT count(*) FROM sign_in_place") == FactorTable.placeLimit)
    }

    // MARK: programs

    /// Whoever knew the old password may have made tokens; who changes their own knows which they made.
    @Test func aPasswordThatSomebodyElseChangesEndsTheTokens() throws {
        try session("a")
        let (desk, tokens) = (AccountDesk(store), TokenDesk(store))
        func token() throws -> String {
            try tokens.make("script", [.erp], isReader: true, days: 9, for: person("a"), at: Self.start).token
        }
        func save(_ change: PeopleTable.UserChange, by name: String) throws {
            _ = try desk.save(change, of: "Nadia", by: Author(name), at: Self.start)
            try session("a")
        }
        func isLive(_ token: String) throws -> Bool { try store.tokens.person(token: token, at: Self.start) != nil }
        let first = try token()
        try save(.init(password: "of her own"), by: "Nadia")
        try save(.init(pin: "4711"), by: "Zoé")
        try save(.init(password: "given", keepsTokens: true), by: "Zoé")
        #expect(try isLive(first))
        try save(.init(password: "reset"), by: "Zoé")
        #expect(try !isLive(first) && store.tokens.rows(of: user().id).isEmpty)
        #expect(try facts("token").last == "token.revoke script \(ProgramToken.name(of: first) ?? "")")
    }

    @Test func aTokenActsForItsOwnerWithWhatItWasGivenAndNoMore() throws {
        try session("a")
        let tokens = TokenDesk(store)
        #expect(throws: TokenDesk.Refusal.beyondRights(.stock)) {
            try tokens.make("script", [.stock], isReader: false, days: 1, for: person("a"), at: Self.start)
        }
        let (token, row) = try tokens.make(
            "script", [.erp], isReader: true, days: 9999, for: person("a"), at: Self.start)
        #expect(row.expires == Self.start + 730 * 86_400_000)
        let program = try #require(try store.tokens.person(token: token, at: Self.start))
        #expect(program.given == [.erp] && program.program?.isReader == true && program.session == nil)
        #expect(program.author == Author("Nadia", station: "program script") && !program.may(.users))
        #expect(try store.tokens.person(token: token, at: row.expires) == nil)
        #expect(try store.database.integer("SELECT count(*) FROM token WHERE instr(digest, ?)>0", .text(token)) == 0)
        // What its owner loses it loses, too.
        _ = try AccountDesk(store).save(
            .init(password: "hash", rights: [.users]), of: "Zoé", by: Author("t"), at: Self.start)
        _ = try AccountDesk(store).save(.init(rights: [.users]), of: "Nadia", by: Author("t"), at: Self.start)
        #expect(try store.tokens.person(token: token, at: Self.start)?.given == [])
        _ = try AccountDesk(store).save(.init(isDisabled: true), of: "Nadia", by: Author("t"), at: Self.start)
        #expect(try store.tokens.person(token: token, at: Self.start) == nil)
        #expect(try tokens.revoke(row.id, by: Author("Zoé"), at: Self.start))
        #expect(try !tokens.revoke(row.id, by: Author("Zoé"), at: Self.start))
    }

    @Test func aTokenThatEndsSoonIsToldOnce() throws {
        try session("a")
        let (tokens, notices) = (TokenDesk(store), NoticeDesk(store))
        _ = try tokens.make("script", [], isReader: false, days: 30, for: person("a"), at: Self.start)
        try notices.watchKeys([], at: Self.start + 15 * 86_400_000)
        #expect(try facts("notice.key-expiring") == [])
        for _ in 0..<2 { try notices.watchKeys([], at: Self.start + 16 * 86_400_000 + 1) }
        #expect(try facts("notice.key-expiring").count == 1)
    }
}

extension Person {
    /// What they may beside what everybody's role allows.
    fileprivate var given: Set<Permission> { rights.intersection([.users, .erp, .stock, .prices, .imports]) }
}
