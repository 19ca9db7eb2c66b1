import SQLite

/// What a person wants to be told, and how: of types that they chose nothing for the defaults count.
public struct InboxPreferences: Equatable, Sendable {
    public struct Choice: Equatable, Sendable {
        public var type: NoticeType
        /// Told at all: otherwise no line is made from then on.
        public var web: Bool
        /// Heard, and shown by the browser while another window is in front.
        public var sound: Bool
        /// Told by these, too, while no page is open.
        public var channels: Set<NoticeChannel.Kind>

        /// `channels` nil: as by default.
        public init(_ type: NoticeType, web: Bool, sound: Bool, channels: Set<NoticeChannel.Kind>? = nil) {
            (self.type, self.web, self.sound) = (type, web, sound)
            self.channels = channels ?? Set(NoticeChannel.Kind.allCases.filter { $0.wants(type.priority) })
        }

        /// What counts where nobody chose.
        public init(default type: NoticeType) { self.init(type, web: true, sound: type.priority >= .high) }
    }

    /// Minutes of the day, by the clock of whoever looks, in which nothing is heard; it may go over midnight.
    public struct Quiet: Equatable, Sendable {
        public var from: Int64
        public var until: Int64

        public init(from: Int64, until: Int64) { (self.from, self.until) = (from, until) }
    }

    /// Last minute of a day.
    public static let lastMinute: Int64 = 1439

    public var choices: [Choice]
    public var quiet: Quiet?
    /// What is critical comes by its channels in the quiet hours, too.
    public var isLoud: Bool
    /// The hour of the day of a digest by e-mail; nil: none.
    public var digest: Int64?

    public init(_ choices: [Choice], quiet: Quiet?, isLoud: Bool = false, digest: Int64? = nil) {
        (self.choices, self.quiet, self.isLoud, self.digest) = (choices, quiet, isLoud, digest)
    }
}

extension NoticeType {
    /// Told whatever somebody chose: whoever guesses a password must not be able to switch it off.
    public var isFixed: Bool { self == .signIns }
}

extension InboxTable {
    /// Of every type that something raises, in their order.
    public func preferences(of user: Int64) throws -> InboxPreferences {
        let channels = try store.channels.choices(of: user)
        let habit = try store.channels.habit(of: user)
        var chosen: [NoticeType: InboxPreferences.Choice] = [:]
        try database.each("SELECT type, web, sound FROM inbox_preference WHERE user=?", .integer(user)) { row in
            if let type = NoticeType(rawValue: row.text(0)) {
                chosen[type] = InboxPreferences.Choice(type, web: row.bool(1), sound: row.bool(2))
            }
            return true
        }
        return InboxPreferences(
            NoticeType.allCases.map { type in
                var choice = chosen[type] ?? InboxPreferences.Choice(default: type)
                choice.channels = channels[type] ?? choice.channels
                return choice
            },
            quiet: try quiet(of: user), isLoud: habit.isLoud, digest: habit.digest)
    }

    func quiet(of user: Int64) throws -> InboxPreferences.Quiet? {
        try database.first("SELECT start, stop FROM inbox_quiet WHERE user=?", .integer(user)) {
            InboxPreferences.Quiet(from: $0.integer(0), until: $0.integer(1))
        }
    }

    func save(_ preferences: InboxPreferences, of user: Int64, at now: Int64) throws {
        try store.channels.choose(
            Dictionary(preferences.choices.map { ($0.type, $0.channels) }, uniquingKeysWith: { $1 }), of: user)
        try store.channels.save(isLoud: preferences.isLoud, digest: preferences.digest, of: user, at: now)
        try database.run("DELETE FROM inbox_preference WHERE user=?", .integer(user))
        for choice in preferences.choices where choice != InboxPreferences.Choice(default: choice.type) {
            try database.run(
                "INSERT OR REPLACE INTO inbox_preference VALUES (?, ?, ?, ?)", .integer(user),
                .text(choice.type.rawValue), .bool(choice.web || choice.type.isFixed), .bool(choice.sound))
        }
        try database.run("DELETE FROM inbox_quiet WHERE user=?", .integer(user))
        if let quiet = preferences.quiet {
            try database.run(
                "INSERT INTO inbox_quiet VALUES (?, ?, ?)", .integer(user), .integer(quiet.from), .integer(quiet.until))
        }
    }

    /// Whether a person wants to be told of a type.
    func isWanted(_ type: NoticeType, by user: Int64) throws -> Bool {
        try type.isFixed
            || database.integer(
                "SELECT web FROM inbox_preference WHERE user=? AND type=?", .integer(user), .text(type.rawValue)) != 0
    }
}

extension InboxDesk {
    /// All of a person's choices at once; those left out are the defaults again.
    public func prefer(_ preferences: InboxPreferences, of person: Person, at now: Int64) throws -> InboxPreferences {
        try store.transaction {
            try store.inbox.save(preferences, of: person.id, at: now)
            return try store.inbox.preferences(of: person.id)
        }
    }
}
