import Identifiers
public import Model
import SQLite

/// Something that happened, for the pages; sent after the commit.
public enum CentreEvent: Equatable, Sendable {
    case delivery(Int64)
    case counted(Count, zone: String)
    /// Seen or scanned where no delivery was open.
    case stray(zone: String, subject: String)
    /// Scanned where a delivery or a count is open, and counts nothing.
    case refused(zone: String, take: Int64?, subject: String, Refusal)
    /// A stock take changed: with the last read, and whether anybody knows what it is.
    case taken(Int64, zone: String, subject: String, gtin: String?, verdict: Count.Verdict)
    case call(CallSnapshot, agent: String)
    case device(agent: String)
    /// Shown where a screen is bound.
    case badge(BadgeRead)
}

/// Applies frames, each row once: the database decides what is new, and effects happen only for what really was.
public final class Applier {
    /// What a batch did, once it is committed.
    public struct Result: Sendable {
        public var acks: [(agent: String, ack: Ack)] = []
        public var events: [CentreEvent] = []
        public var applied = 0
        public var known = 0
        public var rejected = 0
        /// Frames that could not be read at all, with the reason.
        public var refused: [(agent: String, reason: String)] = []
        /// Of frames, by their places, from the first to the last row that was new.
        public var inserted: [(frame: Int, range: ClosedRange<UInt64>)] = []
    }

    package let store: Store
    /// Who may speak of what.
    public let gateways: GatewayDesk
    private var book = GatewayBook()
    let plan: (_ agent: String) -> NumberPlan
    /// What is to be added to an agent's times, in milliseconds: see `ClockBook`.
    public var clockOffset: (_ agent: String) -> Int64 = { _ in 0 }
    var receptions: [String: Reception?] = [:]
    /// Which count each zone's readers work for, and the counts.
    var takes: [String: Int64]?
    var counting: [Int64: StockTake] = [:]
    var notes: Set<String>?
    /// Further names of the same deliveries, folded.
    var names: Set<String> = []
    /// The last zone that was looked at, when nothing is open there and nobody counts: as most of the time.
    var quiet: String?
    var units: Set<String> = []
    /// Screens that are bound, and badges.
    var doors: Doors?
    /// Whether there are deliveries, and pallets of any: without them no scan is asked whether it is one of a closed delivery.
    private var holdings: (deliveries: Bool, units: Bool)?
    let catalogue: StoredCatalogue
    /// Changes when another connection has written: what was remembered may be old.
    private var dataVersion: Int64?
    private var ledgerTip: Int64?
    /// How many of each stream were rejected when it was last looked at, and when that was told of each agent.
    private var rejected: [Int64: UInt64] = [:]
    var told: [String: Int64] = [:]
    static let tellPause: Int64 = 60_000
    /// Streams and agents remembered for that.
    static let agentLimit = 20_000
    /// Scans that no delivery wanted: the last of them are told.
    var strays: [Stray] = []
    var nextStray = 0
    static let strayLimit = 20
    /// Strays of one transaction that are kept for the delivery they may belong to.
    static let keptStrays = 1000
    var keptHere = 0
    /// See `DeliveryTable.see`.
    var knownItems = 0
    /// Of the frame that is being applied.
    var standings: [Int: DepotDesk.Standing] = [:]
    /// Nothing is closed without a signature here.
    public var needsSignature = false
    /// Nothing came since it was last asked to rest.
    private var isResting = false
    /// When the row that is being applied was captured; whether one of this transaction was applied under another key.
    private var (captured, isMoving): (Int64, Bool) = (0, false)

    /// Made once: a backlog brings hundreds of thousands of rows a second.
    lazy var around = Receiving.Surroundings(
        isNote: { [unowned self] in notes?.contains($0) ?? false || isName($0) },
        isClosedNote: { [unowned self] in isClosedNote($0) },
        expectsUnits: { [unowned self] in !units.isEmpty }, isUnit: { [unowned self] in units.contains($0) },
        isReceivedElsewhere: { [store] in (try? store.strays.isReceivedElsewhere($0, than: $1)) ?? false },
        comesBack: { [unowned self] in (try? store.strays.comesBack($0, at: captured)) ?? .no },
        hasUnits: { [unowned self] in known.units },
        isClosedUnit: { [store] in (try? store.deliveries.isClosed(unit: $0)) ?? false })

