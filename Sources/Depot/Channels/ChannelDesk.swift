import Model
import SQLite

/// In which ways people want to be told, and what becomes of each try.
public struct ChannelDesk {
    let store: Store

    public init(_ store: Store) { self.store = store }

    private static let author = Author("edge-ingest")

    public enum Refusal: Error, Equatable, Sendable {
        /// They have as many as may be.
        case full
        /// It is one of theirs already.
        case known
        case noSuchChannel
    }

    public struct New: Sendable {
        public var kind: NoticeChannel.Kind
        public var shown: String
        public var sealed: String
        /// The same for the same address; it says nothing of it.
        public var mark: String

        public init(_ kind: NoticeChannel.Kind, shown: String, sealed: String, mark: String) {
            (self.kind, self.shown, self.sealed, self.mark) = (kind, shown, sealed, mark)
        }
    }

    // MARK: people

    /// Throws `Refusal`. A browser that subscribes again is the same one.
    public func add(_ new: New, of person: Person, at now: Int64) throws -> NoticeChannel {
        try store.transaction {
            let known = try store.database.integer(
                "SELECT id FROM channel WHERE user=? AND kind=? AND mark=?", .integer(person.id),
                .text(new.kind.rawValue), .text(new.mark))
            if let known {
                guard new.kind == .push else { throw Refusal.known }
                try store.database.run(
                    "UPDATE channel SET shown=?, sealed=?, failures=0, rest=0 WHERE id=?", .text(new.shown),
                    .text(new.sealed), .integer(known))
                return try own(known, of: person)
            }
            guard try store.channels.rows(of: person.id).count < NoticeChannel.limit else { throw Refusal.full }
            try store.database.run(
                "INSERT INTO channel (user, kind, shown, sealed, mark, created) VALUES (?, ?, ?, ?, ?, ?)",
                .integer(person.id), .text(new.kind.rawValue), .text(new.shown), .text(new.sealed), .text(new.mark),
                .integer(now))
            let id = store.database.lastInsertID
            try store.tell(Fact(.channelAdded, person.name, new.kind.rawValue), by: person.author, at: now)
            return try own(id, of: person)
        }
    }

    public func remove(_ id: Int64, of person: Person, at now: Int64) throws {
        try store.transaction {
            let channel = try own(id, of: person)
            try drop(channel, .channelRemoved, by: person.author, at: now)
        }
    }

    /// Something that tells nothing, also in quiet hours; at once, but where the channel rests from what failed.
    public func test(_ id: Int64, of person: Person, at now: Int64) throws {
        try store.transaction {
            let channel = try own(id, of: person)
            try store.channels.wait(ChannelLoad.test, for: channel.id, due: now, at: now, isAgain: true)
        }
    }

    /// No digest any more: by one click in a letter, of whoever has it. False where there is no such channel.
    public func endDigest(ofChannel id: Int64, at now: Int64) throws -> Bool {
        try store.transaction {
            guard let channel = try store.channels.channel(id) else { return false }
            try store.database.run("UPDATE channel_habit SET digest=NULL WHERE user=?", .integer(channel.user))
            try store.database.run(
                "DELETE FROM channel_line WHERE line=? AND channel IN (SELECT id FROM channel WHERE user=?)",
                .integer(ChannelLoad.digest), .integer(channel.user))
            return true
        }
    }

    private func own(_ id: Int64, of person: Person) throws -> NoticeChannel {
        guard let channel = try store.channels.channel(id), channel.user == person.id else {
            throw Refusal.noSuchChannel
        }
        return channel
    }

    private func drop(_ channel: NoticeChannel, _ kind: Fact.Kind, by author: Author, at now: Int64) throws {
        try store.database.run("DELETE FROM channel_line WHERE channel=?", .integer(channel.id))
        try store.database.run("DELETE FROM channel WHERE id=?", .integer(channel.id))
        try store.stock.settle(notice: .channelDead, subject: ChannelDesk.subject(channel.id), at: now)
        let name = try store.people.user(id: channel.user)?.name ?? ""
        try store.tell(Fact(kind, name, channel.kind.rawValue), by: author, at: now)
    }

