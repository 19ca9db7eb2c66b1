public import Model

/// One line of a person's inbox: a fact that concerns them, or several of one type that came too fast to be told one by one.
/// Times are Unix milliseconds.
public struct InboxEntry: Equatable, Sendable {
    public var id: Int64
    /// The ledger's number of the fact; of several, of the newest.
    public var seq: Int64
    public var type: NoticeType
    public var priority: NoticeType.Priority
    /// When the fact was told; of several, the first and the newest.
    public var since: Int64
    public var at: Int64
    /// How many facts this line tells.
    public var count: Int64
    /// It tells several: then it has no subject and no words of its own.
    public var isGroup: Bool
    /// The call, delivery, article, zone or gateway.
    public var subject: String
    /// What `NoticeWords` puts into its places.
    public var words: [String: String]
    /// The page that shows it, as an address of this centre.
    public var link: String?
    public var site: String?
    public var team: String?
    public var read: Int64?
    /// Put off until then: not unread meanwhile.
    public var snoozed: Int64?
    public var expires: Int64

    /// Waits to be read now.
    public var isUnread: Bool { read == nil && snoozed == nil }

    /// Where the next page of the list begins: `READ.SEQ.ID`.
    public var cursor: InboxCursor { InboxCursor(isRead: !isUnread, seq: seq, id: id) }
}

/// A place in the list, which is ordered: unread ones first, then the newest facts.
public struct InboxCursor: Equatable, Sendable {
    public var isRead: Bool
    public var seq: Int64
    public var id: Int64

    public init(isRead: Bool, seq: Int64, id: Int64) { (self.isRead, self.seq, self.id) = (isRead, seq, id) }

    /// Nil for what this centre did not write.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "0" || parts[0] == "1", let seq = Int64(parts[1]), let id = Int64(parts[2])
        else { return nil }
        self.init(isRead: parts[0] == "1", seq: seq, id: id)
    }

    public var text: String { "\(isRead ? 1 : 0).\(seq).\(id)" }
}

/// How many lines wait for a person, by priority: what the bell says, and what the list begins with.
public struct InboxCounts: Equatable, Sendable {
    public var low: Int64 = 0
    public var normal: Int64 = 0
    public var high: Int64 = 0
    public var critical: Int64 = 0
    /// The number of the inbox's last change: a page that has a higher one has newer counts.
    public var change: Int64 = 0

    public init() {}

    public var unread: Int64 { low + normal + high + critical }

    public static let shape = Shape<InboxCounts>(
        "InboxCounts",
        [
            .integer("unread", \.unread), .integer("low", \.low), .integer("normal", \.normal),
            .integer("high", \.high),
            .integer("critical", \.critical), .integer("change", \.change),
        ])

    public var json: JSON { InboxCounts.shape.json(self) }
}

/// Which lines of an inbox are asked for; nil: all.
public struct InboxFilter: Equatable, Sendable {
    public var types: Set<NoticeType>?
    public var priorities: Set<NoticeType.Priority>?
    public var isRead: Bool?
    /// Those that are put off, and no others; else none of them.
    public var isSnoozed = false

    public init() {}
}