    /// `plan` says how the site of an agent writes telephone numbers.
    public init(store: Store, plan: @escaping (_ agent: String) -> NumberPlan = { _ in NumberPlan() }) {
        self.store = store
        gateways = GatewayDesk(store)
        self.plan = plan
        catalogue = StoredCatalogue(store: store, memory: StoredCatalogue.Memory())
    }

    /// Another name of a delivery that is expected or open. A number that an article has, too, is that of goods.
    private func isName(_ text: String) -> Bool {
        !names.isEmpty && names.contains(DeliveryTable.folded(name: text)) && !isArticle(text)
    }

    private func isArticle(_ text: String) -> Bool {
        catalogue.product(reference: text) != nil || catalogue.label("text:\(text)") != nil
    }

    var known: (deliveries: Bool, units: Bool) {
        if holdings == nil { holdings = try? store.deliveries.holdings() }
        return holdings ?? (true, true)
    }

    private func isClosedNote(_ text: String) -> Bool {
        guard known.deliveries else { return false }
        if (try? store.deliveries.hasNote(text)) ?? false { return true }
        return (try? store.deliveries.isClosed(named: text)) ?? false && !isArticle(text)
    }

    /// What is open, and what things are, was changed by somebody else: read again.
    func forgetReceptions() { (receptions, notes, takes, quiet, holdings, doors) = ([:], nil, nil, nil, nil, nil) }

    /// Something that is open somewhere is remembered.
    package var isAtWork: Bool { !receptions.isEmpty || !counting.isEmpty }

    /// Called now and then. Where nothing came since the last time, nothing is remembered: a delivery of thirty thousand pieces is 6 MB.
    func rest() {
        if isResting {
            forgetReceptions()
            counting = [:]
        }
        isResting = true
    }

    /// Where it stands in what is being applied.
    struct Stray {
        var frame: Int
        var row: Int
    }

    public func apply(_ frames: [(agent: String, payload: [UInt8])], at now: Int64) throws -> Result {
        try apply(frames.map { Arrival(agent: $0.agent, payload: $0.payload) }, at: now)
    }

    /// One transaction for all frames. Throws only when the database does; then nothing has happened and no ack is due.
    public func apply(_ frames: [Arrival], at now: Int64) throws -> Result {
        var result = Result()
        isResting = false
        do {
            try store.database.transaction(foreseeing: Journal.questions(of: frames)) {
                try begin()
                book = try gateways.book()
                var touched: [Journal: Stream] = [:]
                for (number, arrival) in frames.enumerated() {
                    guard case .success(let content) = arrival.content else {
                        if case .failure(let error) = arrival.content {
                            result.refused.append((arrival.agent, "\(error)"))
                        }
                        continue
                    }
                    // Its status comes first: until then nobody knows where it stands. It sends again.
                    if book.mustWait(for: arrival.agent) {
                        result.refused.append(
                            (
                                arrival.agent,
                                book.grants[arrival.agent]?.state == .revoked
                                    ? "it is revoked"
                                    : "unknown, and its status has not come; see edge-ingest agent add"
                            ))
                        continue
                    }
                    let frame = content.frame
                    let journal = Journal(agent: arrival.agent, epoch: frame.epoch)
                    var stream = try touched[journal] ?? store.records.stream(agent: arrival.agent, epoch: frame.epoch)
                    if rejected[stream.id] == nil { rejected[stream.id] = stream.rejected }
                    standings = arrival.standings
                    try content.withBytes { try apply(content, number, $0, &stream, now, &result) }
                    touched[journal] = stream
                }
                let streams = touched.values.sorted { $0.id < $1.id }
                for stream in streams { try store.records.save(stream) }
                try tellRejections(streams, at: now)
                try end()
                for stream in streams { result.acks.append((stream.agent, try ack(stream, at: now))) }
            }
        } catch {
            forgetReceptions()
            // What was told of rejections did not happen either.
            (rejected, told) = ([:], [:])
            throw error
        }
        for stray in strays[nextStray...] + strays[..<nextStray] {
            guard case .success(let content) = frames[stray.frame].content,
                case .success(let row) = content.value(stray.row), let (zone, subject) = row.stray
            else { continue }
            result.events.append(.stray(zone: zone, subject: subject))
        }
        return result
    }

