internal import CSerialPort
import Glibc

/// A real serial line through libserialport, without flow control.
public final class SerialPort: Port {
    private let port: OpaquePointer
    public let descriptor: Int32
    private let path: String
    private var lock: LineLock?

    /// Symlinks such as `/dev/serial/by-id/…` are resolved first: libserialport looks names up in /sys and knows none.
    public init(path: String, baud: Int, framing: SerialFraming = SerialFraming()) throws(PortError) {
        guard let resolved = realpath(path, nil) else {
            throw .missing("\(path) is not there: plugged in and switched on?")
        }
        defer { free(resolved) }
        // Before it is opened: opening alone resets some boards.
        if let holder = LineHolder.holder(of: path) { throw .held("\(path) is left alone: \(holder)") }
        var port: OpaquePointer?
        guard sp_get_port_by_name(resolved, &port) == SP_OK, let port else {
            throw .failed("\(path) is not a serial line")
        }
        self.port = port
        self.path = path
        let opened = sp_open(port, SP_MODE_READ_WRITE)
        guard opened == SP_OK else {
            let code = errno
            sp_free_port(port)
            if code == EACCES || code == EPERM {
                throw .denied("\(path): no permission; install the udev rules or add the service to the group dialout")
            }
            if code == EBUSY { throw .held("\(path) is left alone: another program has it for itself (TIOCEXCL)") }
            throw .failed("\(path): \(String(cString: strerror(code)))")
        }
        var handle: Int32 = -1
        // libserialport takes no lock: two programs on one line would each hear half of it. Before any setting, so that
        // whoever has the line keeps its speed.
        guard sp_get_port_handle(port, &handle) == SP_OK, flock(handle, LOCK_EX | LOCK_NB) == 0 else {
            sp_close(port)
            sp_free_port(port)
            throw .held("\(path) is left alone: another program has it locked, perhaps the agent itself")
        }
        guard !LineHolder.isExclusive(handle), ioctl(handle, UInt(TIOCEXCL)) == 0 else {
            sp_close(port)
            sp_free_port(port)
            throw .held("\(path) is left alone: another program has it for itself (TIOCEXCL)")
        }
        let parity: sp_parity =
            switch framing.parity {
            case .none: SP_PARITY_NONE
            case .even: SP_PARITY_EVEN
            case .odd: SP_PARITY_ODD
            case .mark: SP_PARITY_MARK
            case .space: SP_PARITY_SPACE
            }
        let set = [
            sp_set_baudrate(port, Int32(baud)), sp_set_bits(port, Int32(framing.dataBits)),
            sp_set_parity(port, parity), sp_set_stopbits(port, Int32(framing.stopBits)),
            sp_set_flowcontrol(port, SP_FLOWCONTROL_NONE),
        ]
        guard set.allSatisfy({ $0 == SP_OK }) else {
            sp_close(port)
            sp_free_port(port)
            throw .failed("\(path) does not take \(baud) baud, \(framing.text)")
        }
        // libserialport does not set it, and a child process must not inherit a reader.
        _ = fcntl(handle, F_SETFD, FD_CLOEXEC)
        descriptor = handle
        lock = LineLock(device: String(cString: resolved))
    }

    deinit {
        _ = ioctl(descriptor, UInt(TIOCNXCL))
        sp_close(port)
        sp_free_port(port)
    }

    /// After a hang-up libserialport reads nothing and reports no error: only the line itself knows.
    public func read() throws(PortError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = sp_nonblocking_read(port, &buffer, buffer.count)
        guard count.rawValue >= 0 else { throw .gone("\(path) was unplugged") }
        if count.rawValue == 0, sp_input_waiting(port).rawValue < 0 { throw .gone("\(path) was unplugged") }
        return Array(buffer[..<Int(count.rawValue)])
    }

    public func setBaud(_ baud: Int) throws(PortError) {
        guard sp_set_baudrate(port, Int32(baud)) == SP_OK else { throw .failed("\(path) does not take \(baud) baud") }
        sp_flush(port, SP_BUF_INPUT)
    }

    public func write(_ bytes: ArraySlice<UInt8>) throws(PortError) -> Int {
        let count = bytes.withUnsafeBytes { sp_nonblocking_write(port, $0.baseAddress, $0.count) }
        guard count.rawValue >= 0 else { throw .gone("\(path) was unplugged") }
        return Int(count.rawValue)
    }
}
