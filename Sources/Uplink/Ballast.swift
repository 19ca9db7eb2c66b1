import Glibc

/// A file that takes up room so that a full disk leaves enough to let go of what is settled.
public final class Ballast {
    public static let size: Int64 = 16 << 20
    /// It takes a quarter of what is free at most, so much of a large disk; of a small one, where the log is small as well, a
    /// sixteenth.
    static let share: Int64 = 4
    static let smallShare: Int64 = 16
    /// A smaller one would be of no use.
    static let smallest: Int64 = 128 << 10

    private let path: String
    private let folder: String
    /// Of the one that is there, or was given up.
    private var mine = Ballast.smallest
    public private(set) var isThere = false
    /// It was given up, and has not come back yet.
    public private(set) var isGivenUp = false

    public init(folder: String) {
        self.folder = folder
        path = "\(folder)/ballast"
    }

    /// Bytes that this disk has left for us.
    public static func free(_ folder: String) -> Int64 {
        var information = statvfs()
        guard statvfs(folder, &information) == 0 else { return .max }
        // Some network file systems say -1 for what they do not know.
        let (bytes, overflows) = UInt64(information.f_bavail).multipliedReportingOverflow(
            by: UInt64(information.f_frsize))
        return overflows ? .max : Int64(clamping: bytes)
    }

    /// How large it is on a disk that has so much left; nil where there is no room for one.
    public static func size(free: Int64) -> Int64? {
        if free / share >= size { return size }
        let small = free / smallShare / 4096 * 4096
        return small >= smallest ? small : nil
    }

    /// Makes it where there is room enough; true when it is there.
    @discardableResult
    public func load() -> Bool {
        let free = Ballast.free(folder)
        var status = stat()
        let there = stat(path, &status) == 0 ? Int64(status.st_size) : 0
        if there >= Ballast.smallest, there >= Ballast.size(free: free) ?? 0 {
            (isThere, isGivenUp, mine) = (true, false, there)
            return true
        }
        // What was given up is for letting go: it comes back when somebody made as much room again beside it.
        guard let size = Ballast.size(free: free), !isGivenUp || free / 2 >= mine else { return false }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        isThere = posix_fallocate(descriptor, 0, off_t(size)) == 0
        close(descriptor)
        if isThere { (isGivenUp, mine) = (false, size) } else { unlink(path) }
        return isThere
    }

    public func drop() {
        if isThere { isGivenUp = true }
        unlink(path)
        isThere = false
    }
}
