public import Model
import SQLite

/// One agent's journal in one epoch, as far as the centre has it.
struct Stream: Equatable {
    var id: Int64
    var agent: String
    var epoch: UInt64
    var frontier: UInt64
    var applied: UInt64
    var rejected: UInt64
    var skipped: UInt64
    /// The highest number that has a row, as far as somebody looked within this transaction.
    var tip: UInt64?
    /// Rows of it were applied under another key.
    var hasMoved = false

    /// No row stands behind a hole.
    var isWhole: Bool { tip.map { $0 <= frontier } ?? false }
}

/// An agent's records of one epoch.
struct Journal: Hashable {
    var agent: String
    var epoch: UInt64

    /// What will be asked in the transaction of these frames, as a rule.
    static func questions(of frames: [Arrival]) -> [Question] {
        var journals: Set<Journal> = []
        for frame in frames {
            guard case .success(let content) = frame.content else { continue }
            journals.insert(Journal(agent: frame.agent, epoch: content.frame.epoch))
        }
        var questions = [Question(Ledger.tipQuestion), Question(GatewayTable.changeQuestion)]
        for journal in journals { questions.append(RecordTable.question(agent: journal.agent, epoch: journal.epoch)) }
        return questions
    }
}

/// Records as agents delivered them: which came, which are missing.
public struct RecordTable: StoreTable {
    let store: Store

    private static let columns = """
        SELECT id, frontier, applied, rejected, skipped, (SELECT max(seq) FROM record WHERE record.stream=stream.id),
            EXISTS (SELECT 1 FROM moved WHERE moved.stream=stream.id)
        FROM stream WHERE agent=? AND epoch=?
        """

    /// What `stream` will ask.
    static func question(agent: String, epoch: UInt64) -> Question { Question(columns, .text(agent), .integer(epoch)) }

    func stream(agent: String, epoch: UInt64) throws -> Stream {
        func read() throws -> Stream? {
            try database.first(RecordTable.columns, .text(agent), .integer(epoch)) { row in
                Stream(
                    id: row.integer(0), agent: agent, epoch: epoch, frontier: row.word(1),
                    applied: row.word(2), rejected: row.word(3),
                    skipped: row.word(4), tip: row.word(5), hasMoved: row.bool(6))
            }
        }
        if let stream = try read() { return stream }
        try database.run("INSERT INTO stream (agent, epoch) VALUES (?, ?)", .text(agent), .integer(epoch))
        return try read()!
    }

    func save(_ stream: Stream) throws {
        try database.later(
            "UPDATE stream SET frontier=?, applied=?, rejected=?, skipped=? WHERE id=?", .integer(stream.frontier),
            .integer(stream.applied), .integer(stream.rejected), .integer(stream.skipped), .integer(stream.id))
    }

    /// Whether any of these numbers has a row.
    func has(any range: ClosedRange<UInt64>, stream: Int64) throws -> Bool {
        try database.integer(
            "SELECT 1 FROM record WHERE stream=? AND seq BETWEEN ? AND ? LIMIT 1", .integer(stream),
            .integer(range.lowerBound), .integer(range.upperBound)) != nil
    }

    /// True only when the key was new: the database decides.
    func insert(
        _ content: Arrival.Content, row index: Int, _ bytes: ArrivalBytes, stream: Int64, received: Int64
    ) throws -> Bool {
        try insert(content, index..<index + 1, bytes, stream, received, areNew: false) == 1
    }

    /// All rows of a frame of which none is here yet.
    func insert(all content: Arrival.Content, _ bytes: ArrivalBytes, stream: Int64, received: Int64) throws {
        let inserted = try insert(content, content.rows.indices, bytes, stream, received, areNew: true)
        guard inserted == content.rows.count else {
            throw SQLiteError(code: 19, message: "rows that were not there are there", statement: "record")
        }
    }

