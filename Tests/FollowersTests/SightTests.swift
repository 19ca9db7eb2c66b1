import Depot
import Model
import TestSupport
import Testing

@testable import Followers

/// Who is told which message: every type as every role, and where it stands.
struct SightTests {
    private static func person(_ role: Role, _ scope: Scope = Scope(), zonesOfSites: Set<String> = []) -> Person {
        var person = Person(id: 1, name: role.name, desk: nil)
        person.isOpenHouse = false
        person.rights = role.permissions
        person.reach = Reach(scope, zonesOfSites: zonesOfSites)
        return person
    }

    @Test(arguments: Role.builtIn) func everyTypeIsToldToThoseWhoMay(_ role: Role) {
        let person = Self.person(role)
        for kind in PageMessage.Kind.allCases {
            let may = kind.needs.map(role.permissions.contains) ?? true
            #expect(person.sees(PageMessage(kind)) == may, "\(role.name): \(kind)")
        }
        let ofCalls: Set<PageMessage.Kind> = [.call, .missed, .reminder, .note, .command, .client]
        let told = Set(PageMessage.Kind.allCases.filter { person.sees(PageMessage($0)) })
        let mayCall = ["administrator", "call-agent", "supervisor", "staff"].contains(role.name)
        #expect(told.isDisjoint(with: ofCalls) == !mayCall && (told.isSuperset(of: ofCalls) == mayCall))
        let always: Set<PageMessage.Kind> = [.ready, .reset, .loud, .alive, .health, .inbox]
        #expect(told.isSuperset(of: always))
    }

    @Test func whereNobodyHasAPasswordEverythingIsTold() {
        let person = Person(id: 1, name: "Omar", desk: nil)
        #expect(PageMessage.Kind.allCases.allSatisfy { person.sees(PageMessage($0, at: .zone("dock-9"))) })
    }

    @Test func aSocketIsToldWhatItsPersonMaySeeAndNothingElse() throws {
        let budget = SocketBudget(limit: 100_000)
        let worker = try #require(Role.builtIn.first { $0.name == "depot-worker" })
        let people = [
            Self.person(worker, Scope([.zones: ["dock-1"]])), Self.person(worker),
            Self.person(worker, Scope([.sites: ["lyon"]]), zonesOfSites: ["dock-2"]),
        ]
        var hub = Hub(seq: 0)
        let sockets = people.enumerated().map { index, person in
            BrowserSocket(
                id: UInt64(index), person: Int64(index), sight: person, label: "Firefox", session: "s", budget: budget,
                cut: {})
        }
        for socket in sockets { hub.join(socket, at: 0) }
        for zone in ["dock-1", "dock-2"] {
            hub.tellAll(PageMessage(.count, .object([("zone", .string(zone))]), at: .zone(zone)), at: 0)
        }
        hub.tellAll(PageMessage(.delivery, .object([("zone", "expected")]), at: .zone(nil)), at: 0)
        hub.tellAll(PageMessage(.gateway, .object([("zone", "nice")]), at: .site("nice")), at: 0)
        hub.tellAll(PageMessage(.missed, .object([("zone", "call")])), at: 0)
        hub.tell(1, PageMessage(.call, .object([("zone", "call")])), at: 0)
        hub.tellScoped(PageMessage(.deliveries, .object([("zone", "list")])), at: 0)
        hub.closeAll()
        var told: [[String]] = []
        for socket in sockets {
            var zones: [String] = []
            while case .messages(let messages) = socket.next() {
                zones += messages.compactMap { try? JSON(parsing: $0)["data"]?["zone"]?.text }
            }
            told.append(zones)
        }
        #expect(told[0] == ["dock-1", "expected", "nice", "list"])
        #expect(told[1] == ["dock-1", "dock-2", "expected", "nice"])
        #expect(told[2] == ["dock-2", "expected", "list"])
    }

    /// One message is the same bytes for all who see the same of it.
    @Test func whatIsNotForSomebodyIsLeftOutOfWhatTheyAreTold() throws {
        let budget = SocketBudget(limit: 100_000)
        let names = ["depot-manager", "depot-worker", "technician", "administrator"]
        var hub = Hub(seq: 0)
        let sockets = try names.enumerated().map { index, name in
            BrowserSocket(
                id: UInt64(index), person: Int64(index),
                sight: Self.person(try #require(Role.builtIn.first { $0.name == name })),
                label: "Firefox", session: "s", budget: budget, cut: {})
        }
        for socket in sockets { hub.join(socket, at: 0) }
        let signed = JSON.object([("kind", "signed"), ("at", 1), ("who", "Nadia"), ("reason", "Zorglub"), ("photo", 7)])
        let patch = JSON.object([("set", .array([.array([0, signed])]))])
        hub.tellAll(PageMessage(.delivery, .object([("note", "0612340091"), ("patch", patch)]), at: .zone("d")), at: 0)
        let job = JSON.object([("key", "quai/call/1"), ("kind", "call"), ("attempts", 0), ("title", "Quxcorp")])
        hub.tellAll(PageMessage(.erp, .object([("job", job)])), at: 0)
        hub.closeAll()
        var told: [String] = []
        for socket in sockets {
            var text = ""
            while case .messages(let messages) = socket.next() {
                text += messages.map { String(decoding: $0, as: UTF8.self) }.joined()
            }
            told.append(text)
        }
        #expect(told.map { $0.contains("Zorglub") } == [true, false, false, true])
        #expect(told.map { $0.contains("Quxcorp") } == [false, false, false, true])
        #expect(told.allSatisfy { $0.contains("0612340091") && $0.contains("quai/call/1") && $0.contains("Nadia") })
    }

    @Test func aScopeOfTeamsAndQueuesIsOneOfCalls() {
        var routing = CallRouting(teams: [
            .init(name: "counter", desks: ["101", "102"], queues: ["support", "sales"], supervisors: ["Nadia"]),
            .init(name: "office", desks: ["201"], supervisors: ["Nadia"]),
        ])
        (routing.names, routing.desks) = ([1: "Nadia", 2: "Alice"], [2: "101"])
        var call = CallSnapshot(call: "a/1", revision: 1, startedAt: 1)
        call.legs = [.init(id: "l", desk: "201", state: .ringing, rangAt: 1)]
        #expect(routing.audience(of: call) == [1: .watching(team: "office")])
        let supervisor: Set<Permission> = [.callsSee, .callsSupervise]
        routing.limits[1] = .init(supervisor, Scope([.teams: ["counter"]]))
        #expect(routing.audience(of: call) == [:])
        #expect(routing.shared(1) == CallScope(desks: ["101", "102"], queues: ["support", "sales"]))
        routing.limits[1] = .init(supervisor, Scope([.queues: ["sales"]]))
        #expect(routing.shared(1).queues == ["sales"])
        // Who may not supervise watches nobody, whatever the configuration says.
        routing.limits[1] = .init([.callsSee], Scope())
        #expect(routing.audience(of: call) == [:] && routing.shared(1) == CallScope(desks: []))
        // A dock's worker who claimed a telephone sees no call on it.
        call.legs[0].desk = "101"
        #expect(routing.audience(of: call)[2] == .own(desk: "101"))
        routing.limits[2] = .init([.deliveriesSee], Scope())
        #expect(routing.audience(of: call)[2] == nil && routing.own(2).desks == [] && routing.shared(2).desks == [])
    }
}
