import Model

/// One device as the pages, the verbs and the metrics show it.
struct DeviceStatus: Equatable, Sendable {
    var name: String
    var driver: String
    var title: String
    var kind: String
    var port: String
    var zone: String
    /// missing, denied, gone, failed, starting, ready, failing
    var state: String
    /// What is wrong and what to try.
    var reason: String?
    /// Unix milliseconds of the last change of state.
    var since: Int64
    var identity: [String: String] = [:]
    var observations: UInt64 = 0
    var noise: UInt64 = 0
    var faults: UInt64 = 0
    var restarts: UInt64 = 0
    /// Tags in the zone, or calls that run.
    var present = 0
    /// Unix milliseconds of the last observation.
    var lastSeen: Int64?
    var refused: UInt64 = 0

    var json: JSON {
        .object([
            ("name", .string(name)), ("driver", .string(driver)), ("title", .string(title)), ("kind", .string(kind)),
            ("port", .string(port)), ("zone", .string(zone)), ("state", .string(state)),
            ("reason", reason.map(JSON.string)), ("since", .int(since)),
            (
                "identity",
                identity.isEmpty
                    ? nil : .object(identity.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
            ),
            ("observations", .int(Int64(clamping: observations))), ("noiseBytes", .int(Int64(clamping: noise))),
            ("faults", .int(Int64(clamping: faults))), ("restarts", .int(Int64(clamping: restarts))),
            ("present", .int(Int64(present))), ("lastSeen", lastSeen.map(JSON.int)),
            ("refused", .int(Int64(clamping: refused))),
        ])
    }
}
