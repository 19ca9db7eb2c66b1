/// What people do with deliveries. No clock, no log, no socket: who asks opens the transaction, and what happened stands in the
/// ledger.
public struct ReceivingDesk {
    let store: Store

    public init(_ store: Store) { self.store = store }

    /// How the questions that are left are answered, all of a kind in one way.
    public struct Closing: Equatable, Sendable {
        public var short: Decision.Kind?
        public var extra: Decision.Kind?
        public var unknown: Decision.Kind?
        /// Numbers of pictures of the goods.
        public var photos: [Int64]
        /// Somebody has to have signed since it was opened, or opened again.
        public var needsSignature: Bool

        public init(
            short: Decision.Kind? = nil, extra: Decision.Kind? = nil, unknown: Decision.Kind? = nil,
            photos: [Int64] = [], needsSignature: Bool = false
        ) {
            (self.short, self.extra, self.unknown) = (short, extra, unknown)
            (self.photos, self.needsSignature) = (photos, needsSignature)
        }
    }

    /// False when it is not expected any more: somebody else has opened it.
    public func open(_ id: Int64, zone: String, by author: Author, at now: Int64) throws -> Bool {
        try store.transaction { try store.deliveries.open(delivery: id, zone: zone, by: author, at: now) }
    }

    /// Receives what nobody announced; nil when another delivery has this note. `day` names it where it has no note.
    public func openBlind(
        supplier: String, zone: String, note: String?, day: String, by author: Author, at now: Int64
    ) throws -> Int64? {
        try store.transaction {
            try store.deliveries.openBlind(supplier: supplier, zone: zone, note: note, day: day, by: author, at: now)
        }
    }

    /// What a scan means from now on; false when it is not open.
    public func set(_ mode: Reception.Mode, on id: Int64, by author: Author, at now: Int64) throws -> Bool {
        try store.transaction { try store.deliveries.setMode(mode, delivery: id, by: author, at: now) }
    }

    /// Throws `DecisionError` with what is wrong; then nothing has changed.
    public func decide(_ decision: Decision, on id: Int64) throws {
        try store.transaction { try store.deliveries.decide(decision, delivery: id) }
    }

    /// False when somebody else closed it. Throws `.undecided` with what a person has to decide first, and `.unsigned` where nobody has
    /// signed and somebody has to: then nothing has changed.
    public func close(_ id: Int64, _ closing: Closing, by author: Author, at now: Int64) throws -> Bool {
        try store.transaction {
            guard let view = try store.deliveries.view(id), view.status == "open" else { return false }
            guard !closing.needsSignature || view.isSigned else { throw DecisionError.unsigned }
            try store.deliveries.settle(
                delivery: id, short: closing.short, extra: closing.extra, unknown: closing.unknown, by: author, at: now)
            let left = try store.deliveries.view(id)?.questions ?? []
            guard left.isEmpty else { throw DecisionError.undecided(left) }
            var kept: Set<Int64> = []
            for photo in closing.photos where kept.insert(photo).inserted {
                let decision = Decision(
                    at: now, who: author.who, station: author.station, kind: .photo, photo: photo)
                try store.deliveries.decide(decision, delivery: id)
            }
            return try store.deliveries.close(delivery: id, by: author, at: now)
        }
    }

    /// Opens a closed delivery again at a dock; `author.reason` says why, in at least three characters. Throws `ReopenError`: then
    /// nothing has changed.
    public func reopen(
        _ id: Int64, zone: String, cause: Reopening.Cause? = nil, by author: Author, at now: Int64
    ) throws {
        try store.transaction {
            try store.deliveries.reopen(delivery: id, zone: zone, cause: cause, by: author, at: now)
        }
    }

    /// Strays are proposed for a while only.
    public func forgetStrays(at now: Int64) throws { try store.strays.forget(before: now - StrayTable.strayLife) }

    public func keep(photo bytes: [UInt8], type: String, by author: Author, at now: Int64) throws -> Int64 {
        try store.deliveries.keep(photo: bytes, type: type, by: author, at: now)
    }
}
