/// Why something was not saved. The person at the reader must be told.
public enum OutboxError: Error, Equatable, Sendable {
    /// The disk or the byte budget is full.
    case full
    /// Nearly full: what is left is for deliveries.
    case reserved
    /// The disk answers with errors, or the file became read-only.
    case broken(String)
    /// The process is ending.
    case closed

    public var code: String {
        switch self {
        case .full: "outbox-full"
        case .reserved: "outbox-reserved"
        case .broken: "outbox-broken"
        case .closed: "outbox-closed"
        }
    }

    public var text: String {
        switch self {
        case .full: "not saved: the buffer is full; restore the link to the centre or give the agent more disk"
        case .reserved:
            "not saved: the buffer is nearly full and keeps what is left for deliveries; restore the link to the centre"
        case .broken(let reason): "not saved: the disk fails (\(reason))"
        case .closed: "not saved: the agent is stopping"
        }
    }
}
