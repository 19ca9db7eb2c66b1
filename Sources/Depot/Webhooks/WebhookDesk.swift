import Model

/// Who is told what happens, and what becomes of each try.
public struct WebhookDesk {
    let store: Store

    public init(_ store: Store) { self.store = store }

    private static let author = Author("edge-ingest")

    /// What a webhook's keys are made of, and of which secret of the installation (`WebhookKeys`).
    public struct Key: Equatable, Sendable {
        public var salt: String
        public var mark: String

        public init(salt: String, mark: String) { (self.salt, self.mark) = (salt, mark) }
    }

    public struct New: Sendable {
        public var name: String
        public var url: String
        public var types: [String]
        public var isPersonal: Bool
        public var key: Key

        public init(name: String, url: String, types: [String] = [], isPersonal: Bool = false, key: Key) {
            (self.name, self.url, self.types, self.isPersonal, self.key) = (name, url, types, isPersonal, key)
        }
    }

    /// What is to be changed; nil stays.
    public struct Change: Sendable {
        public var name: String?
        public var url: String?
        public var types: [String]?
        public var isPersonal: Bool?
        public var isDisabled: Bool?

        public init(
            name: String? = nil, url: String? = nil, types: [String]? = nil, isPersonal: Bool? = nil,
            isDisabled: Bool? = nil
        ) {
            (self.name, self.url, self.types, self.isPersonal) = (name, url, types, isPersonal)
            self.isDisabled = isDisabled
        }
    }

    public enum Refusal: Error, Equatable, Sendable {
        /// There are as many as may be.
        case full
        case noSuchWebhook
        case isDisabled
        /// No range, or a longer one than is looked at in one go.
        case badRange
    }

    /// Entries that one replay looks at.
    public static let replayLimit: Int64 = 10_000

    // MARK: people

    /// It is told what happens from now on. Throws `Refusal.full`.
    public func add(_ new: New, by author: Author, at now: Int64) throws -> Webhook {
        try store.transaction {
            guard try store.webhooks.rows().count < WebhookTable.limit else { throw Refusal.full }
            let tip = try store.ledger.tip()
            // The first one: from here on the ledger is read for it.
            if try store.ledger.watermark(of: WebhookTable.follower) == nil {
                try store.ledger.mark(WebhookTable.follower, at: tip)
            }
            let id = try store.webhooks.insert(new, since: tip, by: author, at: now)
            try store.tell(
                Fact(.webhookAdded, id, "\(new.name), \(WebhookAddress.host(ofURL: new.url))"), by: author, at: now)
            return try found(id)
        }
    }

    /// One that is told again begins with what happens from then on; what waited for it before goes on.
    public func change(_ id: Int64, _ change: Change, by author: Author, at now: Int64) throws -> Webhook {
        try store.transaction {
            var hook = try found(id)
            hook.name = change.name ?? hook.name
            hook.url = change.url ?? hook.url
            hook.types = change.types ?? hook.types
            hook.isPersonal = change.isPersonal ?? hook.isPersonal
            if let isDisabled = change.isDisabled, isDisabled != (hook.disabled != nil) {
                if isDisabled {
                    try disable(&hook, .person, nil, by: author, at: now)
                } else {
                    try enable(&hook, by: author, at: now)
                }
            }
            if change.name != nil || change.url != nil || change.types != nil || change.isPersonal != nil {
                try store.tell(
                    Fact(.webhookChanged, id, "\(hook.name), \(WebhookAddress.host(ofURL: hook.url))"), by: author,
                    at: now)
            }
            // Another address may answer.
            if change.url != nil {
                (hook.failures, hook.rest) = (0, 0)
                try store.webhooks.hasten(id, at: now)
            }
            try store.webhooks.update(hook)
            return hook
        }
    }

