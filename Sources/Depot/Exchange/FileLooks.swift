/// Which files have come to rest: whoever writes one into place slowly is not to be read half way. A file that was renamed into
/// its place is whole at once, and waits no longer for that.
public struct FileLooks: Sendable {
    /// Between two looks that must find it unchanged, in milliseconds.
    public static let rest: Int64 = 2000
    /// Files that are followed.
    static let limit = 10_000

    /// What a folder says of a file.
    public struct Sight: Equatable, Sendable {
        public var size: Int64
        /// Nanoseconds.
        public var changed: Int64
        public var inode: UInt64

        public init(size: Int64, changed: Int64, inode: UInt64) {
            (self.size, self.changed, self.inode) = (size, changed, inode)
        }
    }

    private var seen: [String: (sight: Sight, since: Int64)] = [:]

    public init() {}

    /// Names that are at rest now, the oldest change first.
    public mutating func look(_ files: [String: Sight], at now: Int64) -> [String] {
        seen = seen.filter { files[$0.key] != nil }
        for (name, sight) in files where seen.count < FileLooks.limit || seen[name] != nil {
            // A clock that was set back begins anew.
            if let known = seen[name], known.sight == sight, known.since <= now { continue }
            seen[name] = (sight, now)
        }
        return seen.filter { now - $0.value.since >= FileLooks.rest }
            .sorted { ($0.value.sight.changed, $0.key) < ($1.value.sight.changed, $1.key) }.map(\.key)
    }

    /// Names under which programs write what is not whole yet, or which are answers.
    public static func isIgnored(_ name: String) -> Bool {
        let name = name.lowercased()
        return name.hasPrefix(".") || name.hasSuffix("~")
            || [".tmp", ".part", ".partial", ".filepart", ".writing", ".ack", ".nak"].contains(where: name.hasSuffix)
    }
}
