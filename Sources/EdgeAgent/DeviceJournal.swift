import Drivers
import Logging
import Model
import Platform
import Uplink

/// What one device said, on its way to the outbox: observations become rows through presence or the call book, the
/// status follows, watchers are told. Used on the pump's thread; the status may be read from anywhere.
final class DeviceJournal: @unchecked Sendable {
    // `book`, `exchange`, `faultsSaid` and `antennas` belong to the pump's thread; the rest is locked or constant.

    /// The same fault is logged again after this; it is counted each time.
    static let faultPause: Duration = .seconds(60)

    let name: String
    private let rules: Presence.Rules
    private let outbox: Outbox
    let feed: Feed
    let logger: Logger
    private let presence: Locked<Presence>
    let urgent: @Sendable (UrgentLane.Subject, String, JSON, Duration) -> Void
    let changed: @Sendable () -> Void
    private let finder: Finder
    /// The rows' fate: how many are safe, or which tags must be seen anew.
    private let settled: @Sendable (Settlement) -> Void
    let status: Locked<DeviceStatus>
    /// The last state that was no beginning, and since when.
    let lasting = Locked<(state: String?, since: Int64)>((nil, 0))
    /// Commands that were given to the device, and whose end it has not told.
    let begun = Locked<[Command]>([])
    /// Another one of its name speaks for its commands.
    let isSilent = Locked(false)
    private let unsaved = Locked<[Outbox.Entry]>([])
    /// Departures and ended calls kept while the disk refuses; beyond it the oldest are lost, as the refusals say.
    static let unsavedLimit = 10_000
    var book: CallBook
    var exchange = Exchange()
    private var faultsSaid: [String: Instant] = [:]
    /// When watchers were last told how it goes, and how many reads there were then.
    private var told = (at: Instant.zero, reads: UInt64(0))
    /// How often, while something is read: a page that shows rates is live, and the heartbeat is every 30 s anyway.
    static let tellPause: Duration = .seconds(2)

    enum Settlement: Sendable {
        case saved(Int)
        case refused([TagID])
    }

    init(
        status: DeviceStatus, rules: Presence.Rules, outbox: Outbox, feed: Feed, logger: Logger,
        presence: Locked<Presence>, revisionBase: Int64,
        urgent: @escaping @Sendable (UrgentLane.Subject, String, JSON, Duration) -> Void,
        changed: @escaping @Sendable () -> Void, finder: Finder, settled: @escaping @Sendable (Settlement) -> Void
    ) {
        name = status.name
        self.rules = rules
        self.outbox = outbox
        self.feed = feed
        self.logger = logger
        self.presence = presence
        self.urgent = urgent
        self.changed = changed
        self.finder = finder
        self.settled = settled
        self.status = Locked(status)
        book = CallBook(revisionBase: revisionBase)
    }

    var now: DeviceStatus {
        let present = presence.with { $0.count(device: name) }
        return status.with { status in
            if status.kind != Driver.Kind.telephony.rawValue { status.present = present }
            var copy = status
            if Clocks.wall - (status.lastSeen ?? 0) > 3000 { copy.readsPerSecond = 0 }
            copy.follow(outbox.now, countsStock: rules.countsStock)
            return copy
        }
    }

    var presenceDeadline: Instant? { presence.with { $0.deadline } }

    func change(_ body: (inout DeviceStatus) -> Void) { status.with(body) }

    // MARK: observations

    func take(_ observations: [Observation], at now: Instant) {
        guard !observations.isEmpty else { return }
        let wall = Clocks.wall
        presence.with { $0.isSaving = outbox.now.level >= .saving }
        var entries: [Outbox.Entry] = []
        entries.reserveCapacity(observations.count)
        func add(_ row: Row) { entries.append(Outbox.Entry(row, at: now)) }
        var tags: [TagID] = []
        var reads: [TagRead] = []
        var calls: [CallSnapshot] = []
        for observation in observations {
            switch observation {
            case .tag(let read):
                reads.append(read)
                if finder.isWanted(read.id, by: name, at: now) { tellFound(read) }
                if let change = presence.with({ $0.fold(read, device: name, at: now) }) {
                    add(row(change))
                    tags.append(read.id)
                }
            case .barcode(let barcode): add(.barcode(device: name, zone: rules.zone, barcode))
            case .key(let text): add(.key(device: name, zone: rules.zone, text: text))
            case .call(let signal):
                if signal.call.isEmpty {
                    if let row = heard(signal, at: wall, now) { add(row) }
                    continue
                }
                note(signal)
                // Of what one piece of the stream brings, the last word about each call counts: a record of a call
                // that is over must not ring anywhere.
                for snapshot in book.apply(signal, at: wall) {
                    calls.removeAll { $0.call == snapshot.call }
                    calls.append(snapshot)
                }
            case .fault(let fault): take(fault, observation, at: now)
            case .identity(let identity):
                status.with { $0.learn(identity) }
                changed()
            case .progress(let progress): report(progress)
            }
        }
        for snapshot in calls {
            urgent(.call(snapshot.call), "quai.call", snapshot.json, UrgentLane.life(of: snapshot.state))
            add(.call(device: name, snapshot))
        }
        if observations.contains(where: \.isCall) { touchMemory(at: now) }
        let running = book.running.count
        status.with {
            $0.observations += UInt64(observations.count(where: \.isSeen))
            $0.lastSeen = wall
            $0.note(reads)
            if $0.kind == Driver.Kind.telephony.rawValue { $0.present = running }
        }
        tell(at: now)
        save(entries, tags: tags)
    }

