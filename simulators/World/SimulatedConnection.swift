internal import CSQLite
import PostgreSQL
package import SQLite

/// A connection to the simulated server, as `Connection` is one to a real server: a lost one is made anew with the next thing to do and never
/// within a transaction, a number is asked for after the writers' lock, a commit may be in doubt.
package final class SimulatedConnection: Engine, LeaseLine {
    /// What lies between a process and the server.
    package enum Road: Sendable {
        case open
        /// It says at once that nobody is there.
        case refused
        /// It swallows packets.
        case swallowed
    }

    /// How long one is waited for that says nothing: `Patience.silence` and its probe, to be let in; and when the server gives a silent client up.
    private static let (silence, connect, given): (Int64, Int64, Int64) = (5000, 3000, 9000)
    private static let commitPatience: Int64 = 10_000
    private static let pause: Int64 = 5000

    let server: SimulatedServer
    private let road: () -> Road
    /// Before each thing that is asked: a process may be stopped here, or killed.
    private let turn: () throws(SQLiteError) -> Void
    /// On the server's disk; nil for a connection that reads and writes no tables.
    private let file: String?
    private(set) var handle: OpaquePointer?
    private var id: Int64 = 0
    package private(set) var session = 0
    private var isBad = false
    private var isHalf = false
    private var isStray = false
    private var isWithin = false
    private var hasWritten = false
    private var ownTurns: Int64 = 0
    private var seat: (epoch: Int64, holder: String)?
    private var nextTry: Int64 = 0
    private var refusal: SQLiteError?
    /// What is to be in the lease with the commit.
    private var put: SimulatedServer.Rows?

    package init(
        _ server: SimulatedServer, file: String? = nil, road: @escaping () -> Road = { .open },
        turn: @escaping () throws(SQLiteError) -> Void = {}
    ) throws(SQLiteError) {
        (self.server, self.file, self.road, self.turn) = (server, file, road, turn)
        try connect()
    }

    deinit { close() }

    /// The process has ended: the server hears that, if anything of it arrives there.
    package func close() {
        guard id != 0 else { return }
        if road() == .swallowed { linger(SimulatedConnection.given) } else { server.end(id) }
        id = 0
        shut()
    }

    /// The server does not know yet that nobody is there.
    private func linger(_ time: Int64) {
        let (handle, id, server) = (handle, id, server)
        (self.handle, self.id) = (nil, 0)
        server.after(server.now() + time) {
            server.end(id)
            sqlite3_close_v2(handle)
        }
    }

    private func shut() {
        if let handle { sqlite3_close_v2(handle) }
        handle = nil
    }

    static func lost(_ state: String = "08006") -> SQLiteError {
        SQLiteError(code: 10, message: "the connection is lost", statement: "simulated", state: state)
    }

    private static func refused(_ state: String, _ message: String, _ code: Int32) -> SQLiteError {
        SQLiteError(code: code, message: message, statement: "simulated", state: state)
    }

    // MARK: - Coming and going

    private func connect() throws(SQLiteError) {
        let asked = server.now()
        switch road() {
        case .open where !server.isDown: break
        case .swallowed where waited(SimulatedConnection.connect) && !server.isDown: break
        default:
            let end = server.now()
            let error = SimulatedConnection.refused("08001", "nobody lets us in", 10)
            (nextTry, refusal) = (end + min(end - asked, SimulatedConnection.pause), error)
            throw error
        }
        shut()
        if let file { handle = try SimulatedConnection.open(file) }
        id = server.connect(abandon: rollingBack(handle))
        session += 1
        (isBad, isHalf, isStray, refusal) = (false, true, false, nil)
        if let seat { try admit(seat) }
        isHalf = false
    }

    private static func open(_ path: String) throws(SQLiteError) -> OpaquePointer? {
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, nil)
        guard code == SQLITE_OK else {
            throw SQLiteError(code: code, message: "the server's disk", statement: "open")
        }
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_exec(handle, "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON", nil, nil, nil)
        return handle
    }

    package func serve(_ epoch: Int64, of holder: String) throws(SQLiteError) {
        seat = (epoch, holder)
        try ask()
        try admit((epoch, holder))
    }

    private func admit(_ seat: (epoch: Int64, holder: String)) throws(SQLiteError) {
        guard server.admits(seat.epoch, seat.holder) else { throw SimulatedConnection.another }
        server.session(id)?.name = "quai centre \(seat.epoch)"
    }

    private static let another = refused("55P03", "another centre works on this database", 5)

    /// A connection to ask on.
    private func revive() throws(SQLiteError) {
        guard isBad || isHalf || isStray, !isWithin else { return }
        if let refusal, server.now() < nextTry { throw refusal }
        server.end(id)
        try connect()
    }

    /// For packets that are swallowed; true where they get through before the time is over.
    private func waited(_ time: Int64) -> Bool {
        let end = server.now() + time
        while road() == .swallowed, server.now() < end { server.pass(min(end, server.now() + 100)) }
        return road() == .open
    }

    /// Whatever is asked, goes this way: it waits, is lost, or arrives.
    private func ask() throws(SQLiteError) {
        try turn()
        try revive()
        switch road() {
        case .open: break
        case .refused:
            server.end(id)
        case .swallowed where waited(SimulatedConnection.silence): break
        case .swallowed:
            if !isBad { linger(SimulatedConnection.given - SimulatedConnection.silence) }
            isBad = true
        }
        guard !isBad, server.session(id)?.isOpen ?? false else {
            isBad = true
            throw SimulatedConnection.lost()
        }
    }

    // MARK: - Transactions

    package func begin() throws(SQLiteError) {
        do throws(SQLiteError) {
            try ask()
            isWithin = true
            guard server.waitForWriting(id) else {
                throw server.session(id) == nil
                    ? SimulatedConnection.lost() : SimulatedConnection.refused("55P03", "lock timeout", 5)
            }
            if let seat, !server.admits(seat.epoch, seat.holder) { throw SimulatedConnection.another }
            try local("BEGIN IMMEDIATE")
        } catch {
            try? execute("ROLLBACK")
            throw error
        }
    }

    package func execute(_ sql: String) throws(SQLiteError) {
        let isEnd = sql == "COMMIT" || sql == "ROLLBACK"
        defer { if isEnd { (isWithin, hasWritten, put) = (false, false, nil) } }
        if isEnd, isBad {
            if sql == "ROLLBACK" { return }
            throw SimulatedConnection.lost()
        }
        if sql == "COMMIT" { return try commit() }
        try ask()
        if sql == "ROLLBACK" {
            // There may be none here yet: its number was refused.
            try? local(sql)
            return server.doneWriting(id)
        }
        if sql.hasPrefix("BEGIN") { isWithin = true }
        try local(sql)
    }

    private func commit() throws(SQLiteError) {
        try ask()
        let fate = hasWritten || put != nil ? server.fates() : .answered
        switch fate {
        case .answered: break
        case .lostBefore:
            server.end(id)
            return try doubt()
        case .lostAfter:
            try done()
            server.end(id)
            return try doubt()
        case .late(let time):
            // Done here, and not told before the standby has it.
            let (end, patience) = (server.now() + time, server.now() + SimulatedConnection.commitPatience)
            let finish = finishing()
            server.session(id)?.abandon = finish
            while server.now() < min(end, patience), server.session(id) != nil {
                server.pass(min(end, patience, server.now() + 50))
            }
            guard server.session(id) != nil, server.now() >= end else {
                if !isBad { linger(max(0, end - server.now())) }
                return try doubt()
            }
            server.session(id)?.abandon = rollingBack(handle)
        }
        try done()
        // Stopped or killed before it hears of it.
        try turn()
        guard server.session(id) != nil else {
            isBad = true
            throw SimulatedConnection.lost()
        }
    }

    private func doubt() throws(SQLiteError) {
        isBad = true
        if server.mutant != .doubtIsTrust { throw SimulatedConnection.lost() }
    }

    private func done() throws(SQLiteError) {
        if let handle, sqlite3_exec(handle, "COMMIT", nil, nil, nil) != SQLITE_OK { throw error("COMMIT") }
        finishing(isTold: true)()
        server.doneWriting(id)
    }

    /// What a commit is to everybody else.
    private func finishing(isTold: Bool = false) -> () -> Void {
        let (handle, server, put, seat, hasWritten) = (handle, server, put, seat, hasWritten)
        if isTold, hasWritten { ownTurns += 1 }
        return {
            if !isTold, let handle { sqlite3_exec(handle, "COMMIT", nil, nil, nil) }
            if let put { (server.rows.lease, server.rows.backend) = (put.lease, put.backend) }
            guard hasWritten else { return }
            if let seat { server.note(seat.epoch, seat.holder) } else { server.rows.turn += 1 }
        }
    }

    private func rollingBack(_ handle: OpaquePointer?) -> () -> Void {
        { if let handle { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) } }
    }

    private func local(_ sql: String) throws(SQLiteError) {
        guard let handle else { return }
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(sql) }
    }

    func error(_ sql: String) -> SQLiteError {
        SQLiteError(
            code: sqlite3_extended_errcode(handle), message: String(cString: sqlite3_errmsg(handle)), statement: sql)
    }

    /// One statement of the tables.
    func run<T>(_ sql: String, _ body: () throws(SQLiteError) -> T) throws(SQLiteError) -> T {
        let isWrite = ["INSERT", "UPDATE", "DELETE"].contains { sql.drop(while: \.isWhitespace).hasPrefix($0) }
        guard isWrite else {
            try ask()
            return try body()
        }
        let isAlone = !inTransaction
        if isAlone { try begin() }
        do throws(SQLiteError) {
            try ask()
            try writes()
            hasWritten = true
            let result = try body()
            if isAlone { try execute("COMMIT") }
            return result
        } catch {
            if isAlone { try? execute("ROLLBACK") }
            throw error
        }
    }

    private func writes() throws(SQLiteError) {
        guard server.session(id)?.isReadOnly ?? false else { return }
        isStray = true
        throw SimulatedConnection.refused("25006", "cannot write in a read-only transaction", 10)
    }

    // MARK: - The lease's statements

    package func clock() -> Int64 { server.now() }

    package func value(_ sql: String) throws(SQLiteError) -> String? { try values(sql).first?.first ?? nil }

    package func values(_ sql: String) throws(SQLiteError) -> [[String?]] {
        try ask()
        let rows = put ?? server.rows
        if sql.contains("to_reg") { return [["there"]] }
        if sql.hasPrefix("SELECT holder, epoch, until") {
            let lease = rows.lease
            return [[lease.holder, "\(lease.epoch)", "\(lease.until)", "\(server.now())", "\(rows.backend)"]]
        }
        if sql.contains(".put('") { return try put(sql) }
        if sql.contains(".say('") {
            try writes()
            return [["", "off"]]
        }
        if sql.contains("pg_try_advisory_lock") { return [[server.tryCentreLock(id) ? "t" : "f"]] }
        if sql.contains("pg_advisory_unlock_all") {
            server.unlock(id)
            return [[""]]
        }
        if sql.contains("pg_terminate_backend") {
            let name = sql.split(separator: "'").first { $0.hasPrefix("quai centre ") }
            let backend = sql.split(separator: "pid = ").last.flatMap { Int64($0.prefix(while: \.isNumber)) }
            server.end(named: name.map(String.init) ?? "", backend: backend ?? 0)
            return [["t"]]
        }
        if sql.contains("pg_sleep") {
            server.pass(server.now() + 50)
            return [[""]]
        }
        throw SQLiteError(code: 1, message: "the simulated server does not know this", statement: sql)
    }

    /// `put(was_holder, was_epoch, holder, epoch, until)`.
    private func put(_ sql: String) throws(SQLiteError) -> [[String?]] {
        try writes()
        let inside = sql.split(separator: ".put(")[1].split(separator: ")")[0]
        let values = inside.split(separator: ",").map { String($0.filter { $0 != " " && $0 != "'" }) }
        guard values.count == 5, let was = Int64(values[1]), let epoch = Int64(values[3]), let until = Int64(values[4])
        else { throw SQLiteError(code: 1, message: "the simulated server does not know this", statement: sql) }
        guard server.waitForRow(id) else {
            throw server.session(id) == nil
                ? SimulatedConnection.lost() : SimulatedConnection.refused("55P03", "lock timeout", 5)
        }
        var rows = put ?? server.rows
        guard rows.lease.holder == values[0], rows.lease.epoch == was else { return [] }
        rows.lease = Lease(holder: values[2], epoch: epoch, until: until)
        rows.backend = id
        guard isWithin else {
            server.rows = rows
            return [[values[3]]]
        }
        put = rows
        server.holdRow(id)
        return [[values[3]]]
    }

    // MARK: - The rest of an engine

    package var changes: Int { Int(sqlite3_changes(handle)) }
    package var lastInsertID: Int64 { sqlite3_last_insert_rowid(handle) }
    package var inTransaction: Bool { isWithin }
    package var version: String { "simulated" }
    package var footprint: Database.Footprint { Database.Footprint(database: 0) }
    package var beginReading: String { "BEGIN" }
    package func statement(_ sql: String) throws(SQLiteError) -> any EngineStatement { SimulatedStatement(self, sql) }
    package func gathering(_ sql: String, key: Int) throws(SQLiteError) -> any EngineStatement {
        SimulatedStatement(self, sql)
    }
    package func begin(foreseeing foreseen: [Question]) throws(SQLiteError) { try begin() }
    package func later(_ sql: String, _ arguments: [Value]) throws(SQLiteError) {
        let statement = SimulatedStatement(self, sql)
        try statement.bind(arguments)
        _ = try statement.step()
    }
    package func insertion(into table: String, columns: [Int?]) throws(SQLiteError) -> any EngineStatement {
        SimulatedRows(self, into: table, columns: columns)
    }
    package func form() throws(SQLiteError) -> Int {
        try ask()
        return 0
    }
    package func dataVersion() throws(SQLiteError) -> Int64 {
        try ask()
        return server.rows.turn - ownTurns + Int64(session) << 40
    }
    package func tables() throws(SQLiteError) -> Set<String> { [] }
    package func columns(of table: String) throws(SQLiteError) -> [Database.Column] { [] }
    package func rewrite() -> Bool { false }
}
