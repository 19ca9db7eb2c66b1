public import Model

/// Something the ERP is to be told, once; kept until it is done or a person drops it.
public struct ERPJob: Equatable, Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        case reception, take, call, party
        /// What a delivery that was opened again after it was told turned out to be: the change. Its subject is `17.2`, the second
        /// closing of delivery 17.
        case correction
        /// Goods that went from one place of the ERP to another.
        case transfer
        /// What the ERP has at a place is read when a count begins.
        case book
        /// Something that an ERP without a connector is told by a file.
        case file
    }
    public enum State: String, Sendable, CaseIterable { case waiting, running, done, dead, dropped }

    public var id: Int64
    /// The idempotency key, ours: `quai/01KB3…/reception/17`; of before without the installation.
    public var key: String
    public var kind: Kind
    /// The delivery, stock take, call or party.
    public var subject: String
    public var state: State
    public var attempts: Int
    public var due: Int64
    public var created: Int64
    public var who: String
    public var station: String?
    public var reason: String?
    public var payload: JSON
    /// Why it did not go, as a code and in the server's own words.
    public var fault: String?
    public var sentence: String?
    /// The ERP's record.
    public var remote: String?
    public var done: Int64?
    /// The job that it waits for, and its key.
    public var afterJob: Int64?
    public var after: String?

    /// Whose job it is, where it tells of a delivery.
    public var delivery: Int64? {
        kind == .reception || kind == .correction ? Int64(subject.prefix { $0 != "." }) : nil
    }

    /// How it is called here, on pages: `quai/reception/17`. As the ERP knew it before installations had a name.
    public static func key(_ kind: Kind, _ subject: String) -> String { "quai/\(kind.rawValue)/\(subject)" }

    /// Ours, by which the ERP knows it again and takes it for nobody else's.
    public static func key(_ kind: Kind, _ subject: String, of installation: String) -> String {
        "quai/\(installation)/\(kind.rawValue)/\(subject)"
    }

    /// A key of either form as it is called here.
    public static func name(key: String) -> String {
        let parts = key.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        // 26 characters of Crockford's base 32; no kind is as long.
        guard parts.count == 3, parts[0] == "quai", parts[1].utf8.count == 26 else { return key }
        return "quai/\(parts[2])"
    }

    public static let shape = Shape<ERPJob>(
        "ERPJob",
        [
            .integer("id", \.id), .text("key", \.key), .word("kind", \.kind), .text("subject", \.subject),
            .text("title") { $0.payload["title"]?.text ?? $0.subject },
            .word("state") { $0.state == .running ? .waiting : $0.state }, .count("attempts", \.attempts),
            .moment("due", ifAny: { $0.state == .waiting ? $0.due : nil }), .moment("created", \.created),
            .text("who", \.who), .text("station", ifAny: \.station), .text("reason", ifAny: \.reason),
            .text("fault", ifAny: \.fault), .text("after", ifAny: \.after), .integer("afterJob", ifAny: \.afterJob),
            .text("sentence", ifAny: \.sentence),
            .text("remote", ifAny: \.remote),
            .moment("done", ifAny: \.done),
        ])

    public var json: JSON { ERPJob.shape.json(self) }
}
