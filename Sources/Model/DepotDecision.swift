/// What somebody decided in the page at the depot: it travels as a record, in clear but for the PIN, which is sealed to the centre and to
/// this very text. The centre says who that was, and whether it is done.
public struct DepotDecision: Equatable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        /// So many have been received of an article in all, whatever was counted until then.
        case count
        /// Received, but not whole.
        case damaged
        /// Sent back.
        case refuse
        /// The delivery is done.
        case close
    }

    /// The page's own: it is applied once for it. 8 to 64 signs.
    public var key: String
    public var delivery: Int64
    /// The delivery's own name, as the page had it: a number may be given again. Nil from agents of before.
    public var note: String?
    public var kind: Kind
    /// Who says that they decide, as typed.
    public var name: String
    /// As the delivery's line has it; of all but a closing.
    public var gtin: String?
    public var quantity: Quantity?
    /// What else they said, in their own words.
    public var reason: String?
    /// Of a closing, what becomes of what is missing, of what is too much, and of what nobody knows; nil leaves the question.
    public var short: Short?
    public var extra: Extra?
    public var ignoresUnknown = false

    public enum Short: String, CaseIterable, Sendable { case later, never }
    public enum Extra: String, CaseIterable, Sendable { case accept, refuse }

    /// Longest reason, in UTF-8 bytes; a name is as long as others.
    public static let reasonLimit = 500
    /// Longest PIN, in UTF-8 bytes.
    public static let pinLimit = 64
    public static let keyLengths = 8...64
    private static let quantities: ClosedRange<Int64> = 0...1_000_000_000_000
    /// What a box is for (`info` of RFC 9180).
    private static let purpose = Array("quai depot decision 1".utf8)

    public init(key: String, delivery: Int64, kind: Kind, name: String) {
        (self.key, self.delivery, self.kind, self.name) = (key, delivery, kind, name)
    }

    /// Nil for what is out of bounds, and where something is missing.
    public init?(json: JSON) {
        guard let key = json["key"]?.text, Self.keyLengths.contains(key.utf8.count),
            let delivery = json.bounded("delivery", in: Bounded.sequence),
            let kind = json["kind"]?.text.flatMap(Kind.init), let name = json["name"]?.text, !name.isEmpty,
            name.utf8.count <= Bounded.nameLimit,
            json["reason"]?.text.map({ $0.utf8.count <= Self.reasonLimit }) ?? true
        else { return nil }
        self.init(key: key, delivery: delivery, kind: kind, name: name)
        reason = json["reason"]?.text.flatMap { $0.isEmpty ? nil : $0 }
        note = json.name("note")
        guard kind != .close else {
            short = json["short"]?.text.flatMap(Short.init)
            extra = json["extra"]?.text.flatMap(Extra.init)
            ignoresUnknown = json["unknown"]?.text == "ignore"
            return
        }
        guard let gtin = json.name("gtin"), let quantity = json["quantity"].flatMap({ Quantity($0) }),
            Self.quantities.contains(quantity.thousandths), kind == .count || quantity > 0
        else { return nil }
        (self.gtin, self.quantity) = (gtin, quantity)
    }

    public var json: JSON {
        .object([
            ("key", .string(key)), ("delivery", .int(delivery)), ("note", note.map(JSON.string)),
            ("kind", .string(kind.rawValue)),
            ("name", .string(name)), ("gtin", gtin.map(JSON.string)), ("quantity", quantity?.json),
            ("reason", reason.map(JSON.string)), ("short", short.map { .string($0.rawValue) }),
            ("extra", extra.map { .string($0.rawValue) }), ("unknown", ignoresUnknown ? "ignore" : nil),
        ])
    }

    /// Whether it is about the delivery of this name.
    public func isAbout(_ name: String) -> Bool { note.map { $0 == name.cut(to: Bounded.nameLimit) } ?? true }

    /// A PIN, sealed to the centre: it opens at the centre alone, for this agent and these words alone. Nil where the key is none.
    public static func seal(pin: String, of text: String, agent: String, to key: [UInt8]) -> [UInt8]? {
        SealedBox.seal(Array(pin.utf8), to: key, info: purpose, about: about(text, agent))
    }

    /// Nil where it was sealed to another key, by another agent, or to other words.
    public static func pin(in box: [UInt8], of text: String, agent: String, with secret: [UInt8]) -> String? {
        SealedBox.open(box, with: secret, info: purpose, about: about(text, agent))
            .map { String(decoding: $0, as: UTF8.self) }
    }

    private static func about(_ text: String, _ agent: String) -> [UInt8] { Array("\(agent)\n\(text)".utf8) }
}
