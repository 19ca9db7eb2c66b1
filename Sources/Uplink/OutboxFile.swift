public import Model
public import SQLite

/// The outbox on disk: rows ready to send, what was settled, the boots that wrote them, commands already begun.
/// Used by one thread; every method is one step of a transaction that the caller opens.
public final class OutboxFile {
    public struct BootRecord: Equatable, Sendable {
        public var boot: Boot
        public var kernel: String
        /// Unix milliseconds of `dt` = 0, as last seen by that boot.
        public var origin: Int64
        public var synced: Bool
        /// The first number it could issue in the present epoch; a boot's numbers end where the next one's begin.
        public var first: UInt64
    }

    /// Rows that were issued under another epoch before: their old number is `seq + shift`.
    public struct Former: Equatable, Sendable {
        public var last: UInt64
        public var epoch: UInt64
        public var shift: Int64
    }

    /// Longest row, in bytes: a frame must hold it.
    public static let rowLimit = Frame.byteLimit - 64

    public static let schemaVersion: Int64 = 1

    public let database: Database
    public private(set) var epoch: UInt64 = 0
    public private(set) var account = Account()
    /// Next sequence number.
    public private(set) var next: UInt64 = 1
    /// Everything up to here has been settled and deleted.
    public private(set) var forgotten: UInt64 = 0
    private var insertion: HotStatement?

    /// `budget` in bytes bounds the file; nil leaves it to the disk.
    public init(path: String, budget: Int64? = nil, random: inout some RandomNumberGenerator) throws(SQLiteError) {
        database = try Database(path: path)
        try database.execute("PRAGMA auto_vacuum=NONE; PRAGMA wal_autocheckpoint=1000")
        try migrate(&random)
        guard try database.text("PRAGMA quick_check(1)") == "ok" else {
            throw SQLiteError(code: 11, message: "the integrity check failed", statement: path)
        }
        if let budget {
            let page = try database.integer("PRAGMA page_size") ?? 4096
            try database.execute("PRAGMA max_page_count=\(max(64, budget / page))")
        }
        try load()
    }

    private func migrate(_ random: inout some RandomNumberGenerator) throws(SQLiteError) {
        let version = try database.integer("PRAGMA user_version") ?? 0
        guard version <= OutboxFile.schemaVersion else {
            throw SQLiteError(
                code: 1, message: "written by a newer version (\(version)); install that version again",
                statement: "open")
        }
        guard version == 0 else { return }
        let epoch = Int64(bitPattern: random.next())
        try database.execute(
            """
            BEGIN IMMEDIATE;
            CREATE TABLE row (seq INTEGER PRIMARY KEY, boot INTEGER NOT NULL, body BLOB NOT NULL, crc INTEGER NOT NULL);
            CREATE TABLE state (
                one INTEGER PRIMARY KEY CHECK (one = 1), epoch INTEGER NOT NULL, next INTEGER NOT NULL,
                forgotten INTEGER NOT NULL, produced INTEGER NOT NULL, committed INTEGER NOT NULL,
                rejected INTEGER NOT NULL, skipped INTEGER NOT NULL);
            CREATE TABLE boot (
                counter INTEGER PRIMARY KEY, random INTEGER NOT NULL, kernel TEXT NOT NULL, origin INTEGER NOT NULL,
                synced INTEGER NOT NULL, first INTEGER NOT NULL);
            CREATE TABLE former (last INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, shift INTEGER NOT NULL);
            CREATE TABLE command (
                id TEXT PRIMARY KEY, received INTEGER NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL, cause TEXT);
            INSERT INTO state VALUES (1, \(epoch), 1, 0, 0, 0, 0, 0);
            PRAGMA user_version=\(OutboxFile.schemaVersion);
            COMMIT;
            """)
    }

    /// Reads the counters again, as after a transaction that did not commit.
    public func load() throws(SQLiteError) {
        let state = try database.first(
            "SELECT epoch, next, forgotten, produced, committed, rejected, skipped, (SELECT count(*) FROM row) FROM state"
        ) { row in
            (
                row.word(0), row.word(1), row.word(2),
                Account(
                    produced: row.word(3), committed: row.word(4), pending: row.word(7), rejected: row.word(5),
                    skipped: row.word(6))
            )
        }
        guard let state else {
            throw SQLiteError(code: 11, message: "the outbox has lost its state row", statement: database.path)
        }
        (epoch, next, forgotten, account) = state
    }