    private func enable(_ hook: inout Webhook, by author: Author, at now: Int64) throws {
        (hook.disabled, hook.why, hook.failures, hook.rest) = (nil, nil, 0, 0)
        hook.since = try store.ledger.tip()
        try store.webhooks.hasten(hook.id, at: now)
        try store.stock.settle(notice: .webhookDisabled, subject: WebhookDesk.subject(hook.id), at: now)
        try store.tell(Fact(.webhookEnabled, hook.id, hook.name), by: author, at: now)
    }

    /// With everything that waits for it.
    public func remove(_ id: Int64, by author: Author, at now: Int64) throws {
        try store.transaction {
            let hook = try found(id)
            try store.webhooks.remove(id)
            for notice in [Notice.webhookDisabled, .webhookDead] {
                try store.stock.settle(notice: notice, subject: WebhookDesk.subject(id), at: now)
            }
            try store.tell(Fact(.webhookRemoved, id, hook.name), by: author, at: now)
        }
    }

    /// Other keys from now on; those of before sign too for `overlap` milliseconds, if they can be made still.
    public func rotate(_ id: Int64, _ key: Key, overlap: Int64, by author: Author, at now: Int64) throws -> Webhook {
        try store.transaction {
            var hook = try found(id)
            let isKept = overlap > 0 && hook.mark == key.mark
            (hook.oldSalt, hook.oldUntil) = isKept ? (hook.salt, now + overlap) : (nil, nil)
            (hook.salt, hook.mark) = (key.salt, key.mark)
            if hook.why == .key { try enable(&hook, by: author, at: now) }
            try store.webhooks.update(hook)
            try store.tell(Fact(.webhookKey, id, hook.name), by: author, at: now)
            return hook
        }
    }

    /// Tells it an event that is for nobody else; the entry's number.
    public func test(_ id: Int64, by author: Author, at now: Int64) throws -> Int64 {
        try store.transaction {
            guard try found(id).disabled == nil else { throw Refusal.isDisabled }
            try store.tell(Fact(.webhookTested, id), by: author, at: now)
            return try store.ledger.tip()
        }
    }

    /// Tells it again what the ledger has from `first` to `last`, as far as `tells` says that it is its; how many. The ids are those of
    /// before.
    public func replay(
        _ id: Int64, from first: Int64, to last: Int64, tells: (Webhook, Entry) -> Bool, by author: Author,
        at now: Int64
    ) throws -> Int {
        guard first >= 1, last >= first, last - first < WebhookDesk.replayLimit else { throw Refusal.badRange }
        return try store.transaction {
            let hook = try found(id)
            let entries = try store.ledger.entries(after: first - 1, limit: Int(last - first) + 1)
                .filter { $0.seq <= last && tells(hook, $0) }
            for entry in entries { try store.webhooks.queue(entry, for: id, at: now) }
            try replayed(hook, "\(first)-\(last): \(entries.count)", by: author, at: now)
            return entries.count
        }
    }

    /// Tells it again what was given up; how many.
    public func replayDead(_ id: Int64, by author: Author, at now: Int64) throws -> Int {
        try store.transaction {
            let hook = try found(id)
            let count = try store.webhooks.reviveDead(of: id, at: now)
            try replayed(hook, "given up: \(count)", by: author, at: now)
            return count
        }
    }

    private func replayed(_ hook: Webhook, _ what: String, by author: Author, at now: Int64) throws {
        var hook = hook
        // Somebody waits for it.
        hook.rest = 0
        // What was followed already is not followed again; from here on it is measured how far behind it is.
        hook.since = max(hook.since, try store.ledger.watermark(of: WebhookTable.follower) ?? 0)
        try store.webhooks.update(hook)
        if try store.webhooks.standing(hook).dead == 0 {
            try store.stock.settle(notice: .webhookDead, subject: WebhookDesk.subject(hook.id), at: now)
        }
        try store.tell(Fact(.webhookReplayed, hook.id, "\(hook.name), \(what)"), by: author, at: now)
    }

