import Glibc
import Model
import Platform

/// A secret of this installation in a file of its own beside the database, 0600: 32 random bytes in hex. A copy of the database has none.
enum StateSecret {
    /// Made where there is none: whole or not at all, and never over another one, since the centre and a verb may both come first.
    static func make(_ path: String, in state: String) throws {
        guard !Files.exists(path) else { return }
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

    /// What PINs typed at depots are sealed to (`DepotDecision`). Where it is lost, what was sealed to it is proposed to somebody who is signed in.
    static func depotKey(state: String) throws -> [UInt8] {
        let path = "\(state)/depot.key"
        try make(path, in: state)
        let text = try Files.secret("file:\(path)")
        guard let key = Hex.bytes(text), key.count == SealedBox.keyLength else {
            throw IngestFailure("\(path) is not a key of 64 hex digits: move it away, and a new one is made")
        }
        return key
    }

    struct Short: Error, CustomStringConvertible {
        var reference: String
        var what: String
        var shortest: Int
        var description: String { "\(reference): the secret of \(what) has at least \(shortest) characters" }
    }
}
