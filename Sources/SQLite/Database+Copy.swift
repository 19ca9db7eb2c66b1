internal import CSQLite
import Glibc

extension Database {
    /// Copies what the database holds at this moment into a file that is empty or not there yet, page by page, while others go on
    /// writing. All in one step: in parts it would begin anew whenever another process writes
    /// (https://www.sqlite.org/c3ref/backup_finish.html). The copy is synced, and one file without a log.
    public func copy(to path: String) throws(SQLiteError) {
        guard engine == nil else {
            throw SQLiteError(
                code: SQLITE_MISUSE, message: "PostgreSQL is copied by pg_dump", statement: "copy", state: "0A000")
        }
        try Database.withTarget(path) { target throws(SQLiteError) in
            guard let backup = sqlite3_backup_init(target, "main", handle, "main") else {
                throw Database.failure(sqlite3_errcode(target), target, "copy")
            }
            var code = sqlite3_backup_step(backup, -1)
            var tries = 0
            while code == SQLITE_BUSY || code == SQLITE_LOCKED, tries < 250 {
                usleep(20_000)
                tries += 1
                code = sqlite3_backup_step(backup, -1)
            }
            let finished = sqlite3_backup_finish(backup)
            guard code == SQLITE_DONE, finished == SQLITE_OK else {
                throw Database.failure(code == SQLITE_DONE ? finished : code, target, "copy")
            }
        }
        // By a connection that reads the new header, which says WAL as the source's does: what has no log can be read from anywhere.
        try Database.withTarget(path) { target throws(SQLiteError) in
            let code = sqlite3_exec(target, "PRAGMA journal_mode=DELETE", nil, nil, nil)
            guard code == SQLITE_OK else { throw Database.failure(code, target, "copy") }
        }
    }

    private static func withTarget(
        _ path: String, _ body: (OpaquePointer) throws(SQLiteError) -> Void
    ) throws(SQLiteError) {
        var target: OpaquePointer?
        let code = sqlite3_open_v2(
            path, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nil)
        defer { sqlite3_close_v2(target) }
        guard code == SQLITE_OK, let target else {
            throw SQLiteError(code: code, message: "\(path) cannot be opened", statement: "copy")
        }
        sqlite3_busy_timeout(target, patience)
        sqlite3_exec(target, "PRAGMA synchronous=FULL", nil, nil, nil)
        try body(target)
    }

    private static func failure(_ code: Int32, _ target: OpaquePointer, _ what: String) -> SQLiteError {
        SQLiteError(
            code: code, message: String(cString: sqlite3_errstr(code)), statement: what,
            system: sqlite3_system_errno(target))
    }

    /// What is wrong with the file, ten sentences at most; none when it is whole
    /// (https://www.sqlite.org/pragma.html#pragma_integrity_check).
    public func damage() throws -> [String] {
        guard engine == nil else { return [] }
        return try rows("PRAGMA integrity_check(10)") { $0.text(0) }.filter { $0 != "ok" }
    }
}