    /// For the status and the centre's journal.
    func say(_ doubt: DeviceStatus.Doubt) -> Row {
        let (driver, state) = status.change { status -> (String, String) in
            status.doubt = doubt
            return (status.driver, status.state)
        }
        logger.warning("calls in doubt", metadata: ["device": "\(name)", "what": "\(doubt.text)"])
        changed()
        return .device(name: name, driver: driver, state: state, reason: doubt.text)
    }

    /// Calls that nobody's signal has changed.
    func tell(calls: [CallSnapshot], at now: Instant) {
        guard !calls.isEmpty else { return }
        for snapshot in calls {
            urgent(.call(snapshot.call), "quai.call", snapshot.json, UrgentLane.life(of: snapshot.state))
        }
        save(calls.map { Outbox.Entry(.call(device: name, $0), at: now) })
    }

    private func tell(at now: Instant) {
        let passed = now - told.at
        guard passed >= DeviceJournal.tellPause else { return }
        let reads = status.change { status -> UInt64 in
            let reads = status.antennas.values.reduce(0) { $0 + $1.reads }
            // After a quiet time the first read says nothing about a rate.
            status.readsPerSecond =
                passed > DeviceJournal.tellPause * 3
                ? 0 : Double(reads - told.reads) / (Double(passed.nanoseconds) / 1e9)
            return reads
        }
        told = (now, reads)
        changed()
    }

    func report(_ progress: CommandProgress) {
        guard !isSilent.with({ $0 }) else { return }
        outbox.record(progress)
        if progress.state.isFinal { begun.with { $0.removeAll { $0.id == progress.id } } }
        var progress = progress
        if progress.state == .accepted { progress.line = name }
        urgent(.command(progress.id), "quai.command", progress.json, .seconds(60))
    }

    /// Old news of a search is none.
    static let foundLife: Duration = .seconds(2)

    private func tellFound(_ read: TagRead) {
        urgent(
            .found("\(name)/\(read.id.hex)"), "quai.found",
            .object([
                ("tag", .string(read.id.hex)), ("zone", .string(rules.zone)), ("device", .string(name)),
                ("rssiDBm", read.rssiDBm.map(JSON.number)), ("antenna", read.antenna.map { .int(Int64($0)) }),
            ]), DeviceJournal.foundLife)
    }

    /// The first line of what a device says: with a second one it could write what looks like an entry of ours. The state has
    /// all of it.
    static func line(of text: String) -> String {
        let line = text.prefix { !$0.isNewline }
        return line.count == text.count ? text : "\(line) […]"
    }

    private func take(_ fault: Fault, _ observation: Observation, at now: Instant) {
        status.with {
            $0.faults += 1
            $0.lastFault = fault.text
        }
        feed.post(.object([("event", "fault"), ("device", .string(name)), ("fault", observation.json)]))
        if let said = faultsSaid[fault.code], now - said < DeviceJournal.faultPause { return }
        if faultsSaid.count > 100 { faultsSaid = [:] }
        faultsSaid[fault.code] = now
        logger.notice(
            "device fault",
            metadata: ["device": "\(name)", "code": "\(fault.code)", "text": "\(DeviceJournal.line(of: fault.text))"])
    }

    /// Tags that went away meanwhile, from whichever reader: the first pump that looks writes them down.
    func expire(at now: Instant) {
        let left = presence.with { $0.expire(at: now) }
        if !left.isEmpty { save(left.map { Outbox.Entry(row($0), at: now) }) }
    }

    /// What a full disk refused, once more.
    func retry() {
        if unsaved.with({ !$0.isEmpty }) { save([]) }
    }

    func forget(_ tags: [TagID]) {
        presence.with { presence in
            for tag in tags { presence.forget(tag) }
        }
    }

    private func row(_ change: Presence.Change) -> Row {
        switch change {
        case .appeared(let place): .appeared(Row.Sighting(place))
        case .moved(let place, let from): .moved(Row.Sighting(place), from: from)
        case .still(let place): .still(Row.Sighting(place))
        case .left(let place, let present, let direction):
            .left(Row.Sighting(place), present: present, direction: direction)
        }
    }

