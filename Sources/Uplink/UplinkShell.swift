public import Model

/// What a conversation needs of the process around it: a clock, the buffer and two connections. An agent has them of the
/// system, the simulated world has models of them; the conversation is the same.
public protocol UplinkShell {
    var now: Instant { get }
    /// Unix milliseconds, by this machine's clock.
    var wall: Int64 { get }
    var buffer: Outbox.Status { get }
    /// Something urgent has come in, or this turn has taken long enough: the frames that are left wait for the next one.
    var isPressed: Bool { get }

    /// False when the connection takes nothing now.
    mutating func publish(_ message: Conversation.Message) -> Bool
    /// Comes back when it is done.
    mutating func perform(_ step: Conversation.Step)

    /// The frame that begins at `first`, at most `count` rows of it; nil when that row is gone or not there yet.
    mutating func frame(epoch: UInt64, from first: UInt64, count: Int) -> Frame?
    /// Boots and former epochs are read again.
    mutating func refresh()
    /// True unless the buffer says that another boot wrote the row of that number.
    func wrote(_ boot: Boot, seq: UInt64) -> Bool
}
