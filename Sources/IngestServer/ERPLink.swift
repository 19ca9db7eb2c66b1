import Curl
import Depot
import ERP
import Followers
import Logging
import Model
import Platform
import ServiceLifecycle

/// The connection to the ERP: sends what is queued, one push at a time, pulls what is new, and asks for client cards.
/// Whatever it does, nobody at a dock or a telephone waits for it.
actor ERPLink: Service {
    enum State: String, Sendable, CaseIterable { case ok, unreachable, refused, off }

    /// Quick tries of a push, then growing waits, in milliseconds.
    static let quickWaits: [Int64] = [2_000, 5_000, 15_000]
    static let longestWait: Int64 = 3_600_000
    /// Somebody is counting: what the ERP had when they began is soon not known any more.
    static let longestReadingWait: Int64 = 60_000
    /// After a refused password nobody asks again for this long, unless the secret changes: servers lock accounts.
    static let refusedWait: Int64 = 15 * 60_000
    /// What a client card waits for the ERP, in milliseconds.
    static let cardWait: Int64 = 2_500

    let settings: ERPSettings
    private let followers: @Sendable () -> CentreFollowers
    /// As the zones of the configuration that holds now say.
    nonisolated var queue: QueueFollower? { followers().queue }
    /// Whoever is the link now: a former one that is still asked for a card does not say how the ERP is.
    private let holder: Locked<ERPLink?>
    private let writer: Writer
    let live: LiveView
    /// How the site writes numbers.
    private let plan: NumberPlan
    private let logger: Logger
    private let http: CurlWire
    private let throttle: Throttle
    private let tracer: Tracer
    private var connector: (any ERPConnector)?
    private var secret: String?
    private(set) var state = State.off
    private var since = Clocks.wall
    private var sentence: String?
    private var version: ERPVersion?
    private var refusedUntil: Int64 = 0
    private var nextPull: Int64 = 0
    private var pulls = 0
    /// The last card of each party, shown with its age while a new one is fetched.
    var cards: [String: (card: ERPCard, at: Int64)] = [:]
    static let cardLimit = 2000
    private(set) var counters = Counters()

    struct Counters: Sendable {
        var calls: UInt64 = 0
        var failed: UInt64 = 0
        var milliseconds: UInt64 = 0
        var pushes: UInt64 = 0
        var products: UInt64 = 0
        var parties: UInt64 = 0
        var receipts: UInt64 = 0
    }

    /// The job a call belongs to, for its trail.
    @TaskLocal private static var job: Int64?

    init(settings: ERPSettings, _ wiring: Wiring, logger: Logger) {
        self.settings = settings
        (writer, live, plan) = (wiring.writer, wiring.live, wiring.configuration.plan)
        followers = { wiring.followers }
        (holder, tracer) = (wiring.erp, wiring.tracer)
        self.logger = logger
        http = CurlWire(url: settings.url, authority: settings.authority)
        throttle = Throttle(perSecond: settings.callsPerSecond, burst: settings.callsPerSecond * 2)
    }

    func run() async throws {
        await attach()
        await writer.attempt { try $0.jobs.requeue(at: $1) }
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let didWork = await self.turn()
                // The queue is a table that other programs may fill too: it is looked at twice a second.
                try? await Task.sleep(for: .milliseconds(didWork ? 0 : 500))
            }
        }
    }

    /// One push or one pull, when one is due.
    private func turn() async -> Bool {
        let now = Clocks.wall
        guard now >= refusedUntil || (try? Files.secret(settings.secret)) != secret else { return false }
        do {
            let queue = queue
            if let job = try await writer.run({ try QueueDesk($0, queue).next(at: $1) }) {
                await traced(job)
                return true
            }
        } catch {
            await writer.failed(error)
            return false
        }
        guard now >= nextPull else { return false }
        nextPull = now + Int64(settings.pullMinutes) * 60_000
        do {
            try await pull()
        } catch {
            note(error)
            nextPull = now + min(Int64(settings.pullMinutes) * 60_000, 60_000)
        }
        return true
    }

    func pullNow() { nextPull = 0 }

    // MARK: the connection

    func connected() throws(ERPFault) -> any ERPConnector {
        let current: String
        do { current = try Files.secret(settings.secret) } catch { throw ERPFault(.credentials, "\(error)") }
        if let connector, current == secret { return connector }
        // Refused with this very secret: every call that rings would be another try, and accounts lock.
        if current == secret, Clocks.wall < refusedUntil { throw ERPFault(.credentials, sentence ?? "refused") }
        secret = current
        refusedUntil = 0
        do {
            let new = try settings.connector { [weak self] request throws(ERPFault) in
                guard let self else { throw ERPFault(.unreachable, "stopped") }
                return try await self.exchange(request)
            }
            connector = new
            return new
        } catch { throw ERPFault(.credentials, "\(error)") }
    }

    private func exchange(_ request: ERPRequest) async throws(ERPFault) -> ERPReply {
        await throttle.turn()
        let start = Clocks.now
        let begun = RunningTrace.current == nil ? 0 : Clocks.nanoseconds
        counters.calls += 1
        let result: Result<ERPReply, ERPFault>
        do { result = .success(try await http.send(request)) } catch { result = .failure(error) }
        let spent = (Clocks.now - start).nanoseconds / 1_000_000
        counters.milliseconds += UInt64(max(0, spent))
        let outcome: String
        switch result {
        case .success(let reply): outcome = String(reply.status)
        case .failure(let fault):
            outcome = "\(fault.kind.rawValue): \(fault.sentence)"
            counters.failed += 1
        }
        RunningTrace.current?.add(request.method, of: result, from: begun)
        if let job = ERPLink.job {
            await writer.attempt {
                try $0.jobs.trace(
                    job: job, summary: request.summary, written: request.isWrite, outcome: outcome, milliseconds: spent,
                    at: $1)
            }
        }
        return try result.get()
    }

    func note(_ fault: ERPFault) {
        RunningTrace.current?.fail()
        let next: State =
            switch fault.kind {
            case .unreachable, .unknownOutcome, .busy, .foreign: .unreachable
            case .credentials: .refused
            default: .ok
            }
        if fault.kind == .credentials {
            refusedUntil = Clocks.wall + ERPLink.refusedWait
            connector = nil
        }
        change(to: next, fault.sentence)
    }

    private func change(to next: State, _ text: String?) {
        sentence = next == .ok ? nil : text
        guard next != state else { return }
        let was = since
        (state, since) = (next, Clocks.wall)
        if next == .ok {
            logger.notice("ERP available", metadata: ["seconds": "\((since - was) / 1000)"])
        } else {
            logger.warning("ERP unavailable", metadata: ["state": "\(next.rawValue)", "reason": "\(text ?? "-")"])
        }
        guard holder.with({ $0 === self }) else { return }
        live.post([PageMessage(.erp, .object([("state", .string(next.rawValue))]))])
        live.post(erp: next)
    }

    // MARK: pushes

    /// Pushes are few: where there are traces, each has one.
    private func traced(_ job: ERPJob) async {
        guard tracer.rule != nil else { return await push(job) }
        let trace = RunningTrace()
        await RunningTrace.$current.withValue(trace) { await push(job) }
        tracer.offer(
            trace.ended(
                "push \(job.kind.rawValue)", .inside,
                [
                    .init("quai.erp.job", .integer(job.id)),
                    .init("quai.erp.attempt", .integer(Int64(clamping: job.attempts))),
                ]))
    }

    private func push(_ job: ERPJob) async {
        guard job.kind != .book else { return await read(job) }
        counters.pushes += 1
        do throws(ERPFault) {
            let connector = try connected()
            let outcome: PushOutcome
            do {
                outcome = try await ERPLink.$job.withValue(job.id) {
                    version = try await connector.probe()
                    return try await ERPPush.push(job, by: connector, dry: false)
                }
            } catch let fault as ERPFault { throw fault } catch { throw ERPFault(.unknownOutcome, "\(error)") }
            change(to: .ok, nil)
            if case .done(let id, let text) = outcome {
                await writer.attempt { try $0.jobs.finish(job, remote: id, sentence: text, at: $1) }
                tell(job)
            }
        } catch {
            note(error)
            let wait = ERPLink.wait(after: error, attempts: job.attempts)
            let (fault, sentence) = (error.kind.rawValue, error.sentence)
            await writer.attempt { desks, now in
                try desks.jobs.fail(job, fault: fault, sentence: sentence, due: wait.map { now + $0 }, at: now)
            }
            tell(job)
        }
    }

    /// Each try is told, not only what comes of it.
    private func tell(_ job: ERPJob) { live.post([], changed: [.job(ERPJob.name(key: job.key))]) }

    /// What the ERP has where somebody counts. One that cannot say goes on as it is.
    private func read(_ job: ERPJob) async {
        do throws(ERPFault) {
            let connector = try connected()
            let stock: [ERPStock]
            do {
                stock = try await ERPLink.$job.withValue(job.id) {
                    version = try await connector.probe()
                    return try await connector.stock(at: job.payload["location"]?.text ?? "")
                }
            } catch let fault as ERPFault { throw fault } catch { throw ERPFault(.unknownOutcome, "\(error)") }
            change(to: .ok, nil)
            let known = stock.map {
                RemoteStock(
                    product: $0.product, gtin: $0.gtin, description: $0.description, lot: $0.lot, quantity: $0.quantity)
            }
            await writer.attempt {
                try $0.jobs.finish(reading: job, known, sentence: "\(known.count) entries", at: $1)
            }
        } catch {
            note(error)
            let (fault, sentence) = (error.kind.rawValue, error.sentence)
            let wait = ERPLink.wait(after: error, attempts: job.attempts)
            await writer.attempt { desks, now in
                guard let wait else { return try desks.jobs.finish(reading: job, nil, sentence: sentence, at: now) }
                let due = now + min(wait, ERPLink.longestReadingWait)
                try desks.jobs.fail(job, fault: fault, sentence: sentence, due: due, at: now)
            }
        }
        tell(job)
        if let take = Int64(job.subject) { live.post([], changed: [.take(take)]) }
    }

    /// How long until it is tried again; nil when only a person can help.
    static func wait(after fault: ERPFault, attempts: Int) -> Int64? {
        switch fault.kind {
        case .unreachable, .unknownOutcome, .busy, .foreign:
            let asked = Int64(fault.retryAfter ?? 0) * 1000
            guard attempts > quickWaits.count else { return max(asked, quickWaits[max(0, attempts - 1)]) }
            let step = min(6, attempts - quickWaits.count)
            return max(asked, min(longestWait, 60_000 << Int64(step - 1)))
        case .credentials: return refusedWait
        case .right, .rule, .gone, .unsupported, .conflict: return nil
        }
    }

    /// What would be sent: reads are made, writes are not.
    func dryRun(_ job: ERPJob) async throws(ERPFault) -> [ERPRequest] {
        let connector = try connected()
        if case .planned(let requests) = try await ERPPush.push(job, by: connector, dry: true) { return requests }
        return []
    }

    // MARK: pulls

    /// Products and parties every tenth time, receipts every time.
    private func pull() async throws(ERPFault) {
        let connector = try connected()
        version = try await connector.probe()
        change(to: .ok, nil)
        if pulls % 10 == 0 {
            var cursor: String?
            repeat {
                let page = try await connector.products(after: cursor)
                await take(products: page.items)
                cursor = page.next
            } while cursor != nil && !Task.isCancelled
            cursor = nil
            repeat {
                let page = try await connector.parties(after: cursor)
                await take(parties: page.items)
                cursor = page.next
            } while cursor != nil && !Task.isCancelled
        }
        // Another one takes its place, and begins with all of it.
        guard !Task.isCancelled else { return }
        pulls += 1
        await take(receipts: try await connector.openReceipts())
    }

    private func take(products: [ERPProduct]) async {
        let told = products.map(\.told)
        await writer.attempt { try $0.pulls.take(products: told, at: $1) }
        counters.products += UInt64(products.count)
    }

    private func take(parties: [ERPParty]) async {
        let parties = parties.map { $0.told(plan) }
        await writer.attempt { try $0.pulls.take(parties: parties, at: $1) }
        counters.parties += UInt64(parties.count)
    }

    private func take(receipts: [ERPReceipt]) async {
        let told = receipts.map(\.told)
        await writer.attempt { try $0.pulls.take(receipts: told, at: $1) }
        counters.receipts = UInt64(receipts.count)
    }

    var standing: ERPStanding {
        ERPStanding(
            kind: settings.kind.rawValue, url: settings.url, version: version, state: state, since: since,
            sentence: sentence)
    }
}
