import Depot
public import Model

/// What pages are told of gateways. Of a few everything, also how a counter grew; of many only what somebody would do something about,
/// and when much of that comes at once, as after a broker was away, that the page is to be read again. A value.
public struct GatewayNews: Sendable {
    /// So many are told wholly.
    static let fewLimit = 100
    /// So many are told one by one at once.
    public static let atOnce = 50

    /// A digest of what each was when it was told last.
    private var told: [String: Int] = [:]

    public init() {}

    /// Whether a gateway as it is now is worth telling.
    public mutating func isNews(_ name: String, _ gateway: JSON) -> Bool {
        let digest = GatewayNews.digest(gateway)
        let was = told.updateValue(digest, forKey: name)
        return told.count <= GatewayNews.fewLimit || was != digest
    }

    public mutating func forget(_ name: String) { told[name] = nil }

    private static func digest(_ gateway: JSON) -> Int {
        var hasher = Hasher()
        func take(_ json: JSON?, _ names: [String]) { for name in names { hasher.combine(json?[name]?.description) } }
        take(gateway, ["site", "online", "silent", "alarm"])
        let status = gateway["status"]
        take(status, ["version", "configuration", "update", "clockOffset"])
        take(status?["buffer"], ["level", "trouble", "code"])
        take(status?["uplink"], ["delivering", "alarm"])
        // Each time that what waits doubles, or halves: a dock says how many wait.
        let pending = (status?["account"]?["pending"] ?? status?["buffer"]?["pending"])?.integer ?? 0
        hasher.combine(max(0, pending).bitWidth - max(0, pending).leadingZeroBitCount)
        for device in status?["devices"]?.list ?? [] {
            take(device, ["name", "zone", "state", "reason"])
            hasher.combine(device["notSaved"]?["code"]?.text)
        }
        for finding in status?["findings"]?.list ?? [] { take(finding, ["code", "subject"]) }
        return hasher.finalize()
    }
}