    // MARK: what becomes of it

    /// After a try. One that was removed meanwhile stays so.
    public func settle(_ load: ChannelLoad, _ result: TryResult, at now: Int64) throws {
        try store.transaction {
            guard var channel = try store.channels.channel(load.channel.id) else { return }
            (channel.answered, channel.sentence) = (now, result.sentence)
            switch result.fate {
            case .taken:
                (channel.failures, channel.rest) = (0, now + channel.kind.pause)
                try mark(load, "done", nil)
                if load.lines == [ChannelLoad.digest] {
                    try store.database.run(
                        "UPDATE channel_habit SET since=? WHERE user=?", .integer(now), .integer(channel.user))
                }
                try store.stock.settle(notice: .channelDead, subject: ChannelDesk.subject(channel.id), at: now)
            case .gone: return try drop(channel, .channelGone, by: Self.author, at: now)
            case .later(let due):
                (channel.failures, channel.rest) = (channel.failures + 1, due)
                try store.database.run(
                    "UPDATE channel_line SET attempts=attempts+1, due=max(due, ?3), sentence=?4 WHERE \(Self.those(load))",
                    arguments: [.integer(channel.id), .integer(0), .integer(due), .text(result.sentence)])
            case .never:
                (channel.failures, channel.rest) = (channel.failures + 1, now + channel.kind.pause)
                try mark(load, "dead", result.sentence)
                let name = try store.people.user(id: channel.user)?.name ?? ""
                try store.tell(
                    Fact(.channelDied, name, "\(channel.kind.rawValue): \(result.sentence)"), by: Self.author, at: now)
                try store.stock.notice(
                    .channelDead, subject: ChannelDesk.subject(channel.id),
                    data: .object([
                        ("name", .string(name)), ("channel", .string(channel.kind.rawValue)),
                        ("sentence", .string(result.sentence)),
                    ]), at: now)
            }
            try store.database.run(
                "UPDATE channel SET failures=?2, rest=?3, answered=?4, sentence=?5 WHERE id=?1", .integer(channel.id),
                .integer(channel.failures), .integer(channel.rest), .integer(channel.answered), .text(channel.sentence))
        }
    }

    /// What was read meanwhile, or has gone, is not told any more.
    public func void(_ load: ChannelLoad, except kept: [Int64]) throws {
        try store.transaction {
            for line in load.lines where !kept.contains(line) {
                try store.database.run(
                    "UPDATE channel_line SET state='void' WHERE channel=? AND line=? AND state='waiting'",
                    .integer(load.channel.id), .integer(line))
            }
        }
    }

    private func mark(_ load: ChannelLoad, _ state: String, _ sentence: String?) throws {
        try store.database.run(
            "UPDATE channel_line SET state=?3, sentence=?4 WHERE \(Self.those(load))",
            arguments: [.integer(load.channel.id), .integer(0), .text(state), .text(sentence)])
    }

    /// Numbers are ours.
    private static func those(_ load: ChannelLoad) -> String {
        "channel=?1 AND ?2=0 AND state='waiting' AND line IN (\(load.lines.map(String.init).joined(separator: ",")))"
    }

    /// Of a notice: not the number alone, which could be a notice's own.
    private static func subject(_ id: Int64) -> String { "channel-\(id)" }

    // MARK: now and then

    /// The day's digests, at the hour of each: what is merely good to know, and was not read.
    public func digests(at now: Int64, _ time: SiteTime) throws {
        let due = try store.database.rows(
            "SELECT user FROM channel_habit WHERE digest IS NOT NULL AND digest<=? AND digested<?",
            .integer(time.minute / 60), .integer(time.day)
        ) { $0.integer(0) }
        guard !due.isEmpty else { return }
        try store.transaction {
            for user in due {
                try store.database.run(
                    "UPDATE channel_habit SET digested=? WHERE user=?", .integer(time.day), .integer(user))
                for channel in try store.channels.rows(of: user) where channel.kind == .email {
                    try store.channels.wait(ChannelLoad.digest, for: channel.id, due: now, at: now, isAgain: true)
                }
            }
        }
    }
}
