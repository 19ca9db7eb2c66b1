import Glibc
import Logging
import Model
import Platform
import Settings

/// Another version, where the centre asks for one and this machine's own file lets it. The agent may install nothing: it writes a request, which
/// `edge-agent-update.path` sees, and reads what became of it (packaging/debian/update).
final class Updating: Sendable {
    /// Root's; what the script writes there everybody may read.
    static let told = "/var/lib/quai-update"
    /// A request that lies for so long is nobody's: the unit is not enabled. In milliseconds.
    static let patience: Int64 = 120_000

    private let settings: AgentConfiguration.Update
    private let folder: String
    private let told: String
    private let logger: Logger
    /// The package's version, as it was when this process began: another one begins another process.
    private let package: String?

    init(_ configuration: AgentConfiguration, told: String = Updating.told, logger: Logger) {
        (settings, self.told, self.logger) = (configuration.update, told, logger)
        folder = "\(configuration.state)/update"
        package = Updating.package(Updating.text("\(told)/agent.version"), program: Agent.version)
    }

    /// Only where it is this program's: one that was installed in another way says nothing there.
    static func package(_ text: String?, program: String) -> String? {
        guard let line = text?.split(whereSeparator: \.isNewline).first.map(String.init), AgentVersion.isValid(line),
            line.hasPrefix(program)
        else { return nil }
        return line
    }

    private static func text(_ path: String) -> String? {
        (try? Files.read(path, limit: 4096)).map { String(decoding: $0, as: UTF8.self) }
    }

    // MARK: the order

    /// Why it is not done; nil: it is asked for. `cause` is a code, for programs.
    static func refusal(of version: String, _ settings: AgentConfiguration.Update) -> String? {
        guard settings.isAllowed else { return "update-off" }
        guard settings.hold == nil || settings.hold == version else { return "update-held" }
        return AgentVersion.isValid(version) ? nil : "update-version"
    }

    /// May be said again: what lies there already stays as old as it is.
    func ask(
        _ id: String, version: String, isBack: Bool, until: Instant, at now: Instant = Clocks.now
    ) -> CommandProgress {
        guard now <= until else { return CommandProgress(id: id, state: .expired) }
        if let cause = Updating.refusal(of: version, settings) {
            return CommandProgress(id: id, state: .failed, cause: cause)
        }
        let (path, line) = ("\(folder)/request", "\(isBack ? "back " : "")\(version) \(id)\n")
        if Updating.text(path) == line { return CommandProgress(id: id, state: .done) }
        do {
            try Files.makeFolder(folder)
            try Files.write(Array(line.utf8), to: "\(path).new", mode: 0o600)
            guard rename("\(path).new", path) == 0 else { throw FileError(path: path, code: errno) }
        } catch {
            logger.warning("a version cannot be asked for", metadata: ["reason": "\(error)"])
            return CommandProgress(id: id, state: .failed, cause: "update-request")
        }
        logger.notice("the centre asks for a version", metadata: ["version": "\(version)", "back": "\(isBack)"])
        // How it goes on says the status: this process may be replaced by it.
        return CommandProgress(id: id, state: .done)
    }

    // MARK: what became of it

    /// Part `update` of the status.
    func status(at now: Int64) -> JSON {
        var information = stat()
        let asked =
            stat("\(folder)/request", &information) == 0 ? Int64(information.st_mtim.tv_sec) * 1000 : nil
        return Updating.status(settings, package, told: Updating.text("\(told)/state"), asked: asked, at: now)
    }

    /// `told` as the script writes it; `asked` is since when a request lies there, in Unix milliseconds.
    static func status(
        _ settings: AgentConfiguration.Update, _ package: String?, told: String?, asked: Int64?, at now: Int64
    ) -> JSON {
        var lines: [String: String] = [:]
        for line in (told ?? "").split(whereSeparator: \.isNewline).prefix(16) {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, !parts[1].isEmpty { lines[String(parts[0])] = String(parts[1]) }
        }
        var state = lines["state"].flatMap { ["running", "done", "failed"].contains($0) ? $0 : nil }
        var (code, reason) = (lines["code"], lines["reason"])
        if let asked, now - asked > patience, state != "running" {
            (state, code) = ("failed", "unit-off")
            reason = "nobody takes the request: systemctl enable --now edge-agent-update.path"
        }
        return .object([
            ("allowed", .bool(settings.isAllowed)), ("hold", settings.hold.map(JSON.string)),
            ("package", package.map(JSON.string)), ("state", state.map(JSON.string)),
            ("version", lines["version"].map(JSON.string)), ("command", lines["id"].map(JSON.string)),
            ("code", code.map(JSON.string)), ("reason", reason.map { .string($0.cut(to: Bounded.reasonLimit)) }),
            ("at", lines["at"].flatMap(Int64.init).flatMap { Bounded.times.contains($0) ? .int($0 * 1000) : nil }),
        ])
    }
}

extension Command {
    /// What root's script does, once for each id, and tells the end of: its request is written again where it was lost, and no telephone is asked
    /// what became of it.
    var isForTheScript: Bool {
        if case .update = action { true } else { false }
    }
}

extension AgentConfiguration {
    /// Whether the centre may ask for another version; the agent's own file alone says it.
    struct Update: Equatable, Sendable {
        var isAllowed = false
        /// The only version that may be asked for.
        var hold: String?
    }
}

extension AgentConfiguration.Update {
    init(_ section: Section) {
        isAllowed = section.boolean("by-centre") ?? false
        hold = section.string("hold")
        if let hold, !AgentVersion.isValid(hold) {
            section.reject("hold", "is a version of the package, such as \"0.1.0\", not \"\(hold)\"")
        }
    }
}
