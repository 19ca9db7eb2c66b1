import Glibc

/// Tells systemd how we are (sd_notify(3)); does nothing without it.
public enum Supervisor {
    /// `state` as `READY=1`, `WATCHDOG=1`, `STATUS=…`, `STOPPING=1`.
    public static func notify(_ state: String) {
        guard let path = getenv("NOTIFY_SOCKET") else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard let (address, length) = unixAddress(String(cString: path)) else { return }
        var copy = address
        let text = Array(state.utf8)
        _ = withUnsafePointer(to: &copy) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, text, text.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }

    /// Half of the interval in which systemd expects a sign of life, in milliseconds; nil without a watchdog.
    public static var watchdogPeriod: Int64? {
        guard let text = getenv("WATCHDOG_USEC"), let microseconds = Int64(String(cString: text)) else { return nil }
        return max(100, microseconds / 2000)
    }
}
