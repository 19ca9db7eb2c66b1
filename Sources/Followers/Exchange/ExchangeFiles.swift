public import Depot
import Glibc

/// Why a folder or file could not be used, in words.
public struct FolderFault: Error, Equatable, Sendable, CustomStringConvertible {
    public var path: String
    public var code: Int32

    public init(_ path: String, _ code: Int32) { (self.path, self.code) = (path, code) }

    public var description: String { "\(path): \(String(cString: strerror(code)))" }
}

/// The folders of an exchange as it sees them: real ones, or a test's that die between two steps.
public protocol ExchangeFiles: Sendable {
    /// What lies in a folder; nil stands for what is no plain file (a link, a folder, a pipe).
    func list(_ folder: String) throws(FolderFault) -> [String: FileLooks.Sight?]
    func read(_ path: String, limit: Int) throws(FolderFault) -> [UInt8]
    /// Whole, and on the disk when it returns.
    func write(_ bytes: [UInt8], to path: String) throws(FolderFault)
    /// The same: on the disk when it returns. What was at the new place is replaced.
    func rename(_ path: String, to new: String) throws(FolderFault)
    /// What is not there is no mistake.
    func remove(_ path: String) throws(FolderFault)
    func makeFolder(_ path: String) throws(FolderFault)
}

/// Folders of this machine, or mounted into it.
public struct FolderFiles: ExchangeFiles {
    /// Names that are looked at in one folder.
    static let limit = 50_000

    public init() {}

    public func list(_ folder: String) throws(FolderFault) -> [String: FileLooks.Sight?] {
        guard let directory = opendir(folder) else { throw FolderFault(folder, errno) }
        defer { closedir(directory) }
        var found: [String: FileLooks.Sight?] = [:]
        errno = 0
        while let entry = readdir(directory), found.count < FolderFiles.limit {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(validating: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let name, name != ".", name != ".." else { continue }
            var information = stat()
            guard lstat("\(folder)/\(name)", &information) == 0 else { continue }
            let isPlain = information.st_mode & S_IFMT == S_IFREG
            found[name] =
                isPlain
                ? .some(
                    FileLooks.Sight(
                        size: Int64(information.st_size),
                        changed: Int64(information.st_mtim.tv_sec) &* 1_000_000_000
                            &+ Int64(information.st_mtim.tv_nsec),
                        inode: UInt64(information.st_ino)))
                : .some(nil)
            errno = 0
        }
        // A network's folder that breaks off in the middle is not one with fewer files.
        guard errno == 0 else { throw FolderFault(folder, errno) }
        return found
    }

    public func read(_ path: String, limit: Int) throws(FolderFault) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw FolderFault(path, errno) }
        defer { close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            throw FolderFault(path, EINVAL)
        }
        var out: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw FolderFault(path, errno) }
            guard count > 0 else { return out }
            out += buffer[..<count]
            guard out.count <= limit else { throw FolderFault(path, EFBIG) }
        }
    }

    public func write(_ bytes: [UInt8], to path: String) throws(FolderFault) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FolderFault(path, errno) }
        defer { close(descriptor) }
        // Whoever comes with another account is to be able to take it: the folder's rights decide, not the service's mask. A file
        // system without rights has none to give.
        var around = stat()
        if stat(folder(of: path), &around) == 0 { _ = fchmod(descriptor, around.st_mode & 0o666) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw FolderFault(path, errno) }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw FolderFault(path, errno) }
        try settle(folder(of: path))
    }

    public func rename(_ path: String, to new: String) throws(FolderFault) {
        guard Glibc.rename(path, new) == 0 else { throw FolderFault(path, errno) }
        try settle(folder(of: new))
        if folder(of: new) != folder(of: path) { try settle(folder(of: path)) }
    }

    public func remove(_ path: String) throws(FolderFault) {
        guard unlink(path) == 0 || errno == ENOENT else { throw FolderFault(path, errno) }
    }

    public func makeFolder(_ path: String) throws(FolderFault) {
        guard mkdir(path, 0o770) == 0 || errno == EEXIST else { throw FolderFault(path, errno) }
    }

    private func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    /// The names of a folder reach the disk. A network's file system may not know how; then its server answers for it.
    private func settle(_ folder: String) throws(FolderFault) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FolderFault(folder, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOSYS || errno == ENOTSUP else {
            throw FolderFault(folder, errno)
        }
    }
}

extension FolderFiles {
    /// What is wrong with a folder: who it belongs to, and what to do.
    public static func problem(_ path: String) -> String? {
        var information = stat()
        guard stat(path, &information) == 0 else {
            return
                "[exchange]: \(path): \(String(cString: strerror(errno))); make it, or mount it, for user \(name(geteuid()))"
        }
        guard access(path, R_OK | W_OK | X_OK) == 0 else {
            let mode = String(information.st_mode & 0o777, radix: 8)
            return
                "[exchange]: \(path) is not writable for \(name(geteuid())): it belongs to \(name(information.st_uid)), mode "
                + "\(mode); share a group and chmod 2770 it, and name it in ReadWritePaths= of the service"
        }
        return nil
    }

    private static func name(_ user: uid_t) -> String {
        getpwuid(user).map { String(cString: $0.pointee.pw_name) } ?? "uid \(user)"
    }
}
