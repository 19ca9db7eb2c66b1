import Logging
import Model
import Platform
import Settings

extension Agent {
    /// What became of reading the files again.
    enum Reloaded: Equatable, Sendable {
        case same
        case refused([String])
        case devices(ConfigurationChanges)
        /// What changed holds for the whole agent: it starts again, in its own process.
        case startAgain(ConfigurationChanges)
    }

    /// Reads the files again, as SIGHUP and `systemctl reload` ask. One mistake refuses all of it. Waits for goodbyes of devices: call it
    /// on a thread of its own.
    func reload(_ file: String?) -> Reloaded {
        let reloaded = read(file)
        switch reloaded {
        case .same: logger.notice("configuration read again", metadata: ["changed": "nothing"])
        case .refused(let mistakes):
            for mistake in mistakes { logger.error("configuration refused", metadata: ["reason": "\(mistake)"]) }
        case .devices(let changes): logger.notice("configuration read again", metadata: ["changed": "\(changes.words)"])
        case .startAgain(let changes):
            logger.notice("configuration read again, starting again", metadata: ["changed": "\(changes.words)"])
        }
        // Who starts again looks again.
        if case .startAgain = reloaded { return reloaded }
        examine()
        return reloaded
    }

    private func read(_ file: String?) -> Reloaded {
        let next: AgentConfiguration
        do {
            next = try AgentConfiguration.load(file)
            for device in next.devices { _ = try device.resolvedSettings() }
            // What would end an agent that starts again with it.
            if let password = next.uplink.password { _ = try Files.secret(password) }
            for path in [next.uplink.authority, next.uplink.certificate, next.uplink.key] {
                if let path { _ = try Files.read(path, limit: 4 << 20) }
            }
            try Files.makeFolder(next.state)
        } catch {
            let mistakes = (error as? Problems)?.list.map(\.description) ?? ["\(error)"]
            refusedFiles.with { $0 = mistakes }
            return .refused(mistakes)
        }
        refusedFiles.with { $0 = [] }
        let changes = own.with { $0.changes(to: next) }
        guard !changes.isEmpty else { return .same }
        // With a configuration of the centre's the file says what that may: both are weighed anew.
        guard changes.others.isEmpty, downlink?.isInUse != true else { return .startAgain(changes) }
        own.with { $0 = next }
        downlink?.own.with { $0 = next }
        fleet.change(to: next, changes)
        return .devices(changes)
    }
}