    private func insert(
        _ content: Arrival.Content, _ range: Range<Int>, _ bytes: ArrivalBytes, _ stream: Int64, _ received: Int64,
        areNew: Bool
    ) throws -> Int {
        let insertion = try store.insertRecords.get()
        return try insertion.run(range.count, areNew: areNew) { statement in
            statement.bind(1, stream)
            statement.bind(2, received)
            statement.bind(3, content.frame.synced ? 1 : 0 as Int64)
        } each: { statement, number, first in
            let index = range.lowerBound + number
            let row = content.rows[index]
            statement.bind(first, content.frame.first + UInt64(index))
            statement.bind(first + 1, row.kind)
            statement.bind(first + 2, row.captured)
            statement.bind(first + 3, utf8: bytes.text(row.texts.device))
            statement.bind(first + 4, utf8: bytes.text(row.texts.zone))
            statement.bind(first + 5, utf8: bytes.text(row.texts.subject))
            statement.bind(first + 6, bytes: bytes.body(row))
        }
    }

    func reject(stream: Int64, seq: UInt64, code: String, detail: String, body: [UInt8], at now: Int64) throws {
        try database.run(
            "INSERT INTO dead_letter VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", .integer(stream), .integer(seq),
            .text(code), .text(detail), .blob(body), .integer(now))
    }

    /// The last number up to which nothing is missing, from `frontier` on.
    func contiguous(stream: Int64, after frontier: UInt64) throws -> UInt64 {
        var last = frontier
        let ahead = try database.rows(
            "SELECT seq FROM record WHERE stream=? AND seq>? ORDER BY seq LIMIT 40000", .integer(stream),
            .integer(frontier)
        ) { $0.word(0) }
        for seq in ahead {
            guard seq == last &+ 1 else { break }
            last = seq
        }
        return last
    }

    /// Numbers of a range that have no row, and never had one.
    func holes(stream: Int64, in range: ClosedRange<UInt64>) throws -> [ClosedRange<UInt64>] {
        var holes: [ClosedRange<UInt64>] = []
        var next = range.lowerBound
        try database.each(
            "SELECT seq FROM record WHERE stream=? AND seq BETWEEN ? AND ? ORDER BY seq", .integer(stream),
            .integer(range.lowerBound), .integer(range.upperBound)
        ) { row in
            if row.word(0) > next { holes.append(next...row.word(0) - 1) }
            next = row.word(0) &+ 1
            return true
        }
        if next <= range.upperBound { holes.append(next...range.upperBound) }
        return try store.archive.missing(stream: stream, holes)
    }

    /// The highest number that has a row; 0 when there is none.
    func tip(stream: Int64) throws -> UInt64 {
        UInt64(clamping: try database.integer("SELECT max(seq) FROM record WHERE stream=?", .integer(stream)) ?? 0)
    }

    /// Remembers that the row of this key was applied, under another one.
    func move(stream: Int64, seq: UInt64, boot: Boot) throws {
        try database.run(
            "INSERT INTO moved VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", .integer(stream), .integer(seq),
            .integer(boot.counter), .integer(boot.random))
    }

    /// Numbers of a frame whose rows were applied under another key.
    func moved(stream: Int64, in range: ClosedRange<UInt64>, boot: Boot) throws -> Set<UInt64> {
        Set(
            try database.rows(
                "SELECT seq FROM moved WHERE stream=? AND seq BETWEEN ? AND ? AND counter=? AND random=?",
                .integer(stream), .integer(range.lowerBound), .integer(range.upperBound), .integer(boot.counter),
                .integer(boot.random)
            ) { $0.word(0) })
    }

    /// Ranges beyond the first hole.
    func selective(stream: Int64, after frontier: UInt64) throws -> [ClosedRange<UInt64>] {
        let ahead = try database.rows(
            "SELECT seq FROM record WHERE stream=? AND seq>? ORDER BY seq LIMIT 40000", .integer(stream),
            .integer(frontier)
        ) { $0.word(0) }
        var ranges: [ClosedRange<UInt64>] = []
        for seq in ahead {
            if let last = ranges.last, last.upperBound &+ 1 == seq {
                ranges[ranges.count - 1] = last.lowerBound...seq
            } else if ranges.count == Ack.rangeLimit {
                break
            } else {
                ranges.append(seq...seq)
            }
        }
        return ranges
    }

