import Depot
import Followers
import Logging
import Model
import Platform

/// What agents send, from the broker's thread to the desks: frames, hellos and statuses of an agent keep their order in the writer's
/// turns, urgent messages go to the pages at once.
final class AgentIntake: Sendable {
    /// Single scans of one transaction that pages are told of.
    static let toldAtOnce = 20
    static let stepLimit = 2000

    let writer: Writer
    let live: LiveView
    private let screens: ScreenDoor
    let plans: SitePlans
    private let mail: AgentMail
    private let tracer: Tracer
    let logger: Logger
    private let troubles: Troubles
    /// Which agent may speak of what, as last read: for messages that do not wait for the database.
    private let known: Locked<GatewayBook>
    /// How far the agents' clocks are off: heard when a message comes, before it waits for the database.
    let clocks: Locked<ClockBook>
    /// Steps of commands that wait for the database.
    private let steps = Locked(0)
    let memory = Locked(Memory())
    /// Frames that wait for the database.
    private let ahead = Locked(ArrivalQueue())
    let counts = Locked(Counters())
    /// The third of a second is all that a card may take (docs/reference/performance.md).
    private let times = Locked(Histogram([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1, 3]))

    struct Counters: Sendable {
        var applied: UInt64 = 0
        var known: UInt64 = 0
        var rejected: UInt64 = 0
        var refusedFrames: UInt64 = 0
        var batches: UInt64 = 0
        var applyNanoseconds: UInt64 = 0
        var unknownTags: UInt64 = 0
        /// Times that an agent's account and ours began to differ.
        var disagreements: UInt64 = 0
        var droppedSteps: UInt64 = 0
        var forgottenScans: UInt64 = 0
        /// Urgent messages that were not understood, or spoke of what is not their agent's.
        var refusedUrgent: UInt64 = 0
    }

    /// What is remembered of agents between two messages.
    struct Memory {
        /// What was odd in an agent's last status: said when it changes, not at every heartbeat.
        var odd: [String: [String]] = [:]
        var clones = CloneWatch()
        /// Which revision of its configuration each was told.
        var published: [String: Int64] = [:]
        /// Goings that the database did not take, one an agent: who is gone does not say it again.
        var goings: [String: JSON] = [:]
    }

    init(
        writer: Writer, live: LiveView, screens: ScreenDoor, plans: SitePlans, mail: AgentMail, known: GatewayBook,
        clocks: Locked<ClockBook>, tracer: Tracer,
        logger: Logger
    ) {
        (self.writer, self.live, self.plans, self.mail, self.logger) = (writer, live, plans, mail, logger)
        (self.screens, self.tracer) = (screens, tracer)
        (self.known, self.clocks, troubles) = (Locked(known), clocks, Troubles(logger))
    }

    var counters: Counters { counts.with { $0 } }
    /// From an agent's word of a call to its cards.
    var cardTimes: Histogram { times.with { $0 } }

    // MARK: in their turn

    /// Applied when its turn comes, in one transaction with what came meanwhile, and acknowledged after the commit. Waits for room.
    func take(_ arrival: Arrival) {
        if ahead.wait(for: { $0.put(arrival) })! { writer.post { [self] in try applyPart($0.intake, at: $1) } }
    }

    /// A part at a time, so that what people write in between does not wait for all of it.
    private func applyPart(_ intake: Applier, at now: Int64) throws {
        let (frames, isMore) = ahead.change { ($0.take(), !$0.isEmpty) }
        // Behind what waits already.
        if isMore { writer.post { [self] in try applyPart($0.intake, at: $1) } }
        if !frames.isEmpty { try apply(frames, intake, at: now) }
    }

    /// What is done next is done behind all that was taken.
    private func applyAll() {
        guard ahead.with({ !$0.isEmpty }) else { return }
        writer.post { [self] desks, now in
            var failure: (any Error)?
            while case let frames = ahead.change({ $0.take() }), !frames.isEmpty {
                do { try apply(frames, desks.intake, at: now) } catch { failure = error }
            }
            if let failure { throw failure }
        }
    }

    /// Returns when everything that was taken is applied.
    func settle() {
        applyAll()
        writer.settle()
    }

