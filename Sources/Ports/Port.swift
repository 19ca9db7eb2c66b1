/// An open device or socket; owns the handle and closes it when it goes.
///
/// Reading and writing never wait: the pump's `poll` on `descriptor` does.
public protocol Port: AnyObject {
    /// To wait for, with POLLIN; -1 when gone.
    var descriptor: Int32 { get }
    /// What has arrived; empty when nothing has. A device that speaks in packets gives one packet.
    func read() throws(PortError) -> [UInt8]
    /// Takes what the device takes now and returns how many bytes that were.
    func write(_ bytes: ArraySlice<UInt8>) throws(PortError) -> Int
    /// What the device says its packets look like (a HID report descriptor), where it has that.
    var reportDescriptor: [UInt8]? { get }
    /// Another line speed, where there is a line.
    func setBaud(_ baud: Int) throws(PortError)
    /// Packets or bytes lost because nobody read in time.
    var overruns: UInt64 { get }
}

extension Port {
    public var reportDescriptor: [UInt8]? { nil }
    public var overruns: UInt64 { 0 }
    public func setBaud(_ baud: Int) throws(PortError) {}
}

/// Why a port cannot be used. The case tells what to try; the text names the place.
public enum PortError: Error, Equatable, Sendable {
    /// Nothing there (yet).
    case missing(String)
    case denied(String)
    /// It was there and went away.
    case gone(String)
    /// Another program has it; the text says who, where that can be known.
    case held(String)
    case failed(String)

    /// Stable name of the state, for pages and metrics.
    public var state: String {
        switch self {
        case .missing: "missing"
        case .denied: "denied"
        case .gone: "gone"
        case .held: "held"
        case .failed: "failed"
        }
    }

    public var text: String {
        switch self {
        case .missing(let text), .denied(let text), .gone(let text), .held(let text), .failed(let text): text
        }
    }
}
