import Glibc
import Rig

/// A PostgreSQL server of the bench's own, as it is by itself: every commit is synced. It lies beside the other databases of the bench, on
/// the same disk, and goes with it.
final class BenchServer {
    private let folder: String
    private let run: String
    private let programs: String

    struct Failure: Error, CustomStringConvertible { var description: String }

    init(folder: String) throws {
        guard
            let programs = (15...30).reversed().lazy.map({ "/usr/lib/postgresql/\($0)/bin" })
                .first(where: { access("\($0)/initdb", X_OK) == 0 })
        else { throw Failure(description: "PostgreSQL is not installed: apt-get install postgresql-15") }
        (self.folder, self.programs) = (folder, programs)
        // The server refuses to be root.
        run = getuid() == 0 ? "runuser -u nobody --" : ""
        try shell(
            """
            set -e; rm -rf \(folder); mkdir -m 700 \(folder); [ -z "\(run)" ] || chown nobody \(folder); cd \(folder)
            \(run) \(programs)/initdb -D data -A trust -U quai --no-locale -E UTF8
            \(run) \(programs)/pg_ctl -D data -l log -w -o "-k \(folder) -c listen_addresses= -c shared_buffers=128MB" start
            """)
    }

    deinit { stop() }

    func stop() {
        try? shell("cd \(folder) && \(run) \(programs)/pg_ctl -D data -m immediate stop; cd /; rm -rf \(folder)")
    }

    /// The address of a new database.
    func database(_ name: String) throws -> String {
        try shell(
            "psql -h \(folder) -U quai -d postgres -c 'DROP DATABASE IF EXISTS \(name)' -c 'CREATE DATABASE \(name)'")
        return "postgresql://quai@/\(name)?host=\(folder)"
    }

    private func shell(_ script: String) throws {
        let log = "\(folder).log"
        defer { unlink(log) }
        let child = try ChildProcess("sh", ["-c", script], log: log)
        guard child.wait() == 0 else { throw Failure(description: "PostgreSQL does not start: \(folder)") }
    }
}
