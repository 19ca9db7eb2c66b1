import Curl
import Depot
import Dispatch
import Followers
import Logging
import Model
import Platform
import ServiceLifecycle

/// Tells a collector of syslog the trail, from its own watermark. Nothing is kept for it: the ledger is the queue. The watermark goes on
/// when the other end's kernel has what was sent; what was under way when a connection broke is sent again, with the same number.
actor SyslogLink: Service {
    /// Under which its watermark is kept.
    static let name = "syslog"
    /// Entries that are sent before their watermark is written.
    static let portion = 200
    /// Between two tries to reach it, in seconds.
    static let pause: Duration = .seconds(10)
    static let settle: Duration = .seconds(1)

    // It waits for the collector.
    private let executor = ThreadExecutor(yields: true)
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let settings: SyslogSettings
    private let instance: String
    private let writer: Writer
    private let store: Store
    private let state: Locked<SyslogState>
    private let logger: Logger
    private let bell: Bell
    private var wire: SyslogWire?
    /// Told, and not yet known to have come.
    private var sent: Int64?
    /// What was told until then counts as come when the line still stands after `settle`: a collector that ends takes what it does not read.
    private var settling: (seq: Int64, since: Instant)?
    private var failed: Instant?

    init(_ settings: SyslogSettings, _ wiring: Wiring, logger: Logger) throws {
        (self.settings, instance, writer) = (settings, wiring.configuration.instance, wiring.writer)
        (state, self.logger) = (wiring.syslogState, logger)
        store = try Store(reading: wiring.configuration.database)
        bell = Bell(writer)
    }

    func run() async throws {
        let writer = writer
        await bell.follow {
            await writer.failed($0)
        } _: {
            while !Task.isCancelled, try await self.turn() {}
        }
    }

    /// True when there may be more.
    private func turn() async throws -> Bool {
        let tip = try store.ledger.tip()
        guard var mark = try store.ledger.watermark(of: SyslogLink.name) else {
            // A new one begins with what happens from now on.
            try await writer.run { desks, _ in try desks.store.ledger.mark(SyslogLink.name, at: tip) }
            return false
        }
        if let settling, Clocks.now - settling.since >= SyslogLink.settle, let wire, wire.isAcknowledged {
            try await writer.run { desks, _ in try desks.store.ledger.mark(SyslogLink.name, at: settling.seq) }
            (mark, self.settling) = (settling.seq, nil)
        }
        // Gone with what it was told: told again.
        if settling != nil, let wire {
            do throws(SyslogWire.Failure) { try wire.askWhetherOpen() } catch { fail(error) }
        }
        if settling == nil, let sent, sent > mark { settling = (sent, Clocks.now) }
        state.with { $0.behind = tip - mark }
        let start = max(sent ?? mark, mark)
        guard start < tip else { return false }
        if let failed, Clocks.now - failed < SyslogLink.pause { return false }
        var lines: [SealedEntry] = []
        try store.trail.sealed(TrailTable.Query(), after: start) { line in
            guard line.entry.seq <= tip else { return false }
            lines.append(line)
            return lines.count < SyslogLink.portion
        }
        do throws(SyslogWire.Failure) {
            let wire = try connected()
            for line in lines {
                try wire.send(SyslogMessage.bytes(line, host: instance, time: rfc3339(line.entry.at)))
                state.with { $0.sent += 1 }
            }
        } catch {
            fail(error)
            return false
        }
        sent = lines.count < SyslogLink.portion ? tip : lines.last?.entry.seq ?? tip
        return lines.count == SyslogLink.portion
    }

    private func connected() throws(SyslogWire.Failure) -> SyslogWire {
        if let wire { return wire }
        let made = try SyslogWire(
            settings.transport, host: settings.host, port: settings.port, authority: settings.authority)
        wire = made
        failed = nil
        if let since = state.with({ $0.up() }) {
            logger.notice("syslog answers again", metadata: ["seconds": "\((Clocks.wall - since) / 1000)"])
        }
        return made
    }

    private func fail(_ failure: SyslogWire.Failure) {
        (wire, sent, settling, failed) = (nil, nil, nil, Clocks.now)
        guard state.with({ $0.down(failure.description, at: Clocks.wall) }) else { return }
        logger.warning("syslog unavailable", metadata: ["reason": "\(failure)"])
    }
}

/// How the collector stands, for metrics.
struct SyslogState: Sendable {
    /// Since the start.
    private(set) var failures: UInt64 = 0
    var sent: UInt64 = 0
    /// Entries of the ledger that it has still to be told, those among them that are no part of the trail included.
    var behind: Int64 = 0
    /// What is wrong, and since when.
    private(set) var problem: (text: String, since: Int64)?

    /// Since when it was away; nil where it was not.
    mutating func up() -> Int64? {
        defer { problem = nil }
        return problem?.since
    }

    /// True when that is news.
    mutating func down(_ text: String, at now: Int64) -> Bool {
        failures += 1
        let isNew = problem == nil
        problem = (text, problem?.since ?? now)
        return isNew
    }
}
