import Devices
import Model
import Platform
import Rig
import TestSupport
import Testing

/// From a client's number in the directory to the display of the telephone that rings, through broker, agent and exchange.
@Suite(.serialized)
struct TelephoneNameRoadTests {
    @Test(.timeLimit(.minutes(3)), arguments: [true, false])
    func theTelephoneShowsTheClientWhereTheSiteWantsIt(wanted: Bool) throws {
        let road = try CallRoadTests.Road("names-\(wanted)", ingest: "[calls]\ntelephone-names = \(wanted)")
        defer { road.stand.stop() }
        let alice = try road.person("Alice", at: "101")
        #expect(alice.waitForDevices(1, milliseconds: 20_000))
        // A line that is known need not be attached yet, and an exchange tells nobody of calls before.
        #expect(road.pbx.waitForClient(milliseconds: 60_000))
        _ = try alice.request(
            "POST", "/api/v1/parties",
            .object([
                ("name", "Marc Dupont"), ("company", "DUPONT SARL"), ("numbers", .array([.string("0199001234")])),
            ]))
        for (from, isPrivate) in [("0199001234", false), ("0199001234", true), ("0199007777", false)] {
            road.pbx.call(
                .init(
                    from: from, to: "0123456701", desks: ["101"], patience: .milliseconds(1500), isPrivate: isPrivate))
            #expect(alice.wait(milliseconds: 15_000, for: CallRoadTests.isCard("missed")) != nil)
        }
        let shown = road.pbx.ledger.map { $0.displays["101"] }
        #expect(shown == [wanted ? "DUPONT SARL" : nil, nil, nil], "a hidden or unknown number has no name")
    }
}
