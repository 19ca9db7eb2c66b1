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

    /// Unix seconds of 2026-01-01: boots of a fresh file are counted from the seconds since then.
    static let countingSince: Int64 = 1_767_225_600

    /// Boots of a salvaged file whose counter is taken are kept above these bits.
    static let counterMask: UInt64 = (1 << 40) - 1

    public static let schemaVersion: Int64 = 2
    /// A larger file is checked while the agent already works: a scan must not wait for it.
    public static let checkedAtOpen: Int64 = 64 << 20

    public let database: Database
    public internal(set) var epoch: UInt64 = 0
    public private(set) var account = Account()
    /// Next sequence number.
    public internal(set) var next: UInt64 = 1
    /// Everything up to here has been settled and deleted.
    public internal(set) var forgotten: UInt64 = 0
    /// How many of this epoch's settled rows the centre could not apply.
    public internal(set) var refused: UInt64 = 0
    private var insertion: RowInsertion?
    let page: Int64
    let budget: Int64?
    /// The log is written back beyond this many bytes.
    let logLimit: Int64
    /// The database never grows beyond this many bytes, whatever is stored in it.
    let ceiling: Int64?
    /// Somebody read from the log when it was to be cut: not before then again.
    var nextTrim = Instant.zero
    var nextShrink = Instant.zero

    /// `budget` in bytes bounds what the files take on the disk; nil leaves it to the disk.
    public init(path: String, budget: Int64? = nil, random: inout some RandomNumberGenerator) throws(SQLiteError) {
        database = try Database(path: path)
        self.budget = budget
        let page = try database.integer("PRAGMA page_size") ?? 4096
        self.page = page
        // A small buffer has a small log: SQLite's usual 1000 pages would be more than all of it.
        let logPages = min(1000, max(16, (budget ?? .max) / 16 / page))
        logLimit = logPages * page
        ceiling = budget.map { max(64 * page, $0 + $0 / 20 + 1 << 20) }
        try database.execute(
            """
            PRAGMA auto_vacuum=NONE; PRAGMA temp_store=MEMORY;
            PRAGMA wal_autocheckpoint=\(logPages); PRAGMA journal_size_limit=\(logLimit)
            """)
        // Before anything is written: a damaged file is set aside as it is.
        let isSmall = try (database.integer("PRAGMA page_count") ?? 0) * page <= OutboxFile.checkedAtOpen
        if isSmall { try OutboxFile.check(database) }
        try migrate(&random)
        // Commands and the letting go of what is settled find room beyond what scans may take.
        if let ceiling { try database.execute("PRAGMA max_page_count=\(ceiling / page)") }
        try load()
        if isSmall { try fillHoles() }
    }

    /// The form of a file that somebody else may be writing; 0 where nothing was written yet.
    public static func form(of path: String) throws(SQLiteError) -> Int64 {
        try Database(path: path, readOnly: true).integer("PRAGMA user_version") ?? 0
    }

    /// Reads every page; throws when one is not as it should be.
    public static func check(_ database: Database) throws(SQLiteError) {
        guard try database.text("PRAGMA quick_check(1)") == "ok" else {
            throw SQLiteError(code: 11, message: "the integrity check failed", statement: database.path)
        }
    }

    /// Numbers whose row is gone are said as skipped, or nothing behind them would ever be sent.
    private func fillHoles() throws(SQLiteError) {
        guard try database.integer("SELECT count(*) FROM row") != Int64(account.pending) else { return }
        try database.execute("BEGIN IMMEDIATE")
        let body = Model.Row.skipped(reason: "missing on disk").encoded(at: 0)
        for seq in forgotten + 1..<next
        where try database.integer("SELECT 1 FROM row WHERE seq=?", .integer(seq)) == nil {
            try database.run(
                "INSERT INTO row SELECT ?, max(counter), ?, ? FROM boot", .integer(seq), .blob(body),
                .integer(Int64(CRC32C.checksum(body))))
        }
        try database.execute("COMMIT")
    }

    private func migrate(_ random: inout some RandomNumberGenerator) throws(SQLiteError) {
        let version = try database.integer("PRAGMA user_version") ?? 0
        guard version <= OutboxFile.schemaVersion else {
            throw SQLiteError(
                code: 1, message: "written by a newer version (\(version)); install that version again",
                statement: "open")
        }
        if version == 1 {
            try database.execute(
                """
                BEGIN IMMEDIATE;
                ALTER TABLE state ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;
                -- Right for a file of one epoch, as most are; the first acknowledgement sets another one right.
                UPDATE state SET refused=rejected;
                PRAGMA user_version=2;
                COMMIT;
                """)
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
                rejected INTEGER NOT NULL, skipped INTEGER NOT NULL, refused INTEGER NOT NULL DEFAULT 0);
            CREATE TABLE boot (
                counter INTEGER PRIMARY KEY, random INTEGER NOT NULL, kernel TEXT NOT NULL, origin INTEGER NOT NULL,
                synced INTEGER NOT NULL, first INTEGER NOT NULL);
            CREATE TABLE former (last INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, shift INTEGER NOT NULL);
            CREATE TABLE command (
                id TEXT PRIMARY KEY, received INTEGER NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL, cause TEXT);
            INSERT INTO state VALUES (1, \(epoch), 1, 0, 0, 0, 0, 0, 0);
            PRAGMA user_version=\(OutboxFile.schemaVersion);
            COMMIT;
            """)
    }

    /// Reads the counters again, as after a transaction that did not commit.
    public func load() throws(SQLiteError) {
        let state = try database.first(
            "SELECT epoch, next, forgotten, produced, committed, rejected, skipped, refused FROM state"
        ) { row in
            (
                row.word(0), row.word(1), row.word(2),
                // Every number from the first unsettled one on has its row.
                Account(
                    produced: row.word(3), committed: row.word(4), pending: row.word(1) &- row.word(2) &- 1,
                    rejected: row.word(5), skipped: row.word(6)),
                row.word(7)
            )
        }
        guard let state else {
            throw SQLiteError(code: 11, message: "the outbox has lost its state row", statement: database.path)
        }
        (epoch, next, forgotten, account, refused) = state
    }

    // MARK: rows

    /// Stores a row and returns its number.
    @discardableResult
    public func insert(_ body: [UInt8], boot: UInt64) throws(SQLiteError) -> UInt64 {
        try insert(EncodedRows(body), boot: boot).lowerBound
    }

    /// Stores rows, at least one, and returns their numbers.
    @discardableResult
    public func insert(_ rows: EncodedRows, boot: UInt64) throws(SQLiteError) -> ClosedRange<UInt64> {
        let first = next
        let insertion = try inserting()
        let inserted = try rows.bytes.withUnsafeBufferPointer { buffer throws(SQLiteError) in
            let bytes = UnsafeRawBufferPointer(buffer)
            return try insertion.run(rows.count) { statement in
                statement.bind(1, boot)
            } each: { statement, row, parameter in
                statement.bind(parameter, first + UInt64(row))
                statement.bind(parameter + 1, bytes: UnsafeRawBufferPointer(rebasing: bytes[rows.range(of: row)]))
                statement.bind(parameter + 2, rows.sums[row])
            }
        }
        next += UInt64(inserted)
        account.produced += UInt64(inserted)
        account.pending += UInt64(inserted)
        return first...next - 1
    }

    private func inserting() throws(SQLiteError) -> RowInsertion {
        if let insertion { return insertion }
        let made = try RowInsertion(database, into: "row", row: "(*, ?1, *, *)", shared: 1, whereThere: .refused)
        insertion = made
        return made
    }

    /// Settles everything up to `last`: the centre has it. `total` of this epoch it could not apply.
    public func forget(upTo last: UInt64, refused total: UInt64) throws(SQLiteError) {
        guard last > forgotten else { return }
        let removed = UInt64(try database.run("DELETE FROM row WHERE seq <= ?", .integer(last)))
        account.pending -= min(removed, account.pending)
        // A centre that was restored counts fewer than before, and goes on from there.
        let more = min(total > refused ? total - refused : 0, removed)
        refused = total
        account.rejected += more
        account.committed += removed - more
        forgotten = last
        try database.run("DELETE FROM former WHERE last <= ?", .integer(last))
    }

    /// Writes the counters; the last step before COMMIT.
    public func store() throws(SQLiteError) {
        try database.run(
            "UPDATE state SET epoch=?, next=?, forgotten=?, produced=?, committed=?, rejected=?, skipped=?, refused=?",
            .integer(epoch), .integer(next), .integer(forgotten), .integer(account.produced),
            .integer(account.committed), .integer(account.rejected), .integer(account.skipped), .integer(refused))
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
            let damaged = isWhole ? [] : Model.Row.skipped(reason: "damaged on disk").encoded(at: 0)
            let size = isWhole ? body.count : damaged.count
            guard count == 0 || out.count + size <= bytes else { return false }
            if isWhole { out += body } else { out += damaged }
            boot = row.word(1)
            count += 1
            return true
        }
        return boot.map { ($0, count, out) }
    }

    // MARK: boots and epochs

    /// A new run of the process; `wall` is the time now in Unix milliseconds.
    public func begin(
        kernel: String, origin: Int64, synced: Bool, wall: Int64 = 0, random: inout some RandomNumberGenerator
    )
        throws(SQLiteError) -> Boot
    {
        // A fresh file counts from where no older file of this agent can have come: what is salvaged from one keeps its
        // boots, and revisions of calls never go back.
        let fresh = max(0, wall / 1000 - OutboxFile.countingSince)
        let counter =
            (try database.integer("SELECT max(counter) FROM boot WHERE counter < 1 << 40") ?? min(fresh, 1 << 29)) + 1
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
            (
                row.word(0),
                BootRecord(
                    boot: Boot(counter: row.word(0) & OutboxFile.counterMask, random: row.word(1)), kernel: row.text(2),
                    origin: row.integer(3),
                    synced: row.bool(4), first: row.word(5))
            )
        }
        return Dictionary(uniqueKeysWithValues: records)
    }

    public static func formers(in database: Database) throws -> [Former] {
        try database.rows("SELECT last, epoch, shift FROM former ORDER BY last") { row in
            Former(last: row.word(0), epoch: row.word(1), shift: row.integer(2))
        }
    }

    /// The file went back in time, or shares its epoch with a copy: pending rows get new numbers in a new epoch and
    /// keep their old ones beside them. One that had an older one already keeps that: what was sent under the number in
    /// between may never have arrived, and the centre remembers first keys.
    public func reissue(random: inout some RandomNumberGenerator) throws {
        let old = epoch
        let first = try database.integer("SELECT min(seq) FROM row") ?? 0
        let last = try database.integer("SELECT max(seq) FROM row") ?? 0
        let older = try OutboxFile.formers(in: database)
        epoch = random.next()
        try database.run("DELETE FROM former")
        if first > 0 {
            let shift = first - 1
            try database.run("UPDATE row SET seq = -(seq - ?)", .integer(shift))
            try database.run("UPDATE row SET seq = -seq")
            for former in older where Int64(former.last) >= first {
                try database.run(
                    "INSERT INTO former VALUES (?, ?, ?)", .integer(Int64(former.last) - shift),
                    .integer(former.epoch), .integer(former.shift + shift))
            }
            if Int64(older.last?.last ?? 0) < last {
                try database.run(
                    "INSERT INTO former VALUES (?, ?, ?)", .integer(last - shift), .integer(old), .integer(shift))
            }
            next = UInt64(last - shift) + 1
        } else {
            next = 1
        }
        (forgotten, refused) = (0, 0)
        try assignBoots()
        try store()
    }

    /// Rows of a damaged file were taken in.
    func account(salvaged count: UInt64) {
        account.produced += count
        account.pending += count
    }

    /// The newest boot goes on from here; older ones keep what is left of theirs, or nothing.
    func assignBoots() throws(SQLiteError) {
        try database.run(
            """
            UPDATE boot SET first = coalesce((SELECT min(seq) FROM row WHERE row.boot = boot.counter),
                CASE WHEN counter = (SELECT max(counter) FROM boot WHERE counter < 1 << 40) THEN ? ELSE 0 END)
            """, .integer(next))
    }
}