    /// The newest rejections, which every ack repeats in case one was lost.
    func rejections(stream: Int64) throws -> [Ack.Rejection] {
        try database.rows(
            "SELECT seq, code FROM dead_letter WHERE stream=? ORDER BY seq DESC LIMIT ?", .integer(stream),
            .integer(Ack.rejectionLimit)
        ) { Ack.Rejection(seq: $0.word(0), code: $0.text(1)) }
    }

    func rejections(stream: Int64, after last: UInt64) throws -> UInt64 {
        UInt64(
            clamping: try database.integer(
                "SELECT count(*) FROM dead_letter WHERE stream=? AND seq>?", .integer(stream), .integer(last)) ?? 0)
    }

    func note(boot: Boot, stream: Int64, first: UInt64, last: UInt64) throws {
        try database.later(
            """
            INSERT INTO stream_boot VALUES (?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET first=min(first, excluded.first), last=max(last, excluded.last)
            """, .integer(stream), .integer(boot.counter), .integer(boot.random), .integer(first), .integer(last))
    }

    /// Which boot of the agent wrote a row.
    func boot(stream: Int64, seq: UInt64) throws -> Boot? {
        try database.first(
            "SELECT counter, random FROM stream_boot WHERE stream=?1 AND ?2 BETWEEN first AND last ORDER BY first DESC LIMIT 1",
            .integer(stream), .integer(seq)
        ) { Boot(counter: $0.word(0), random: $0.word(1)) }
    }

    /// True when this very row was committed under its former key: same epoch, number and writing boot.
    func isKnown(stream: Int64, seq: UInt64, boot: Boot) throws -> Bool {
        let wasThere = try database.integer(
            "SELECT 1 FROM stream_boot WHERE stream=?1 AND counter=?3 AND random=?4 AND ?2 BETWEEN first AND last",
            .integer(stream), .integer(seq), .integer(boot.counter), .integer(boot.random))
        guard wasThere != nil else { return false }
        return try has(any: seq...seq, stream: stream) || store.archive.has(stream: stream, seq: seq)
    }

    /// Rows that could not be applied, newest first.
    public func deadLetters(limit: Int) throws -> [JSON] {
        try database.rows(
            """
            SELECT agent, epoch, seq, code, detail, at, length(body) FROM dead_letter JOIN stream ON stream.id=stream
            ORDER BY at DESC LIMIT ?
            """, .integer(limit)
        ) { row in
            .object([
                ("record", .string("\(row.text(0))/\(Hex.word(row.word(1)))/s/\(row.integer(2))")),
                ("code", .string(row.text(3))), ("detail", .string(row.text(4))), ("at", .int(row.integer(5))),
                ("bytes", .int(row.integer(6))),
            ])
        }
    }

    public func deadLetterCount() throws -> Int64 { try database.integer("SELECT count(*) FROM dead_letter") ?? 0 }

    /// Counts of records by kind, for metrics and `torture`.
    public func recordCount() throws -> Int64 { try database.integer("SELECT count(*) FROM record") ?? 0 }
}

// MARK: agents

extension GatewayTable {
    /// With what lists and metrics need of the status; whether it was online before, nil where nobody knew it.
    func hear(_ status: JSON?, of agent: String, site: String?, online: Bool, at now: Int64) throws -> Bool? {
        let was = try database.integer("SELECT online FROM agent WHERE name=?", .text(agent))
        try update(agent: agent, site: site, online: online, status: status?.description, was: was, at: now)
        if let status {
            try database.run(
                "UPDATE agent SET pending=?2, clock_offset=?3, trouble=?4 WHERE name=?1", .text(agent),
                .integer(Int64(clamping: Account(json: status["account"]).pending)),
                .integer(status["clockOffset"]?.integer ?? 0), .integer(GatewayTrouble(of: status).rawValue))
        }
        return was.map { $0 != 0 }
    }

    public func update(agent: String, site: String?, online: Bool, status: String?, at now: Int64) throws {
        let was = try database.integer("SELECT online FROM agent WHERE name=?", .text(agent))
        try update(agent: agent, site: site, online: online, status: status, was: was, at: now)
    }

