internal import CPlatform
import Glibc

/// A program that runs as a device: its standard output is what the device says, its standard input what we tell it.
///
/// It runs with our rights at most and gains none, in a group of its own, within limits, and ends when the port closes.
public final class ProcessPort: Port {
    /// Address space of the program; more than any vendor's SDK takes, less than the machine has.
    static let memory: UInt64 = 2 << 30
    /// How long it may take to end after SIGTERM, in milliseconds.
    static let farewell = 500

    private let child: pid_t
    private let input: Int32
    private let output: Int32
    private let errors: Int32
    /// Waits for output and error at once.
    public let descriptor: Int32
    private let label: String
    private var lastWords: [UInt8] = []
    private var isReaped = false

    public init(_ words: [String]) throws(PortError) {
        guard let program = words.first, program.hasPrefix("/") else {
            throw .failed("a program is given by its whole path")
        }
        // Nothing of ours is inherited: no credentials directory, no notify socket.
        let environment = ["PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/nonexistent"]
        var pipes: [Int32] = [-1, -1, -1]
        let arguments = words.map { strdup($0) }
        let variables = environment.map { strdup($0) }
        let argv: [UnsafePointer<CChar>?] = arguments.map { UnsafePointer($0) } + [nil]
        let envp: [UnsafePointer<CChar>?] = variables.map { UnsafePointer($0) } + [nil]
        let child = cplatform_spawn(argv, envp, ProcessPort.memory, &pipes)
        for text in arguments + variables { free(text) }
        guard child > 0 else {
            switch -child {
            case ENOENT: throw .missing("there is no program \(program): see \"port\" in the configuration")
            case EACCES: throw .denied("\(program) may not be run: chmod +x \(program)")
            default: throw .failed("\(program): \(String(cString: strerror(-child)))")
            }
        }
        self.child = child
        (input, output, errors) = (pipes[0], pipes[1], pipes[2])
        label = program
        descriptor = cplatform_either(output, errors)
    }

    deinit {
        close(input)
        if !isReaped {
            kill(-child, SIGTERM)
            _ = hasEnded(within: ProcessPort.farewell)
            reap()
        }
        for fd in [output, errors, descriptor] { close(fd) }
    }

    public func read() throws(PortError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 16384)
        let said = Glibc.read(errors, &buffer, buffer.count)
        if said > 0 { lastWords = Array((lastWords + buffer[..<said]).suffix(512)) }
        // Its end shows at the output: an error stream that closes first is no end.
        if said == 0 { cplatform_without(descriptor, errors) }
        let count = Glibc.read(output, &buffer, buffer.count)
        if count > 0 { return Array(buffer[..<count]) }
        if count < 0, errno == EAGAIN || errno == EINTR { return [] }
        throw .gone(ending())
    }

    public func write(_ bytes: ArraySlice<UInt8>) throws(PortError) -> Int {
        let count = bytes.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
        if count >= 0 { return count }
        // A program that does not listen to us is no fault: it may still speak.
        return errno == EAGAIN ? 0 : bytes.count
    }

    private func ending() -> String {
        let line = String(decoding: lastWords, as: UTF8.self).split(separator: "\n").last.map { ": \($0)" } ?? ""
        guard hasEnded(within: 100) else { return "\(label) closed its output\(line)" }
        let status = reap()
        let signal = status & 0x7F
        return signal == 0
            ? "\(label) ended with code \(status >> 8 & 0xFF)\(line)" : "\(label) was ended by signal \(signal)\(line)"
    }

    /// Looks without reaping: until then nobody else can get its number.
    private func hasEnded(within milliseconds: Int) -> Bool {
        for _ in 0...(milliseconds / 5) {
            var information = siginfo_t()
            if waitid(P_PID, id_t(child), &information, WEXITED | WNOHANG | WNOWAIT) == 0, information.si_signo != 0 {
                return true
            }
            usleep(5000)
        }
        return false
    }

    /// With its helpers, which may outlive it.
    @discardableResult
    private func reap() -> Int32 {
        var status: Int32 = 0
        kill(-child, SIGKILL)
        waitpid(child, &status, 0)
        isReaped = true
        return status
    }
}
