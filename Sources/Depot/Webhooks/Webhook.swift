/// A program of others that is told what happens, by HTTP.
public struct Webhook: Equatable, Sendable {
    /// Why it is told nothing more.
    public enum Why: String, CaseIterable, Sendable {
        /// Somebody wants it so.
        case person
        /// It answered 410: it wants nothing more.
        case gone
        /// More waits for it than is kept.
        case backlog
        /// The installation's secret is another one: its keys cannot be made any more.
        case key
    }

    public var id: Int64
    /// For people, and for what everybody may read: an address may hold a secret.
    public var name: String
    public var url: String
    /// Types of events, `quai.delivery.close` or `quai.delivery.*`; none: all.
    public var types: [String]
    /// Also clients and calls, who did it, and what people wrote.
    public var isPersonal: Bool
    /// Unix milliseconds.
    public var created: Int64
    public var createdBy: String
    /// It is told what stands after this entry of the ledger.
    public var since: Int64
    /// What its keys are made of; until `oldUntil` what is sent is signed with those of before, too.
    public var salt: String
    /// Of which secret of the installation.
    public var mark: String
    public var oldSalt: String?
    public var oldUntil: Int64?
    /// Since when it is told nothing more, and why.
    public var disabled: Int64?
    public var why: Why?
    /// Tries that failed since the last that did not.
    public var failures: Int64
    /// Until then nothing is tried, in Unix milliseconds.
    public var rest: Int64
    /// The last answer: when, its status, and what there is to say.
    public var answered: Int64?
    public var status: Int64?
    public var sentence: String?

    /// Longest list of types, and longest type in characters.
    public static let typeLimits = (count: 40, length: 80)

    /// Whether events of this type are told to it: `quai.` and the fact's kind.
    public func wants(type: String) -> Bool {
        types.isEmpty
            || types.contains { $0.hasSuffix(".*") ? type.hasPrefix($0.dropLast()) : $0 == type }
    }

    /// Whether a text is a type, or all of a room: `quai.delivery.*`.
    public static func isType(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= typeLimits.length, parts.count == 3, parts[0] == "quai" else { return false }
        func isWord(_ part: Substring) -> Bool {
            !part.isEmpty && part.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }
        }
        return isWord(parts[1]) && (parts[2] == "*" || isWord(parts[2]))
    }
}

/// A webhook with what waits for it.
public struct WebhookStanding: Equatable, Sendable {
    public var hook: Webhook
    public var waiting: Int64
    public var dead: Int64
    /// What receivers check `v1a` with; not known to the database.
    public var publicKey: String?

    public static let shape = Shape<WebhookStanding>(
        "Webhook",
        [
            .integer("id", \.hook.id), .text("name", \.hook.name), .text("url", \.hook.url),
            .texts("types", \.hook.types), .truth("personal", \.hook.isPersonal), .moment("created", \.hook.created),
            .text("createdBy", \.hook.createdBy), .moment("disabled", ifAny: \.hook.disabled),
            .word("why", ifAny: \.hook.why), .integer("failures", \.hook.failures),
            .moment("answered", ifAny: \.hook.answered), .integer("status", ifAny: \.hook.status),
            .text("sentence", ifAny: \.hook.sentence), .moment("oldKeyUntil", ifAny: \.hook.oldUntil),
            .integer("waiting", \.waiting), .integer("dead", \.dead), .text("publicKey", ifAny: \.publicKey),
        ])
}
