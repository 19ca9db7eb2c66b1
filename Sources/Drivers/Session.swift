public import Model

/// Our side of one conversation with a device: a value. Bytes and time come in; bytes, observations and a deadline go
/// out. It never waits and never traps; any bytes in any pieces give a reaction, and cutting them differently changes
/// nothing but where noise is counted.
public protocol Session {
    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction
}

public enum Stimulus: Equatable, Sendable {
    /// What the device says its packets look like (a HID report descriptor); before `opened`, where there is one.
    case descriptor([UInt8])
    /// The port is open.
    case opened
    /// A piece of the stream; from a device that speaks in packets, exactly one packet.
    case bytes([UInt8])
    /// The deadline that the last reaction asked for has come.
    case tick
    case command(Command)
    /// A command that a former run of the process had begun; its end is not known.
    case recall(Command)
    /// So many scans of this device are safe now: it may beep or light up, where the site wants that.
    case accepted(Int)
    /// The port is about to be closed in good order: last chance to say goodbye.
    case closing
    /// The port is gone.
    case closed
}

/// What a session wants done.
public struct Reaction: Equatable, Sendable {
    /// To the device, in order.
    public var send: [UInt8] = []
    public var observations: [Observation] = []
    /// Bytes that belong to no frame.
    public var noise = 0
    /// When to call with `.tick` at the latest; replaces any earlier one, nil means never.
    public var deadline: Instant?
    /// The state of the conversation, when it changed.
    public var condition: Condition?
    /// With `ready`: what is worth knowing though it works.
    public var remark: String?
    /// Calls that the exchange has counted so far, as far as can be known; kept on disk for the next run (`SessionSettings.Past`).
    public var counted: Int?
    /// The session cannot go on: close the port and open it again after at least this long.
    public var restart: Duration?
    /// After `closing`: the device owes an answer, for which the port stays open until then at the latest; nil closes at once.
    public var lingers: Instant?

    public init() {}
}

/// How a device stands, beyond its port being open.
public enum Condition: Equatable, Sendable {
    case starting
    /// It answers and does its work.
    case ready
    /// It is there and does not work; the text says why and what to do.
    case failing(code: String, text: String)

    /// Code of a reader that does not transmit because nobody said where it is.
    public static let noCountry = "no-country"
}
