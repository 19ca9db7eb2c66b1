import Depot
import Followers
import Model
import Platform
import ServiceLifecycle
import Settings

/// `[home-assistant]`: whether it is told of gateways and readers. Without the section nothing is said; with `discovery = false` what was
/// said is taken back.
struct HomeSettings: Sendable {
    var isOn = false
    var prefix = "homeassistant"

    init(_ section: Section) {
        isOn = section.boolean("discovery") ?? false
        guard let text = section.string("prefix") else { return }
        let isTopic = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-_/".utf8.contains(byte)
        }
        if isTopic, (1...100).contains(text.utf8.count), !text.hasPrefix("/"), !text.hasSuffix("/") {
            prefix = text
        } else {
            section.reject("prefix", "must be the beginning of a topic, such as \"homeassistant\"")
        }
    }
}

/// Tells Home Assistant what there is, retained at the broker. What was told before, by another run too, is what the broker has: it is read
/// there, and taken back where it is no more.
final class HomeLink: Service {
    /// The broker has given what is retained by then.
    private static let patience: Duration = .seconds(3)

    private struct Told {
        /// Digests by topic.
        var messages: [String: String] = [:]
        var since: Instant?
    }

    private let settings: HomeSettings
    private let discovery: HomeDiscovery
    private let reads: LongReads
    private let mail: AgentMail
    private let told = Locked(Told())

    init(_ settings: HomeSettings, _ wiring: Wiring) {
        self.settings = settings
        (reads, mail) = (wiring.reads, wiring.mail)
        discovery = HomeDiscovery(
            prefix: settings.prefix, instance: wiring.configuration.instance, version: IngestServer.version)
    }

    var patterns: [String] { [discovery.pattern, discovery.stateTopic("+")] }
    /// Entities and states that are told.
    var count: Int { told.with { $0.messages.count } }

    /// The connection is new: what the broker has is what was told.
    func begin() { told.with { $0 = Told(messages: [:], since: Clocks.now) } }

    /// False where it is not about this.
    func hear(_ topic: String, _ payload: [UInt8]) -> Bool {
        guard discovery.isOurs(topic) || topic.hasPrefix(discovery.stateTopic("")) else { return false }
        told.with { $0.messages[topic] = payload.isEmpty ? nil : Topic.digest(of: payload) }
        return true
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.tell()
                try? await Task.sleep(for: .seconds(2))
            }
        }
    }

    private func tell() async {
        guard let since = told.with({ $0.since }), Clocks.now - since >= HomeLink.patience else { return }
        let gateways =
            settings.isOn
            ? try? await reads.read { store in
                try store.gateways.rows().map {
                    HomeDiscovery.Gateway(name: $0.name, isOnline: $0.online, status: $0.status)
                }
            } : []
        guard let gateways else { return }
        let wanted = discovery.messages(gateways, rfc3339: rfc3339).mapValues(\.text8)
        let before = told.with { $0.messages }
        for (topic, payload) in wanted.sorted(by: { $0.key < $1.key }) {
            let digest = Topic.digest(of: payload)
            guard before[topic] != digest else { continue }
            mail.post(.said(AgentMail.Said(topic: topic, payload: payload, retain: true)))
            told.with { $0.messages[topic] = digest }
        }
        for topic in before.keys where wanted[topic] == nil {
            mail.post(.said(AgentMail.Said(topic: topic, payload: [], retain: true)))
            told.with { $0.messages[topic] = nil }
        }
    }
}