    private func found(_ id: Int64) throws -> Webhook {
        guard let hook = try store.webhooks.hook(id) else { throw Refusal.noSuchWebhook }
        return hook
    }

    // MARK: what becomes of it

    /// After a try. One that was removed meanwhile, or settled, stays so.
    public func settle(_ seq: Int64, of id: Int64, _ result: TryResult, at now: Int64) throws {
        try store.transaction {
            guard var hook = try store.webhooks.hook(id), let delivery = try store.webhooks.delivery(seq, of: id),
                delivery.state == .waiting
            else { return }
            try store.webhooks.note(result, on: delivery, at: now)
            (hook.answered, hook.status, hook.sentence) = (now, result.status, result.sentence)
            switch result.fate {
            case .taken: (hook.failures, hook.rest) = (0, 0)
            case .gone:
                if hook.disabled == nil { try disable(&hook, .gone, result.sentence, by: Self.author, at: now) }
            case .later, .never: (hook.failures, hook.rest) = (hook.failures + 1, result.rest)
            }
            try store.webhooks.update(hook)
            guard result.fate == .never else { return }
            try store.tell(Fact(.webhookDied, id, "\(delivery.message): \(result.sentence)"), by: Self.author, at: now)
            try notice(.webhookDead, hook, result.sentence, at: now)
        }
    }

    /// What an event was about was erased: it is not sent.
    public func void(_ seq: Int64, of id: Int64, at now: Int64) throws {
        try store.transaction {
            guard let delivery = try store.webhooks.delivery(seq, of: id), delivery.state == .waiting else { return }
            try store.webhooks.void(delivery, at: now)
        }
    }

    /// It is told nothing more, and somebody should know why.
    public func disable(_ id: Int64, _ why: Webhook.Why, _ sentence: String, at now: Int64) throws {
        try store.transaction {
            guard var hook = try store.webhooks.hook(id), hook.disabled == nil else { return }
            try disable(&hook, why, sentence, by: Self.author, at: now)
            try store.webhooks.update(hook)
        }
    }

    private func disable(
        _ hook: inout Webhook, _ why: Webhook.Why, _ sentence: String?, by author: Author, at now: Int64
    ) throws {
        (hook.disabled, hook.why) = (now, why)
        try store.tell(
            Fact(.webhookDisabled, hook.id, [hook.name, sentence].compactMap(\.self).joined(separator: ": ")),
            by: author, at: now)
        guard why != .person else { return }
        try notice(.webhookDisabled, hook, sentence ?? "", at: now)
    }

    /// Of a notice: not the number alone, which could be a notice's own.
    private static func subject(_ id: Int64) -> String { "webhook-\(id)" }

    private func notice(_ kind: Notice, _ hook: Webhook, _ sentence: String, at now: Int64) throws {
        try store.stock.notice(
            kind, subject: WebhookDesk.subject(hook.id),
            data: .object([
                ("name", .string(hook.name)), ("why", hook.why.map { .string($0.rawValue) }),
                ("sentence", .string(sentence)),
            ]), at: now)
    }

    /// An entry for it; a webhook too far behind is told nothing more. For the follower, in its transaction.
    public func queue(_ entry: Entry, for hook: Webhook) throws {
        guard entry.seq - hook.since > WebhookTable.backlog, try store.webhooks.isBehind(hook.id, at: entry.seq) else {
            return try store.webhooks.queue(entry, for: hook.id, at: entry.at)
        }
        var hook = hook
        let sentence =
            "more than \(WebhookTable.backlog) entries of the ledger have passed since the oldest event that waits for it"
        try disable(&hook, .backlog, sentence, by: Self.author, at: entry.at)
        try store.webhooks.update(hook)
    }

    /// Forgets what is over, but for the newest.
    public func forget() throws {
        for hook in try store.webhooks.rows() {
            try store.transaction { try store.webhooks.forgetOld(of: hook.id) }
        }
    }
}
