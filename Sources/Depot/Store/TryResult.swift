/// What became of one try to hand over a message that waits: to a webhook, or by somebody's channel.
public struct TryResult: Equatable, Sendable {
    public enum Fate: Equatable, Sendable {
        case taken
        /// It wants nothing more, or is not there any more.
        case gone
        /// Tried again then, in Unix milliseconds.
        case later(due: Int64)
        /// It was the last try.
        case never
    }

    public var fate: Fate
    public var sentence: String
    /// Of HTTP; nil: no answer, or another protocol.
    public var status: Int64?
    public var milliseconds: Int64
    /// Until when nothing else is tried there, in Unix milliseconds.
    public var rest: Int64

    public init(_ fate: Fate, _ sentence: String, status: Int64? = nil, milliseconds: Int64 = 0, rest: Int64 = 0) {
        (self.fate, self.sentence, self.status) = (fate, sentence, status)
        (self.milliseconds, self.rest) = (milliseconds, rest)
    }
}
