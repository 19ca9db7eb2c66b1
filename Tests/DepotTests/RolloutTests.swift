import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// A version on its way to the gateways, in virtual time.
struct RolloutTests {
    private static let minute: Int64 = 60_000
    private static let begun: Int64 = 1_795_845_600_000

    private static func look(_ version: String = "0.1.0") -> Rollout.Look {
        var look = Rollout.Look()
        (look.isOnline, look.seen, look.version, look.isAllowed) = (true, begun, version, true)
        return look
    }

    private static func rollout(_ names: [String], canaries: [String], size: Int = 2) -> Rollout {
        Rollout(
            .init(version: "0.1.1"), members: Rollout.waves(names, canaries: canaries, size: size, target: "0.1.1"),
            who: "anna", at: begun)
    }

    /// One canary that was ordered, with what it says.
    private static func ordered(_ change: (inout Rollout.Look) -> Void = { _ in }) -> (Rollout, Rollout.Look) {
        var rollout = rollout(["a", "b"], canaries: ["a"])
        var before = look()
        change(&before)
        _ = rollout.advance(["a": before, "b": look()], at: begun) { "order-a" }
        return (rollout, before)
    }

    private func states(_ rollout: Rollout) -> [Rollout.Member.State] { rollout.members.map(\.state) }

