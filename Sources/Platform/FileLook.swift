import Glibc

/// What the file system says of a file: what it is, whose it is, and who may do what with it.
public struct FileLook: Sendable {
    /// Two paths with the same device and number are one file.
    public let device: UInt64
    public let number: UInt64
    public let owner: UInt32
    public let group: UInt32
    /// The permission bits, with set-id and sticky bits.
    public let mode: UInt32
    public let isFolder: Bool
    /// In bytes.
    public let size: Int64

    /// Nil where nothing is at `path`, or nobody may look.
    public init?(_ path: String) {
        var information = stat()
        guard stat(path, &information) == 0 else { return nil }
        (device, number) = (UInt64(information.st_dev), UInt64(information.st_ino))
        (owner, group) = (information.st_uid, information.st_gid)
        (mode, isFolder) = (information.st_mode & 0o7777, information.st_mode & S_IFMT == S_IFDIR)
        size = Int64(information.st_size)
    }

    /// `0640`
    public var octal: String {
        let text = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - text.count)) + text
    }

    /// Its name, or its number where it has none.
    public static func user(_ id: UInt32) -> String {
        getpwuid(id).map { String(cString: $0.pointee.pw_name) } ?? "user \(id)"
    }

    public static func group(_ id: UInt32) -> String {
        getgrgid(id).map { String(cString: $0.pointee.gr_name) } ?? "\(id)"
    }
}
