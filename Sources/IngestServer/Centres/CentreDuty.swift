import Depot
import Glibc
import Logging
import Model
import Platform
import ServiceLifecycle

/// This instance among the centres on one database: it works under a number, or stands by until the one that works has ended
/// (docs/how-to/run-several-centres.md).
final class CentreDuty: Service {
    /// As this instance sees it.
    struct Standing: Sendable {
        /// Nil while it stands by.
        var epoch: Int64?
        /// When the database last heard it.
        var heard = Instant.zero
        /// The tables are of a newer version: it cannot work on them.
        var isOld = false
        var others: [CentreSeat.Other] = []
    }

    /// EX_TEMPFAIL (sysexits.h): systemd begins it anew, and it stands by.
    private static let tookOver: Int32 = 75
    /// Between two looks at who else is there.
    private static let looks: Duration = .seconds(2)
    /// What is under way at a planned end, such as a push to the ERP, does not keep another from working for longer.
    static let patience: Duration = .seconds(1)

    let name: String
    private let seat: Locked<CentreSeat>
    private let standing = Locked(Standing())
    private let stopping = Locked(false)
    private let logger: Logger
    private let troubles: Troubles

    /// Throws when the database does not let it in.
    init(_ store: StoreSettings, name: String, logger: Logger) throws {
        var random = SystemRandomNumberGenerator()
        seat = Locked(
            try CentreSeat(store.address, id: Hex.word(random.next()), name: name, version: IngestServer.version))
        (self.name, self.logger, troubles) = (name, logger, Troubles(logger))
    }

    var now: Standing { standing.with { $0 } }
    var epoch: Int64? { now.epoch }
    /// Of this process.
    var id: String { seat.with { $0.id } }

    /// The database heard it so lately that nobody else can have begun.
    var isSure: Bool {
        let now = now
        return now.epoch != nil && Clocks.now - now.heard < .milliseconds(CentreSeat.silence)
    }

    /// True when this one works from now on.
    func attempt() throws -> Bool {
        let asked = Clocks.now
        switch try seat.with({ try $0.claim() }) {
        case .works(let epoch):
            standing.with { ($0.epoch, $0.heard, $0.isOld) = (epoch, asked, false) }
            return true
        case .standsBy: standing.with { $0.isOld = false }
        case .isOld(let form):
            if !now.isOld {
                logger.error(
                    "the tables are of a newer version", metadata: ["form": "\(form)", "known": "\(Store.newestForm)"])
            }
            standing.with { $0.isOld = true }
        }
        return false
    }

    /// Until this one works: true; false when it was told to end before. On a thread of its own.
    func stand() -> Bool {
        while !stopping.with({ $0 }) {
            do {
                if try attempt() { return true }
                troubles.ends("database unavailable", as: "database available")
            } catch { troubles.begins("database unavailable", .error, ["reason": "\(error)"]) }
            Supervisor.notify("WATCHDOG=1")
            _ = stopping.wait(timeout: CentreSeat.look) { $0 ? () : nil }
        }
        return false
    }

    func endStanding() { stopping.change { $0 = true } }

    /// Gives signs of life from now on, also while the tables are changed.
    func begin() {
        Task { await onOwnThread("lease") { self.renew() } }
    }

    func run() async throws {
        try? await gracefulShutdown()
        release()
    }

    private func renew() {
        var looking = Pace(CentreDuty.looks)
        while !stopping.with({ $0 }), let epoch {
            do {
                let asked = Clocks.now
                let isOurs = try seat.with { try $0.renew(epoch) }
                if stopping.with({ $0 }) { return }
                guard isOurs else { end() }
                standing.with { $0.heard = asked }
                troubles.ends("the lease is not renewed", as: "the lease is renewed again")
                if looking.isDue(at: asked) {
                    let others = try seat.with { try $0.others() }
                    standing.with { $0.others = others }
                }
            } catch {
                // Nobody knows whether another works; what this one writes is taken as long as none does.
                troubles.begins("the lease is not renewed", .warning, ["reason": "\(error)"])
            }
            _ = stopping.wait(timeout: CentreSeat.renewal) { $0 ? () : nil }
        }
    }

    /// Nothing that this one has in hand is committed any more: it begins anew, with what the database says.
    private func end() -> Never {
        logger.critical("another centre took over", metadata: ["remedy": "this one begins anew, and stands by"])
        _exit(CentreDuty.tookOver)
    }

    /// At a planned end: whoever stands by takes over at once. Once.
    func release() {
        let isFirst = stopping.change { was in
            defer { was = true }
            return !was
        }
        guard isFirst, let epoch else { return }
        do { try seat.with { try $0.release(epoch) } } catch {
            logger.warning("the lease is not given back", metadata: ["reason": "\(error)"])
        }
    }
}