    // MARK: rows

    /// Stores a row and returns its number.
    @discardableResult
    public func insert(_ body: [UInt8], boot: UInt64) throws(SQLiteError) -> UInt64 {
        let seq = next
        // One row that fits no frame would hold up all behind it; nothing should make one, and nothing may.
        let body = body.count <= OutboxFile.rowLimit ? body : Model.Row.skipped(reason: "too large").encoded(at: 0)
        let statement = try inserting()
        statement.bind(1, seq)
        statement.bind(2, boot)
        statement.bind(3, body)
        statement.bind(4, Int64(CRC32C.checksum(body)))
        try statement.run()
        next += 1
        account.produced += 1
        account.pending += 1
        return seq
    }

    private func inserting() throws(SQLiteError) -> HotStatement {
        if let insertion { return insertion }
        let made = try database.hot("INSERT INTO row VALUES (?, ?, ?, ?)")
        insertion = made
        return made
    }

    /// Settles everything up to `last`: the centre has it. `rejected` lists those it could not apply.
    public func forget(upTo last: UInt64, rejected: Set<UInt64>) throws(SQLiteError) {
        guard last > forgotten else { return }
        let refused = UInt64(rejected.count { $0 > forgotten && $0 <= last })
        let removed = UInt64(try database.run("DELETE FROM row WHERE seq <= ?", .integer(last)))
        account.pending -= min(removed, account.pending)
        account.rejected += min(refused, removed)
        account.committed += removed - min(refused, removed)
        forgotten = last
        try database.run("DELETE FROM former WHERE last <= ?", .integer(last))
    }

    /// Writes the counters; the last step before COMMIT.
    public func store() throws(SQLiteError) {
        try database.run(
            "UPDATE state SET epoch=?, next=?, forgotten=?, produced=?, committed=?, rejected=?, skipped=?",
            .integer(epoch), .integer(next), .integer(forgotten), .integer(account.produced),
            .integer(account.committed), .integer(account.rejected), .integer(account.skipped))
    }

    /// Rows from `first` on that one boot wrote, in order and without a hole, until one of the limits is reached; nil when
    /// that row is gone or not there yet. In place of one whose checksum fails stands a skip with its reason, so that the
    /// numbers keep no hole.
    public static func rows(
        in database: Database, from first: UInt64, limit: Int, bytes: Int
    ) throws -> (boot: UInt64, count: Int, bodies: [UInt8])? {
        var boot: UInt64?
        var count = 0
        var out: [UInt8] = []
        out.reserveCapacity(bytes)
        try database.each(
            "SELECT seq, boot, body, crc FROM row WHERE seq >= ? ORDER BY seq LIMIT ?", .integer(first), .integer(limit)
        ) { row in
            guard row.word(0) == first + UInt64(count), row.word(1) == boot ?? row.word(1) else { return false }
            let body = row.bytes(2)
            let isWhole = Int64(CRC32C.checksum(body)) == row.integer(3)
            let damaged = isWhole ? [] : Model.Row.skipped(reason: OutboxFile.damaged).encoded(at: 0)
            let size = isWhole ? body.count : damaged.count
            guard count == 0 || out.count + size <= bytes else { return false }
            if isWhole { out += body } else { out += damaged }
            boot = row.word(1)
            count += 1
            return true
        }
        return boot.map { ($0, count, out) }
    }

    static let damaged = "damaged on disk"

    // MARK: boots and epochs

    /// A new run of the process.
    public func begin(kernel: String, origin: Int64, synced: Bool, random: inout some RandomNumberGenerator)
        throws(SQLiteError) -> Boot
    {
        let counter = (try database.integer("SELECT max(counter) FROM boot") ?? 0) + 1
        let boot = Boot(counter: UInt64(counter), random: random.next())
        try database.run(
            "INSERT INTO boot VALUES (?, ?, ?, ?, ?, ?)", .integer(counter), .integer(boot.random), .text(kernel),
            .integer(origin), .bool(synced), .integer(next))
        // Boots whose rows are all gone stay known for a while: the centre may still name one of them.
        try database.run("DELETE FROM boot WHERE counter <= ? - 1000", .integer(counter))
        return boot
    }

