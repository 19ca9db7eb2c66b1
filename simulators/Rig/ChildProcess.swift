public import Glibc
import Platform

/// A program that the rig started; killed and restarted at will.
public final class ChildProcess: @unchecked Sendable {
    // `pid` changes in `wait` only, which the owner calls from one thread.
    public let name: String
    public private(set) var pid: pid_t

    public struct Failure: Error, CustomStringConvertible {
        public var description: String
    }

    /// `log` receives standard output and error; nil inherits them. `descriptors` are given to the child as 3, 4, ….
    public init(
        _ path: String, _ arguments: [String], name: String? = nil, log: String? = nil, descriptors: [Int32] = [],
        environment: [String: String] = [:]
    ) throws {
        self.name = name ?? path.split(separator: "/").last.map(String.init) ?? path
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        if let log {
            posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        }
        // Moved out of the way first, so that 3 and 4 cannot overwrite one another.
        let moved = descriptors.map { fcntl($0, F_DUPFD_CLOEXEC, 20) }
        defer { for descriptor in moved { close(descriptor) } }
        for (index, descriptor) in moved.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(3 + index))
        }
        let list = [path] + arguments
        var argv = list.map { strdup($0) } + [nil]
        var variables: [String] = []
        var next = environ
        while let entry = next.pointee {
            variables.append(String(cString: entry))
            next += 1
        }
        var envp = (variables + environment.map { "\($0.key)=\($0.value)" }).map { strdup($0) } + [nil]
        defer {
            for pointer in argv + envp { free(pointer) }
        }
        // A thread of a pool has signals blocked, and a child would inherit that: a broker would never hear SIGHUP.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, path, &actions, &attributes, &argv, &envp)
        guard code == 0 else { throw Failure(description: "\(path): \(String(cString: strerror(code)))") }
        self.pid = pid
    }

    public var isRunning: Bool {
        guard pid > 0 else { return false }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == 0 else {
            pid = 0
            return false
        }
        return true
    }

    /// Runs a program to its end and gives its exit code.
    @discardableResult
    public static func run(_ path: String, _ arguments: [String], log: String? = nil) -> Int32 {
        (try? ChildProcess(path, arguments, log: log))?.wait() ?? 127
    }

    public func send(_ signal: Int32) { if pid > 0 { kill(pid, signal) } }

    /// SIGKILL, and nothing left behind.
    public func killHard() {
        send(SIGCONT)
        send(SIGKILL)
        _ = wait()
    }

    /// Asks it to end; after `patience` milliseconds it is killed. True when it went by itself.
    @discardableResult
    public func terminate(patience: Int = 10_000) -> Bool {
        send(SIGTERM)
        for _ in 0..<(patience / 20) {
            if !isRunning { return true }
            usleep(20_000)
        }
        killHard()
        return false
    }

    /// Exit code, or 128 and the signal.
    @discardableResult
    public func wait() -> Int32 {
        guard pid > 0 else { return 0 }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        pid = 0
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }
}
