import Curl
import Settings

extension Probes {
    /// Whom the configuration names besides the broker and the ERP, and who is not reached: a connection, and where it says TLS the certificate.
    /// Nothing is said there, and no secret is sent. What UDP carries is never known to arrive.
    static func unreached(_ configuration: IngestConfiguration) -> [Picture.Other] {
        let channels = configuration.channels
        let named: [(subject: String, url: String?, authority: String?)] = [
            (
                "[syslog]", configuration.syslog.map { "\($0.transport.rawValue)://\(bracketed($0.host)):\($0.port)" },
                configuration.syslog?.authority
            ),
            ("[epcis]", configuration.epcis?.url, configuration.epcis?.authority),
            ("[tracing]", configuration.tracing?.url, configuration.tracing?.authority),
            ("[channel.email]", channels.mail?.server, channels.mail?.authority),
            ("[channel.ntfy]", channels.ntfy?.url, channels.ntfy?.authority),
            ("[channel.gotify]", channels.gotify?.url, channels.gotify?.authority),
        ]
        return named.compactMap { subject, url, authority in
            guard let url, let target = target(of: url) else { return nil }
            do throws(SyslogWire.Failure) {
                _ = try SyslogWire(
                    target.isEncrypted ? .tls : .tcp, host: target.host, port: target.port, authority: authority)
                return nil
            } catch { return Picture.Other(subject: subject, why: "\(target.host):\(target.port): \(error)") }
        }
    }

    /// Where an address leads; nil for one that has no connection.
    static func target(of url: String) -> (host: String, port: Int, isEncrypted: Bool)? {
        let usual = [
            "https": (443, true), "http": (80, false), "smtps": (465, true), "smtp": (587, false), "tls": (6514, true),
            "tcp": (514, false),
        ]
        guard let colon = url.firstIndex(of: ":"), let (port, isEncrypted) = usual[url[..<colon].lowercased()],
            let host = HostName.ofURL(url)
        else { return nil }
        let place = url[colon...].dropFirst(3).prefix { $0 != "/" && $0 != "?" }
        let rest = place.hasPrefix("[") ? place.drop { $0 != "]" }.dropFirst() : place.drop { $0 != ":" }
        return (host, rest.isEmpty ? port : Int(rest.dropFirst()) ?? port, isEncrypted)
    }

    private static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }
}
