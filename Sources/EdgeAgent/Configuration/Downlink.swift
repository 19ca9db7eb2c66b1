import Glibc
import Logging
import Model
import Platform

/// Keeps what the centre has set (`managed.json` beside the buffer), tries it, and goes back by itself when the centre
/// is not reached with it. What it may say is `ManagedPolicy`'s.
final class Downlink: Sendable {
    private let path: String
    /// This machine's own files, as they were last read.
    let own: Locked<AgentConfiguration>
    private let logger: Logger
    private let managed: Locked<ManagedConfiguration>
    /// Why the version that was kept is not used: the own file or the program has changed since.
    private let unusable = Locked<String?>(nil)
    /// Starts the agent again.
    private let restart = Locked<(@Sendable () -> Void)?>(nil)
    /// A restart is wanted.
    let isRestarting = Locked(false)

    /// The configuration to work with: the centre's where there is one and the own file allows it.
    static func load(_ own: AgentConfiguration, _ logger: Logger) -> (AgentConfiguration, Downlink?) {
        guard own.downlink.isAllowed else { return (own, nil) }
        let downlink = Downlink(own, logger)
        return (downlink.begin(), downlink)
    }

    private init(_ own: AgentConfiguration, _ logger: Logger) {
        self.own = Locked(own)
        self.logger = logger
        path = "\(own.state)/managed.json"
        let json = (try? Files.read(path)).flatMap { try? JSON(parsing: $0) }
        managed = Locked(json.map(ManagedConfiguration.init(json:)) ?? ManagedConfiguration())
    }

    private func begin() -> AgentConfiguration {
        let isFine = managed.with { $0.start() }
        if !isFine {
            logger.error("configuration taken back", metadata: ["reason": "the agent did not stay up with it"])
        }
        store()
        guard let text = managed.with({ $0.text }) else { return own.with { $0 } }
        do { return try usable(text) } catch {
            // It was good when it came: another version of the agent reads it now, or the own file allows less.
            managed.with { $0.takeBack("\(error)") }
            store()
            logger.error("configuration cannot be used", metadata: ["reason": "\(error)"])
        }
        guard let kept = managed.with({ $0.text }) else { return own.with { $0 } }
        do { return try usable(kept) } catch {
            unusable.with { $0 = "\(error)" }
            return own.with { $0 }
        }
    }

    /// The text as this agent works with it; throws why it does not.
    private func usable(_ text: String) throws -> AgentConfiguration {
        let configuration = try AgentConfiguration(parsing: text, file: "the centre's configuration")
        let policy = ManagedPolicy(own: own.with { $0 })
        if let problem = policy.problem(with: configuration) { throw AgentError(problem) }
        return policy.effective(configuration)
    }

    private func problem(with text: String) -> String? {
        do {
            for device in try usable(text).devices { _ = try device.resolvedSettings() }
            return nil
        } catch { return "\(error)" }
    }

    private func store() {
        let bytes = managed.with { $0.json }.text8
        do {
            try Files.makeFolder(own.with { $0.state })
            try Files.write(bytes, to: "\(path).new", mode: 0o600)
            let descriptor = open("\(path).new", O_RDONLY | O_CLOEXEC)
            fsync(descriptor)
            close(descriptor)
            rename("\(path).new", path)
        } catch { logger.error("configuration cannot be stored", metadata: ["reason": "\(error)"]) }
    }

    // MARK: while the agent runs

    /// What the centre has set is worked with.
    var isInUse: Bool { unusable.with { $0 } == nil && managed.with { $0.text } != nil }

    private var trialSeconds: Int { own.with { $0.downlink.trialSeconds } }

    var status: JSON {
        let status = managed.with { $0.status }
        guard let reason = unusable.with({ $0 }) else { return status }
        return status.with("state", "own").with("refused", status["revision"]).with("reason", .string(reason))
    }

    /// On the uplink's thread.
    func offer(_ json: JSON) {
        guard let desired = DesiredConfiguration(json: json) else {
            return logger.warning("configuration refused", metadata: ["reason": "damaged, or of another version"])
        }
        let answer = managed.with { $0.offer(desired, at: Clocks.wall) { self.problem(with: $0) } }
        switch answer {
        case .ignore: return
        case .refuse(let reason):
            store()
            logger.warning(
                "configuration refused", metadata: ["revision": "\(desired.revision)", "reason": "\(reason)"])
        case .restart:
            store()
            logger.notice("configuration received", metadata: ["revision": "\(desired.revision)"])
            startAgain()
        }
    }

    private func startAgain() {
        isRestarting.with { $0 = true }
        restart.with { $0 }?()
    }

    /// Watches a version on trial until the centre is reached with it, or not; on a thread of its own.
    func watch(isDelivering: @Sendable () -> Bool, restart: @escaping @Sendable () -> Void) {
        self.restart.with { $0 = restart }
        guard managed.with({ $0.trial != nil }) else { return }
        let end = Clocks.now + .seconds(Int64(trialSeconds))
        while Clocks.now < end {
            guard !isRestarting.with({ $0 }) else { return }
            if isDelivering() {
                managed.with { $0.confirm() }
                store()
                return logger.notice(
                    "configuration kept", metadata: ["revision": "\(managed.with { $0.kept?.revision ?? 0 })"])
            }
            _ = waitFor([], milliseconds: 200)
        }
        let reason = "the centre was not reached with it within \(trialSeconds) s"
        managed.with { $0.takeBack(reason) }
        store()
        logger.error("configuration taken back", metadata: ["reason": "\(reason)"])
        startAgain()
    }
}
