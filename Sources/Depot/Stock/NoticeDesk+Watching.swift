import Model
import SQLite

/// A certificate or a key that ends.
public struct KeyEnd: Equatable, Sendable {
    /// For people: a file, or whose key.
    public var name: String
    /// Unix milliseconds.
    public var end: Int64

    public init(name: String, end: Int64) { (self.name, self.end) = (name, end) }
}

/// What nobody does and yet somebody should know: looked at now and then.
extension NoticeDesk {
    /// From this minute of the day on the day's deliveries are told: 6 o'clock.
    static let morning: Int64 = 360
    /// Longer overdue than so many days, it is history that somebody imported.
    public static let overdueDays: Int64 = 14
    static let overdueLimit = 50
    /// What ends within so many milliseconds is told: as the doctor does.
    public static let keyReach: Int64 = 30 * 86_400_000
    /// Of a webhook's key of before: so long before it counts no more.
    static let oldKeyReach: Int64 = 86_400_000
    /// What a reader does not get over by itself in so many milliseconds.
    static let faultPatience: Int64 = 120_000
    static let faultStates: Set<String> = ["failed", "failing", "gone", "denied", "held"]

    /// Once a day how many deliveries are expected; and each that did not come on its day. `today` as `YYYY-MM-DD`, `oldest` the same of
    /// the first day that counts.
    public func watchDeliveries(at now: Int64, _ time: SiteTime, today: String, oldest: String) throws {
        try store.transaction {
            let told = try store.database.integer("SELECT day FROM told_day WHERE what='expected'") ?? 0
            if time.minute >= NoticeDesk.morning, told < time.day {
                try store.database.run("INSERT OR REPLACE INTO told_day VALUES ('expected', ?)", .integer(time.day))
                let count =
                    try store.database.integer(
                        "SELECT count(*) FROM delivery WHERE status='expected' AND expected=?", .text(today)) ?? 0
                if count > 0 {
                    try store.tell(
                        Fact(.deliveriesExpected, today, String(count)), by: Author("edge-ingest"), at: now)
                }
            }
            let late = try store.database.rows(
                """
                SELECT id, note, supplier, expected FROM delivery WHERE status='expected' AND expected<? AND expected>=?
                ORDER BY expected DESC, id
                """, .text(today), .text(oldest)
            ) { (subject: "delivery-\($0.integer(0))", note: $0.text(1), supplier: $0.text(2), day: $0.text(3)) }
            for one in late.prefix(NoticeDesk.overdueLimit) {
                try store.stock.notice(
                    .deliveryOverdue, subject: one.subject,
                    data: .object([
                        ("note", .string(one.note)), ("supplier", .string(one.supplier)),
                        ("expected", .string(one.day)),
                    ]), at: now)
            }
            try settleOthers(.deliveryOverdue, than: Set(late.map(\.subject)), at: now)
        }
    }

    /// Zones where tags were read that nobody knows: with no delivery open, or counted in one and not decided yet.
    public func watchTags(at now: Int64) throws {
        try store.transaction {
            var zones: [String: Int64] = [:]
            try store.database.each(
                """
                SELECT zone, count(*) FROM stray WHERE gtin IS NULL AND subject LIKE 'tag:%' AND at>? GROUP BY zone
                """, .integer(now - StrayTable.strayLife)
            ) { row in
                zones[row.text(0), default: 0] += row.integer(1)
                return true
            }
            for (zone, count) in zones.sorted(by: { $0.key < $1.key }) {
                try store.stock.notice(
                    .unknownTags, subject: "zone-\(zone)",
                    data: .object([("zone", .string(zone)), ("count", .int(count))]), at: now)
            }
            try settleOthers(.unknownTags, than: Set(zones.keys.map { "zone-\($0)" }), at: now)
        }
    }