    /// Looks whether what is remembered still holds: a person, or another process, may have been here; whatever they did stands in
    /// the ledger, or in the file.
    func begin() throws {
        (strays, nextStray, keptHere, isMoving) = ([], 0, 0, false)
        catalogue.forget()
        let version = try store.dataVersion()
        if try version != dataVersion || store.ledger.tip() != ledgerTip { forgetReceptions() }
        dataVersion = version
    }

    /// What was told in this transaction is our own.
    func end() throws { ledgerTip = try store.ledger.tip() }

    /// What could not be applied is told: at once, then once a minute for each agent while it goes on.
    private func tellRejections(_ streams: [Stream], at now: Int64) throws {
        for stream in streams {
            let before = rejected.updateValue(stream.rejected, forKey: stream.id) ?? 0
            guard stream.rejected > before, now - (told[stream.agent] ?? 0) >= Applier.tellPause else { continue }
            told[stream.agent] = now
            let newest = try store.records.rejections(stream: stream.id).first
            try store.tell(
                Fact(
                    .recordsRejected, stream.agent,
                    "\(stream.rejected) in all, the last of them \(newest.map { "\($0.seq): \($0.code)" } ?? "-")"),
                by: Author("edge-ingest"), at: now)
        }
        if rejected.count > Applier.agentLimit { (rejected, told) = ([:], [:]) }
    }

    /// The answer to a hello: where to go on. `nil` boot when nothing of this epoch was ever committed.
    public func greet(_ hello: Hello, agent: String, at now: Int64) throws -> (ack: Ack, lost: [ClosedRange<UInt64>]) {
        try store.transaction {
            var stream = try store.records.stream(agent: agent, epoch: hello.epoch)
            var lost: [ClosedRange<UInt64>] = []
            // The agent has settled more than we have: this database is older than its own acknowledgements.
            if hello.bulk.lowest > stream.frontier + 1 {
                let range = stream.frontier + 1...hello.bulk.lowest - 1
                lost = try store.records.holes(stream: stream.id, in: range)
                for hole in lost {
                    stream.skipped += UInt64(hole.count)
                    try store.tell(
                        Fact(.recordsLost, agent, "\(hole.lowerBound)-\(hole.upperBound)"), by: Author("edge-ingest"),
                        at: now)
                }
                stream.frontier = try store.records.contiguous(stream: stream.id, after: range.upperBound)
                try store.records.save(stream)
            }
            var answer = try ack(stream, at: now)
            answer.hello = hello.nonce
            // The highest row, not the frontier: behind a hole nobody would see that the file went back in time.
            let tip = try store.records.tip(stream: stream.id)
            answer.tip = max(tip, stream.frontier)
            answer.boot = try store.records.boot(stream: stream.id, seq: max(tip, stream.frontier))
            return (answer, lost)
        }
    }

    private func ack(_ stream: Stream, at now: Int64) throws -> Ack {
        let selective =
            stream.isWhole ? [] : try store.records.selective(stream: stream.id, after: stream.frontier)
        // Beyond a hole some are counted that the agent still has.
        let beyond =
            selective.isEmpty || stream.rejected == 0
            ? 0 : try store.records.rejections(stream: stream.id, after: stream.frontier)
        return Ack(
            epoch: stream.epoch, lane: .bulk, cumulative: stream.frontier, selective: selective,
            rejected: stream.rejected > 0 ? try store.records.rejections(stream: stream.id) : [],
            refused: stream.rejected - min(beyond, stream.rejected), time: now)
    }

    // MARK: rows

