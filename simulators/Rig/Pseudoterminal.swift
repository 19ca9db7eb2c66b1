import Glibc

/// A pty whose slave end is a simulated device's line, with a symlink at a name that lasts.
public final class Pseudoterminal: Sendable {
    public let descriptor: Int32
    /// Kept open, so that the line does not hang up when the product closes it.
    private let slave: Int32
    public let path: String
    /// The link where there is one, else the path.
    public var name: String { link ?? path }
    private let link: String?

    /// A line that is there already, such as the gadget's end of a USB serial line.
    public init(existing path: String) throws {
        descriptor = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(description: "\(path): \(String(cString: strerror(errno)))") }
        var settings = termios()
        tcgetattr(descriptor, &settings)
        cfmakeraw(&settings)
        tcsetattr(descriptor, TCSANOW, &settings)
        slave = -1
        self.path = path
        link = nil
    }

    public struct Failure: Error, CustomStringConvertible {
        public var description: String
    }

    public init(link: String?) throws {
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        // TIOCSPTLCK unlocks the slave end, TIOCGPTN says its number (ioctl_tty(2)).
        var unlocked: Int32 = 0
        var number: Int32 = 0
        guard master >= 0, ioctl(master, 0x4004_5431, &unlocked) == 0, ioctl(master, 0x8004_5430, &number) == 0 else {
            throw Failure(description: "no pseudo-terminal left: \(String(cString: strerror(errno)))")
        }
        let path = "/dev/pts/\(number)"
        let slave = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        var settings = termios()
        tcgetattr(slave, &settings)
        cfmakeraw(&settings)
        tcsetattr(slave, TCSANOW, &settings)
        descriptor = master
        self.slave = slave
        self.path = path
        self.link = link
        if let link {
            unlink(link)
            guard symlink(path, link) == 0 else {
                throw Failure(description: "\(link): \(String(cString: strerror(errno)))")
            }
        }
    }

    deinit {
        if let link { unlink(link) }
        close(slave)
        close(descriptor)
    }

    public func read() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        return count > 0 ? Array(buffer[..<count]) : []
    }

    /// What a line does not take is lost, as on a real one.
    public func write(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}
