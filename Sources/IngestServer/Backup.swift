import Depot
import Glibc
import Model
import Platform
import SQLite

/// Copies of the database, and the way back from one.
enum Backup {
    struct Refusal: Error, CustomStringConvertible {
        var description: String

        init(_ text: String) { description = text }
    }

    struct Copy {
        var path: String
        var bytes: Int64
        var condition: Store.Condition
    }

    /// A copy of a database that is in use. It has its name only when it was read back, and is whole.
    static func make(of database: String, at target: String) throws -> Copy {
        guard !Store.isServer(database) else {
            throw Refusal(
                "PostgreSQL is copied with its own programs: pg_dump --format=custom (docs/how-to/run-on-postgresql.md)"
            )
        }
        guard let source = FileLook(database) else { throw Refusal("there is no database \(database)") }
        if let other = FileLook(target), other.number == source.number, other.device == source.device {
            throw Refusal("\(target) is the database itself")
        }
        let (folder, name) = split(target)
        try makeSure(folder, hasRoomFor: source.size)
        let partial = "\(folder)/.\(name).\(getpid()).partial"
        try create(partial)
        do {
            try Store.copy(database, to: partial)
            let condition = try Store.condition(of: partial)
            if let problem = condition.problem { throw Refusal("the copy is no good, \(problem)") }
            giveToOwner(of: folder, partial)
            try sync(partial)
            let bytes = FileLook(partial)?.size ?? 0
            try move(partial, to: target)
            try sync(folder)
            return Copy(path: target, bytes: bytes, condition: condition)
        } catch {
            unlink(partial)
            throw error
        }
    }

    /// What the centre has left to write in while it is copied, in bytes.
    private static let spare: Int64 = 256 << 20

    /// A copy that fills the disk would stop the centre whose copy it is.
    static func makeSure(_ folder: String, hasRoomFor size: Int64) throws {
        var room = statvfs()
        guard statvfs(folder, &room) == 0 else { return }
        let (free, isHuge) = Int64(clamping: room.f_bavail).multipliedReportingOverflow(
            by: Int64(clamping: room.f_frsize))
        guard !isHuge, free < size + spare else { return }
        throw Refusal("\(folder) has no room for a copy of \(size >> 20) MiB and \(spare >> 20) MiB to spare")
    }

    /// Puts a copy in the place of a database that nobody has open, and what was there aside; where that is, nil when there was none.
    /// The copy is looked at before anything is touched.
    static func restore(from file: String, to database: String, at now: Int64) throws -> (
        Store.Condition, aside: String?
    ) {
        guard !Store.isServer(database) else {
            throw Refusal("PostgreSQL is restored with its own programs: pg_restore (docs/how-to/run-on-postgresql.md)")
        }
        guard FileLook(file) != nil else { throw Refusal("there is no file \(file)") }
        if AgeSeal.begins(beginning(of: file)) {
            throw Refusal("\(file) is sealed; whoever has the key opens it first: age -d -i KEY -o copy.db \(file)")
        }
        let condition = try Store.condition(of: file)
        if let problem = condition.problem { throw Refusal("\(file): \(problem)") }
        if let process = holder(of: database) {
            throw Refusal(
                "process \(process) has \(database) open; stop it first: systemctl stop edge-ingest edge-ingest-backup.timer"
            )
        }
        let (folder, name) = split(database)
        let partial = "\(folder)/.\(name).restored"
        unlink(partial)
        try create(partial)
        do {
            try duplicate(file, to: partial)
            guard try Store.condition(of: partial) == condition else {
                throw Refusal("\(partial) is not what \(file) is: is the disk broken?")
            }
            giveToOwner(of: folder, partial)
            try sync(partial)
            let aside = try putAside(database, at: now)
            try move(partial, to: database)
            try sync(folder)
            return (condition, aside)
        } catch {
            unlink(partial)
            throw error
        }
    }

    /// The old file keeps its place until the new one takes it; its log must be gone before, for it fits no other file.
    private static func putAside(_ database: String, at now: Int64) throws -> String? {
        guard FileLook(database) != nil else { return nil }
        // The last connection that closes brings the log home. A damaged file may refuse: then the log goes along.
        _ = try? Database(path: database)
        let aside = "\(database).before-\(BackupFolder.moment(now))"
        guard link(database, aside) == 0 else { throw FileError(path: aside, code: errno) }
        for part in ["-wal", "-shm"] where FileLook(database + part) != nil {
            try move(database + part, to: aside + part)
        }
        return aside
    }

