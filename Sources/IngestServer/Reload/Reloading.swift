import Logging
import Model
import Platform
import ServiceLifecycle
import Settings
import UnixSignals

/// Reads the configuration again at SIGHUP (`systemctl reload edge-ingest`). A bad one is refused as a whole.
actor Reloading: Service {
    /// Who takes changes up.
    struct Parts: Sendable {
        var wiring: Wiring
        var hosts: Hosts
        var certificate: CertificateWatch?
        var link: CentreLink
        var channels: ChannelLink
        var webhooks: WebhookLink
        var erp: Replaceable
        var exchange: Replaceable
        var syslog: Replaceable
        var repository: Replaceable
        var tracing: Replaceable
        var level: Locked<Logger.Level>
    }

    /// Where it is now: a packaged one may have come since.
    private let file: @Sendable () -> String?
    private let start: IngestConfiguration
    private var last: IngestConfiguration
    /// What the files of the broker's certificate and its secret had.
    private var brokerFiles: [String]
    private let parts: Parts
    private let logger: Logger
    private let counts: Locked<ReloadCounts>

    init(
        _ configuration: IngestConfiguration, file: @escaping @Sendable () -> String?, _ parts: Parts,
        _ counts: Locked<ReloadCounts>,
        logger: Logger
    ) {
        (self.file, start, last, self.parts, self.logger) = (file, configuration, configuration, parts, logger)
        self.counts = counts
        brokerFiles = Reloading.files(of: configuration)
    }

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        for await _ in signals.cancelOnGracefulShutdown() { await reload() }
    }

    private func reload() async {
        let next: IngestConfiguration
        do { next = try IngestConfiguration.load(file()) } catch {
            return refuse((error as? Problems)?.list ?? [error])
        }
        let change = ConfigurationChange(start: start.written, last: last.written, now: next.written)
        if let watch = parts.certificate, start.pages != nil, let pages = next.pages {
            let look = watch.certificate.look(pages, isAsked: true, now: Clocks.wall)
            // Others are named, and they do not do: then nothing of the file is taken.
            if case .refused(let why) = look, change.parts.contains(.certificate) {
                return refuse([CertificatePair.Refusal(text: "[http]: \(why)")])
            }
            watch.tell(look)
        }
        let (held, files) = (next.held(since: start), Reloading.files(of: next))
        do { try await parts.wiring.take(held) } catch {
            if let watch = parts.certificate, let former = last.pages {
                _ = watch.certificate.look(former, isAsked: true, now: Clocks.wall)
            }
            return refuse([error])
        }
        await begin(change.parts, held, isBroker: change.parts.contains(.broker) || files != brokerFiles)
        counts.with { ($0.taken, $0.waiting) = ($0.taken + 1, change.waiting.count) }
        var keys = change.keys
        if files != brokerFiles { keys.append("what the files of [broker] have") }
        let changed = keys.isEmpty ? "nothing" : keys.joined(separator: ", ")
        (last, brokerFiles) = (next, files)
        logger.notice(
            "the configuration is read again",
            metadata: ["files": "\(ConfigurationFiles.words(next.files, "ingest"))", "changed": "\(changed)"])
        // systemd gives them once, at the start; *Repairs* and doctor have it as `secret-unreadable`.
        for secret in Probes.secrets(held) {
            guard let problem = secret.problem else { continue }
            logger.warning(
                "a secret cannot be read", metadata: ["section": "\(secret.subject)", "reason": "\(problem)"])
        }
        guard !change.waiting.isEmpty else { return }
        logger.warning(
            "these wait for a restart",
            metadata: [
                "keys": "\(change.waiting.joined(separator: ", "))", "remedy": "systemctl restart edge-ingest",
            ])
    }

    private func begin(
        _ changed: Set<ConfigurationChange.Part>, _ configuration: IngestConfiguration, isBroker: Bool
    ) async {
        if changed.contains(.log) {
            parts.level.with { $0 = Logger.Level(rawValue: configuration.logLevel) ?? .info }
        }
        if changed.contains(.names) { parts.hosts.change(to: configuration) }
        if isBroker { parts.link.reconnect(configuration) }
        if changed.contains(.erp) {
            parts.wiring.accounts.takeERP(configuration)
            parts.erp.replace(configuration)
        }
        if changed.contains(.exchange) { parts.exchange.replace(configuration) }
        if changed.contains(.syslog) { parts.syslog.replace(configuration) }
        if changed.contains(.repository) { parts.repository.replace(configuration) }
        if changed.contains(.tracing) { parts.tracing.replace(configuration) }
        // Another secret may lie in their files: those are read again.
        await parts.channels.take(configuration)
        await parts.webhooks.take(configuration.webhooks)
    }

    private func refuse(_ problems: [any Error]) {
        counts.with { $0.refused += 1 }
        for problem in problems.prefix(20) {
            logger.error("the configuration is not taken, the former stays", metadata: ["reason": "\(problem)"])
        }
    }

    private static func files(of configuration: IngestConfiguration) -> [String] {
        let paths = [configuration.authority, configuration.certificate, configuration.key]
        return paths.map { path in
            path.flatMap { try? Files.read($0, limit: CertificateFiles.limit) }.map {
                String(decoding: $0, as: UTF8.self)
            } ?? ""
        } + [configuration.password.flatMap { try? Files.secret($0) } ?? ""]
    }
}

/// How often the configuration was read again, for metrics.
struct ReloadCounts: Sendable {
    var taken: UInt64 = 0
    var refused: UInt64 = 0
    /// Keys that wait for a restart.
    var waiting = 0

    var metrics: String {
        var metrics = Prometheus()
        metrics.add(
            "quai_ingest_reloads_total", "counter", "Configurations read again, by what became of them.",
            [([("result", "taken")], Double(taken)), ([("result", "refused")], Double(refused))])
        metrics.add(
            "quai_ingest_restart_waiting", "gauge", "Changed keys that have no effect until the next start.",
            [([], Double(waiting))])
        return metrics.text
    }
}