    private func update(agent: String, site: String?, online: Bool, status: String?, was: Int64?, at now: Int64) throws
    {
        try database.run(
            """
            INSERT INTO agent (name, site, online, status, seen, since) VALUES (?1, ?2, ?3, ?4, ?5, ?5)
            ON CONFLICT DO UPDATE SET site=coalesce(?2, site), online=?3, status=coalesce(?4, status), seen=?5,
                since=CASE WHEN ?6<>0 THEN ?5 ELSE since END
            """, .text(agent), .text(site), .bool(online), .text(status), .integer(now), .bool(was != (online ? 1 : 0)))
    }

    public func alarm(agent: String, _ text: String?, at now: Int64) throws {
        try update(agent: agent, site: nil, online: true, status: nil, at: now)
        try database.run("UPDATE agent SET alarm=? WHERE name=?", .text(text), .text(agent))
    }

    /// What is wrong between an agent's account and ours, as a sentence that names the records; nil when both agree.
    /// `settled` is up to which number the agent has let go, because we said that we have it.
    public func disagreement(agent: String, epoch: UInt64, account: Account, settled: UInt64) throws -> String? {
        func names(_ ranges: [ClosedRange<UInt64>]) -> String {
            ranges.prefix(4).map { "\($0.lowerBound) to \($0.upperBound)" }.joined(separator: ", ")
                + (ranges.count > 4 ? " and more" : "")
        }
        if !account.isClosed {
            guard account.accounted <= UInt64(Bounded.counts.upperBound),
                account.produced <= UInt64(Bounded.counts.upperBound)
            else { return "the agent's account holds numbers that nobody can have counted" }
            return "the agent produced \(account.produced) records and accounts for \(account.accounted)"
        }
        guard
            let id = try database.integer(
                "SELECT id FROM stream WHERE agent=? AND epoch=?", .text(agent), .integer(epoch))
        else { return settled > 0 ? "records 1 to \(settled) were let go by the agent and are not here" : nil }
        let stream = try store.records.stream(agent: agent, epoch: epoch)
        if settled > stream.frontier {
            let holes = try store.records.holes(stream: id, in: stream.frontier + 1...settled)
            if !holes.isEmpty { return "records \(names(holes)) were let go by the agent and are not here" }
        }
        // Looked into only when the sums differ: a journal may have a hundred million rows.
        let counted = stream.applied + stream.rejected + stream.skipped
        guard try store.records.tip(stream: id) <= stream.frontier, counted != stream.frontier else { return nil }
        let missing = stream.frontier > 0 ? try store.records.holes(stream: id, in: 1...stream.frontier) : []
        return missing.isEmpty
            ? "of records 1 to \(stream.frontier) \(counted) are accounted for"
            : "records \(names(missing)) are missing among those that are acknowledged"
    }

    public struct AgentRow: Sendable {
        public var name: String
        public var site: String?
        public var online: Bool
        public var status: JSON?
        public var seen: Int64
        public var since: Int64
        public var alarm: String?
        /// The centre's side of the account.
        public var applied: UInt64
        public var rejected: UInt64
        public var skipped: UInt64
        /// Since when it says nothing on a line that stands, where somebody listens (`AgentPulses`).
        public var silent: Int64?
    }

    public func rows() throws -> [AgentRow] { try rows(nil) }

    func rows(_ name: String?) throws -> [AgentRow] {
        try database.rows(
            """
            SELECT name, site, online, status, seen, since, alarm, CAST(total(applied) AS INTEGER),
                CAST(total(rejected) AS INTEGER), CAST(total(skipped) AS INTEGER)
            FROM agent LEFT JOIN stream ON stream.agent=agent.name \(name == nil ? "WHERE ?1 IS NULL" : "WHERE name=?1")
            GROUP BY name ORDER BY name
            """, .text(name)
        ) { row in
            AgentRow(
                name: row.text(0), site: row.optionalText(1), online: row.bool(2),
                status: row.optionalText(3).flatMap { try? JSON(parsing: $0) }, seen: row.integer(4),
                since: row.integer(5),
                alarm: row.optionalText(6), applied: row.word(7), rejected: row.word(8), skipped: row.word(9))
        }
    }
}
