/// Why something was not saved. The person at the reader must be told.
public enum OutboxError: Error, Equatable, Sendable {
    /// The buffer has used up its budget.
    case full
    /// The disk has no room, whoever took it.
    case diskFull
    /// Nearly full: what is left is for deliveries.
    case reserved
    /// The disk answers with errors, or the file became read-only.
    case broken(String)
    /// The process is ending.
    case closed

    public var code: String {
        switch self {
        case .full: "outbox-full"
        case .diskFull: "disk-full"
        case .reserved: "outbox-reserved"
        case .broken: "outbox-broken"
        case .closed: "outbox-closed"
        }
    }

    /// What is wrong, and what to do.
    public var text: String {
        switch self {
        case .full:
            "not saved: the buffer is full; restore the link to the centre or give the agent more room (budget-mib)"
        case .diskFull: "not saved: the disk is full; make room on it"
        case .reserved:
            "not saved: the buffer is nearly full and keeps what is left for deliveries; restore the link to the centre"
        case .broken(let reason):
            "not saved: the disk fails (\(reason)); look at its mount and its cable, or replace it"
        case .closed: "not saved: the agent is stopping"
        }
    }

    /// No room, be it the budget's or the disk's.
    public var isFull: Bool { self == .full || self == .diskFull }
}