    private func apply(_ frames: [Arrival], _ intake: Applier, at now: Int64) throws {
        let start = Clocks.now
        let rule = tracer.rule
        let begun = rule == nil ? 0 : Clocks.nanoseconds
        // Where it fails it is no rejection: no ack, the agents keep it and come again.
        let result = try intake.apply(frames, at: now)
        let system = intake.store.system
        mail.post(result.acks.map { .ack(agent: $0.agent, $0.ack) })
        hear(intake.gateways, isRead: true)
        let spent = UInt64((Clocks.now - start).nanoseconds)
        counts.with { counts in
            counts.applied += UInt64(result.applied)
            counts.known += UInt64(result.known)
            counts.rejected += UInt64(result.rejected)
            counts.refusedFrames += UInt64(result.refused.count)
            counts.batches += 1
            counts.applyNanoseconds += spent
        }
        for (agent, reason) in result.refused {
            troubles.again("frame refused", of: agent, .warning, ["agent": "\(agent)", "reason": "\(reason)"])
        }
        let traces = rule.map { self.traces(of: frames, result, $0) } ?? []
        guard !traces.isEmpty else { return tell(result.events) }
        let committed = Clocks.nanoseconds
        let rows = result.applied + result.rejected
        tracer.offer(traces.flatMap { $0.applied(from: begun, to: committed, records: rows, in: system) })
        tell(result.events) { [tracer] in
            let told = Clocks.nanoseconds
            tracer.offer(traces.map { $0.toldPages(from: committed, to: told) })
        }
        // Behind the followers of this turn.
        writer.post { [tracer] _, _ in
            let followed = Clocks.nanoseconds
            tracer.offer(traces.map { $0.followed(from: committed, to: followed) })
        }
    }

    /// Of the records that were new those of whose way is told.
    private func traces(of frames: [Arrival], _ result: Applier.Result, _ rule: Tracer.Rule) -> [RecordTrace] {
        var traces: [RecordTrace] = []
        for (place, range) in result.inserted where frames[place].received > 0 {
            let arrival = frames[place]
            guard let epoch = arrival.epoch else { continue }
            let stream = TraceStream(agent: arrival.agent, epoch: epoch, lane: .bulk)
            let rows = arrival.rows(in: range, atMost: Frame.rowLimit) { rule.sampling.takes(stream.id($0)) }
            let offset = clocks.with { $0.offset(of: arrival.agent) }
            for row in rows.prefix(tracer.room(for: rows.count)) {
                traces.append(
                    RecordTrace(
                        stream.id(row.seq), agent: arrival.agent, epoch: epoch, seq: row.seq, kind: row.kind,
                        captured: row.captured &+ offset, received: arrival.received))
            }
        }
        return traces
    }

    /// Scans that a page brought, in their turn among the readers' records; with when that was.
    func take(_ scans: [PageScan], clock: Int64, from person: Person) async throws -> (answers: [JSON], now: Int64) {
        let (answers, events, now) = try await writer.run { desks, now in
            let (answers, events) = try desks.intake.take(scans, clock: clock, from: person, at: now)
            return (answers, events, now)
        }
        let old = answers.count { $0["reason"] == "too-old" }
        counts.with { counts in
            counts.applied += UInt64(answers.count { $0["again"] == nil } - old)
            counts.rejected += UInt64(old)
        }
        tell(events)
        return (answers, now)
    }

    /// Forgets a portion of what pages brought long ago; how many.
    func forgetPageScans() async throws -> Int64 {
        let count = try await writer.run { try $0.intake.forgetPageScans(at: $1) }
        counts.with { $0.forgottenScans += UInt64(count) }
        return count
    }

