public import Logging
public import Model

/// What goes wrong and comes right again, as a value: news is what begins and what ends, and of what strangers can cause as often as they like
/// one a minute.
public struct TroubleBook: Sendable {
    /// Troubles remembered: invented names must not grow it. Beyond it none is news,
    /// or said.
    static let limit = 2000
    static let pause: Duration = .seconds(60)

    private var running: [String: Instant] = [:]
    private var repeated: [String: (said: Instant, kept: UInt64)] = [:]
    private var cleaned = Instant.zero

    public init() {}

    /// True when it is news.
    public mutating func begin(_ trouble: String, at now: Instant) -> Bool {
        guard running[trouble] == nil, running.count < TroubleBook.limit else { return false }
        running[trouble] = now
        return true
    }

    /// How long it took; nil when there was none.
    public mutating func end(_ trouble: String, at now: Instant) -> Duration? {
        running.removeValue(forKey: trouble).map { now - $0 }
    }

    /// How many were not said since the last one; nil where this one is not said, either.
    public mutating func again(_ trouble: String, at now: Instant) -> UInt64? {
        if let last = repeated[trouble], now - last.said < TroubleBook.pause {
            repeated[trouble] = (last.said, last.kept + 1)
            return nil
        }
        if repeated[trouble] == nil, repeated.count >= TroubleBook.limit {
            // Not for each of the names beyond.
            guard now - cleaned >= .seconds(1) else { return nil }
            cleaned = now
            repeated = repeated.filter { now - $0.value.said < TroubleBook.pause }
            guard repeated.count < TroubleBook.limit else { return nil }
        }
        let kept = repeated[trouble]?.kept ?? 0
        repeated[trouble] = (now, 0)
        return kept
    }
}

/// Troubles in the log: a line when one begins, and one with its length when it ends. Its messages are names of events
/// (docs/reference/logs.md).
public final class Troubles: Sendable {
    private let logger: Logger
    private let book = Locked(TroubleBook())

    public init(_ logger: Logger) { self.logger = logger }

    /// `subject`: whose, where there may be several at once.
    public func begins(
        _ message: String, of subject: String = "", _ level: Logger.Level = .warning, _ fields: Logger.Metadata = [:]
    ) {
        guard book.with({ $0.begin("\(message)/\(subject)", at: Clocks.now) }) else { return }
        logger.log(level: level, "\(message)", metadata: fields)
    }

    /// True when there was one. `as`: what is so again.
    @discardableResult
    public func ends(
        _ message: String, of subject: String = "", as words: String, _ fields: Logger.Metadata = [:]
    ) -> Bool {
        guard let length = book.with({ $0.end("\(message)/\(subject)", at: Clocks.now) }) else { return false }
        let seconds = "\(length.milliseconds / 1000)"
        logger.notice("\(words)", metadata: fields.merging(["seconds": "\(seconds)"]) { $1 })
        return true
    }

    /// What has no end, and which strangers can cause as often as they like.
    public func again(
        _ message: String, of subject: String = "", _ level: Logger.Level = .warning, _ fields: Logger.Metadata = [:]
    ) {
        guard let others = book.with({ $0.again("\(message)/\(subject)", at: Clocks.now) }) else { return }
        let more: Logger.Metadata = others == 0 ? [:] : ["others": "\(others)"]
        logger.log(level: level, "\(message)", metadata: fields.merging(more) { $1 })
    }
}
