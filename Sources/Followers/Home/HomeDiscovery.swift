public import Model

/// What Home Assistant is told of gateways, their buffers and readers by MQTT discovery
/// (https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery): one retained message for each entity, and one state for each
/// gateway that all its entities read.
public struct HomeDiscovery: Equatable, Sendable {
    /// A gateway as the centre knows it.
    public struct Gateway: Sendable {
        public var name: String
        public var isOnline: Bool
        /// What it said of itself.
        public var status: JSON?

        public init(name: String, isOnline: Bool, status: JSON?) {
            (self.name, self.isOnline, self.status) = (name, isOnline, status)
        }
    }

    /// Entities beyond as many are not told.
    public static let limit = 2000

    /// `homeassistant`, as it is set there.
    public let prefix: String
    public let instance: String
    public let version: String

    public init(prefix: String, instance: String, version: String) {
        (self.prefix, self.instance, self.version) = (prefix, instance, version)
    }

    /// Everything of this centre below the prefix.
    public var pattern: String { "\(prefix)/+/\(node)/+/config" }

    public func isOurs(_ topic: String) -> Bool {
        let parts = topic.split(separator: "/", omittingEmptySubsequences: false)
        let before = prefix.split(separator: "/", omittingEmptySubsequences: false).count
        return topic.hasPrefix("\(prefix)/") && parts.count == before + 4 && parts[before + 1] == node
            && parts.last == "config"
    }

    /// Where the state of a gateway stands.
    public func stateTopic(_ gateway: String) -> String { "\(Topic.root)/ha/\(instance)/\(gateway)" }

    private var node: String { "quai_\(instance)" }

    /// Retained messages by topic; those of states among them.
    public func messages(_ gateways: [Gateway], rfc3339: (Int64) -> String) -> [String: JSON] {
        var messages: [String: JSON] = [:]
        for gateway in gateways.sorted(by: { $0.name < $1.name }) {
            let devices = HomeDiscovery.devices(gateway.status)
            guard messages.count + 3 + devices.count * 2 <= HomeDiscovery.limit else { break }
            messages[stateTopic(gateway.name)] = state(gateway, devices, rfc3339)
            let base = { (what: String, key: String) in "\(gateway.name)_\(key)\(what)" }
            func add(_ component: String, _ id: String, _ name: JSON, _ template: String, _ more: [(String, JSON?)]) {
                let entity = JSON.object(
                    [
                        ("name", name), ("unique_id", .string("\(node)_\(id)")),
                        ("state_topic", .string(stateTopic(gateway.name))), ("value_template", .string(template)),
                    ] + more + [
                        ("availability", .array(availability(gateway.name, isGateway: id == base("online", "")))),
                        ("availability_mode", "all"), ("device", device(gateway)),
                        ("origin", .object([("name", "quai"), ("sw_version", .string(version))])),
                    ])
                messages["\(prefix)/\(component)/\(node)/\(id)/config"] = entity
            }
            add(
                "binary_sensor", base("online", ""), "online", "{{ 'ON' if value_json.online else 'OFF' }}",
                [("device_class", "connectivity"), ("entity_category", "diagnostic")])
            add(
                "sensor", base("waiting", ""), "records waiting", "{{ value_json.waiting }}",
                [("state_class", "measurement"), ("unit_of_measurement", "records"), ("icon", "mdi:tray-full")])
            for (key, json) in devices {
                let name = json["name"]?.text ?? key
                add(
                    "binary_sensor", base("_ready", key), .string(name),
                    "{{ 'ON' if value_json.devices['\(key)'].ready else 'OFF' }}", [("device_class", "connectivity")])
                add(
                    "sensor", base("_last", key), .string("\(name) last scan"),
                    "{{ value_json.devices['\(key)'].last or None }}", [("device_class", "timestamp")])
            }
        }
        return messages
    }

    private func availability(_ gateway: String, isGateway: Bool) -> [JSON] {
        let template = JSON.string("{{ 'online' if value_json.online else 'offline' }}")
        let centre = JSON.object([
            ("topic", .string("\(Topic.presence)/\(instance)")), ("value_template", template),
        ])
        // Of a gateway that is away its entities are not known, but that it is away is.
        guard !isGateway else { return [centre] }
        return [centre, .object([("topic", .string(stateTopic(gateway))), ("value_template", template)])]
    }

    private func device(_ gateway: Gateway) -> JSON {
        .object([
            ("identifiers", .array([.string("\(node)_\(gateway.name)")])), ("name", .string(gateway.name)),
            ("manufacturer", "Quai"), ("model", "edge-agent"),
            ("sw_version", gateway.status?["version"]?.text.map(JSON.string)),
        ])
    }

    private func state(_ gateway: Gateway, _ devices: [(String, JSON)], _ rfc3339: (Int64) -> String) -> JSON {
        .object([
            ("online", .bool(gateway.isOnline)), ("waiting", .int(gateway.status?["buffer"]?["pending"]?.integer ?? 0)),
            (
                "devices",
                .object(
                    devices.map { key, json in
                        (
                            key,
                            .object([
                                ("ready", .bool(gateway.isOnline && json["state"]?.text == "ready")),
                                ("last", json["lastSeen"]?.integer.map { .string(rfc3339($0)) } ?? .string("")),
                            ])
                        )
                    })
            ),
        ])
    }

    /// Readers and other devices by a name that may stand in a topic and in a template; telephone links are nobody's home.
    private static func devices(_ status: JSON?) -> [(String, JSON)] {
        var known: Set<String> = []
        return (status?["devices"]?.list ?? []).compactMap { json in
            guard json["kind"]?.text != "telephony", let name = json["name"]?.text else { return nil }
            let key = HomeDiscovery.key(name)
            return known.insert(key).inserted ? (key, json) : nil
        }
    }

    /// `[a-z0-9-]` stays, everything else is `_` and its hex: no two names have one key.
    static func key(_ name: String) -> String {
        name.utf8.prefix(64).reduce(into: "") { out, byte in
            let stays = (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D
            out += stays ? String(UnicodeScalar(byte)) : "_\(Hex.string([byte]).lowercased())"
        }
    }
}
