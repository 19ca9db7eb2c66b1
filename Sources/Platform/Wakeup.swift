internal import CPlatform
import Glibc

/// Wakes a thread that waits in `poll`. Safe from any thread; several calls before the wake count as one.
public final class Wakeup: Sendable {
    public let descriptor: Int32

    public init() {
        descriptor = cplatform_eventfd()
        precondition(descriptor >= 0, "no eventfd left")
    }

    deinit { close(descriptor) }

    public func signal() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    public func drain() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }
}
