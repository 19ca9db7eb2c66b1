/// A way in which somebody is told while no page of theirs is open.
public struct NoticeChannel: Equatable, Sendable {
    /// In the order in which they are tried for what nobody has read.
    public enum Kind: String, CaseIterable, Sendable {
        /// A browser of theirs, by its push service (RFC 8030).
        case push
        case ntfy, gotify, email
        /// A text message, by a provider.
        case sms

        /// Whether one is told so where nobody chose: what can wait is in the inbox.
        public func wants(_ priority: NoticeType.Priority) -> Bool {
            switch self {
            case .push, .ntfy, .gotify, .email: priority >= .high
            case .sms: priority == .critical
            }
        }

        /// Between two messages, in milliseconds: what comes meanwhile goes together, so that none is dropped.
        public var pause: Int64 {
            switch self {
            case .push, .ntfy, .gotify: 3000
            case .email: 10_000
            case .sms: 60_000
            }
        }
    }

    public var id: Int64
    public var user: Int64
    public var kind: Kind
    /// What its person recognises it by: an address, a number, a host.
    public var shown: String
    /// Where it leads, for `ChannelKeys`.
    public var sealed: String
    public var created: Int64
    /// Tries that failed since the last that did not.
    public var failures: Int64
    /// Until then nothing is tried, in Unix milliseconds.
    public var rest: Int64
    /// The last try, and what there is to say.
    public var answered: Int64?
    public var sentence: String?

    /// Of one person.
    public static let limit = 8
    /// Longest of what is shown, and of what is sealed, in bytes.
    public static let textLimit = (shown: 254, sealed: 6000)
}

/// A channel with what waits for it, as its person sees it.
public struct ChannelStanding: Equatable, Sendable {
    public var channel: NoticeChannel
    public var waiting: Int64
    public var dead: Int64

    public init(channel: NoticeChannel, waiting: Int64 = 0, dead: Int64 = 0) {
        (self.channel, self.waiting, self.dead) = (channel, waiting, dead)
    }

    public static let shape = Shape<ChannelStanding>(
        "NoticeChannel",
        [
            .integer("id", \.channel.id), .word("kind", \.channel.kind), .text("address", \.channel.shown),
            .moment("created", \.channel.created), .integer("failures", \.channel.failures),
            .moment("answered", ifAny: \.channel.answered), .text("sentence", ifAny: \.channel.sentence),
            .integer("waiting", \.waiting), .integer("dead", \.dead),
        ])
}

/// What a channel is to tell next: lines of its person's inbox, a test, or the day's digest.
public struct ChannelLoad: Equatable, Sendable {
    public var channel: NoticeChannel
    /// Numbers of lines; 0 is a test, -1 the digest, each alone.
    public var lines: [Int64]
    public var attempts: Int64
    /// Nobody had read one of them.
    public var isRaised: Bool

    /// Numbers that are no line's.
    public static let test: Int64 = 0
    public static let digest: Int64 = -1
}

/// A moment by the site's clock.
public struct SiteTime: Equatable, Sendable {
    /// YYYYMMDD.
    public var day: Int64
    /// 0 is Monday.
    public var weekday: Int64
    /// Minute of the day.
    public var minute: Int64

    public init(day: Int64, weekday: Int64, minute: Int64) {
        (self.day, self.weekday, self.minute) = (day, weekday, minute)
    }

    /// Whether `minute` is from one minute until before another, perhaps over midnight. The same minute twice is the whole day.
    static func isWithin(_ minute: Int64, _ from: Int64, _ until: Int64) -> Bool {
        from == until || (from < until ? from <= minute && minute < until : from <= minute || minute < until)
    }
}
