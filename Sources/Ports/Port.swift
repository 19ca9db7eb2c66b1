/// An open device or socket; owns the handle and closes it when it goes.
///
/// Reading and writing never wait: the pump's `poll` on `descriptor` does. USB, child processes and listeners join
/// here as further implementations, each with a descriptor to wait on (libusb has one per context).
public protocol Port: AnyObject {
    /// To wait for, with POLLIN; -1 when gone.
    var descriptor: Int32 { get }
    /// What has arrived; empty when nothing has.
    func read() throws(PortError) -> [UInt8]
    /// Takes what the device takes now and returns how many bytes that were.
    func write(_ bytes: ArraySlice<UInt8>) throws(PortError) -> Int
}

/// Why a port cannot be used. The case tells what to try; the text names the place.
public enum PortError: Error, Equatable, Sendable {
    /// Nothing there (yet).
    case missing(String)
    case denied(String)
    /// It was there and went away.
    case gone(String)
    case failed(String)

    /// Stable name of the state, for pages and metrics.
    public var state: String {
        switch self {
        case .missing: "missing"
        case .denied: "denied"
        case .gone: "gone"
        case .failed: "failed"
        }
    }

    public var text: String {
        switch self {
        case .missing(let text), .denied(let text), .gone(let text), .failed(let text): text
        }
    }
}