    func apply(
        _ content: Arrival.Content, _ number: Int, _ bytes: ArrivalBytes, _ stream: inout Stream, _ now: Int64,
        _ result: inout Result
    ) throws {
        let frame = content.frame
        let former = try frame.was.map { try store.records.stream(agent: stream.agent, epoch: $0.epoch).id }
        let moved =
            stream.hasMoved || isMoving
            ? try store.records.moved(stream: stream.id, in: frame.first...frame.last, boot: frame.boot) : []
        var movedFormerly: Set<UInt64> = []
        if let former, let was = frame.was {
            let range = was.first...was.first + UInt64(frame.count - 1)
            movedFormerly = try store.records.moved(stream: former, in: range, boot: frame.boot)
        }
        // As a rule all of it is new: then it goes in many rows at a time.
        let tip = try stream.tip ?? store.records.tip(stream: stream.id)
        stream.tip = max(tip, frame.last)
        let isNew =
            try former == nil && moved.isEmpty && frame.first > stream.frontier
            && (frame.first > tip || !store.records.has(any: frame.first...frame.last, stream: stream.id))
        if isNew { try store.records.insert(all: content, bytes, stream: stream.id, received: now) }
        var origin = Origin(stream: stream, now: now, place: Stray(frame: number, row: 0))
        // The record keeps the time that was told; its effects have the corrected one.
        origin.clockOffset = clockOffset(stream.agent)
        var inserted: ClosedRange<UInt64>? = isNew ? frame.first...frame.last : nil
        var calm: Calm?
        for index in content.rows.indices {
            let seq = frame.first + UInt64(index)
            if !isNew {
                guard seq > stream.frontier,
                    try store.records.insert(content, row: index, bytes, stream: stream.id, received: now)
                else {
                    result.known += 1
                    continue
                }
                inserted = (inserted?.lowerBound ?? seq)...seq
                var isKnown = moved.contains(seq)
                if let former, let was = frame.was {
                    let old = was.first + UInt64(index)
                    isKnown =
                        try isKnown || movedFormerly.contains(old)
                        || store.records.isKnown(stream: former, seq: old, boot: frame.boot)
                    // Should it come once more under that key (an image restored twice, a file salvaged twice), it is known.
                    if !isKnown {
                        isMoving = true
                        try store.records.move(stream: former, seq: old, boot: frame.boot)
                    }
                }
                if isKnown {
                    result.known += 1  // the same scan under another key: kept, without effect
                    stream.applied += 1
                    continue
                }
            }
            origin.place.row = index
            if calm?.pass(content.rows[index], origin, self) == true {
                stream.applied += 1
                result.applied += 1
                continue
            }
            try see(&calm, bytes)
            switch content.value(index) {
            case .success(.skipped): stream.skipped += 1
            case .success(let row):
                if stream.agent != Applier.pages, let objection = book.objection(to: row, of: stream.agent) {
                    stream.rejected += 1
                    result.rejected += 1
                    try store.records.reject(
                        stream: stream.id, seq: seq, code: objection.code, detail: objection.text,
                        body: Array(bytes.body(content.rows[index])), at: now)
                    try gateways.object(objection, to: stream.agent, at: now)
                    if result.events.last != .device(agent: stream.agent) {
                        result.events.append(.device(agent: stream.agent))
                    }
                    continue
                }
                stream.applied += 1
                result.applied += 1
                origin.seq = seq
                origin.captured = ClockBook.corrected(content.rows[index].captured, by: origin.clockOffset, at: now)
                captured = origin.captured
                try effect(row, content.rows[index].texts, bytes, origin, &result)
                calm = try self.calm(content.rows[index], bytes)
            case .failure(let error):
                stream.rejected += 1
                result.rejected += 1
                let code =
                    switch error {
                    case .unknownKind: "unknown-kind"
                    case .badTime: "bad-time"
                    case .malformed: "malformed-row"
                    }
                try store.records.reject(
                    stream: stream.id, seq: seq, code: code, detail: "\(error)",
                    body: Array(bytes.body(content.rows[index])), at: now)
            }
        }
        try see(&calm, bytes)
        // Fast path: the frame continues where we are; otherwise look how far nothing is missing.
        if frame.first <= stream.frontier + 1 { stream.frontier = max(stream.frontier, frame.last) }
        if !stream.isWhole {
            stream.frontier = try store.records.contiguous(stream: stream.id, after: stream.frontier)
        }
        // Only what this boot's rows really took: a number that was known may be another boot's.
        if let inserted {
            result.inserted.append((number, inserted))
            try store.records.note(
                boot: frame.boot, stream: stream.id, first: inserted.lowerBound, last: inserted.upperBound)
        }
    }

}

extension Model.Row {
    /// Where it was seen or scanned, and what, for those who watch a dock where nothing is open.
    fileprivate var stray: (zone: String, subject: String)? {
        switch self {
        case .appeared(let sighting), .moved(let sighting, _): (sighting.zone, "tag:\(sighting.tag.hex)")
        case .barcode(_, let zone, let barcode): (zone, "text:\(barcode.text)")
        case .key(_, let zone, let text): (zone, "text:\(text)")
        default: nil
        }
    }
}
