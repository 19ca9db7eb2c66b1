import Drivers
import Glibc
import Logging
import Model
import Platform
import Ports
import Uplink

/// The loop that joins one port to one session: port ⇄ session → presence or call book → outbox.
///
/// A plain loop on a thread of its own: everything it calls answers at once, except the outbox when its queue is
/// full, and then it is right that the device is not asked for more.
final class DevicePump: Sendable {
    enum Message: Sendable {
        /// Void after that moment.
        case command(Command, until: Instant)
        case refused([TagID])
        case beat(UInt64)
        case stop
    }

    let device: AgentConfiguration.Device
    private let outbox: Outbox
    private let feed: Feed
    private let logger: Logger
    private let urgent: @Sendable (UrgentLane.Subject, String, JSON, Duration) -> Void
    private let beaten: @Sendable (UInt64) -> Void
    private let changed: @Sendable () -> Void
    private let mailbox = Locked<[Message]>([])
    private let wake = Wakeup()
    private let status: Locked<DeviceStatus>

    /// Bytes that may wait for a device that does not take them.
    static let outgoingLimit = 64 * 1024

    init(
        device: AgentConfiguration.Device, outbox: Outbox, feed: Feed, logger: Logger,
        urgent: @escaping @Sendable (UrgentLane.Subject, String, JSON, Duration) -> Void,
        beaten: @escaping @Sendable (UInt64) -> Void, changed: @escaping @Sendable () -> Void
    ) {
        self.device = device
        self.outbox = outbox
        self.feed = feed
        self.logger = logger
        self.urgent = urgent
        self.beaten = beaten
        self.changed = changed
        status = Locked(
            DeviceStatus(
                name: device.name, driver: device.driver.name, title: device.driver.title,
                kind: device.driver.kind.rawValue, port: device.address.description, zone: device.zone,
                state: "starting",
                since: Clocks.wall))
    }

    var now: DeviceStatus { status.with { $0 } }

    func post(_ message: Message) {
        mailbox.change { $0.append(message) }
        wake.signal()
    }

    /// Runs until `.stop`. `recalled` are commands whose end a former run did not see.
    func run(boot: Boot, recalled: [Command]) {
        let settings: SessionSettings
        do { settings = try device.resolvedSettings() } catch {
            set(state: "failed", reason: "\(error)")
            waitForStop()
            return
        }
        var loop = Loop(
            session: device.driver.session(settings), presence: Presence(departure: device.departure),
            // Counts on across restarts: the boot counter grows with each of them.
            book: CallBook(revisionBase: Int64(clamping: boot.counter) << 32), nextOpen: Clocks.now,
            backoff: Backoff(
                first: .milliseconds(500), cap: .seconds(30), seed: boot.random ^ UInt64(device.name.utf8.count)))
        for command in recalled { react(to: .recall(command), &loop) }
        while !loop.stopping { turn(&loop) }
        if loop.port != nil {
            react(to: .closing, &loop)
            flush(&loop)
        }
    }

    private struct Loop {
        var session: any Session
        var presence: Presence
        var book: CallBook
        var port: (any Port)?
        var outgoing: [UInt8] = []
        var deadline: Instant?
        var nextOpen: Instant
        var backoff: Backoff
        var stopping = false
    }

    private func turn(_ loop: inout Loop) {
        let now = Clocks.now
        if loop.port == nil, now >= loop.nextOpen { open(&loop) }
        let due = [loop.deadline, loop.presence.deadline, loop.port == nil ? loop.nextOpen : nil].compactMap(\.self)
            .min()
        let wait = due.map { Int32(clamping: max(0, ($0 - Clocks.now).nanoseconds + 999_999) / 1_000_000) } ?? -1
        let events = Int16(POLLIN) | (loop.outgoing.isEmpty ? 0 : Int16(POLLOUT))
        let ready = waitFor(
            [(wake.descriptor, Int16(POLLIN)), (loop.port?.descriptor ?? -1, events)], milliseconds: wait)
        if ready[0] != 0 { receive(&loop) }
        if ready[1] != 0, loop.port != nil { exchange(&loop) }
        let after = Clocks.now
        if let deadline = loop.deadline, after >= deadline {
            loop.deadline = nil
            react(to: .tick, &loop)
        }
        let left = loop.presence.expire(at: after)
        if !left.isEmpty { save(left.compactMap(row), tags: [], at: after) }
    }

    // MARK: port

    private func open(_ loop: inout Loop) {
        let baud: Int = if case .serial(let baud) = device.driver.line { baud } else { 0 }
        do {
            loop.port = try device.address.open(baud: baud)
            loop.outgoing = []
            set(state: "starting", reason: nil)
            react(to: .opened, &loop)
        } catch {
            set(state: error.state, reason: error.text)
            loop.nextOpen = Clocks.now + loop.backoff.next()
        }
    }