    @Test func canariesFirstThenWavesAndEachIsWatched() {
        var rollout = Self.rollout(["a", "b", "c", "d", "e"], canaries: ["c"])
        #expect(
            rollout.members.map(\.name) == ["c", "a", "b", "d", "e"] && rollout.members.map(\.wave) == [0, 1, 1, 2, 2])
        var looks = Dictionary(uniqueKeysWithValues: "abcde".map { (String($0), Self.look()) })
        var number = 0
        var now = Self.begun
        func turn() -> [String] {
            rollout.advance(looks, at: now) {
                number += 1
                return "order-\(number)"
            }.orders.map(\.agent)
        }
        for wave in [["c"], ["a", "b"], ["d", "e"]] {
            #expect(turn() == wave, "nobody else is asked")
            now += Self.minute / 2
            #expect(turn().isEmpty)
            for name in wave { looks[name]?.version = "0.1.1" }
            now += Self.minute
            #expect(turn().isEmpty)
            now += 9 * Self.minute
            #expect(turn().isEmpty && rollout.state == .running, "each is watched for ten minutes")
            now += Self.minute
        }
        let turn = rollout.advance(looks, at: now) { "none" }
        #expect(rollout.state == .done && rollout.ended == now && turn.news == [.done])
        #expect(states(rollout).allSatisfy { $0 == .good })
        #expect(rollout.advance(looks, at: now + 1) { "none" } == Rollout.Turn())
    }

    @Test func eachTroubleStopsItAndSaysWhy() {
        typealias Rule = Rollout.Reason.Rule
        let cases: [(Rule, came: Bool, after: Int64, (inout Rollout.Look) -> Void)] = [
            (
                .failed, false, 1,
                {
                    $0.update.command = "order-a"
                    $0.update.state = "failed"
                    $0.update.code = "disk"
                }
            ),
            (.absent, false, 21, { _ in }), (.absent, false, 21, { $0.isOnline = false }),
            (.absent, true, 3, { $0.isOnline = false }), (.other, true, 1, { $0.version = "0.1.2" }),
            (.other, true, 1, { $0.version = "0.1.0" }), (.worse, true, 3, { $0.findings = ["reader-fails dock-1"] }),
            (.alarm, true, 3, { $0.alarm = "account: 3" }), (.buffer, true, 3, { $0.pending = 1001 }),
            (.buffer, true, 1, { $0.trouble = "no space is left" }),
        ]
        for (rule, came, after, change) in cases {
            var (rollout, look) = Self.ordered()
            var now = Self.begun + Self.minute / 2
            if came {
                look.version = "0.1.1"
                look.seen = now
                let turn = rollout.advance(["a": look, "b": Self.look()], at: now) { "none" }
                #expect(turn.news == [.came("a", version: "0.1.1")])
            }
            change(&look)
            now += after * Self.minute
            let turn = rollout.advance(["a": look, "b": Self.look()], at: now) { "none" }
            #expect(rollout.state == .stopped && rollout.reasons.map(\.reason.rule) == [rule], "\(rule)")
            #expect(turn.news.count == 1 && !turn.orders.contains { $0.agent == "b" }, "\(rule)")
            guard case .stopped(let why)? = turn.news.first else { continue }
            #expect(why.count == 1 && why[0].hasPrefix("a: \(rule.rawValue): "))
            // Said once, and nobody else is asked.
            #expect(rollout.advance(["a": look, "b": Self.look()], at: now + 1) { "none" } == Rollout.Turn())
        }
    }

    @Test func whatWasWrongBeforeIsNoReason() {
        var (rollout, look) = Self.ordered {
            $0.findings = ["reader-fails dock-1"]
            ($0.alarm, $0.pending, $0.trouble) = ("clock: 3 h", 5000, "it is full")
        }
        look.version = "0.1.1"
        _ = rollout.advance(["a": look], at: Self.begun + Self.minute) { "none" }
        // What begins with the start is no finding for two minutes.
        look.findings.insert("reader-fails dock-2")
        _ = rollout.advance(["a": look], at: Self.begun + 2 * Self.minute) { "none" }
        look.findings.remove("reader-fails dock-2")
        look.pending = 6000
        _ = rollout.advance(["a": look], at: Self.begun + 11 * Self.minute) { "none" }
        #expect(states(rollout) == [.good, .waiting] && rollout.state == .running)
    }

    @Test func whoIsNotLetOrHoldsIsLeftOutAndWhoIsAwayComesLater() {
        var rollout = Self.rollout(["a", "b", "c", "d", "e"], canaries: ["a"], size: 10)
        var looks = Dictionary(uniqueKeysWithValues: "abcde".map { (String($0), Self.look()) })
        looks["a"]?.version = "0.1.1"
        looks["b"]?.isAllowed = false
        looks["c"]?.isAllowed = nil
        looks["d"]?.hold = "0.1.0"
        looks["e"]?.isOnline = false
        let first = rollout.advance(looks, at: Self.begun) { "none" }
        #expect(first.orders.isEmpty && first.news.isEmpty, "who has it already is good")
        let turn = rollout.advance(looks, at: Self.begun + 1) { "none" }
        #expect(turn.orders.isEmpty && turn.news.count == 3)
        #expect(rollout.members.map(\.reason?.rule) == [nil, .off, .off, .held, nil])
        #expect(states(rollout) == [.good, .skipped, .skipped, .skipped, .waiting] && rollout.state == .running)
        looks["e"] = Self.look()
        #expect(rollout.advance(looks, at: Self.begun + 99 * Self.minute) { "late" }.orders.map(\.agent) == ["e"])
    }

    @Test func nothingIsLearnedFromCanariesThatAreAway() {
        var rollout = Self.rollout(["a", "b"], canaries: ["a"])
        let turn = rollout.advance(["b": Self.look()], at: Self.begun) { "none" }
        #expect(turn.orders.isEmpty && states(rollout) == [.waiting, .waiting])
    }

    @Test func nothingIsLearnedFromCanariesThatWereLeftOut() {
        var rollout = Self.rollout(["a", "b", "c"], canaries: ["a", "b"])
        var looks = Dictionary(uniqueKeysWithValues: "abc".map { (String($0), Self.look()) })
        looks["a"]?.isAllowed = false
        looks["b"]?.hold = "0.1.0"
        _ = rollout.advance(looks, at: Self.begun) { "none" }
        let turn = rollout.advance(looks, at: Self.begun + 1) { "none" }
        #expect(turn.orders.isEmpty && rollout.state == .stopped)
        #expect(rollout.reasons.map(\.reason.rule) == [.off, .held])
        // One that takes it is enough.
        looks["a"]?.isAllowed = true
        #expect(rollout.take(.resume, at: Self.begun + 2) && rollout.state == .running)
        #expect(rollout.advance(looks, at: Self.begun + 2) { "a" }.orders.map(\.agent) == ["a"])
        _ = rollout.advance(looks, at: Self.begun + 3) { "none" }
        #expect(rollout.state == .running)
        // Where nobody else waits there is nobody to be careful for.
        var alone = Self.rollout(["b"], canaries: ["b"])
        for turn in Int64(0)...1 { _ = alone.advance(looks, at: Self.begun + turn) { "none" } }
        #expect(alone.state == .done)
    }

    @Test func anOrderIsSaidAgainUntilItIsSeen() {
        var (rollout, look) = Self.ordered()
        let looks = ["a": look]
        #expect(rollout.advance(looks, at: Self.begun + Self.minute - 1) { "other" }.orders.isEmpty)
        let again = rollout.advance(looks, at: Self.begun + Self.minute) { "other" }.orders
        #expect(again.map(\.command.id) == ["order-a"], "the same, so that it is done once")
        look.update.command = "order-a"
        look.update.state = "running"
        #expect(rollout.advance(["a": look], at: Self.begun + 3 * Self.minute) { "other" }.orders.isEmpty)
        // A technician holds it: that is no failure.
        rollout.members.append(.init(name: "c", wave: 0, target: "0.1.1"))
        (look.update.state, look.update.code) = ("failed", "held")
        _ = rollout.advance(["a": look, "b": Self.look()], at: Self.begun + 4 * Self.minute) { "other" }
        #expect(rollout.state == .running && states(rollout).first == .skipped)
    }

    @Test func pauseGoOnGiveUpAndBack() throws {
        var (rollout, look) = Self.ordered()
        #expect(!rollout.take(.resume, at: Self.begun) && rollout.take(.pause, at: Self.begun))
        look.version = "0.1.1"
        // What was ordered goes on being looked at.
        _ = rollout.advance(["a": look, "b": Self.look()], at: Self.begun + Self.minute) { "none" }
        _ = rollout.advance(["a": look, "b": Self.look()], at: Self.begun + 12 * Self.minute) { "none" }
        #expect(states(rollout) == [.good, .waiting] && rollout.state == .paused)
        #expect(rollout.take(.resume, at: Self.begun) && rollout.state == .running)
        let back = try #require(rollout.back(["a": look, "b": Self.look()], who: "bob", at: Self.begun))
        #expect(back.plan.isBack && back.members.map(\.name) == ["a"] && back.members[0].target == "0.1.0")
        var way = back
        let order = try #require(way.advance(["a": look], at: Self.begun) { "back-a" }.orders.first)
        #expect(order.command.action == .update(version: "0.1.0", isBack: true))
        #expect(back.back(["a": look], who: "bob", at: Self.begun) == nil)
        #expect(rollout.take(.abandon, at: 5) && rollout.state == .abandoned && !rollout.take(.abandon, at: 6))
        // Who failed is asked anew.
        var (other, bad) = Self.ordered()
        (bad.update.command, bad.update.state, bad.update.code) = ("order-a", "failed", "locked")
        _ = other.advance(["a": bad], at: Self.begun + 1) { "none" }
        #expect(other.state == .stopped && other.take(.resume, at: Self.begun + 2))
        #expect(other.advance(["a": bad], at: Self.begun + 3) { "second" }.orders.map(\.command.id) == ["second"])
        #expect(other.state == .running)
    }

    @Test func whoHasItAndFailedIsWatchedAgainAndGoesBack() throws {
        var (rollout, look) = Self.ordered()
        (look.version, look.findings) = ("0.1.1", ["reader-fails dock-1"])
        var now = Self.begun
        func turn(_ minutes: Int64) -> Rollout.Turn {
            now += minutes * Self.minute
            look.seen = now
            return rollout.advance(["a": look, "b": Self.look()], at: now) { "none" }
        }
        for minutes in [1, 3] as [Int64] { _ = turn(minutes) }
        #expect(rollout.state == .stopped && rollout.take(.resume, at: now))
        rollout = try #require(Rollout(json: try JSON(parsing: rollout.json.text8)))
        #expect(turn(0).orders.isEmpty && states(rollout) == [.watched, .waiting])
        // It is as before: it stops again, and takes the way back.
        _ = turn(3)
        #expect(rollout.state == .stopped && rollout.reasons.map(\.reason.rule) == [.worse])
        #expect(rollout.take(.resume, at: now) && rollout.state == .running)
        #expect(rollout.back(["a": look], who: "bob", at: now)?.members.map(\.target) == ["0.1.0"])
        // It is mended: good after its time, and not before.
        look.findings = []
        for minutes in [0, 9] as [Int64] { #expect(turn(minutes).orders.isEmpty) }
        #expect(states(rollout) == [.watched, .waiting])
        _ = turn(1)
        #expect(states(rollout)[0] == .good)
    }

    @Test func aFailureInAPauseIsTold() {
        var (rollout, look) = Self.ordered()
        #expect(rollout.take(.pause, at: Self.begun) && rollout.state == .paused)
        (look.update.command, look.update.state, look.update.code) = ("order-a", "failed", "disk")
        let turn = rollout.advance(["a": look, "b": Self.look()], at: Self.begun + 1) { "none" }
        #expect(rollout.state == .stopped && turn.news == [.stopped(["a: update-failed: disk: no reason is told"])])
        #expect(rollout.advance(["a": look, "b": Self.look()], at: Self.begun + 2) { "none" } == Rollout.Turn())
    }

    @Test func nobodyIsLeftBehindInTheMiddleOfAnInstallation() {
        func isInstalling(_ rollout: Rollout, _ look: Rollout.Look, after minutes: Int64) -> Bool {
            rollout.isInstalling(rollout.members[0], look, at: Self.begun + minutes * Self.minute)
        }
        var (rollout, look) = Self.ordered()
        #expect(isInstalling(rollout, look, after: 0), "its order is on its way")
        #expect(!isInstalling(rollout, look, after: 1), "and nobody takes it any more")
        (look.update.command, look.update.state) = ("order-a", "running")
        #expect(isInstalling(rollout, look, after: 5))
        look.isOnline = false
        #expect(
            isInstalling(rollout, look, after: 5) && !isInstalling(rollout, look, after: 21), "a dead one bars nobody")
        look.isOnline = true
        rollout.members[0].state = .failed
        #expect(isInstalling(rollout, look, after: 21))
        look.update.state = "done"
        #expect(!isInstalling(rollout, look, after: 5))
    }

    /// Fleets from seeds: gateways that come, go, fail and get worse at any time. What must always hold is asked after each turn.
    @Test func whateverHappensAWaveIsNeverOvertaken() throws {
        for seed in UInt64(1)...40 {
            var random = SeededRandom(seed: seed)
            let names = (0..<Int.random(in: 1...30, using: &random)).map { "g\($0)" }
            var looks = Dictionary(uniqueKeysWithValues: names.map { ($0, Self.look()) })
            let bad = Set(names.filter { _ in Int.random(in: 0..<12, using: &random) == 0 })
            var rollout = Self.rollout(
                names, canaries: Array(names.prefix(2)), size: Int.random(in: 1...6, using: &random))
            var now = Self.begun
            var ordered: [String: String] = [:]
            for turn in 0..<200 {
                now += 15_000
                // A restart of the centre in between changes nothing.
                if turn % 8 == 0 { rollout = try #require(Rollout(json: try JSON(parsing: rollout.json.text8))) }
                for (agent, command) in rollout.advance(looks, at: now, makeID: { "o\(turn)-\(ordered.count)" }).orders
                {
                    #expect(rollout.state == .running, "seed \(seed): asked while it stands")
                    #expect(
                        ordered[agent] == nil || ordered[agent] == command.id, "seed \(seed): two orders for \(agent)")
                    ordered[agent] = command.id
                    let wave = try #require(rollout.members.first { $0.name == agent }).wave
                    let before = rollout.members.filter { $0.wave < wave }
                    #expect(
                        before.allSatisfy {
                            [.good, .skipped].contains($0.state) || !(looks[$0.name]?.isOnline ?? false)
                                || ordered[$0.name] == nil || $0.state == .waiting
                        }, "seed \(seed): overtaken")
                    #expect(wave == 0 || before.contains { $0.wave == 0 && $0.state != .waiting }, "seed \(seed)")
                }
                if rollout.state == .stopped { #expect(!rollout.reasons.isEmpty, "seed \(seed)") }
                for name in names {
                    if Int.random(in: 0..<200, using: &random) == 0 { looks[name]?.isOnline.toggle() }
                    if looks[name]?.isOnline == true { looks[name]?.seen = now }
                    guard let id = ordered[name], Int.random(in: 0..<6, using: &random) == 0 else { continue }
                    looks[name]?.update.command = id
                    if bad.contains(name) {
                        looks[name]?.update.state = "failed"
                        looks[name]?.update.code = "dpkg"
                    } else {
                        looks[name]?.version = "0.1.1"
                    }
                }
            }
            let wasAsked = bad.contains { ordered[$0] != nil && looks[$0]?.update.state == "failed" }
            #expect(!wasAsked || rollout.state != .done, "seed \(seed): done over a failure")
        }
    }

    @Test func aDeskKeepsItAndTellsWhatHappened() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        let (desk, anna) = (RolloutDesk(store), Author("anna"))
        func said(_ agent: String, _ version: String, site: String = "lyon", at now: Int64) throws {
            let status = try JSON(
                parsing: Array(
                    #"{"v":1,"online":true,"site":"\#(site)","version":"0.1.0","update":{"allowed":true,"package":"\#(version)"}}"#
                        .utf8))
            _ = try GatewayDesk(store).hear(GatewayStatus(json: status).json, of: agent, clockOffset: 0, at: now)
        }
        for (name, site) in [("dock-1", "lyon"), ("dock-2", "lyon"), ("dock-3", "nice")] {
            try said(name, "0.1.0", site: site, at: Self.begun)
        }
        #expect(throws: RolloutDesk.Refusal.version) {
            try desk.start(.init(version: "1; rm"), by: anna, at: Self.begun)
        }
        var wish = RolloutDesk.Wish(version: "0.1.0+1")
        wish.gateways = ["elsewhere"]
        #expect(throws: RolloutDesk.Refusal.unknown("elsewhere")) { try desk.start(wish, by: anna, at: Self.begun) }
        (wish.gateways, wish.sites, wish.canaries) = ([], ["lyon"], ["dock-2"])
        let rollout = try desk.start(wish, by: anna, at: Self.begun)
        #expect(rollout.members.map(\.name) == ["dock-2", "dock-1"])
        #expect(throws: RolloutDesk.Refusal.busy) { try desk.start(wish, by: anna, at: Self.begun) }
        let orders = try desk.advance(at: Self.begun) { "order-1" }
        #expect(orders.map(\.agent) == ["dock-2"])
        #expect(orders.first?.command.action == .update(version: "0.1.0+1", isBack: false))
        #expect(try desk.advance(at: Self.begun + 1) { "order-2" }.isEmpty)
        try said("dock-2", "0.1.0+1", at: Self.begun + Self.minute)
        _ = try desk.advance(at: Self.begun + Self.minute) { "order-2" }
        try said("dock-2", "0.0.9", at: Self.begun + 2 * Self.minute)
        _ = try desk.advance(at: Self.begun + 2 * Self.minute) { "order-2" }
        #expect(try desk.last()?.state == .stopped && desk.last()?.reasons.map(\.reason.rule) == [.other])
        #expect(throws: RolloutDesk.Refusal.nothing) { try desk.take(.pause, by: anna, at: Self.begun) }
        _ = try desk.take(.abandon, by: anna, at: Self.begun + 3 * Self.minute)
        let kinds = try store.database.rows(
            "SELECT kind FROM entry WHERE kind LIKE 'rollout.%' OR kind LIKE 'gateway.up%' ORDER BY seq"
        ) {
            $0.text(0)
        }
        #expect(kinds == ["rollout.start", "gateway.update", "gateway.updated", "rollout.stop", "rollout.abandon"])
        #expect(try desk.advance(at: Self.begun + 9 * Self.minute) { "none" }.isEmpty)
        // Nobody was named: the first that takes versions goes first, and not who would be left out.
        let mute = try JSON(parsing: Array(#"{"v":1,"online":true,"site":"lyon","version":"0.1.0"}"#.utf8))
        _ = try GatewayDesk(store).hear(
            GatewayStatus(json: mute).json, of: "dock-1", clockOffset: 0, at: Self.begun + 9 * Self.minute)
        let next = try desk.start(.init(version: "0.1.0+2"), by: anna, at: Self.begun + 9 * Self.minute)
        #expect(next.members.map(\.name) == ["dock-2", "dock-1", "dock-3"])
    }

    @Test func aVersionIsNothingElse() {
        for text in ["0.1.0", "0.1.0+1", "1.2~rc1-3", "9"] { #expect(AgentVersion.isValid(text), "\(text)") }
        let bad = ["", "v1", "1 2", "1;x", "1/2", "-o", "1:2", "1\n", String(repeating: "1", count: 65), "1=2", "1é"]
        for text in bad { #expect(!AgentVersion.isValid(text), "\(text)") }
        let command = Command(id: "a-1", action: .update(version: "0.1.1", isBack: true), issued: 1, ttl: 60)
        #expect(Command(json: command.json) == command)
        #expect(Command(json: command.json.with("args", .object([("version", "1; reboot")]))) == nil)
    }
}