    // MARK: outbox

    func save(_ new: [Outbox.Entry], tags: [TagID] = []) {
        // What was kept happened before: it goes first, with its own time.
        let kept = unsaved.change { list -> [Outbox.Entry] in
            let kept = list
            list = []
            return kept
        }
        let entries = kept.isEmpty ? new : kept + new
        guard !entries.isEmpty else { return }
        // What the writer's thread needs to know afterwards; it has no time to let go of thousands of rows.
        let batch = Batch(
            count: entries.count, again: kept.count, scans: entries.count(where: \.row.isScan),
            once: entries.filter(\.row.comesOnce),
            watched: feed.isWatched ? entries : [], shown: feed.reads == nil ? [] : RecentReads.shown(new),
            goods: feed.goods == nil ? [] : LocalGoods.goods(in: entries, skipping: kept.count), tags: tags)
        let done: @Sendable (Outbox.Outcome) -> Void = { [weak self] in self?.finish(batch, $0) }
        // By the room alone: a disk that was full is known to have some again when something is tried.
        if rules.countsStock, outbox.now.fill.level >= .deliveriesOnly, batch.scans > 0 {
            return done(.refused(.reserved))
        }
        // An exchange throws out whoever reads slowly: its rows wait here instead. A reader is better not asked for more.
        if status.with({ $0.kind == Driver.Kind.telephony.rawValue }) {
            let taken = outbox.offer(entries, again: kept.count, done: done)
            if !taken { unsaved.change { $0 = Array((entries + $0).suffix(DeviceJournal.unsavedLimit)) } }
            let waiting = unsaved.with { $0.count }
            status.with { $0.unsaved = waiting }
        } else {
            outbox.append(entries, again: kept.count, done: done)
        }
    }

    /// Rows on their way to the disk.
    private struct Batch: Sendable {
        var count: Int
        /// So many of them were refused before.
        var again: Int
        var scans: Int
        /// Those that nothing will say again.
        var once: [Outbox.Entry]
        /// All of them where somebody was watching when they were handed over.
        var watched: [Outbox.Entry]
        /// For the page at the depot, where there is one.
        var shown: [RecentReads.Read]
        var goods: [(index: Int, read: GoodsRead)]
        var tags: [TagID]
    }

    /// Mostly on the writer's thread: nothing may be appended from here, because only this thread empties its queue.
    private func finish(_ batch: Batch, _ outcome: Outbox.Outcome) {
        switch outcome {
        case .saved(let range):
            if !batch.watched.isEmpty {
                let wall = Clocks.wall
                for (index, entry) in batch.watched.enumerated() {
                    feed.post(entry.row.tailLine(seq: range.lowerBound + UInt64(index), at: wall))
                }
            }
            feed.reads?.add(batch.shown, refused: nil, at: Clocks.wall)
            feed.goods?.add(batch.goods, from: range.lowerBound, epoch: outbox.now.epoch)
            if batch.scans > 0 { settled(.saved(batch.scans)) }
            savedAgain(batch)
        case .refused(let error):
            refused(batch, error)
            feed.reads?.add(batch.shown, refused: error, at: Clocks.wall)
            settled(.refused(batch.tags))
            // A tag that appears is read again; one that left, or a call that ended, is not: kept for the next time.
            unsaved.change { $0 = Array(($0 + batch.once).suffix(DeviceJournal.unsavedLimit)) }
            feed.post(
                .object([("event", "not-saved"), ("device", .string(name)), ("reason", .string(error.text))]))
            changed()
        }
    }

    private func refused(_ batch: Batch, _ error: OutboxError) {
        let count = UInt64(batch.count - batch.again)
        let (before, isNew) = status.change { status -> (DeviceStatus.NotSaved?, Bool) in
            let before = status.notSaved
            status.refused += count
            guard error != .closed, count > 0 else { return (before, false) }
            status.notSaved = .init(
                reason: error, since: before?.since ?? Clocks.wall, count: (before?.count ?? 0) + count)
            return (before, true)
        }
        // The outbox tells what concerns everybody; this concerns readers that count stock alone.
        if isNew, error == .reserved, before?.reason != .reserved {
            logger.warning("scans are refused", metadata: ["device": "\(name)", "reason": "\(error.code)"])
        }
    }

    private func savedAgain(_ batch: Batch) {
        let over = status.change { status -> DeviceStatus.NotSaved? in
            guard let over = status.notSaved, over.reason != .reserved || batch.scans > 0 else { return nil }
            status.notSaved = nil
            return over
        }
        guard let over else { return }
        if over.reason == .reserved {
            logger.notice(
                "scans are saved again",
                metadata: [
                    "device": "\(name)", "reason": "\(over.reason.code)", "refused": "\(over.count)",
                    "since": "\(rfc3339(over.since ?? Clocks.wall))",
                ])
        }
        changed()
    }
}
