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
}
