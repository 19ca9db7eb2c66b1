/// What the centre expects at an agent's docks (topic `exp`), retained at the broker: an agent that is cut off can still show what
/// is to come and what came. Everything in it is bounded; what did not fit is counted in `more`.
public struct ExpectedGoods: Equatable, Sendable {
    /// An article, or a package of one, with how many of it.
    public struct Pack: Equatable, Sendable {
        public var gtin: String
        public var quantity: Quantity

        public init(gtin: String, quantity: Quantity) { (self.gtin, self.quantity) = (gtin, quantity) }
    }

    public struct Line: Equatable, Sendable {
        /// GTIN-14, or the site's own sign of an article without one.
        public var gtin: String
        public var label: String
        /// The supplier's reference.
        public var reference: String?
        /// As people write it; nil for pieces.
        public var unit: String?
        public var expected: Quantity
        public var counted: Quantity
        public var packs: [Pack]

        public init(
            gtin: String, label: String, reference: String? = nil, unit: String? = nil, expected: Quantity,
            counted: Quantity, packs: [Pack] = []
        ) {
            (self.gtin, self.reference, self.unit) = (gtin, reference, unit)
            self.label = label.cut(to: ExpectedGoods.labelLimit)
            (self.expected, self.counted) = (expected, counted)
            self.packs = Array(packs.prefix(ExpectedGoods.packLimit))
        }
    }

    /// A pallet of its paper with what is on it; with nothing where its label was scanned, and has counted that.
    public struct Unit: Equatable, Sendable {
        public var sscc: String
        /// What it stands on or in: that one's label stands for this, too.
        public var parent: String?
        public var contents: [Pack]

        public init(sscc: String, parent: String? = nil, contents: [Pack]) {
            (self.sscc, self.parent, self.contents) = (sscc, parent, contents)
        }
    }

    public struct Delivery: Equatable, Sendable {
        public var id: Int64
        public var note: String
        public var supplier: String
        /// Where it is open, or expected; nil where nobody has said.
        public var zone: String?
        public var isOpen: Bool
        public var lines: [Line]
        /// Lines that did not fit.
        public var more = 0
        /// Counted things that nobody knows.
        public var unknown = 0
        /// Decisions of this page that wait for somebody at the centre.
        public var proposed = 0
        public var units: [Unit] = []
        /// By article: pieces that a label has counted and no reader has seen, and those that a reader has seen and no label counted.
        public var claimed: [Pack] = []
        public var loose: [Pack] = []

        public init(id: Int64, note: String, supplier: String, zone: String?, isOpen: Bool, lines: [Line]) {
            (self.id, self.zone, self.isOpen, self.lines) = (id, zone, isOpen, lines)
            (self.note, self.supplier) = (note.cut(to: Bounded.nameLimit), supplier.cut(to: Bounded.nameLimit))
        }
    }

    /// Deliveries; lines of all of them; packages of a line; pallets of a delivery; articles on one; tags.
    public static let deliveryLimit = 40
    public static let lineLimit = 1000
    public static let packLimit = 4
    public static let unitLimit = 200
    public static let contentLimit = 50
    public static let tagLimit = 8000
    /// Longest name of an article, in UTF-8 bytes.
    public static let labelLimit = 120
    /// Longest message, in bytes.
    public static let byteLimit = 512 * 1024
    /// Quantities that a line may have, in thousandths.
    private static let quantities: ClosedRange<Int64> = 0...1_000_000_000_000

    /// When it was so, in Unix milliseconds.
    public var at: Int64
    /// Up to which record of the agent it counts: what came after is the agent's to add.
    public var epoch: UInt64
    public var through: UInt64
    public var deliveries: [Delivery]
    /// Deliveries that did not fit.
    public var more = 0
    /// Tags that are counted in the open ones (`sign`), so that one that is read again is not one more.
    public var tags: Set<UInt32> = []
    /// To which PINs are sealed; nil where nothing is decided at depots.
    public var key: [UInt8]?

    public init(at: Int64, epoch: UInt64, through: UInt64, deliveries: [Delivery]) {
        (self.at, self.epoch, self.through, self.deliveries) = (at, epoch, through, deliveries)
    }

    /// FNV-1a of a tag's bytes, 32 bits: among thousands of tags two are alike once in a few hundred deliveries.
    public static func sign(_ tag: [UInt8]) -> UInt32 {
        tag.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
    }

    // MARK: on the wire

    public var json: JSON {
        .object([
            ("v", 1), ("at", .int(at)), ("epoch", .string(Hex.word(epoch))),
            ("through", .int(Int64(clamping: through))),
            ("deliveries", .array(deliveries.map(\.json))), ("more", more > 0 ? .int(Int64(more)) : nil),
            ("tags", tags.isEmpty ? nil : .string(Hex.string(tags.sorted().flatMap(Self.bytes)))),
            ("key", key.map { .string(Hex.string($0)) }),
        ])
    }

    /// Nil for another version, and for what is longer or larger than it may be.
    public init?(json: JSON) {
        guard json["v"]?.integer == 1, let at = json.bounded("at", in: Bounded.times),
            let epoch = json["epoch"]?.text.flatMap(Hex.word),
            let through = json.bounded("through", in: Bounded.sequence),
            let list = json["deliveries"]?.list, list.count <= Self.deliveryLimit,
            json.allows("more", in: Bounded.counts), let tags = Self.tags(json["tags"])
        else { return nil }
        let deliveries = list.compactMap(Delivery.init(json:))
        guard deliveries.count == list.count, deliveries.reduce(0, { $0 + $1.lines.count }) <= Self.lineLimit else {
            return nil
        }
        self.init(at: at, epoch: epoch, through: UInt64(through), deliveries: deliveries)
        more = Int(json.bounded("more", in: Bounded.counts) ?? 0)
        self.tags = tags
        key = json["key"]?.text.flatMap { Hex.bytes($0) }.flatMap { $0.count == SealedBox.keyLength ? $0 : nil }
    }

