import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Many gateways: what is remembered of them part by part, and the pages that show the worst first.
struct FleetTests {
    private static func grant(
        _ name: String, _ site: String?, _ state: GatewayBook.Grant.State, zones: [String] = []
    ) -> GatewayBook.Grant {
        GatewayBook.Grant(name: name, site: site, zones: zones, state: state, who: "t", at: 1)
    }

    private static func status(
        _ site: String, _ zone: String, state: String = "ready", more: [(String, JSON?)] = []
    ) -> JSON {
        .object(
            [
                ("online", true), ("site", .string(site)),
                ("account", Account(produced: 5, committed: 3, pending: 2).json),
                ("uplink", .object([("delivering", true)])),
                (
                    "devices",
                    .array([.object([("name", "gate"), ("zone", .string(zone)), ("state", .string(state))])])
                ),
            ] + more)
    }

    /// Whatever comes in whatever order: what was taken in part by part is what is read as a whole.
    @Test(arguments: 0..<200 as Range<UInt64>) func aBookOfPartsIsTheWholeBook(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func roll(_ below: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % below
        }
        var book = GatewayBook()
        var grants: [String: GatewayBook.Grant] = [:]
        var claims: [String: Set<String>] = [:]
        for _ in 0..<40 {
            let name = "agent-\(roll(5))"
            if roll(2) == 0 {
                let one = Self.grant(
                    name, ["lyon", "nice", nil][roll(3)], GatewayBook.Grant.State.allCases[roll(3)],
                    zones: roll(4) == 0 ? ["z\(roll(4))"] : [])
                grants[name] = one
                book.take(.grant(one))
            } else {
                let zones = Set((0..<roll(3)).map { _ in "z\(roll(4))" })
                claims[name] = zones
                book.take(.claim(zones, agent: name))
            }
        }
        let whole = GatewayBook(grants.values.sorted { $0.name < $1.name }, claims: claims)
        #expect(book.zones(of: ["lyon"]) == whole.zones(of: ["lyon"]))
        for agent in 0..<5 {
            for zone in 0..<4 {
                #expect(
                    book.mayCount(agent: "agent-\(agent)", zone: "z\(zone)")
                        == whole.mayCount(agent: "agent-\(agent)", zone: "z\(zone)"))
            }
        }
    }

    @Test func newAgentsAreLearnedWithoutReadingTheBookAgain() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/fleet.db")
        let desk = GatewayDesk(store)
        guard case .whole = try desk.news() else { return #expect(Bool(false), "the first is the whole book") }
        for number in 0..<3 {
            _ = try desk.hear(Self.status("lyon", "z\(number)"), of: "gate-\(number)", clockOffset: 0, at: 1)
        }
        guard case .parts(let parts) = try desk.news() else { return #expect(Bool(false), "parts") }
        #expect(parts.count == 6)
        #expect(try desk.book() == GatewayDesk(store).book() || desk.book().grants == GatewayDesk(store).book().grants)
        // Somebody else has changed it.
        try store.gateways.keep(Self.grant("gate-0", "lyon", .confirmed))
        guard case .whole(let book) = try desk.news() else { return #expect(Bool(false), "the whole book") }
        #expect(book.grants["gate-0"]?.state == .confirmed)
    }

    @Test func thePageHasTheWorstFirst() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/fleet.db")
        let desk = GatewayDesk(store)
        func hear(_ name: String, _ status: JSON) throws { _ = try desk.hear(status, of: name, clockOffset: 0, at: 1) }
        for number in 0..<20 { try hear("fine-\(number + 10)", Self.status("lyon", "z\(number)")) }
        try hear("reader", Self.status("nice", "dock-7", state: "gone"))
        try hear(
            "full",
            Self.status("nice", "dock-8", more: [("buffer", .object([("trouble", "no room"), ("level", "full")]))]))
        try hear("away", Self.status("nice", "dock-9"))
        try hear("away", .object([("online", false), ("site", "nice")]))
        for grant in try store.gateways.grants() {
            _ = try desk.confirm(grant.name, by: Author("t"), at: 2)
        }
        var question = GatewayPage.Question()
        question.limit = 5
        var page = try store.gateways.page(question)
        #expect(page.gateways.map(\.name) == ["full", "away", "reader", "fine-10", "fine-11"])
        #expect(page.grants.map(\.name) == page.gateways.map(\.name))
        #expect(page.total == 23 && page.matching == 23 && page.wrong == 3)
        #expect(
            page.sites == [.init(name: "lyon", gateways: 20, wrong: 0), .init(name: "nice", gateways: 3, wrong: 3)])
        question.skip = 5
        #expect(try store.gateways.page(question).gateways.first?.name == "fine-12")
        (question.skip, question.isWrongOnly) = (0, true)
        page = try store.gateways.page(question)
        #expect(page.matching == 3 && page.total == 23)
        (question.isWrongOnly, question.text) = (false, "FINE-2")
        #expect(try store.gateways.page(question).matching == 10)
        (question.text, question.zone) = ("", "z15")
        #expect(try store.gateways.page(question).gateways.first?.name == "fine-25")
        (question.zone, question.silent) = (nil, ["fine-12"])
        #expect(try store.gateways.page(question).gateways.map(\.name).prefix(3) == ["full", "away", "fine-12"])
        question.reach = ["lyon"]
        #expect(try store.gateways.page(question).total == 20)
        let gauges = try store.gateways.gauges()
        #expect(gauges.count == 23 && gauges[3].pending == 2)
    }

    @Test mutating func statusesAreTakenTogetherAndNothingBehindThem() {
        var box = AgentMailbox()
        box.put(frame: [1], from: "a")
        for name in ["a", "b", "c"] { box.put(status: .object([("online", true)]), of: 10, from: name) }
        box.put(frame: [2], from: "b")
        #expect(box.take(atMost: 100).map(\.agent) == ["a", "a", "b", "c"])
        // One that was taken is not replaced.
        box.put(status: .object([("online", true), ("new", true)]), of: 10, from: "c")
        #expect(box.droppedStatuses == 0)
        #expect(box.take(atMost: 100).map(\.agent) == ["b", "c"] && box.isEmpty)
    }
}
