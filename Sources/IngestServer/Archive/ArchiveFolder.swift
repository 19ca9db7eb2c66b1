import CZlib
import Depot
import Glibc
import Platform

/// The folder of archived records: `records-2026-08-1.csv.gz` and its like, and `SHA256SUMS`, which `sha256sum -c` reads. No file of it is
/// ever written over.
struct ArchiveFolder: Sendable {
    struct Refusal: Error, CustomStringConvertible {
        var description: String
    }

    let path: String

    func place(_ name: String) -> String { "\(path)/\(name)" }
    /// Where a file is until it is known; found there after a crash it is nobody's, and written over.
    func part(_ name: String) -> String { "\(path)/.\(name).part" }

    /// The next name of a month, of `2026-08`.
    func name(of month: String, besides known: Set<String>) -> String {
        for number in 1... {
            let name = "records-\(month)-\(number).csv.gz"
            if !known.contains(name), !Files.exists(place(name)) { return name }
        }
        preconditionFailure("numbers end")
    }

    // MARK: a file

    /// Lines into `part`, and what was written: how many, its size and digest. Read back before it returns.
    func write(_ name: String, _ lines: () throws -> [String]?) throws -> (records: Int64, bytes: Int64, digest: String)
    {
        let target = part(name)
        unlink(target)
        do {
            let (records, plain) = try pack(target, lines)
            try Backup.sync(target)
            guard try ArchiveFolder.plainDigest(target) == plain else {
                throw Refusal(description: "\(target) is not what was written: is the disk broken?")
            }
            guard let bytes = FileLook(target)?.size else { throw FileError(path: target, code: errno) }
            return (records, bytes, try ArchiveFolder.digest(target))
        } catch {
            unlink(target)
            throw error
        }
    }

    /// Texts are handed to zlib in pieces of this size, in bytes.
    private static let piece = 1 << 18

    private func pack(_ target: String, _ lines: () throws -> [String]?) throws -> (Int64, String) {
        let descriptor = open(target, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileError(path: target, code: errno) }
        guard let file = gzdopen(descriptor, "wb1") else {
            close(descriptor)
            throw FileError(path: target, code: ENOMEM)
        }
        var isOpen = true
        defer { if isOpen { gzclose(file) } }
        let digest = RunningDigest()
        var waiting = Array(PlainCSV.line(RecordLine.columns).utf8)
        var records: Int64 = 0
        func flush() throws {
            guard !waiting.isEmpty else { return }
            digest.add(waiting)
            guard gzwrite(file, waiting, UInt32(waiting.count)) == Int32(waiting.count) else {
                throw FileError(path: target, code: errno)
            }
            waiting.removeAll(keepingCapacity: true)
        }
        while let some = try lines() {
            for line in some {
                waiting += line.utf8
                records += 1
            }
            guard waiting.count >= ArchiveFolder.piece else { continue }
            try flush()
            // What fills the disk would stop the centre whose records it keeps.
            try Backup.makeSure(path, hasRoomFor: 0)
            try Task.checkCancellation()
        }
        try flush()
        isOpen = false
        guard gzclose(file) == Z_OK else { throw FileError(path: target, code: errno) }
        return (records, digest.hex())
    }

    /// Of what is packed in a file.
    private static func plainDigest(_ path: String) throws -> String {
        guard let file = gzopen(path, "rbe") else { throw FileError(path: path, code: errno) }
        defer { gzclose(file) }
        let digest = RunningDigest()
        var buffer = [UInt8](repeating: 0, count: piece)
        while true {
            let count = gzread(file, &buffer, UInt32(buffer.count))
            guard count >= 0 else { throw Refusal(description: "\(path) cannot be unpacked") }
            if count == 0 { return digest.hex() }
            digest.add(Array(buffer[..<Int(count)]))
        }
    }

    /// SHA-256 of a file as it lies there.
    static func digest(_ path: String) throws -> String {
        guard let file = fopen(path, "re") else { throw FileError(path: path, code: errno) }
        defer { fclose(file) }
        let digest = RunningDigest()
        var buffer = [UInt8](repeating: 0, count: piece)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { digest.add(Array(buffer[..<count])) }
        guard ferror(file) == 0 else { throw FileError(path: path, code: EIO) }
        return digest.hex()
    }

    // MARK: the folder

    /// Gives a file its name for good.
    func settle(_ name: String) throws {
        try Backup.move(part(name), to: place(name))
        try Backup.sync(path)
    }

    private var sums: String { place("SHA256SUMS") }

    private var listed: [String] {
        guard let bytes = try? Files.read(sums) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    func lists(_ file: ArchiveTable.File) -> Bool { listed.contains("\(file.digest)  \(file.name)") }

    /// Files that the database does not know, of before it was restored, stay listed.
    func list(_ file: ArchiveTable.File) throws {
        let others = listed.filter { !$0.hasSuffix("  \(file.name)") }
        let lines = (others + ["\(file.digest)  \(file.name)"]).sorted { $0.suffix(40) < $1.suffix(40) }
        try Files.replace(sums, lines.joined(separator: "\n") + "\n", mode: 0o600)
        try Backup.sync(path)
    }

    /// Nil while another process works in it; held until what is returned is let go of, or the process ends.
    func lock() throws -> FolderLock? {
        try Files.makeFolder(path)
        return try FolderLock(place(".lock"))
    }
}

/// A lock on a file that the system takes back from whoever dies (flock(2)).
final class FolderLock {
    private let descriptor: Int32

    init?(_ path: String) throws(FileError) {
        descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            guard code == EWOULDBLOCK else { throw FileError(path: path, code: code) }
            return nil
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
