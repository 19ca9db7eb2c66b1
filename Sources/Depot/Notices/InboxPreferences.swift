import SQLite

/// What a person wants to be told, and how: of types that they chose nothing for the defaults count.
public struct InboxPreferences: Equatable, Sendable {
    public struct Choice: Equatable, Sendable {
        public var type: NoticeType
        /// Told at all: otherwise no line is made from then on.
        public var web: Bool
        /// Heard, and shown by the browser while another window is in front.
        public var sound: Bool

        public init(_ type: NoticeType, web: Bool, sound: Bool) {
            (self.type, self.web, self.sound) = (type, web, sound)
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

    public init(_ choices: [Choice], quiet: Quiet?) { (self.choices, self.quiet) = (choices, quiet) }
}

extension NoticeType {
    /// Told whatever somebody chose: whoever guesses a password must not be able to switch it off.
    public var isFixed: Bool { self == .signIns }
}

extension InboxTable {
    /// Of every type that something raises, in their order.
    public func preferences(of user: Int64) throws -> InboxPreferences {
        var chosen: [NoticeType: InboxPreferences.Choice] = [:]
        try database.each("SELECT type, web, sound FROM inbox_preference WHERE user=?", .integer(user)) { row in
            if let type = NoticeType(rawValue: row.text(0)) {
                chosen[type] = InboxPreferences.Choice(type, web: row.bool(1), sound: row.bool(2))
            }
            return true
        }
        let quiet = try database.first("SELECT start, stop FROM inbox_quiet WHERE user=?", .integer(user)) {
            InboxPreferences.Quiet(from: $0.integer(0), until: $0.integer(1))
        }
        return InboxPreferences(
            NoticeType.allCases.filter(\.isRaised).map { chosen[$0] ?? InboxPreferences.Choice(default: $0) },
            quiet: quiet)
    }

    func save(_ preferences: InboxPreferences, of user: Int64) throws {
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
    public func prefer(_ preferences: InboxPreferences, of person: Person) throws -> InboxPreferences {
        try store.transaction {
            try store.inbox.save(preferences, of: person.id)
            return try store.inbox.preferences(of: person.id)
        }
    }
}
