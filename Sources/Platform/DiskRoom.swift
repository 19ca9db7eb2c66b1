import Glibc

/// What a disk has, and what is left of it for whoever is not root, in bytes.
public struct DiskRoom: Equatable, Sendable {
    /// The folder that was there to be asked.
    public let path: String
    public let free: Int64
    public let size: Int64

    /// Of the disk on which `path` is, or would be: before the first start there is no folder yet, and the one above it answers.
    /// Nil where nobody does.
    public init?(of path: String) {
        var path = path
        var information = statvfs()
        while statvfs(path, &information) != 0 {
            guard path.count > 1, let slash = path.lastIndex(of: "/") else { return nil }
            path = slash == path.startIndex ? "/" : String(path[..<slash])
        }
        self.path = path
        free = DiskRoom.bytes(Int64(clamping: information.f_bavail), Int64(clamping: information.f_frsize))
        size = DiskRoom.bytes(Int64(clamping: information.f_blocks), Int64(clamping: information.f_frsize))
    }

    /// Some network file systems say -1 for what they do not know.
    private static func bytes(_ blocks: Int64, _ unit: Int64) -> Int64 {
        let (bytes, overflows) = blocks.multipliedReportingOverflow(by: unit)
        return overflows ? .max : bytes
    }
}
