import Curl
import Depot
import ERP
import Followers
import Logging
import Model
import Platform
import ServiceLifecycle

/// Makes EPCIS events of goods that move, and brings what waits to the repository: one document under way, so that an error is declared
/// after its event. Before it is sent it is written down that it was; what is not known afterwards is asked by its id.
actor EPCISLink: Service {
    /// Events that are asked for in one turn.
    private static let asked = 20
    /// Tries of one event of which the repository never said what became of it.
    private static let tries: Int64 = 9
    /// After it was not reached, in milliseconds: from, to.
    private static let rests: (first: Int64, longest: Int64) = (1000, 60_000)

    private let settings: EPCISSettings
    private let present: Locked<IngestConfiguration>
    private let instance: String
    private let writer: Writer
    private let reads: LongReads
    private let state: Locked<EPCISState>
    private let logger: Logger
    private let troubles: Troubles
    private let wire: CurlWire?
    private var resting: (until: Int64, pause: Int64) = (0, 0)
    private var looked: Int64 = 0
    private var forgotten: Instant?

    init(_ settings: EPCISSettings, _ wiring: Wiring, logger: Logger) {
        (self.settings, self.logger) = (settings, logger)
        (present, instance) = (wiring.present, wiring.configuration.instance)
        troubles = Troubles(logger)
        (writer, reads, state) = (wiring.writer, wiring.reads, wiring.epcisState)
        wire = settings.url.map { CurlWire(url: $0, authority: settings.authority) }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let isBusy = await self.turn()
                try? await Task.sleep(for: isBusy ? .milliseconds(50) : .seconds(1))
            }
        }
    }

    /// True where more is to be done at once.
    private func turn() async -> Bool {
        let (present, instance) = (present, instance)
        do {
            try await writer.run { desks, now in
                // Taken away since, or called otherwise: what holds in this turn counts.
                guard var follower = present.with({ $0.epcis })?.follower(instance: instance) else { return }
                follower.now = now
                try follower.catchUp(desks.store)
            }
            try await forget()
            let now = Clocks.wall
            guard let wire, now >= resting.until else { return false }
            return try await capture(wire, at: now)
        } catch {
            await writer.failed(error)
            resting.until = Clocks.wall + EPCISLink.rests.longest
            return false
        }
    }

    private func capture(_ wire: CurlWire, at now: Int64) async throws -> Bool {
        let (doubtful, begun, due) = try await reads.read { store in
            (
                try store.epcis.rows(.sent, limit: EPCISLink.asked),
                try store.epcis.rows(.begun, limit: EPCISCapture.atOnce),
                try store.epcis.due(limit: EPCISCapture.atOnce, at: now)
            )
        }
        if !doubtful.isEmpty {
            for event in doubtful {
                guard try await ask(event, wire) else { return false }
            }
            return true
        }
        if let job = begun.first?.job {
            guard now - looked >= EPCISCapture.look else { return false }
            looked = now
            return try await look(begun.filter { $0.job == job }, job, wire)
        }
        guard let first = due.first else { return false }
        // One that was refused among others is sent alone.
        return try await send(first.attempts > 0 ? [first] : Array(due.prefix { $0.attempts == 0 }), wire)
    }

    // MARK: three requests

    private func send(_ events: [StoredEvent], _ wire: CurlWire) async throws -> Bool {
        let ids = events.map(\.id)
        try await writer.run { desks, _ in try desks.epcis.send(ids) }
        let document = EPCISCapture.document(events, at: Clocks.wall)
        let reply = await request(
            "POST", "/capture", document, "capture of \(events.count) events",
            headers: [.init(name: "GS1-EPCIS-Capture-Error-Behaviour", value: "rollback")], wire)
        let outcome =
            switch reply {
            case .success(let reply):
                EPCISCapture.sent(
                    reply.status, location: reply.headers["location"],
                    retryAfter: reply.headers["retry-after"].flatMap { Int64($0) }, EPCISLink.json(reply))
            case .failure(let fault): EPCISLink.outcome(fault)
            }
        return try await settle(events, outcome)
    }

    private func look(_ events: [StoredEvent], _ job: String, _ wire: CurlWire) async throws -> Bool {
        let outcome =
            switch await request("GET", "/capture/\(job)", nil, "capture job", wire) {
            case .success(let reply): EPCISCapture.job(reply.status, EPCISLink.json(reply))
            case .failure(let fault): EPCISCapture.Outcome.later(fault.sentence, after: nil)
            }
        switch outcome {
        case .running, .later:
            guard let until = events.first?.due, Clocks.wall > until else { break }
            return try await settle(events, .unknown("its capture job does not end"))
        default: break
        }
        return try await settle(events, outcome)
    }

    /// What became of one that was sent. False where the repository does not say.
    private func ask(_ event: StoredEvent, _ wire: CurlWire) async throws -> Bool {
        let path = "/events/\(EPCISNames.escaped(event.event))"
        let outcome =
            switch await request("GET", path, nil, "event", wire) {
            case .success(let reply): EPCISCapture.known(event, reply.status, EPCISLink.json(reply))
            case .failure(let fault): EPCISCapture.Outcome.later(fault.sentence, after: nil)
            }
        switch outcome {
        case .missing:
            let isOver = event.attempts + 1 >= EPCISLink.tries
            try await writer.run { desks, now in
                try desks.epcis.fail(
                    [event.id], "the repository took it and does not have it", isOver: isOver,
                    due: RetryPlan.webhooks.wait(after: Int(event.attempts) + 1, jitter: 0).map { now + $0 } ?? now)
            }
            return true
        case .later(let sentence, let after):
            rest(sentence, after)
            return false
        default: return try await settle([event], outcome)
        }
    }

    private func settle(_ events: [StoredEvent], _ outcome: EPCISCapture.Outcome) async throws -> Bool {
        let ids = events.map(\.id)
        switch outcome {
        case .taken:
            try await writer.run { desks, _ in try desks.epcis.settle(ids) }
            well()
            state.with { $0.captured += UInt64(ids.count) }
        case .begun(let job):
            try await writer.run { try $0.epcis.begin(ids, job: job, due: $1 + EPCISCapture.patience) }
            well()
            return false
        case .running:
            well()
            return false
        case .refused(let sentence):
            well()
            // Of several nobody knows yet which.
            let isOver = events.count == 1
            try await writer.run { try $0.epcis.fail(ids, sentence, isOver: isOver, due: $1) }
            guard isOver else { return true }
            state.with { $0.refused += 1 }
            logger.warning(
                "EPCIS event refused", metadata: ["event": "\(events[0].event)", "reason": "\(sentence)"])
        case .later(let sentence, let after):
            // What a job works on stays with it.
            if events.first?.job == nil { try await writer.run { try $0.epcis.takeBack(ids, due: $1) } }
            rest(sentence, after)
            return false
        case .unknown(let sentence):
            try await writer.run { desks, _ in try desks.epcis.send(ids) }
            rest(sentence, nil)
            return false
        case .missing: return true
        }
        return true
    }

    private func request(
        _ method: String, _ path: String, _ body: JSON?, _ summary: String, headers: [ERPRequest.Header] = [],
        _ wire: CurlWire
    ) async -> Result<ERPReply, ERPFault> {
        var headers = headers
        headers += [
            .init(name: "GS1-EPCIS-Version", value: "2.0"), .init(name: "GS1-CBV-Version", value: "2.0"),
            .init(name: "Accept", value: "application/json"),
        ]
        if let reference = settings.secret {
            // Another one may lie there since.
            do {
                let secret = try Files.secret(reference)
                headers.append(.init(name: "Authorization", value: EPCISCapture.authorization(settings.user, secret)))
            } catch { return .failure(ERPFault(.credentials, "\(error)")) }
        }
        let request = ERPRequest(
            method: method, path: path, headers: headers, body: body, summary: summary, isWrite: method == "POST")
        do throws(ERPFault) { return .success(try await wire.send(request)) } catch { return .failure(error) }
    }

    private static func outcome(_ fault: ERPFault) -> EPCISCapture.Outcome {
        fault.kind == .unknownOutcome
            ? .unknown(fault.sentence) : .later(fault.sentence, after: fault.retryAfter.map(Int64.init))
    }

    private static func json(_ reply: ERPReply) -> JSON? { try? JSON(parsing: reply.body) }

    // MARK: how it stands

    private func rest(_ sentence: String, _ after: Int64?) {
        let pause = min(max(EPCISLink.rests.first, resting.pause * 2), EPCISLink.rests.longest)
        resting = (Clocks.wall + max(pause, min(after ?? 0, 86_400) * 1000), pause)
        state.with { state in
            state.problem = sentence
            state.failures += 1
        }
        troubles.begins("EPCIS repository unavailable", .warning, ["reason": "\(sentence)"])
    }

    private func well() {
        resting = (0, 0)
        state.with { $0.problem = nil }
        troubles.ends("EPCIS repository unavailable", as: "EPCIS repository answers again")
    }

    private func forget() async throws {
        if let forgotten, Clocks.now - forgotten < .seconds(3600) { return }
        let life = settings.keepDays * 86_400_000
        while !Task.isCancelled, try await writer.run({ try $0.epcis.forget(before: $1 - life) }) {}
        forgotten = Clocks.now
    }
}

/// How the capture stands, for metrics.
struct EPCISState: Sendable {
    /// Since the start.
    var captured: UInt64 = 0
    var refused: UInt64 = 0
    var failures: UInt64 = 0
    /// Why nothing is taken at the moment.
    var problem: String?
}
