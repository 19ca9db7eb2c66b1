public import Glibc

/// Whose a file is; nil leaves it as it is made.
public struct FileOwner: Equatable, Sendable {
    public var user: uid_t?
    public var group: gid_t?

    public init(user: uid_t? = nil, group: gid_t? = nil) { (self.user, self.group) = (user, group) }
}

extension Files {
    /// The whole new file takes the place of the old one at once, and is on the disk. Nobody else can read it before it has its mode.
    public static func replace(
        _ path: String, _ text: String, mode: mode_t, _ owner: FileOwner = FileOwner()
    ) throws(FileError) {
        let fresh = "\(path).new"
        unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileError(path: fresh, code: errno) }
        defer { close(descriptor) }
        try write(Array(text.utf8), to: fresh, descriptor)
        if owner != FileOwner() { _ = fchown(descriptor, owner.user ?? uid_t.max, owner.group ?? gid_t.max) }
        guard fchmod(descriptor, mode) == 0, fsync(descriptor) == 0, rename(fresh, path) == 0 else {
            throw FileError(path: path, code: errno)
        }
    }

    static func write(_ bytes: [UInt8], to path: String, _ descriptor: Int32) throws(FileError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw FileError(path: path, code: errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// A folder of this mode and owner where there is none; those above it for everybody to walk through.
    public static func makeFolder(_ path: String, mode: mode_t, _ owner: FileOwner = FileOwner()) throws(FileError) {
        var above = ""
        let parts = path.split(separator: "/")
        for (number, part) in parts.enumerated() {
            above += "/\(part)"
            let isLast = number == parts.count - 1
            guard !exists(above) else { continue }
            guard mkdir(above, isLast ? mode : 0o755) == 0 else { throw FileError(path: above, code: errno) }
            guard isLast else { continue }
            chmod(above, mode)
            if owner != FileOwner() { lchown(above, owner.user ?? uid_t.max, owner.group ?? gid_t.max) }
        }
    }
}