    /// Certificates, keys and programs' tokens that are over soon.
    public func watchKeys(_ ends: [KeyEnd], at now: Int64) throws {
        try store.transaction {
            // Those by which a webhook was signed before, while both count.
            let old = try store.webhooks.rows().compactMap { hook in
                hook.oldUntil.map { KeyEnd(name: "webhook \(hook.name)", end: $0) }
            }.filter { $0.end > now && $0.end - now < NoticeDesk.oldKeyReach }
            let tokens = try store.tokens.rows().map { KeyEnd(name: "token \($0.name)", end: $0.expires) }
                .filter { $0.end > now && $0.end - now < TokenDesk.warning }
            let soon = old + tokens + ends.filter { $0.end - now < NoticeDesk.keyReach }
            for one in soon {
                try store.stock.notice(
                    .keyExpiring, subject: "key-\(one.name)",
                    data: .object([("name", .string(one.name)), ("ends", .int(one.end))]), at: now)
            }
            try settleOthers(.keyExpiring, than: Set(soon.map { "key-\($0.name)" }), at: now)
        }
    }

    /// Readers that do not get over what ails them, and a buffer that fills. Within a transaction; `status` was checked.
    func watch(_ status: JSON, of agent: String, at now: Int64) throws {
        let devices = (status["devices"]?.list ?? []).prefix(GatewayStatus.deviceLimit)
        // Of thousands of gateways nearly all have none: one question for all of its readers.
        let open = Set(try open(.readerFault, beginning: "\(agent)/"))
        for device in devices where device["kind"]?.text != "telephony" {
            guard let name = device["name"]?.text else { continue }
            let subject = "\(agent)/\(name)"
            let state = device["state"]?.text ?? ""
            guard NoticeDesk.faultStates.contains(state) else {
                if open.contains(subject) {
                    try store.stock.settle(notice: .readerFault, subject: subject, at: now)
                }
                continue
            }
            guard let since = device["since"]?.integer, now - since >= NoticeDesk.faultPatience else { continue }
            try store.stock.notice(
                .readerFault, subject: subject,
                data: .object([
                    ("agent", .string(agent)), ("device", .string(name)), ("state", .string(state)),
                    ("zone", device["zone"]), ("sentence", device["reason"] ?? device["lastFault"]),
                ]), at: now)
        }
        // Of a reader that is taken out nobody need be told any more.
        let known = Set(devices.compactMap { $0["name"]?.text.map { "\(agent)/\($0)" } })
        for subject in open where !known.contains(subject) {
            try store.stock.settle(notice: .readerFault, subject: subject, at: now)
        }
        guard let buffer = status["buffer"] else { return }
        let (used, budget) = (buffer["bytes"]?.integer ?? 0, max(1, buffer["budget"]?.integer ?? 1))
        let level = buffer["level"]?.text ?? "roomy"
        if level != "roomy" || buffer["trouble"]?.text != nil {
            try store.stock.notice(
                .bufferFilling, subject: "buffer-\(agent)",
                data: .object([
                    ("agent", .string(agent)), ("level", .string(level)), ("sentence", buffer["trouble"]),
                    ("share", .int(Int64(clamping: Int(Double(used) * 100 / Double(budget))))),
                ]), at: now)
        } else if Double(used) < Double(budget) * 0.6 {
            // At the border it would come and go.
            try store.stock.settle(notice: .bufferFilling, subject: "buffer-\(agent)", at: now)
        }
    }

    private func settleOthers(_ kind: Notice, than wrong: Set<String>, at now: Int64) throws {
        for subject in try open(kind) where !wrong.contains(subject) {
            try store.stock.settle(notice: kind, subject: subject, at: now)
        }
    }

    /// Subjects of what is not settled, in the order of their bytes, by which the index has them.
    private func open(_ kind: Notice, beginning: String = "") throws -> [String] {
        try store.database.rows(
            "SELECT subject FROM notice WHERE kind=?1 AND done IS NULL AND subject>=?2 AND subject<?2 || char(1114111)",
            .text(kind.rawValue), .text(beginning)
        ) { $0.text(0) }
    }

    /// A report that somebody had to wait for is there.
    public func reportMade(_ name: String, for person: Person, at now: Int64) throws {
        try store.tell(Fact(.reportMade, person.name, name), by: person.author, at: now)
    }
}