    /// The clock may have been set since: rows of every boot of this kernel move with it.
    public func setOrigin(_ origin: Int64, synced: Bool, kernel: String) throws(SQLiteError) {
        try database.run(
            "UPDATE boot SET origin=?, synced=? WHERE kernel=?", .integer(origin), .bool(synced), .text(kernel))
    }

    public static func boots(in database: Database) throws -> [UInt64: BootRecord] {
        let records = try database.rows("SELECT counter, random, kernel, origin, synced, first FROM boot") { row in
            BootRecord(
                boot: Boot(counter: row.word(0), random: row.word(1)), kernel: row.text(2), origin: row.integer(3),
                synced: row.bool(4), first: row.word(5))
        }
        return Dictionary(uniqueKeysWithValues: records.map { ($0.boot.counter, $0) })
    }

    public static func formers(in database: Database) throws -> [Former] {
        try database.rows("SELECT last, epoch, shift FROM former ORDER BY last") { row in
            Former(last: row.word(0), epoch: row.word(1), shift: row.integer(2))
        }
    }

    /// The file went back in time, or shares its epoch with a copy: pending rows get new numbers in a new epoch and
    /// keep their old ones beside them.
    public func reissue(random: inout some RandomNumberGenerator) throws(SQLiteError) {
        let old = epoch
        let first = try database.integer("SELECT min(seq) FROM row") ?? 0
        let last = try database.integer("SELECT max(seq) FROM row") ?? 0
        epoch = random.next()
        try database.run("DELETE FROM former")
        if first > 0 {
            let shift = first - 1
            try database.run("UPDATE row SET seq = -(seq - ?)", .integer(shift))
            try database.run("UPDATE row SET seq = -seq")
            try database.run(
                "INSERT INTO former VALUES (?, ?, ?)", .integer(last - shift), .integer(old), .integer(shift))
            next = UInt64(last - shift) + 1
        } else {
            next = 1
        }
        forgotten = 0
        // The newest boot goes on from here; older ones keep what is left of theirs, or nothing.
        try database.run(
            """
            UPDATE boot SET first = coalesce((SELECT min(seq) FROM row WHERE row.boot = boot.counter),
                CASE WHEN counter = (SELECT max(counter) FROM boot) THEN ? ELSE 0 END)
            """, .integer(next))
        try store()
    }

    // MARK: commands

    /// True the first time; false when this command was begun before.
    public func begin(command: Command, at now: Int64) throws(SQLiteError) -> Bool {
        try database.run(
            "INSERT INTO command VALUES (?, ?, ?, 'accepted', NULL) ON CONFLICT DO NOTHING", .text(command.id),
            .integer(now), .text(command.json.description)) == 1
    }

    public func update(_ progress: CommandProgress) throws(SQLiteError) {
        try database.run(
            "UPDATE command SET state=?, cause=? WHERE id=?", .text(progress.state.rawValue), .text(progress.cause),
            .text(progress.id))
    }

    public func progress(of id: String) throws(SQLiteError) -> CommandProgress? {
        try database.first("SELECT state, cause FROM command WHERE id=?", .text(id)) { row in
            CommandProgress(id: id, state: .init(rawValue: row.text(0)) ?? .unknown, cause: row.optionalText(1))
        }
    }

    /// Commands that were begun and whose end is not known.
    public func unfinished() throws -> [Command] {
        try database.rows("SELECT body, state FROM command ORDER BY received") { row -> Command? in
            guard CommandProgress.State(rawValue: row.text(1))?.isFinal == false,
                let json = try? JSON(parsing: row.text(0))
            else { return nil }
            return Command(json: json)
        }.compactMap(\.self)
    }

    public func dropCommands(before time: Int64) throws(SQLiteError) {
        try database.run("DELETE FROM command WHERE received < ?", .integer(time))
    }
}
