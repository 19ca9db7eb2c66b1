public import Depot
public import Model

/// A fact as other programs read it: CloudEvents 1.0.2, JSON event format. It says *that* something changed, the tables are the
/// state.
public struct CloudEvent: Equatable, Sendable {
    /// The same wherever and however often it is told: the entry's number, and the begin of its link in the chain. After a
    /// backup was restored numbers come again, links do not.
    public var id: String
    /// `urn:quai:INSTANCE`.
    public var source: String
    /// `quai.` and the fact's kind: `quai.delivery.close`.
    public var type: String
    public var subject: String
    /// Unix milliseconds.
    public var at: Int64
    public var data: JSON

    /// Nil for what other programs do not see: sign-ins, accounts, settings, what was erased, and, without `personal`, clients
    /// and calls. Without it the data does not say who did it, nor what people wrote.
    public init?(_ entry: Entry, link: String, instance: String, personal: Bool) {
        guard let scope = CloudEvent.scope(of: entry.fact.kind), personal || scope == .open else { return nil }
        self.init(telling: entry, link: link, instance: instance, personal: personal)
    }

    /// Nil for what a webhook is not told; its test is told to it alone.
    public init?(_ entry: Entry, link: String, instance: String, for hook: Webhook) {
        guard CloudEvent.isTold(entry, to: hook) else { return nil }
        self.init(telling: entry, link: link, instance: instance, personal: hook.isPersonal)
    }

    /// Whether a webhook is told an entry, as far as its kind says.
    public static func isTold(_ entry: Entry, to hook: Webhook) -> Bool {
        let kind = entry.fact.kind
        if kind == .webhookTested { return entry.fact.subject == String(hook.id) }
        guard let scope = scope(of: kind), hook.isPersonal || scope == .open else { return false }
        return hook.wants(type: "quai.\(kind.rawValue)")
    }

    private init?(telling entry: Entry, link: String, instance: String, personal: Bool) {
        guard !entry.isErased, !entry.fact.subject.isEmpty else { return nil }
        id = "\(entry.seq)-\(link.prefix(16))"
        source = "urn:quai:\(instance)"
        type = "quai.\(entry.fact.kind.rawValue)"
        subject = entry.fact.subject
        at = entry.at
        data = .object([
            ("seq", .int(entry.seq)), ("site", entry.site.map(JSON.string)),
            ("who", personal ? .string(entry.author.who) : nil),
            ("station", personal ? entry.author.station.map(JSON.string) : nil),
            ("reason", personal ? entry.author.reason.map(JSON.string) : nil),
            ("detail", personal ? entry.fact.detail.map(JSON.string) : nil),
        ])
    }

    /// `time`: `at` as RFC 3339 writes it.
    public func json(time: String) -> JSON {
        .object([
            ("specversion", .string("1.0")), ("id", .string(id)), ("source", .string(source)),
            ("type", .string(type)), ("subject", .string(subject)), ("time", .string(time)),
            ("datacontenttype", .string("application/json")), ("data", data),
        ])
    }

    enum Scope { case open, personal }

    /// A list of what is told, so that a room to come is not told before somebody thought of it.
    static func scope(of kind: Fact.Kind) -> Scope? {
        // Its subject is how many there were.
        guard kind != .deliveriesPulled, kind != .deliveriesExpected else { return nil }
        return switch kind.room {
        case .delivery, .take, .product, .gateway, .records: .open
        case .notice: kind == .stockLow || kind == .countDue ? .open : nil
        case .party, .call, .missed: .personal
        case .import, .number, .desk, .session, .user, .configuration, .erp, .webhook, .channel, .personal, .token,
            .rollout, nil:
            nil
        }
    }
}
