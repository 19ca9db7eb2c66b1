import Glibc

/// How full the buffer is, and what follows from it. Nothing old is ever dropped to make room:
/// docs/explanation/delivery.md has the table.
public enum BufferLevel: Int, Comparable, Sendable, CaseIterable {
    case roomy
    /// From 70 %: said, nothing else.
    case warning
    /// From 85 %: sightings of tags that come and go are kept as one, with count, first and last; repeats are left out.
    case saving
    /// From 95 %: what counts stock is refused, so that deliveries still find room.
    case deliveriesOnly
    /// Nothing more is accepted, and whoever scans is told.
    case full

    public init(used: Int64, budget: Int64) {
        let percent = budget > 0 ? Double(used) / Double(budget) * 100 : 100
        self =
            switch percent {
            case ..<70: .roomy
            case ..<85: .warning
            case ..<95: .saving
            case ..<100: .deliveriesOnly
            default: .full
            }
    }

    public static func < (a: BufferLevel, b: BufferLevel) -> Bool { a.rawValue < b.rawValue }

    public var name: String {
        switch self {
        case .roomy: "roomy"
        case .warning: "warning"
        case .saving: "saving"
        case .deliveriesOnly: "deliveries-only"
        case .full: "full"
        }
    }
}

/// A file that takes up room so that a full disk leaves enough to let go of what is settled.
public final class Ballast {
    public static let size: Int64 = 16 << 20
    /// It is made only where so much is left beside it.
    static let reserve: Int64 = 48 << 20

    private let path: String
    private let folder: String
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
        return Int64(clamping: UInt64(information.f_bavail) * UInt64(information.f_frsize))
    }

    /// Makes it where there is room enough; true when it is there.
    @discardableResult
    public func load() -> Bool {
        var status = stat()
        if stat(path, &status) == 0, status.st_size == Ballast.size {
            (isThere, isGivenUp) = (true, false)
            return true
        }
        guard Ballast.free(folder) >= Ballast.size + Ballast.reserve else { return false }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        isThere = posix_fallocate(descriptor, 0, off_t(Ballast.size)) == 0
        close(descriptor)
        if isThere { isGivenUp = false } else { unlink(path) }
        return isThere
    }

    public func drop() {
        if isThere { isGivenUp = true }
        unlink(path)
        isThere = false
    }
}
