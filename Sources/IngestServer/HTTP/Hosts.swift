import Glibc
import Model
import NIOCore
import Platform
import Synchronization

/// What this server is to whoever asks: the names that it answers to, who may say from where they come, and its certificate. A page of a
/// stranger's name that was pointed at this machine (DNS rebinding) would otherwise pass for our own.
final class Hosts: Sendable {
    private struct State {
        var names: Set<String>
        var proxies: Proxies
        var doubtful: UInt64 = 0
    }

    private let state: Mutex<State>
    /// Nil where pages are served in clear.
    let certificate: PageCertificate?
    let reloads = Locked(ReloadCounts())

    init(_ configuration: IngestConfiguration, certificate: PageCertificate? = nil) {
        state = Mutex(State(names: Hosts.names(configuration), proxies: configuration.proxies))
        self.certificate = certificate
    }

    /// Others from the next request on.
    func change(to configuration: IngestConfiguration) {
        let names = Hosts.names(configuration)
        state.withLock { ($0.names, $0.proxies) = (names, configuration.proxies) }
    }

    private static func names(_ configuration: IngestConfiguration) -> Set<String> {
        return Set(
            ["localhost", "127.0.0.1", "[::1]", Machine.name.lowercased(), configuration.address.lowercased()]
                + configuration.hosts
                + (configuration.signIn.host.map { [$0] } ?? []))
    }

    /// `host` as the request's header gives it, with or without a port.
    func allow(_ host: String?) -> Bool {
        guard let host else { return false }
        let name = Hosts.name(host)
        return state.withLock { $0.names.contains(name) }
    }

    /// Without its port, in small letters.
    static func name(_ host: String) -> String {
        let host = host.lowercased()
        guard let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") else { return host }
        return String(host[..<colon])
    }

    /// A name of the machine that the browser itself is on.
    static func isOwn(_ host: String) -> Bool {
        let name = name(host)
        return name == "localhost" || name == "[::1]" || name.hasPrefix("127.")
    }

    func visit(from peer: SocketAddress?, host: String?, headers: (String) -> [String]) -> Visit {
        state.withLock { $0.proxies }.visit(
            from: peer, isEncrypted: certificate != nil, host: host, headers: headers)
    }

    /// Whether everybody may come from there.
    func isProxy(_ peer: SocketAddress?) -> Bool { state.withLock { $0.proxies.names(peer?.ipAddress) } }

    /// Counts a request of which somebody said in vain from where it comes; true for the first.
    func doubt() -> Bool {
        state.withLock { state in
            state.doubtful += 1
            return state.doubtful == 1
        }
    }

    var metrics: String {
        var metrics = Prometheus()
        metrics.add(
            "quai_ingest_http_forwarded_ignored_total", "counter",
            "Requests that said from where they come, and were not believed.",
            [([], Double(state.withLock { $0.doubtful }))])
        return metrics.text + (certificate?.metrics ?? "") + reloads.with { $0.metrics }
    }
}
