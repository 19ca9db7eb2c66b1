import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Which agents belong here, and what each may speak of.
struct GatewayTests {
    static func grant(
        _ name: String, _ site: String?, zones: [String] = [], mayTelephone: Bool = true,
        _ state: GatewayBook.Grant.State = .confirmed
    ) -> GatewayBook.Grant {
        GatewayBook.Grant(
            name: name, site: site, zones: zones, mayTelephone: mayTelephone, state: state, who: "test", at: 0)
    }

    static func status(_ site: String?, zones: [String] = [], online: Bool = true) -> JSON {
        .object([
            ("online", .bool(online)), ("site", site.map(JSON.string)),
            ("devices", .array(zones.map { .object([("name", "r"), ("zone", .string($0))]) })),
        ])
    }

    static func scan(_ zone: String) -> Model.Row { .barcode(device: "g", zone: zone, Barcode(text: "a")) }

    // MARK: decisions

    @Test func aSiteOnceKnownIsNotSaidAway() {
        let book = GatewayBook([GatewayTests.grant("lyon-1", "lyon", .learned), GatewayTests.grant("old", nil)])
        #expect(book.admits(agent: "lyon-1", site: "lyon") == .known)
        #expect(book.admits(agent: "lyon-1", site: nil) == .known)
        #expect(
            book.admits(agent: "lyon-1", site: "paris")
                == .refused("it says that it stands at paris, and is known to be of lyon"))
        #expect(book.admits(agent: "new", site: "lyon") == .new)
        #expect(book.admits(agent: "old", site: "lyon") == .new)
    }

    @Test func aZoneIsItsSites() {
        let book = GatewayBook(
            [
                GatewayTests.grant("lyon-1", "lyon", zones: ["dock-1", "dock-2"]), GatewayTests.grant("lyon-2", "lyon"),
                GatewayTests.grant("paris-1", "paris"), GatewayTests.grant("evil", "paris", .learned),
                GatewayTests.grant("nowhere", nil),
            ], claims: ["paris-1": ["gate", "shared"], "lyon-2": ["shared"], "evil": ["dock-1", "gate", "cellar"]])
        #expect(book.mayCount(agent: "lyon-1", zone: "dock-1"))
        // Its zones are named: it has no others.
        #expect(!book.mayCount(agent: "lyon-1", zone: "yard"))
        #expect(book.mayCount(agent: "lyon-2", zone: "dock-1") && book.mayCount(agent: "lyon-2", zone: "yard"))
        for agent in ["paris-1", "evil", "nowhere", "stranger"] {
            #expect(!book.mayCount(agent: agent, zone: "dock-1"), "\(agent)")
        }
        // What nobody named is the site's whose confirmed agents have devices there; a learned one's word claims nothing.
        #expect(book.mayCount(agent: "evil", zone: "gate") && !book.mayCount(agent: "lyon-2", zone: "gate"))
        #expect(book.mayCount(agent: "paris-1", zone: "shared") && book.mayCount(agent: "lyon-2", zone: "shared"))
        #expect(book.mayCount(agent: "lyon-2", zone: "cellar"))
        #expect(book.mustWait(for: "stranger") && !book.mustWait(for: "evil"))
        #expect(!GatewayBook([GatewayTests.grant("lyon-2", "lyon")]).mustWait(for: "stranger"))
    }

    @Test func aRowThatIsNotItsOwnHasAReason() {
        let book = GatewayBook([
            GatewayTests.grant("lyon-1", "lyon", zones: ["dock-1"]), GatewayTests.grant("evil", "paris"),
            GatewayTests.grant("mute", "lyon", mayTelephone: false),
        ])
        #expect(book.objection(to: GatewayTests.scan("dock-1"), of: "lyon-1") == nil)
        #expect(
            book.objection(to: GatewayTests.scan("dock-1"), of: "evil")
                == GatewayBook.Objection(
                    code: "zone-not-yours", text: "it read in zone dock-1, which is of lyon"))
        #expect(book.objection(to: .key(device: "k", zone: "dock-1", text: "a"), of: "evil")?.code == "zone-not-yours")
        #expect(book.objection(to: .skipped(reason: "full"), of: "evil") == nil)
        let call = CallTests.call("1", at: 5, answeredBy: "101")
        #expect(book.objection(to: .call(device: "pbx", call), of: "lyon-1") == nil)
        #expect(book.objection(to: .call(device: "pbx", call), of: "mute")?.code == "may-not-telephone")
        #expect(!book.mayTelephone(agent: "mute") && book.mayTelephone(agent: "stranger"))
        // A telephone of another site, by its whole name.
        let foreign = CallTests.call("2", at: 5, answeredBy: "101@lyon")
        #expect(book.objection(to: .call(device: "pbx", foreign), of: "evil")?.code == "desk-not-yours")
        #expect(book.objection(to: .call(device: "pbx", foreign), of: "lyon-1") == nil)
        // An address of somebody outside is no telephone of ours.
        #expect(book.mayTell(CallTests.call("3", at: 5, from: "bob@example.net"), agent: "evil"))
    }

    // MARK: learning, confirming, forgetting

    @Test func anAgentIsLearnedAtFirstContactAndBoundToItsSite() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        let desk = GatewayDesk(store)
        #expect(try desk.admit(GatewayTests.status("lyon", online: false), of: "dock", at: 1) == .nobody)
        #expect(try store.gateways.grants().isEmpty)
        #expect(try desk.admit(GatewayTests.status("lyon"), of: "dock", at: 2) == .welcome(site: "lyon"))
        #expect(try store.gateways.grants().map(\.state) == [.learned])
        // It says something else later: refused, with an alarm that names both, once.
        for moment in 3...4 as ClosedRange<Int64> {
            #expect(
                try desk.admit(GatewayTests.status("paris"), of: "dock", at: moment)
                    == .refused("it says that it stands at paris, and is known to be of lyon"))
        }
        let alarm = try store.gateways.rows().first?.alarm
        #expect(alarm?.contains("paris") == true && alarm?.contains("lyon") == true)
        #expect(try store.database.integer("SELECT count(*) FROM entry WHERE kind='gateway.alarm'") == 1)
        #expect(try desk.admit(GatewayTests.status("lyon"), of: "dock", at: 5) == .welcome(site: "lyon"))
        #expect(try store.gateways.rows().first?.alarm == nil)
        // Somebody moves it.
        try desk.add("dock", site: "paris", zones: ["gate"], mayTelephone: false, by: Author("Nadia"), at: 6)
        #expect(try desk.admit(GatewayTests.status("paris"), of: "dock", at: 7) == .welcome(site: "paris"))
        #expect(try store.gateways.rows().first?.site == "paris")
        #expect(try !desk.book().mayTelephone(agent: "dock"))
    }

    @Test func whatAnotherProcessConfirmsIsKnownAtOnce() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        let desk = GatewayDesk(store)
        _ = try desk.admit(GatewayTests.status("lyon", zones: ["dock-1"]), of: "dock", at: 1)
        _ = try desk.admit(GatewayTests.status("paris", zones: ["dock-1"]), of: "evil", at: 1)
        #expect(try desk.book().mayCount(agent: "evil", zone: "dock-1"))
        let other = GatewayDesk(try TestStore.open("\(folder.path)/db"))
        #expect(try other.confirm("dock", by: Author("Nadia"), at: 2))
        #expect(try other.confirm("dock", by: Author("Nadia"), at: 3), "twice is once")
        #expect(try !other.confirm("nobody", by: Author("Nadia"), at: 3))
        _ = try desk.admit(GatewayTests.status("lyon", zones: ["dock-1"]), of: "dock", at: 4)
        #expect(try !desk.book().mayCount(agent: "evil", zone: "dock-1"))
        #expect(try desk.book().mayCount(agent: "dock", zone: "dock-1"))
        #expect(throws: GatewayDesk.Refusal.zone("gate", of: "paris-1", at: "paris")) {
            try other.add("paris-1", site: "paris", zones: ["gate"], mayTelephone: true, by: Author("Nadia"), at: 5)
            try other.add("dock", site: "lyon", zones: ["gate"], mayTelephone: true, by: Author("Nadia"), at: 6)
        }
        #expect(try store.database.integer("SELECT count(*) FROM entry WHERE kind='gateway.confirm'") == 1)
        // Whatever the stranger goes on to say, its alarm is said once, until somebody has looked.
        for zone in ["dock-1", "gate"] {
            try desk.object(
                GatewayBook.Objection(code: "zone-not-yours", text: "it read in zone \(zone)"), to: "evil", at: 7)
        }
        #expect(
            try store.gateways.rows().first(where: { $0.name == "evil" })?.alarm
                == "not its own: it read in zone dock-1")
        #expect(try store.database.integer("SELECT count(*) FROM entry WHERE kind='gateway.alarm'") == 1)
        #expect(try other.confirm("evil", by: Author("Nadia"), at: 8))
        #expect(try store.gateways.rows().first(where: { $0.name == "evil" })?.alarm == nil)
    }

    @Test func whoIsForgottenLeavesNoRunningCall() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        let desk = GatewayDesk(store)
        for agent in ["dock", "other"] {
            _ = try desk.admit(GatewayTests.status("lyon"), of: agent, at: 1)
            try store.gateways.update(agent: agent, site: "lyon", online: true, status: nil, at: 1)
            var running = CallTests.call("17", at: 1000)
            running.legs = [.init(id: "a", desk: "101", state: .talking, rangAt: 1000, answeredAt: 1001)]
            (running.state, running.endedAt) = (.answered, nil)
            try CallTests.tell(running, by: agent, in: store)
        }
        _ = try store.gateways.desire("version = 1", of: "dock", expires: nil, who: "Nadia", at: 1)
        let ended = try desk.forget("dock", by: Author("Nadia"), at: 2000)
        #expect(ended?.map(\.call) == ["dock/pbx/17"])
        let call = try store.calls.row("dock/pbx/17")?.snapshot
        #expect(call?.state == .ended && call?.cause == .lost && call?.endedAt == 2000)
        #expect(call?.legs.first?.state == .ended && call?.revision == 2)
        #expect(try store.calls.row("other/pbx/17")?.snapshot.state == .answered)
        #expect(try store.gateways.rows().map(\.name) == ["other"])
        #expect(try store.gateways.grants().map(\.name) == ["other"])
        #expect(try store.gateways.desired().isEmpty)
        #expect(try desk.forget("dock", by: Author("Nadia"), at: 2001) == nil)
        // It comes again: learned, as anybody.
        #expect(try desk.admit(GatewayTests.status("paris"), of: "dock", at: 2002) == .welcome(site: "paris"))
    }
}
