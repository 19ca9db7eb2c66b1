import Followers
import Settings

/// `[tracing]`: the OpenTelemetry collector that is told traces, and which.
struct TracingSettings: Sendable {
    /// Its address with `/v1/traces`.
    var url: String
    /// Nothing leaves this machine.
    var isLoopback: Bool
    var sampling: Sampling
    /// Requests and deliveries to webhooks that take so long are told whatever the share, in milliseconds.
    var slow: Int64 = 1000
    /// `credential:NAME` or `file:PATH`; nil: a collector that asks nobody.
    var secret: String?
    /// With a user the secret is its password (Basic), with a header its value, else a token (Bearer).
    var user: String?
    var header: String?
    /// A file of certificates to trust instead of the system's.
    var authority: String?

    /// Nil when something that it cannot do without is missing; the problem stands in the reader.
    init?(_ section: Section) {
        sampling = Sampling(share: section.number("sample", in: 0...1) ?? 0.01)
        slow = section.integer("slow-ms", in: 1...600_000) ?? slow
        (user, authority) = (section.string("user"), section.string("authority"))
        if let name = section.string("header") {
            if TracingSettings.isHeader(name) {
                header = name
            } else {
                section.reject("header", "must be the name of a header such as \"x-api-key\", and none that HTTP needs")
            }
        }
        if let reference = section.string("secret") {
            if reference.hasPrefix("credential:") || reference.hasPrefix("file:") {
                secret = reference
            } else {
                section.reject("secret", "must be credential:NAME or file:PATH; a secret never stands in this file")
            }
        } else if user != nil || header != nil {
            section.require("secret", "belongs to user and header: credential:NAME or file:PATH")
        }
        if user != nil, header != nil {
            section.reject("header", "stands beside user: one of them goes with the secret")
        }
        let form = "must be https://HOST:PORT, or http:// on this machine, without a user, password or query"
        guard let address = section.string("endpoint") else {
            section.require("endpoint", form)
            return nil
        }
        guard let host = HostName.ofURL(address), !address.contains(where: { "@?# ".contains($0) }),
            address.hasPrefix("https://") || address.hasPrefix("http://") && HostName.isLoopback(host)
        else {
            section.reject("endpoint", form)
            return nil
        }
        isLoopback = address.hasPrefix("http://")
        let base = address.hasSuffix("/") ? String(address.dropLast()) : address
        url = base.hasSuffix("/v1/traces") ? base : base + "/v1/traces"
    }

    private static func isHeader(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
            }
            && !["host", "content-type", "content-length", "transfer-encoding", "connection", "expect"]
                .contains(name.lowercased())
    }

    /// Who may be connected to: in clear nobody but this machine, whatever a name means. Bytes in network order.
    func permits(_ address: [UInt8]) -> Bool {
        guard isLoopback else { return true }
        switch address.count {
        case 4: return address[0] == 127
        case 16: return address == [UInt8](repeating: 0, count: 15) + [1]
        default: return false
        }
    }
}
