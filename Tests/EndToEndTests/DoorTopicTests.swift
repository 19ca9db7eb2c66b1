import Depot
import Followers
import Model
import Settings
import TestSupport
import Testing

@testable import IngestServer

/// `[epcis]`, `[events]` and `[home-assistant]`, and the flow of the how-to.
struct DoorTopicTests {
    private func parse(_ text: String) throws -> IngestConfiguration {
        try IngestConfiguration(parsing: "version = 1\n\(text)", file: "ingest.toml")
    }

    @Test func sectionsAreReadAndMistakesFound() throws {
        let none = try parse("")
        #expect(none.epcis == nil && !none.events.isTold && none.home == nil)
        let some = try parse(
            """
            [epcis]
            gln = "4012345000009"
            url = "http://repository.example/epcis"
            secret = "credential:epcis"
            [epcis.zone.gate]
            gln = "4012345000016"
            [events]
            mqtt = true
            [home-assistant]
            discovery = true
            prefix = "ha/x"
            """)
        #expect(some.epcis?.url == "http://repository.example/epcis" && some.epcis?.unpacks == true)
        #expect(some.warnings.contains { $0.contains("[epcis]") })
        #expect(some.events.isTold && !some.events.isPersonal && some.home?.prefix == "ha/x")
        for bad in [
            "[epcis]\ngln = \"4012345000008\"", "[epcis]\nurl = \"ftp://x\"", "[epcis]\nurl = \"https://a@b\"",
            "[epcis]\nsecret = \"plain\"", "[epcis]\nuser = \"x\"", "[epcis]\nkeep-days = 0",
            "[home-assistant]\nprefix = \"a/#\"", "[events]\nmqtt = 1",
        ] {
            #expect(throws: Problems.self, "\(bad)") { try parse(bad) }
        }
    }

    /// Each topic that the flow subscribes to is one on which something is told.
    @Test func theFlowOfTheHowToHearsWhatIsTold() throws {
        let flow = try JSON(parsing: Fixture.bytes(at: Fixture.root + "/docs/how-to/node-red-flow.json")).list ?? []
        let ids = Set(flow.compactMap { $0["id"]?.text })
        for node in flow {
            for wire in (node["wires"]?.list ?? []).flatMap({ $0.list ?? [] }) {
                #expect(ids.contains(wire.text ?? ""))
            }
        }
        let topics = flow.filter { $0["type"] == "mqtt in" }.compactMap { $0["topic"]?.text }
        #expect(topics.count == 2)
        let told = [Fact.Kind.deliveryClosed, .gatewayOffline, .gatewayOnline].compactMap { kind in
            CloudEvent(
                Entry(seq: 1, at: 1, author: Author("x"), site: nil, fact: Fact(kind, "7")), link: "00",
                instance: "centre",
                personal: false)
        }.map { EventTopics.topic($0, instance: "centre") }
        #expect(told.contains("quai/1/ev/centre/delivery/close"))
        for topic in topics {
            let parts = topic.split(separator: "/")
            #expect(
                told.contains { zip(parts, $0.split(separator: "/")).allSatisfy { $0 == "+" || $0 == $1 } }, "\(topic)")
        }
    }
}