    private func tell(_ events: [CentreEvent], done: (@Sendable () -> Void)? = nil) {
        guard !events.isEmpty else { return }
        var changed: [PageTopic] = []
        var messages: [PageMessage] = []
        var calls: [(snapshot: CallSnapshot, agent: String)] = []
        for event in events {
            switch event {
            case .delivery(let id): changed.append(.delivery(id))
            case .counted(let count, _):
                if count.gtin == nil { counts.with { $0.unknownTags += 1 } }
                changed.append(.delivery(count.delivery))
            case .taken(let take, _, _, _, _): changed.append(.take(take))
            case .call(let snapshot, let agent): calls.append((snapshot, agent))
            case .badge(let read): screens.show(read)
            case .stray, .refused, .device: break
            }
            if let message = PageMessage(event) { messages.append(message) }
        }
        // A backlog that drains brings thousands in a moment: a page shows the last of them, the sums are in the delivery.
        live.post(
            Array(messages.suffix(AgentIntake.toldAtOnce)), changed: changed, calls: calls,
            done: done)
    }

    /// In its turn among the frames: what the process before it sent is applied first.
    func take(_ hello: Hello, agent: String) {
        applyAll()
        writer.post { [self] desks, now in try greet(hello, agent: agent, &desks, at: now) }
    }

    private func greet(_ hello: Hello, agent: String, _ desks: inout Desks, at now: Int64) throws {
        guard try !desks.gateways.book().isRevoked(agent) else { return }
        // An agent that runs beside it is no clone, and nothing begins.
        if hello.isTrial {
            mail.post(
                .ack(agent: agent, Ack(epoch: hello.epoch, lane: .bulk, cumulative: 0, time: now, hello: hello.nonce)))
            return
        }
        live.post(greeting: agent, run: Int64(clamping: hello.boot.counter))
        let verdict = memory.with { $0.clones.greet(agent, nonce: hello.nonce) }
        if verdict == .foundAnother {
            try desks.gateways.alarm(
                agent, "two machines send with the same buffer; the younger was stopped", at: now)
        }
        if verdict == .cloned {
            var ack = Ack(epoch: hello.epoch, lane: .bulk, cumulative: 0, time: now, hello: hello.nonce)
            ack.verdict = .cloned
            mail.post(.ack(agent: agent, ack))
            return
        }
        let (ack, lost) = try desks.intake.greet(hello, agent: agent, at: now)
        if !lost.isEmpty {
            let ranges = lost.prefix(8).map { "\($0.lowerBound) to \($0.upperBound)" }.joined(separator: ", ")
            logger.critical("records lost here", metadata: ["agent": "\(agent)", "range": "\(ranges)"])
            try desks.gateways.alarm(
                agent,
                "this database is older than what it had acknowledged: records \(ranges) of this agent are missing",
                at: now)
        }
        mail.post(.ack(agent: agent, ack))
    }

    /// What has changed in the book of who may speak of what. `isRead`: it was looked at for this deed.
    func hear(_ desk: GatewayDesk, isRead: Bool = false) {
        switch try? desk.news(isRead: isRead) {
        case nil: break
        case .whole(let book): known.with { $0 = book }
        case .parts(let parts):
            guard !parts.isEmpty else { break }
            known.with { known in for one in parts { known.take(one) } }
        }
    }

    /// How a command goes on, in the order it was told; only the agent it was sent to says so.
    private func take(progress: CommandProgress, agent: String, done: @escaping @Sendable () -> Void) {
        // Not acknowledged, it comes again.
        guard
            steps.with({ waiting in
                guard waiting < AgentIntake.stepLimit else { return false }
                waiting += 1
                return true
            })
        else { return counts.with { $0.droppedSteps += 1 } }
        writer.post { [self] desks, _ in
            defer {
                steps.with { $0 -= 1 }
                done()
            }
            guard let step = try desks.dialling.advance(progress, from: agent) else { return }
            live.post([PageMessage(.command, step.progress.json)], to: step.user)
        }
    }

    // MARK: at once

    /// What an agent's clock showed in a message that has just come.
    func hear(clock: Int64?, of agent: String, isHello: Bool) {
        guard let clock else { return }
        let now = Clocks.wall
        clocks.with { $0.hear(agent, clock: clock, at: now, isHello: isHello) }
    }

