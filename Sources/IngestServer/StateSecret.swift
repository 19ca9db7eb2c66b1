import Glibc
import Model
import Platform

/// A secret of the installation, in a file beside the database: 256 random bits as text.
enum StateSecret {
    /// Whole or not at all, and never over another one: both the centre and a verb may come first.
    static func make(_ path: String, in state: String) throws {
        var random = SystemRandomNumberGenerator()
        let secret = (0..<4).map { _ in Hex.word(random.next()) }.joined()
        let draft = "\(path).\(Hex.word(random.next()))"
        defer { unlink(draft) }
        // Root writes to nothing that somebody else has put there.
        try Backup.create(draft)
        try Files.write(Array("\(secret)\n".utf8), to: draft, mode: 0o600)
        // Made by a verb that root ran, it is the service's all the same.
        Backup.giveToOwner(of: state, draft)
        let descriptor = open(draft, O_RDONLY | O_CLOEXEC)
        fsync(descriptor)
        close(descriptor)
        if link(draft, path) != 0, errno != EEXIST { throw FileError(path: path, code: errno) }
    }
}
