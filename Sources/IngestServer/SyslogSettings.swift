import Curl
import Settings

/// `[syslog]`: the collector that is told the trail.
struct SyslogSettings: Sendable {
    var transport: SyslogWire.Transport
    var host: String
    var port: Int
    /// A file of certificates to trust instead of the system's.
    var authority: String?

    /// Nil when something that it cannot do without is missing; the problem stands in the reader.
    init?(_ section: Section) {
        let address = section.string("address")
        authority = section.string("authority")
        guard let address else {
            section.require("address", "must be tls://HOST:PORT, tcp://HOST:PORT or udp://HOST:PORT")
            return nil
        }
        let parts = address.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].isEmpty,
            let transport = SyslogWire.Transport(rawValue: String(parts[0].dropLast())), parts[0].hasSuffix(":"),
            let host = HostName.ofURL(address), !address.contains("@")
        else {
            section.reject("address", "must be tls://HOST:PORT, tcp://HOST:PORT or udp://HOST:PORT")
            return nil
        }
        let rest = parts[2].dropFirst(parts[2].hasPrefix("[") ? host.count + 2 : host.count)
        // RFC 5425, §4.1; RFC 5426, §3.3; TCP has none of its own.
        let usual = transport == .tls ? 6514 : 514
        guard rest.isEmpty || rest.hasPrefix(":"), let port = rest.isEmpty ? usual : Int(rest.dropFirst()),
            (1...65535).contains(port)
        else {
            section.reject("address", "names no port from 1 to 65535")
            return nil
        }
        (self.transport, self.host, self.port) = (transport, host, port)
    }

    /// What is allowed and yet worth a second look.
    var warnings: [String] {
        guard transport != .tls, !HostName.isLoopback(host) else { return [] }
        return ["[syslog]: who did what travels to \(host) in clear; use tls://"]
    }
}