    /// An urgent message: shown first, recorded when its journal copy comes. `acknowledged` says that it was taken.
    func urgent(_ event: JSON, agent: String, acknowledged: @escaping @Sendable (Ack) -> Void) {
        guard let data = event["data"], let id = event["id"]?.text else { return }
        let parts = id.split(separator: "/")
        var ack: Ack?
        if parts.count == 4, let epoch = Hex.word(String(parts[1])), let seq = UInt64(parts[3]), seq > 0 {
            ack = Ack(epoch: epoch, lane: .urgent, cumulative: 0, selective: [seq...seq], time: Clocks.wall)
        }
        let taken: @Sendable () -> Void = { [ack] in if let ack { acknowledged(ack) } }
        func refuse() {
            counts.with { $0.refusedUrgent += 1 }
            taken()
        }
        guard !known.with({ $0.isRevoked(agent) }) else { return refuse() }
        switch event["type"]?.text {
        case "quai.call":
            // Refused, its journal copy says why, as a dead letter.
            guard let told = CallSnapshot(json: data),
                known.with({ $0.mayTelephone(agent: agent) && $0.mayTell(told, agent: agent) })
            else { return refuse() }
            let offset = clocks.with { $0.offset(of: agent) }
            let call = plans.plan(of: agent).placed(told).corrected(by: offset, at: Clocks.wall)
            let heard = Clocks.now
            let trace = tracer.rule == nil ? nil : ring(call, event["time"]?.text, offset, ack, agent)
            live.post(call.filed(under: agent), agent: agent) { [times, tracer] rang in
                let spent = Double((Clocks.now - heard).nanoseconds) / 1e9
                times.with { $0.observe(spent) }
                if rang, let trace { tracer.offer(trace.spans(shown: Clocks.nanoseconds)) }
                taken()
            }
        case "quai.found":
            guard known.with({ $0.mayCount(agent: agent, zone: data["zone"]?.text ?? "") }) else { return refuse() }
            live.post([
                PageMessage(
                    .found,
                    .object([
                        ("epc", AgentIntake.short(data["tag"])), ("zone", AgentIntake.short(data["zone"])),
                        ("device", AgentIntake.short(data["device"])),
                        ("rssiDBm", data["rssiDBm"]?.double.map(JSON.number)), ("at", .int(Clocks.wall)),
                    ]), at: .zone(data["zone"]?.text))
            ])
            taken()
        case "quai.command":
            guard let progress = CommandProgress(json: data) else { return refuse() }
            take(progress: progress, agent: agent, done: taken)
        default: taken()
        }
    }

    /// `sent`: what the agent's clock showed then, as it wrote it.
    private func ring(
        _ call: CallSnapshot, _ sent: String?, _ offset: Int64, _ ack: Ack?, _ agent: String
    ) -> RingTrace? {
        guard let ack, let seq = ack.selective.first?.lowerBound else { return nil }
        return RingTrace(
            agent: agent, epoch: ack.epoch, seq: seq,
            rang: call.legs.filter { $0.state == .ringing }.compactMap(\.rangAt).max(),
            sent: sent.flatMap(RingTrace.moment).map { $0 &+ offset }, received: Clocks.nanoseconds)
    }

    private static func short(_ text: JSON?) -> JSON? { text?.text.map { .string($0.cut(to: 256)) } }

    // MARK: to the agents

    /// Tells the agents what they are to be set to, where it has changed; called now and then.
    /// To these, or to all, also where it has not.
    func publishConfigurations(all: Bool = false, again agents: [String] = []) async {
        await writer.attempt { [self] desks, _ in
            if all { memory.with { $0.published = [:] } }
            for agent in agents { memory.with { $0.published[agent] = nil } }
            for (agent, configuration) in try desks.gateways.desired() {
                let before = memory.with { $0.published.updateValue(configuration.revision, forKey: agent) }
                if before != configuration.revision { mail.post(.configuration(agent: agent, configuration)) }
            }
        }
    }

    /// Forgets an agent; its calls end, also on the pages. False when there is none of this name.
    func forget(_ name: String, by author: Author) async throws -> Bool {
        let ended = try await writer.run { try $0.gateways.forget(name, by: author, at: $1) }
        guard let ended else { return false }
        clocks.with { $0.forget(name) }
        for call in ended { await live.call(call, agent: name) }
        return true
    }
}
