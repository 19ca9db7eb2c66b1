import Depot
import Glibc
import Platform

/// Copies that only somebody else can read.
extension Backup {
    /// A copy sealed to a recipient of age. It is made and read back beside the database, where its content lies anyway, and sealed from there:
    /// what is written at `target` is never plain. This program cannot read it back, for it has no key.
    static func make(of database: String, sealedTo recipient: AgeRecipient, at target: String) throws -> Copy {
        let home = split(database).folder
        for name in left(behind: Files.list(home), isAlive: { kill($0, 0) == 0 || errno == EPERM }) {
            unlink("\(home)/\(name)")
        }
        let plain = "\(home)/.backup.\(getpid()).plain"
        var copy = try make(of: database, at: plain)
        defer { unlink(plain) }
        let (folder, name) = split(target)
        try makeSure(folder, hasRoomFor: copy.bytes)
        let partial = "\(folder)/.\(name).\(getpid()).partial"
        try create(partial)
        do {
            try seal(plain, to: recipient, into: partial)
            giveToOwner(of: folder, partial)
            try sync(partial)
            copy.bytes = FileLook(partial)?.size ?? 0
            copy.path = target
            try move(partial, to: target)
            try sync(folder)
            return copy
        } catch {
            unlink(partial)
            throw error
        }
    }

    /// What runs that were killed have left beside the database.
    static func left(behind names: [String], isAlive: (pid_t) -> Bool) -> [String] {
        names.filter { name in
            let parts = name.split(separator: ".")
            guard let start = parts.firstIndex(of: "backup"), name.hasPrefix("."), parts.count > start + 2,
                let process = pid_t(parts[start + 1]), parts[start + 2] == "plain"
            else { return false }
            return !isAlive(process)
        }
    }

    private static func seal(_ path: String, to recipient: AgeRecipient, into target: String) throws {
        guard var seal = AgeSeal(to: recipient) else { throw Refusal("nothing can be sealed to this recipient") }
        let source = open(path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw FileError(path: path, code: errno) }
        defer { close(source) }
        let sealed = open(target, O_WRONLY | O_TRUNC | O_CLOEXEC)
        guard sealed >= 0 else { throw FileError(path: target, code: errno) }
        defer { close(sealed) }
        func put(_ bytes: [UInt8]) throws {
            var rest = bytes[...]
            while !rest.isEmpty {
                let part = rest.withUnsafeBytes { Glibc.write(sealed, $0.baseAddress, $0.count) }
                guard part > 0 else { throw FileError(path: target, code: errno) }
                rest = rest.dropFirst(part)
            }
        }
        try put(seal.head)
        var here = try piece(of: source, path)
        while true {
            // A piece is the last one where nothing comes behind it.
            let next = here.count < AgeSeal.piece ? [] : try piece(of: source, path)
            guard let bytes = seal.seal(here, isLast: next.isEmpty) else { throw Refusal("\(path) cannot be sealed") }
            try put(bytes)
            if next.isEmpty { return }
            here = next
        }
    }

    private static func piece(of source: Int32, _ path: String) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: AgeSeal.piece)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { Glibc.read(source, $0.baseAddress! + filled, $0.count - filled) }
            guard count >= 0 else { throw FileError(path: path, code: errno) }
            if count == 0 { break }
            filled += count
        }
        return Array(bytes.prefix(filled))
    }
}
