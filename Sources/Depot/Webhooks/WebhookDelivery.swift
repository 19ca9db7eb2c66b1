/// One event for one webhook.
public struct WebhookDelivery: Equatable, Sendable {
    public enum State: String, CaseIterable, Sendable {
        /// It is sent, or will be.
        case waiting
        case done
        /// It was given up after the last try.
        case dead
    }

    public var webhook: Int64
    /// The entry of the ledger.
    public var seq: Int64
    /// The message's id: the same however often it is sent.
    public var message: String
    /// `quai.` and the fact's kind.
    public var type: String
    /// Nothing where it was erased.
    public var subject: String
    /// When it happened, in Unix milliseconds.
    public var at: Int64
    public var state: State
    public var attempts: Int64
    /// When it is tried next.
    public var due: Int64
    /// The last try: when, its status (nil: no answer), what there is to say, how long it took.
    public var tried: Int64?
    public var status: Int64?
    public var sentence: String?
    public var milliseconds: Int64?

    public static let shape = Shape<WebhookDelivery>(
        "WebhookDelivery",
        [
            .integer("seq", \.seq), .text("message", \.message), .text("type", \.type), .text("subject", \.subject),
            .moment("at", \.at), .word("state", \.state), .integer("attempts", \.attempts),
            .moment("due", ifAny: { $0.state == .waiting ? $0.due : nil }), .moment("tried", ifAny: \.tried),
            .integer("status", ifAny: \.status), .text("sentence", ifAny: \.sentence),
            .integer("milliseconds", ifAny: \.milliseconds),
        ])

    /// Entries of one subject are told in their order: what they have in common. Two that share one by chance only wait for each other.
    static func lane(of fact: Fact) -> Int64 {
        // FNV-1a, 64 bits.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "\(fact.kind.room?.rawValue ?? "")/\(fact.subject)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        return Int64(bitPattern: hash)
    }
}