    /// Whether a centre has it open.
    static func isHeld(_ database: String) -> Bool {
        guard Store.isServer(database) else { return holder(of: database) != nil }
        return (try? Store(reading: database).isClaimed()) ?? false
    }

    /// The process that has a database open, by the lock that every connection in WAL mode holds on it as long as it lives
    /// (SQLite's os_unix.c, PENDING_BYTE to SHARED_FIRST + SHARED_SIZE). Not for a file that this process has open: closing any
    /// handle of it gives the locks away (fcntl(2)).
    static func holder(of database: String) -> pid_t? {
        let descriptor = open(database, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        (lock.l_start, lock.l_len) = (0x4000_0000, 512)
        guard fcntl(descriptor, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { return nil }
        return lock.l_pid
    }

    private static func beginning(of path: String) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return Array(bytes.prefix(max(0, count)))
    }

    // MARK: files

    static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let folder = String(path[..<slash])
        return (folder.isEmpty ? "/" : folder, String(path[path.index(after: slash)...]))
    }

    static func isFolder(_ path: String) -> Bool {
        FileLook(path)?.isFolder ?? false
    }

    /// What root makes in a folder of the service's is the service's, so that it can go on with it.
    static func giveToOwner(of folder: String, _ path: String) {
        guard geteuid() == 0, let owner = FileLook(folder) else { return }
        // Never what a link leads to: whoever owns the folder may have put one there.
        lchown(path, owner.owner, owner.group)
    }

    /// Empty, and only where nothing is, not even a link.
    static func create(_ path: String) throws(FileError) {
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
        close(descriptor)
    }

    static func sync(_ path: String) throws(FileError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError(path: path, code: errno) }
    }

    static func move(_ path: String, to target: String) throws(FileError) {
        guard rename(path, target) == 0 else { throw FileError(path: target, code: errno) }
    }

    private static func duplicate(_ path: String, to target: String) throws(FileError) {
        let source = open(path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw FileError(path: path, code: errno) }
        defer { close(source) }
        let copy = open(target, O_WRONLY | O_TRUNC | O_CLOEXEC)
        guard copy >= 0 else { throw FileError(path: target, code: errno) }
        defer { close(copy) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = Glibc.read(source, &buffer, buffer.count)
            guard count >= 0 else { throw FileError(path: path, code: errno) }
            if count == 0 { return }
            var written = 0
            while written < count {
                let part = buffer.withUnsafeBytes { Glibc.write(copy, $0.baseAddress! + written, count - written) }
                guard part > 0 else { throw FileError(path: target, code: errno) }
                written += part
            }
        }
    }
}

/// Copies of one centre in a folder, named after it and their moment in UTC: `centre-20261128T060000Z.db`, with `.age` behind it where it is
/// sealed.
struct BackupFolder {
    var path: String
    var instance: String

    /// `20261128T060000Z`
    static func moment(_ now: Int64) -> String { rfc3339(now).prefix(19).filter { $0 != "-" && $0 != ":" } + "Z" }

    func file(at now: Int64, isSealed: Bool = false) -> String {
        "\(path)/\(instance)-\(BackupFolder.moment(now)).db\(isSealed ? ".age" : "")"
    }

    /// Which of these files are copies of this centre and older than so many days; also what runs that were killed left behind a day
    /// ago. Others are nobody's to remove.
    func old(among names: [String], days: Int, at now: Int64) -> [String] {
        let limit = BackupFolder.moment(now - Int64(days) * 86_400_000)
        let yesterday = BackupFolder.moment(now - 86_400_000)
        return names.filter { name in
            if let moment = moment(of: name) { return moment < limit }
            guard name.hasPrefix("."), name.hasSuffix(".partial") else { return false }
            let parts = name.dropFirst().split(separator: ".")
            return (4...5).contains(parts.count) && moment(of: "\(parts[0]).db").map { $0 < yesterday } ?? false
        }
    }

    /// The moment of the newest of these files, as it stands in its name.
    func newest(among names: [String]) -> String? { names.compactMap(moment).max() }

    private func moment(of name: String) -> String? {
        let plain = name.hasSuffix(".age") ? name.dropLast(4) : name[...]
        guard plain.hasPrefix("\(instance)-"), plain.hasSuffix(".db") else { return nil }
        let moment = plain.dropFirst(instance.count + 1).dropLast(3)
        guard moment.count == 16, moment.hasSuffix("Z"), moment.dropLast().allSatisfy({ $0.isNumber || $0 == "T" })
        else { return nil }
        return String(moment)
    }
}
