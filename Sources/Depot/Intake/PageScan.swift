public import Model

/// What somebody scanned in a page, by a scanner that types or by the camera.
public struct PageScan: Equatable, Sendable {
    /// A ULID that the browser made: the scan is applied once for it, however often it comes.
    public var key: String
    /// Where its screen stands.
    public var zone: String
    /// As it was typed, with GS (1D) where it was; 1 to `textLimit` characters.
    public var text: String
    /// AIM identifier, where the decoder told one.
    public var symbology: String?
    /// When, in Unix milliseconds by the browser's own clock.
    public var at: Int64
    /// Whoever scanned, where somebody else sends it: scans that were kept belong to the screen.
    public var person: Int64?

    public init(
        key: String, zone: String, text: String, symbology: String? = nil, at: Int64, person: Int64? = nil
    ) {
        (self.key, self.zone, self.text, self.symbology) = (key, zone, text, symbology)
        (self.at, self.person) = (at, person)
    }

    /// Scans that are taken at once.
    public static let batchLimit = 100
    /// Characters of a text. The largest QR code holds 4296 (ISO/IEC 18004), a Data Matrix 2335; labels of goods a few hundred.
    public static let textLimit = 2048
    public static let zoneLimit = 64
    /// How long ago a scan may have been, in milliseconds; one that says more was made by a clock that was wrong.
    public static let ageLimit: Int64 = 400 * 86_400_000

    /// One that was made longer ago, in milliseconds, is not applied any more: its key may have been applied and forgotten.
    public static let life: Int64 = 30 * 86_400_000
    /// How long the key of one that came is known; longer than `life`, because clocks run apart.
    static let keyLife: Int64 = life + 86_400_000

    /// Whether a key is one that a browser makes: 26 signs of Crockford's base 32.
    public static func isKey(_ text: String) -> Bool {
        text.utf8.count == 26 && text.utf8.allSatisfy { "0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8.contains($0) }
    }

    /// When it was, by the centre's clock: as long ago as the browser's clock says, which showed `clock` when the scan came.
    static func moment(_ at: Int64, clock: Int64, now: Int64) -> Int64 {
        let (age, overflows) = clock.subtractingReportingOverflow(at)
        // After the moment of sending, or before the depot was: it was set in between, and nobody knows by how much.
        guard !overflows, (0...ageLimit).contains(age) else { return now }
        return now - age
    }
}

/// What became of a scan, as the page says it.
public struct PageScanAnswer: Equatable, Sendable {
    /// The verdict of a reception's count, or what else it did.
    public enum Outcome: String, CaseIterable, Sendable {
        case expected, extra, unknown, complete, inside, serial, pallet, returned, removed
        /// In a stock take.
        case counted
        /// It was a delivery's note or pallet: that delivery is open here now.
        case opened
        /// It counts nothing; `reason` says why.
        case refused
        /// Nothing is open here: it waits a while for its delivery.
        case stray
    }

    public var key: String
    public var zone: String
    public var outcome = Outcome.stray
    public var reason: Refusal?
    /// As counts have it: `scan:…`, `item:…`, `sscc:…`, `text:…`.
    public var subject: String
    public var gtin: String?
    public var description: String?
    public var quantity: Quantity?
    public var delivery: Int64?
    public var note: String?
    public var take: Int64?

    init(key: String, zone: String, subject: String) {
        (self.key, self.zone, self.subject) = (key, zone, subject)
    }

    public static let shape = Shape<PageScanAnswer>(
        "ScanAnswer",
        [
            .text("key", \.key), .text("zone", \.zone), .word("outcome", \.outcome),
            .text("reason", ifAny: { $0.reason?.rawValue }), .text("subject", \.subject),
            .text("gtin", ifAny: \.gtin), .text("description", ifAny: \.description),
            .quantity("quantity", ifAny: \.quantity), .integer("delivery", ifAny: \.delivery),
            .text("note", ifAny: \.note), .integer("take", ifAny: \.take),
        ])

    /// As it is told: `again` where it had come before, and nothing was done now.
    public static let schema = shape.schema.with([.init("again", .truth, isRequired: false)], as: "ScanAnswerNow")

    /// What one scan's events tell. A pallet's label counts several articles: the one that somebody has to look at is told.
    mutating func take(_ event: CentreEvent) {
        switch event {
        case .counted(let count, _):
            let verdict = Outcome(rawValue: count.verdict.rawValue) ?? .unknown
            let isWorse = [.unknown, .pallet, .serial, .returned, .extra].contains(outcome)
            guard delivery != count.delivery || !isWorse || outcome == .opened else { return }
            (outcome, subject, gtin, quantity, delivery) = (
                verdict, count.subject, count.gtin, count.quantity, count.delivery
            )
            reason = nil
        case .taken(let take, _, let subject, let gtin, let verdict):
            self.take = take
            guard delivery == nil else { return }
            (self.subject, self.gtin, reason) = (subject, gtin, nil)
            outcome = verdict == .expected ? .counted : Outcome(rawValue: verdict.rawValue) ?? .unknown
        case .refused(_, let take, let subject, let why):
            // Where a delivery and a count are open, either may have taken it.
            guard outcome == .stray else { return }
            (outcome, reason, self.subject) = (.refused, why, subject)
            if let take { self.take = take }
        case .delivery(let id):
            // Of two, the last is the one that was opened; the other was paused.
            guard outcome == .stray || outcome == .opened else { return }
            (outcome, delivery) = (.opened, id)
        case .stray, .call, .device, .badge: break
        }
    }
}
