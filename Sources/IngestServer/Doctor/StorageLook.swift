import Glibc
import Platform

/// Who may open a file that is there: who owns what, and who asks.
enum StorageLook {
    /// Why a file that is there cannot be opened and written: by whoever asks, or, where root asks, by whoever owns the folder. Nil
    /// when it can, and when nothing is there.
    static func closed(_ path: String) -> [String]? {
        var above = ""
        for part in Backup.split(path).folder.split(separator: "/") {
            above += "/\(part)"
            guard faccessat(AT_FDCWD, above, X_OK, AT_EACCESS) != 0 else { continue }
            guard errno == EACCES else { return nil }
            return ["\(above) may not be entered: \(ownership(above)); this was asked by \(name(geteuid()))"]
        }
        guard Files.exists(path) else { return nil }
        if faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) != 0 {
            let why = String(cString: strerror(errno))
            return ["\(path): \(why): \(ownership(path)); this was asked by \(name(geteuid()))"]
        }
        let strangers = ["", "-wal", "-shm"].compactMap { stranger(path + $0, state: Backup.split(path).folder) }
        guard !strangers.isEmpty else { return nil }
        let owner = FileLook(Backup.split(path).folder).map { name($0.owner) } ?? "the folder's owner"
        return strangers + ["as root: chown \(owner) \(path)*"]
    }

    /// Says so where a file belongs to somebody else than the folder of the state, and others may not read it: the service, which
    /// runs as that folder's owner, cannot open it. What root owns in a folder of root's is right.
    static func stranger(_ path: String, state: String) -> String? {
        guard let file = FileLook(path), let folder = FileLook(state), file.owner != folder.owner,
            file.mode & 0o006 == 0, file.group != folder.group || file.mode & 0o060 == 0
        else { return nil }
        return "\(path): \(ownership(path)); the centre runs as \(name(folder.owner)), whose \(state) is"
    }

    /// `it belongs to quai-ingest:quai-ingest, mode 0700`
    private static func ownership(_ path: String) -> String {
        guard let information = FileLook(path) else { return "who owns it cannot be seen" }
        return
            "it belongs to \(name(information.owner)):\(FileLook.group(information.group)), mode \(information.octal)"
    }

    private static func name(_ user: uid_t) -> String { FileLook.user(user) }
}
