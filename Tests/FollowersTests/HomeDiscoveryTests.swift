import Model
import Testing

@testable import Followers

/// What Home Assistant is told; that it is understood is tried by `make test-api`.
struct HomeDiscoveryTests {
    private let discovery = HomeDiscovery(prefix: "homeassistant", instance: "centre", version: "1")

    private func gateway(_ devices: [JSON], isOnline: Bool = true) -> HomeDiscovery.Gateway {
        .init(
            name: "lyon", isOnline: isOnline,
            status: .object([("buffer", .object([("pending", 3)])), ("devices", .array(devices))]))
    }

    private func device(_ name: String, kind: String = "reader") -> JSON {
        .object([("name", .string(name)), ("kind", .string(kind)), ("state", "ready"), ("lastSeen", 5)])
    }

    @Test func aGatewayItsBufferAndItsReadersAreEntities() {
        let messages = discovery.messages(
            [gateway([device("Dock 'A' {{x}}"), device("pbx", kind: "telephony")])]) { "T\($0)" }
        let key = HomeDiscovery.key("Dock 'A' {{x}}")
        #expect(!key.contains { "'{} ".contains($0) })
        #expect(
            Set(messages.keys) == [
                "quai/1/ha/centre/lyon", "homeassistant/binary_sensor/quai_centre/lyon_online/config",
                "homeassistant/sensor/quai_centre/lyon_waiting/config",
                "homeassistant/binary_sensor/quai_centre/lyon_\(key)_ready/config",
                "homeassistant/sensor/quai_centre/lyon_\(key)_last/config",
            ])
        let state = messages["quai/1/ha/centre/lyon"]
        #expect(
            state?["waiting"] == 3 && state?["devices"]?[key]?["ready"] == true
                && state?["devices"]?[key]?["last"] == "T5")
        #expect(messages.values.compactMap { $0["unique_id"]?.text }.count == 4)
    }

    @Test func oneThatIsAwayHasReadersOfWhichNobodyKnows() {
        let messages = discovery.messages([gateway([device("a")], isOnline: false)]) { "\($0)" }
        #expect(messages["quai/1/ha/centre/lyon"]?["devices"]?["a"]?["ready"] == false)
        let reader = messages["homeassistant/binary_sensor/quai_centre/lyon_a_ready/config"]
        #expect(reader?["availability"]?.list?.count == 2 && reader?["availability_mode"] == "all")
        #expect(
            messages["homeassistant/binary_sensor/quai_centre/lyon_online/config"]?["availability"]?.list?.count == 1)
    }

    @Test func onlyWhatIsOursIsTakenBack() {
        #expect(discovery.isOurs("homeassistant/sensor/quai_centre/x/config"))
        for other in [
            "homeassistant/sensor/quai_other/x/config", "homeassistant/sensor/x/config",
            "x/sensor/quai_centre/x/config", "homeassistant/status",
        ] {
            #expect(!discovery.isOurs(other), "\(other)")
        }
    }

    @Test func manyEntitiesAreBounded() {
        let devices = (0..<300).map { device("r\($0)") }
        let gateways = (0..<9).map {
            HomeDiscovery.Gateway(name: "g\($0)", isOnline: true, status: gateway(devices).status)
        }
        #expect(discovery.messages(gateways) { "\($0)" }.count <= HomeDiscovery.limit)
    }
}
