import Curl
import Depot
import Dispatch
import Followers
import Logging
import Model
import Platform
import ServiceLifecycle

/// Sends what waits for webhooks. Each has a few requests of its own under way, so that a slow one delays no other; what becomes of a
/// try is written down before the next: after a crash it is sent again, under the same id.
actor WebhookLink: Service {
    /// Requests to one webhook at once, each about another subject; one while it does not answer.
    static let atOnce = HookWire.limit / WebhookTable.limit
    /// What waits when something went wrong here: the disk, or the file of the secret.
    static let pause = Duration.seconds(10)

    private let executor = ThreadExecutor(yields: true)
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let writer: Writer
    private let store: Store
    private var settings: WebhookSettings
    private let state: String
    private let instance: String
    private var wire: HookWire
    private let counts: Locked<WebhookCounts>
    private let troubles: Troubles
    private let bell: Bell
    private let tracer: Tracer
    private var keys: WebhookKeys?
    /// Entries that are under way, by webhook.
    private var running: [Int64: Set<Int64>] = [:]
    private var forgotten: Instant?

    init(_ wiring: Wiring, logger: Logger) throws {
        let configuration = wiring.configuration
        (writer, settings, counts, troubles) = (
            wiring.writer, configuration.webhooks, wiring.webhookCounts, Troubles(logger)
        )
        (state, instance) = (configuration.state, configuration.instance)
        store = try Store(reading: configuration.database)
        wire = WebhookLink.wire(settings)
        (bell, tracer) = (Bell(wiring.writer), wiring.tracer)
    }

    private static func wire(_ settings: WebhookSettings) -> HookWire {
        let allowed = settings.allowed
        return HookWire(
            HookWire.Rules(mayPlain: settings.mayPlain, authority: settings.authority) { allowed.permits($0) })
    }

    /// Others from the next request on; what is under way ends as it began.
    func take(_ settings: WebhookSettings) {
        (self.settings, wire, keys) = (settings, WebhookLink.wire(settings), nil)
        bell.ring()
    }

    func run() async throws {
        let troubles = troubles
        await bell.follow(rest: WebhookLink.pause) {
            troubles.begins("webhooks wait", .error, ["reason": "\($0)"])
        } _: {
            try await self.turn()
        }
    }

    private func turn() async throws {
        let now = Clocks.wall
        for hook in try store.webhooks.active() where hook.rest <= now {
            let under = running[hook.id] ?? []
            let free = (hook.failures > 0 ? 1 : WebhookLink.atOnce) - under.count
            guard free > 0 else { continue }
            let due = try store.webhooks.due(of: hook.id, limit: free + under.count, at: now)
            for one in due.filter({ !under.contains($0.seq) }).prefix(free) { try await begin(one, hook) }
        }
        try await forget()
        troubles.ends("webhooks wait", as: "webhooks go on")
    }

    private func begin(_ one: WebhookDelivery, _ hook: Webhook) async throws {
        let (seq, id) = (one.seq, hook.id)
        switch try message(one, hook, at: Clocks.wall) {
        case .success(let message):
            running[id, default: []].insert(seq)
            var request = HookWire.Request(url: hook.url, headers: message.headers, body: message.body)
            guard let rule = tracer.rule else {
                Task { await settle(one, hook, await wire.send(request)) }
                return
            }
            let trace = RunningTrace()
            let isSampled = rule.sampling.takes(trace.trace)
            request.headers.append(
                ("traceparent", TraceParent(trace: trace.trace, span: trace.id, isSampled: isSampled).text))
            Task { [request] in
                let reply = await wire.send(request)
                end(trace, one, hook, reply, rule)
                await settle(one, hook, reply)
            }
        case .failure(.nothing):
            try await writer.run { try $0.webhooks.void(seq, of: id, at: $1) }
        case .failure(.noKey):
            let sentence = "its keys were made of another secret than this centre has; give it a new key"
            try await writer.run { try $0.webhooks.disable(id, .key, sentence, at: $1) }
        }
    }

    /// What failed or was slow is told whatever the share.
    private func end(
        _ trace: RunningTrace, _ one: WebhookDelivery, _ hook: Webhook, _ reply: HookWire.Reply, _ rule: Tracer.Rule
    ) {
        let isTaken = reply.status.map { (200..<300).contains($0) } ?? false
        let isSlow = reply.milliseconds * 1_000_000 >= rule.slow
        guard !isTaken || isSlow || rule.sampling.takes(trace.trace) else { return }
        tracer.offer(
            trace.ended(
                "POST", .client, isFailure: !isTaken,
                [
                    .init("http.request.method", .text("POST")), .init("quai.webhook", .integer(hook.id)),
                    .init("quai.entry", .integer(one.seq)),
                    .init("http.request.resend_count", .integer(Int64(clamping: one.attempts))),
                ]
                    + (reply.status.map { [.init("http.response.status_code", .integer(Int64($0)))] }
                        ?? [.init("error.type", .text("no-answer"))])))
    }

    private func message(
        _ one: WebhookDelivery, _ hook: Webhook, at now: Int64
    ) throws -> Result<WebhookMessage, WebhookMessage.Unsendable> {
        // Another secret may lie there since.
        if keys?.mark != hook.mark { keys = try settings.keys(state: state) }
        guard let keys else { return .failure(.noKey) }
        var found: (entry: Entry, link: String)?
        try store.ledger.linked(after: one.seq - 1) { entry, link in
            if entry.seq == one.seq { found = (entry, link) }
            return false
        }
        guard let found else { return .failure(.nothing) }
        let instance = instance
        return Result { () throws(WebhookMessage.Unsendable) in
            try WebhookMessage(
                found.entry, link: found.link, instance: instance, for: hook, keys: keys, rfc3339: rfc3339, at: now)
        }
    }

    private func settle(_ one: WebhookDelivery, _ hook: Webhook, _ reply: HookWire.Reply) async {
        let answer = WebhookAnswer(
            status: reply.status, text: reply.text, retryAfter: reply.retryAfter, milliseconds: reply.milliseconds)
        let jitter = Double.random(in: 0...1)
        do {
            let isTaken = try await writer.run { desks, now in
                let result = answer.result(
                    attempts: one.attempts, failures: hook.failures, at: now, jitter: jitter)
                try desks.webhooks.settle(one.seq, of: hook.id, result, at: now)
                return result.fate == .taken
            }
            counts.with { $0.count(reply.milliseconds, isTaken: isTaken) }
        } catch {
            await writer.failed(error)
            // It waits still: not at once again.
            try? await Task.sleep(for: WebhookLink.pause)
        }
        running[hook.id]?.remove(one.seq)
        bell.ring()
    }

    /// What is over for long, now and then.
    private func forget() async throws {
        if let forgotten, Clocks.now - forgotten < .seconds(600) { return }
        forgotten = Clocks.now
        guard try store.webhooks.isAny() else { return }
        try await writer.run { desks, _ in try desks.webhooks.forget() }
    }
}

/// Tries since the start, for metrics.
struct WebhookCounts: Sendable {
    private(set) var taken: UInt64 = 0
    private(set) var failed: UInt64 = 0
    private(set) var milliseconds: UInt64 = 0

    mutating func count(_ time: Int64, isTaken: Bool) {
        if isTaken { taken += 1 } else { failed += 1 }
        milliseconds += UInt64(max(0, time))
    }
}
