internal import CPlatform
import Glibc
public import Model

/// The two clocks of the product. Everything that decides takes the time as an argument; only shells read these.
public enum Clocks {
    /// CLOCK_BOOTTIME: monotonic, goes on during suspend, shared by all processes of this boot.
    public static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Unix milliseconds.
    public static var wall: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// False until something (NTP, an operator) has set the clock since the kernel started.
    public static var isSynchronised: Bool {
        // Where nothing disciplines the clock (a container), a date after this code was written still counts as set.
        cplatform_clock_is_set() || wall > 1_767_225_600_000
    }
}

/// Renders Unix milliseconds without Foundation: RFC 3339, UTC.
public func rfc3339(_ milliseconds: Int64) -> String {
    var seconds = time_t(milliseconds.flooredQuotient(1000))
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func pad(_ value: Int32, _ width: Int = 2) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    let fraction = Int32(milliseconds - milliseconds.flooredQuotient(1000) * 1000)
    return "\(pad(parts.tm_year + 1900, 4))-\(pad(parts.tm_mon + 1))-\(pad(parts.tm_mday))T\(pad(parts.tm_hour)):"
        + "\(pad(parts.tm_min)):\(pad(parts.tm_sec)).\(pad(fraction, 3))Z"
}

extension Int64 {
    func flooredQuotient(_ divisor: Int64) -> Int64 { self >= 0 ? self / divisor : (self - divisor + 1) / divisor }
}
