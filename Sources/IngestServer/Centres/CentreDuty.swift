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
        /// Who gave its place up for the broker's sake, the last one first.
        var given: [CentreSeat.Given] = []
        /// Whether it reaches the broker; nil where it has not looked.
        var reachesBroker: Bool?
    }

    /// EX_TEMPFAIL (sysexits.h): systemd begins it anew, and it stands by.
    private static let tookOver: Int32 = 75
    /// Between two looks at who else is there: while it works, and while it stands by.
    private static let (looks, spareLooks): (Duration, Duration) = (.seconds(2), .milliseconds(500))
    /// What is under way at a planned end, such as a push to the ERP, does not keep another from working for longer.
    static let patience: Duration = .seconds(1)

    let name: String
    private let seat: Locked<CentreSeat>
    private let standing = Locked(Standing())
    private let stopping = Locked(false)
    /// While it stands by.
    private let broker: BrokerLook
    private let courtesy = Locked(Courtesy())
    private let spareLook = Locked(Pace(CentreDuty.spareLooks))
    /// While it works, once it has begun to look for the broker.
    private let link = Locked<CentreLink?>(nil)
    private let hasGiven = Locked(false)
    private let logger: Logger
    private let troubles: Troubles

    /// Throws when the database does not let it in. Nil where a file keeps the store.
    init?(_ configuration: IngestConfiguration, logger: Logger) throws {
        guard let store = configuration.store else { return nil }
        var random = SystemRandomNumberGenerator()
        name = configuration.name
        seat = Locked(
            try CentreSeat(store.address, id: Hex.word(random.next()), name: name, version: IngestServer.version))
        broker = BrokerLook(configuration, logger: logger)
        (self.logger, troubles) = (logger, Troubles(logger))
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
        let seen = broker.seen
        standing.with { $0.reachesBroker = seen?.isReached }
        let answer = try seat.with { seat in
            if spareLook.with({ $0.isDue(at: asked) }) || seen?.isReached != true {
                let others = try seat.others()
                standing.with { $0.others = others }
            }
            let known = now
            // Whoever is too old for the tables is no one to go to.
            seat.say(
                reachesBroker: known.isOld ? nil : seen?.isReached,
                age: seen.map { (asked - $0.at).milliseconds } ?? 0)
            broker.look(isUrgent: known.others.contains(where: \.lacksBroker), at: asked)
            let yields = courtesy.with {
                $0.yields(reachesBroker: seen?.isReached == true, to: known.others, at: asked)
            }
            return try seat.claim(yields: yields && !known.isOld)
        }
        switch answer {
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
        let broker = broker
        Task { await onOwnThread("spare broker") { broker.run() } }
        defer { broker.end() }
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

    /// From now on it is looked whether this one, which works, has the broker.
    func watch(_ link: CentreLink) { self.link.with { $0 = link } }

    func run() async throws {
        try? await gracefulShutdown()
        release()
    }

    /// How the program ends: begun anew where it gave its place up.
    var exitCode: Int32 { hasGiven.with { $0 } ? CentreDuty.tookOver : 0 }

    private func renew() {
        var looking = Pace(CentreDuty.looks)
        var handOver = HandOver()
        while !stopping.with({ $0 }), let epoch {
            do {
                let asked = Clocks.now
                let link = link.with { $0 }
                let hasBroker = link?.isUp
                standing.with { $0.reachesBroker = hasBroker }
                let isOurs = try seat.with { seat in
                    seat.say(reachesBroker: hasBroker)
                    return try seat.renew(epoch)
                }
                if stopping.with({ $0 }) { return }
                guard isOurs else { end() }
                standing.with { $0.heard = asked }
                troubles.ends("the lease is not renewed", as: "the lease is renewed again")
                if looking.isDue(at: asked) || hasBroker == false {
                    let (others, given) = try seat.with { (try $0.others(), try $0.given()) }
                    standing.with { ($0.others, $0.given) = (others, given) }
                }
                if let link, let hasBroker, !hasGiven.with({ $0 }) {
                    let last = now.given.first?.age
                    switch handOver.look(hasBroker: hasBroker, others: now.others, last: last, at: asked) {
                    case .stay: break
                    case .tryAgain: link.tryAgain()
                    case .give(let other): try give(epoch, to: other)
                    }
                }
            } catch {
                // Nobody knows whether another works; what this one writes is taken as long as none does.
                troubles.begins("the lease is not renewed", .warning, ["reason": "\(error)"])
            }
            _ = stopping.wait(timeout: CentreSeat.renewal) { $0 ? () : nil }
        }
    }

    /// It ends as it does when it is told to, and is begun anew to stand by.
    private func give(_ epoch: Int64, to other: String) throws {
        try seat.with { try $0.give(epoch) }
        hasGiven.with { $0 = true }
        logger.warning("this centre gives its place up", metadata: ["to": "\(other)", "reason": "it has no broker"])
        kill(getpid(), SIGTERM)
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