    private func exchange(_ loop: inout Loop) {
        guard let port = loop.port else { return }
        do {
            let bytes = try port.read()
            if !bytes.isEmpty {
                feed.post(
                    raw: true,
                    .object([("event", "raw"), ("device", .string(device.name)), ("from", .string(Hex.string(bytes)))]))
                react(to: .bytes(bytes), &loop)
            }
        } catch {
            close(&loop, state: error.state, reason: error.text)
            return
        }
        flush(&loop)
    }

    private func flush(_ loop: inout Loop) {
        guard let port = loop.port, !loop.outgoing.isEmpty else { return }
        do {
            let count = try port.write(loop.outgoing[...])
            feed.post(
                raw: true,
                .object([
                    ("event", "raw"), ("device", .string(device.name)),
                    ("to", .string(Hex.string(loop.outgoing.prefix(count)))),
                ]))
            loop.outgoing.removeFirst(count)
        } catch {
            close(&loop, state: error.state, reason: error.text)
        }
    }

    private func close(_ loop: inout Loop, state: String, reason: String?, after pause: Duration? = nil) {
        loop.port = nil
        loop.outgoing = []
        set(state: state, reason: reason)
        status.with { $0.restarts += 1 }
        let delay = pause ?? loop.backoff.next()
        loop.nextOpen = Clocks.now + delay
        react(to: .closed, &loop)
    }

    // MARK: session

    private func takeMail() -> [Message] {
        mailbox.with { box in
            let mail = box
            box = []
            return mail
        }
    }

    private func receive(_ loop: inout Loop) {
        wake.drain()
        for message in takeMail() {
            switch message {
            case .command(let command, let until):
                if Clocks.now <= until {
                    react(to: .command(command), &loop)
                } else {
                    take([.progress(CommandProgress(id: command.id, state: .expired))], at: Clocks.now, &loop)
                }
            case .refused(let tags): for tag in tags { loop.presence.forget(tag) }
            case .beat(let number): beaten(number)
            case .stop: loop.stopping = true
            }
        }
    }

    private func react(to stimulus: Stimulus, _ loop: inout Loop) {
        let now = Clocks.now
        let reaction = loop.session.handle(stimulus, at: now)
        loop.deadline = reaction.deadline
        take(reaction.observations, at: now, &loop)
        let present = device.driver.kind == .telephony ? loop.book.running.count : loop.presence.count
        status.with {
            $0.noise += UInt64(reaction.noise)
            $0.present = present
        }
        switch reaction.condition {
        case .starting?: set(state: "starting", reason: nil)
        case .ready?:
            loop.backoff.reset()
            set(state: "ready", reason: nil)
        case .failing(let code, let text)?:
            logger.warning("device failing", metadata: ["device": "\(device.name)", "code": "\(code)"])
            set(state: "failing", reason: text)
        case nil: break
        }
        if !reaction.send.isEmpty, loop.port != nil {
            if loop.outgoing.count + reaction.send.count <= DevicePump.outgoingLimit { loop.outgoing += reaction.send }
            flush(&loop)
        }
        if let pause = reaction.restart, loop.port != nil {
            let current = status.with { ($0.state, $0.reason) }
            close(&loop, state: current.0, reason: current.1, after: pause)
        }
    }

    private func take(_ observations: [Observation], at now: Instant, _ loop: inout Loop) {
        guard !observations.isEmpty else { return }
        let wall = Clocks.wall
        var rows: [Row] = []
        var tags: [TagID] = []
        for observation in observations {
            switch observation {
            case .tag(let read):
                if let change = loop.presence.fold(read, at: now), let row = row(change) {
                    rows.append(row)
                    tags.append(read.id)
                }
            case .barcode(let barcode): rows.append(.barcode(device: device.name, zone: device.zone, barcode))
            case .key(let text): rows.append(.key(device: device.name, zone: device.zone, text: text))
            case .call(let signal):
                for snapshot in loop.book.apply(signal, at: wall) {
                    urgent(.call(snapshot.call), "quai.call", snapshot.json, UrgentLane.life(of: snapshot.state))
                    rows.append(.call(device: device.name, snapshot))
                }
            case .fault(let fault):
                status.with { $0.faults += 1 }
                logger.notice("device fault", metadata: ["device": "\(device.name)", "code": "\(fault.code)"])
                feed.post(.object([("event", "fault"), ("device", .string(device.name)), ("fault", observation.json)]))
            case .identity(let identity):
                status.with { $0.identity[identity.field] = identity.text }
                changed()
            case .progress(let progress):
                outbox.record(progress)
                urgent(.command(progress.id), "quai.command", progress.json, .seconds(60))
            }
        }
        status.with {
            $0.observations += UInt64(observations.count)
            $0.lastSeen = wall
        }
        save(rows, tags: tags, at: now)
    }

