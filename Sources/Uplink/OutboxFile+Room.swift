import Model
public import SQLite

/// What the buffer takes on the disk, and how much it may.
public struct BufferFill: Equatable, Sendable {
    /// Database, write-ahead log and its index as they lie there.
    public var files = Database.Footprint()
    /// Bytes that the database has, or will have once its log is written back.
    public var pages: Int64 = 0
    /// Of those, in pages that new rows will take first.
    public var free: Int64 = 0
    /// Nil leaves it to the disk.
    public var budget: Int64?

    public init() {}

    /// Bytes that are in use: the files without what new rows find free in them. With nothing free, `files.total` once the log
    /// is written back, and never less than that.
    public var used: Int64 { max(files.database, pages) - free + files.log + files.index }

    public var level: BufferLevel { BufferLevel(used: used, budget: budget ?? .max) }

    /// Bytes that rows may still take.
    var room: Int64 { budget.map { max(0, $0 - used) } ?? .max }

    /// After it was full: enough is free that it pays to accept again, so that it is not said twice a second.
    var isRoomy: Bool { budget.map { used <= $0 - $0 / 64 } ?? true }
}

extension OutboxFile {
    /// Between two attempts to cut a log that somebody reads from, and to make the file smaller.
    static let trimPause: Duration = .seconds(1)
    static let shrinkPause: Duration = .seconds(60)

    public func fill() throws(SQLiteError) -> BufferFill {
        var fill = BufferFill()
        fill.pages = (try database.integer("PRAGMA page_count") ?? 0) * page
        fill.free = (try database.integer("PRAGMA freelist_count") ?? 0) * page
        fill.files = database.footprint
        fill.budget = budget
        return fill
    }

    /// True when so much more does not fit under the ceiling of the database itself, whatever the disk has left.
    func isAtCeiling(adding bytes: Int64) -> Bool {
        guard let ceiling else { return false }
        return ((try? database.integer("PRAGMA page_count")) ?? 0) * page + bytes > ceiling
    }

    /// Whoever reads for long, such as a backup, keeps the log from being used again, and it grows: it is cut when they are
    /// gone. When the buffer is full it is cut sooner, because it counts. Returns what is used then.
    func trim(_ fill: BufferFill, at now: Instant) -> BufferFill {
        guard fill.files.log > (fill.level == .full ? logLimit / 2 : logLimit * 2), now >= nextTrim else { return fill }
        guard (try? database.emptyLog()) == true else {
            nextTrim = now + OutboxFile.trimPause
            return fill
        }
        return (try? self.fill()) ?? fill
    }

    /// What an outage made large is given back to the disk once everything is delivered: a file without rows is rewritten in a
    /// few pages. Not for little.
    func shrink(_ fill: BufferFill, at now: Instant) -> BufferFill {
        guard account.pending == 0, fill.free > max(256 << 10, (budget ?? 1 << 30) / 4), fill.free > fill.pages / 4 * 3,
            now >= nextShrink
        else { return fill }
        nextShrink = now + OutboxFile.shrinkPause
        do {
            try database.execute("VACUUM")
            _ = try database.emptyLog()
        } catch { return fill }
        return (try? self.fill()) ?? fill
    }
}
