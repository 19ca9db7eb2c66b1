import Glibc

/// Takes away what an exchange has put away long ago: files that were read (`in/done`), and files that were taken (`out/taken`).
public struct ExchangeSweep: Sendable {
    /// Files of one pass: a folder of years is emptied in portions, and what arrives meanwhile goes in between.
    public static let portion = 200
    /// Names that are looked at in one pass.
    static let looked = 50_000

    public var folder: String
    /// Milliseconds: a file stays so long after it was put there.
    public var life: Int64

    public init(folder: String, life: Int64) { (self.folder, self.life) = (folder, life) }

    /// How many were taken away; `portion` where there may be more. `now` in Unix milliseconds. Plain files only: folders, links,
    /// pipes and hidden files are not ours. One that cannot be taken away stays and holds up nobody; a folder that is not there is empty.
    public func pass(at now: Int64) -> Int {
        guard let directory = opendir(folder) else { return 0 }
        defer { closedir(directory) }
        let descriptor = dirfd(directory)
        var old: [String] = []
        var count = 0
        while count < ExchangeSweep.looked, let entry = readdir(directory) {
            count += 1
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(validating: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let name, !name.hasPrefix(".") else { continue }
            var information = stat()
            guard fstatat(descriptor, name, &information, AT_SYMLINK_NOFOLLOW) == 0,
                information.st_mode & S_IFMT == S_IFREG
            else { continue }
            // Its content may be older than its being here: a rename changes the second time alone.
            let since = max(information.st_mtim.tv_sec, information.st_ctim.tv_sec)
            if now / 1000 - Int64(since) > life / 1000 { old.append(name) }
        }
        var removed = 0
        for name in old where removed < ExchangeSweep.portion {
            if unlinkat(descriptor, name, 0) == 0 { removed += 1 }
        }
        return removed
    }
}