    private func row(_ change: Presence.Change) -> Row? {
        switch change {
        case .appeared(let read): .appeared(sighting(read))
        case .left(let read, let present): .left(sighting(read), present: present)
        }
    }

    private func sighting(_ read: TagRead) -> Row.Sighting {
        Row.Sighting(
            device: device.name, zone: device.zone, tag: read.id, rssiDBm: read.rssiDBm, antenna: read.antenna,
            reads: read.count)
    }

    // MARK: outbox

    private func save(_ rows: [Row], tags: [TagID], at now: Instant) {
        guard !rows.isEmpty else { return }
        outbox.append(rows.map { Outbox.Entry($0, at: now) }) { [weak self] outcome in
            self?.settled(rows, tags: tags, outcome)
        }
    }

    private func settled(_ rows: [Row], tags: [TagID], _ outcome: Outbox.Outcome) {
        switch outcome {
        case .saved(let range):
            for (index, row) in rows.enumerated() {
                feed.post(row.tailLine(seq: range.lowerBound + UInt64(index), at: Clocks.wall))
            }
        case .refused(let error):
            status.with { $0.refused += UInt64(rows.count) }
            post(.refused(tags))
            feed.post(
                .object([("event", "not-saved"), ("device", .string(device.name)), ("reason", .string(error.text))]))
            changed()
        }
    }

    private func set(state: String, reason: String?) {
        let before = status.change { status -> String in
            defer {
                if status.state != state { status.since = Clocks.wall }
                status.state = state
                status.reason = reason
            }
            return status.state
        }
        guard before != state else { return }
        logger.notice(
            "device state",
            metadata: ["device": "\(device.name)", "state": "\(state)", "reason": "\(reason ?? "-")"])
        let row = Row.device(name: device.name, driver: device.driver.name, state: state, reason: reason)
        outbox.append([Outbox.Entry(row, at: Clocks.now)]) { _ in }
        feed.post(
            .object([
                ("event", "device"), ("device", .string(device.name)), ("state", .string(state)),
                ("reason", reason.map(JSON.string)),
            ]))
        changed()
    }

    private func waitForStop() {
        while true {
            _ = waitFor([(wake.descriptor, Int16(POLLIN))], milliseconds: -1)
            wake.drain()
            for message in takeMail() {
                if case .beat(let number) = message { beaten(number) }
                if case .stop = message { return }
            }
        }
    }
}

extension Row {
    /// One accepted record as `edge-agent tail` prints it.
    func tailLine(seq: UInt64, at wall: Int64) -> JSON {
        let common: [(String, JSON?)] = [
            ("event", "saved"), ("seq", .int(Int64(clamping: seq))), ("at", .string(rfc3339(wall))),
        ]
        switch self {
        case .appeared(let sighting):
            return .object(common + [("kind", "appeared")] + sighting.tailFields)
        case .left(let sighting, let present):
            return .object(
                common + [("kind", "left")] + sighting.tailFields
                    + [("reads", .int(Int64(sighting.reads))), ("presentMs", .int(present.milliseconds))])
        case .barcode(let device, let zone, let barcode):
            return .object(
                common + [
                    ("kind", "barcode"), ("device", .string(device)), ("zone", .string(zone)),
                    ("symbology", barcode.symbology.map(JSON.string)), ("text", .string(barcode.text)),
                ])
        case .key(let device, let zone, let text):
            return .object(
                common + [
                    ("kind", "key"), ("device", .string(device)), ("zone", .string(zone)), ("text", .string(text)),
                ])
        case .device(let name, _, let state, let reason):
            return .object(
                common + [
                    ("kind", "device"), ("device", .string(name)), ("state", .string(state)),
                    ("reason", reason.map(JSON.string)),
                ])
        case .call(let device, let snapshot):
            return .object(common + [("kind", "call"), ("device", .string(device)), ("call", snapshot.json)])
        case .skipped(let reason): return .object(common + [("kind", "skipped"), ("reason", .string(reason))])
        }
    }
}

extension Row.Sighting {
    fileprivate var tailFields: [(String, JSON?)] {
        [
            ("device", .string(device)), ("zone", .string(zone)), ("scheme", .string(tag.scheme.rawValue)),
            ("id", .string(tag.hex)), ("rssiDBm", rssiDBm.map(JSON.number)),
            ("antenna", antenna.map { .int(Int64($0)) }),
        ]
    }
}
