internal import CSQLite
import Glibc

extension Database {
    /// Bytes of one database's files.
    public struct Footprint: Equatable, Sendable {
        public var database: Int64 = 0
        /// The write-ahead log.
        public var log: Int64 = 0
        /// The index of the log (`-shm`), shared by all who have the file open.
        public var index: Int64 = 0

        public var total: Int64 { database + log + index }

        public init(database: Int64 = 0, log: Int64 = 0, index: Int64 = 0) {
            (self.database, self.log, self.index) = (database, log, index)
        }
    }

    /// What the files take now. Asked of the open handles, so that it costs three `fstat` and holds for any VFS.
    public var footprint: Footprint {
        if let engine { return engine.footprint }
        return Footprint(
            database: size(SQLITE_FCNTL_FILE_POINTER), log: size(SQLITE_FCNTL_JOURNAL_POINTER), index: indexSize)
    }

    private func size(_ operation: Int32) -> Int64 {
        var file: UnsafeMutablePointer<sqlite3_file>?
        guard sqlite3_file_control(handle, nil, operation, &file) == SQLITE_OK, let file,
            let ask = file.pointee.pMethods?.pointee.xFileSize
        else { return 0 }
        var size: sqlite3_int64 = 0
        return ask(file, &size) == SQLITE_OK ? size : 0
    }

    private var indexSize: Int64 {
        guard let name = sqlite3_db_filename(handle, nil) else { return 0 }
        var information = stat()
        return stat(String(cString: name) + "-shm", &information) == 0 ? Int64(information.st_size) : 0
    }

    /// Writes the log back into the database and cuts it to nothing. False, and nothing lost, while somebody still reads from
    /// it: it never waits for a reader.
    public func emptyLog() throws(SQLiteError) -> Bool {
        guard engine == nil else { return true }
        sqlite3_busy_timeout(handle, 0)
        defer { sqlite3_busy_timeout(handle, Database.patience) }
        let code = sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
        switch code & 0xFF {
        case SQLITE_OK: return true
        case SQLITE_BUSY, SQLITE_LOCKED: return false
        default: throw error(code, "checkpoint")
        }
    }
}