    private static func bytes(_ sign: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sign >> UInt32($0)) }
    }

    /// Eight digits each.
    private static func tags(_ json: JSON?) -> Set<UInt32>? {
        guard let json, json != .null else { return [] }
        guard let bytes = json.text.flatMap({ Hex.bytes($0) }), bytes.count <= tagLimit * 4, bytes.count % 4 == 0 else {
            return nil
        }
        var signs: Set<UInt32> = []
        for at in stride(from: 0, to: bytes.count, by: 4) {
            signs.insert(bytes[at..<at + 4].reduce(0) { $0 << 8 | UInt32($1) })
        }
        return signs
    }

    /// `[["gtin", quantity], …]`; what is no pair is left out.
    fileprivate static func packs(_ json: JSON?, atMost limit: Int) -> [Pack] {
        (json?.list ?? []).prefix(limit).compactMap { item in
            guard let list = item.list, list.count == 2, let gtin = list[0].text, let quantity = quantity(list[1])
            else {
                return nil
            }
            return Pack(gtin: gtin.cut(to: Bounded.nameLimit), quantity: quantity)
        }
    }

    fileprivate static func json(_ packs: [Pack]) -> JSON? {
        packs.isEmpty ? nil : .array(packs.map { .array([.string($0.gtin), $0.quantity.json]) })
    }

    fileprivate static func quantity(_ json: JSON?) -> Quantity? {
        guard let quantity = json.flatMap({ Quantity($0) }), quantities.contains(quantity.thousandths) else {
            return nil
        }
        return quantity
    }
}

extension ExpectedGoods.Delivery {
    var json: JSON {
        .object([
            ("id", .int(id)), ("note", .string(note)), ("supplier", .string(supplier)), ("zone", zone.map(JSON.string)),
            ("open", .bool(isOpen)), ("lines", .array(lines.map(\.json))),
            ("more", more > 0 ? .int(Int64(more)) : nil), ("unknown", unknown > 0 ? .int(Int64(unknown)) : nil),
            ("proposed", proposed > 0 ? .int(Int64(proposed)) : nil),
            ("units", units.isEmpty ? nil : .array(units.map(\.json))), ("claimed", ExpectedGoods.json(claimed)),
            ("loose", ExpectedGoods.json(loose)),
        ])
    }

    init?(json: JSON) {
        guard let id = json.bounded("id", in: Bounded.sequence), let note = json.name("note"),
            let supplier = json.name("supplier"), let isOpen = json["open"]?.truth, let list = json["lines"]?.list,
            list.count <= ExpectedGoods.lineLimit, json.allows("more", in: Bounded.counts),
            json.allows("unknown", in: Bounded.counts)
        else { return nil }
        let lines = list.compactMap(ExpectedGoods.Line.init(json:))
        guard lines.count == list.count else { return nil }
        self.init(id: id, note: note, supplier: supplier, zone: json.name("zone"), isOpen: isOpen, lines: lines)
        more = Int(json.bounded("more", in: Bounded.counts) ?? 0)
        unknown = Int(json.bounded("unknown", in: Bounded.counts) ?? 0)
        proposed = Int(json.bounded("proposed", in: Bounded.counts) ?? 0)
        units = (json["units"]?.list ?? []).prefix(ExpectedGoods.unitLimit).compactMap(ExpectedGoods.Unit.init(json:))
        claimed = ExpectedGoods.packs(json["claimed"], atMost: ExpectedGoods.lineLimit)
        loose = ExpectedGoods.packs(json["loose"], atMost: ExpectedGoods.lineLimit)
    }
}

extension ExpectedGoods.Unit {
    /// `["sscc", [["gtin", quantity], …], "parent"]`, the last where there is one.
    var json: JSON {
        .array([.string(sscc), ExpectedGoods.json(contents) ?? .array([])] + (parent.map { [.string($0)] } ?? []))
    }

    init?(json: JSON) {
        guard let list = json.list, (2...3).contains(list.count), let sscc = list[0].text, sscc.utf8.count == 18 else {
            return nil
        }
        self.init(
            sscc: sscc, parent: list.dropFirst(2).first?.text?.cut(to: Bounded.nameLimit),
            contents: ExpectedGoods.packs(list[1], atMost: ExpectedGoods.contentLimit))
    }
}

extension ExpectedGoods.Line {
    var json: JSON {
        .object([
            ("gtin", .string(gtin)), ("label", .string(label)), ("reference", reference.map(JSON.string)),
            ("unit", unit.map(JSON.string)), ("expected", expected.json), ("counted", counted.json),
            ("packs", ExpectedGoods.json(packs)),
        ])
    }

    init?(json: JSON) {
        guard let gtin = json.name("gtin"), let label = json["label"]?.text,
            let expected = ExpectedGoods.quantity(json["expected"]),
            let counted = ExpectedGoods.quantity(json["counted"])
        else { return nil }
        self.init(
            gtin: gtin, label: label, reference: json.name("reference"), unit: json.name("unit"), expected: expected,
            counted: counted, packs: ExpectedGoods.packs(json["packs"], atMost: ExpectedGoods.packLimit))
    }
}
