public import Model

/// Call events and command results on their way: few, short-lived, the newest state of each call only. A value.
public struct UrgentLane: Sendable {
    public enum Subject: Hashable, Sendable {
        case call(String)
        case command(String)
        /// A read of a tag that somebody looks for, by reader and tag.
        case found(String)
    }

    public struct Message: Sendable {
        public var seq: UInt64
        public var subject: Subject
        public var type: String
        public var data: JSON
        public var created: Instant
        public var expires: Instant
        public var sentAt: Instant?
    }

    /// Messages that wait at most; the oldest goes first, its journal copy remains.
    public static let limit = 256
    public static let retry: Duration = .seconds(1)
    /// Seconds a state of a call is worth showing (docs/explanation/delivery.md).
    public static func life(of state: CallSnapshot.State) -> Duration {
        state == .ringing || state == .offered || state == .queued ? .seconds(30) : .seconds(10)
    }

    public private(set) var messages: [Message] = []
    private var next: UInt64
    public private(set) var expired: UInt64 = 0
    public private(set) var delivered: UInt64 = 0

    public init(next: UInt64) { self.next = next }

    public var extent: Hello.Extent { .init(lowest: messages.first?.seq ?? next, highest: next - 1) }

    public mutating func post(_ subject: Subject, type: String, data: JSON, life: Duration, at now: Instant) {
        // A newer state replaces an older one that waits; one on its way is overtaken by its higher revision.
        messages.removeAll { $0.subject == subject }
        if messages.count >= UrgentLane.limit {
            messages.removeFirst()
            expired += 1
        }
        messages.append(
            Message(seq: next, subject: subject, type: type, data: data, created: now, expires: now + life))
        next += 1
    }

    /// What to send now, with the seconds it may still live.
    public mutating func due(at now: Instant) -> [(message: Message, ttl: UInt32)] {
        expire(at: now)
        return messages.filter { $0.sentAt.map { now >= $0 + UrgentLane.retry } ?? true }.map {
            ($0, UInt32(clamping: max(1, ($0.expires - now).milliseconds / 1000)))
        }
    }

    /// Drops what has grown stale.
    public mutating func expire(at now: Instant) {
        let before = messages.count
        messages.removeAll { now >= $0.expires }
        expired += UInt64(before - messages.count)
    }

    /// When the first message grows stale.
    public var expiry: Instant? { messages.map(\.expires).min() }

    public mutating func sent(_ seq: UInt64, at now: Instant) {
        guard let index = messages.firstIndex(where: { $0.seq == seq }) else { return }
        messages[index].sentAt = now
    }

    public mutating func disconnected() { for index in messages.indices { messages[index].sentAt = nil } }

    public mutating func acknowledged(_ ack: Ack) {
        let before = messages.count
        messages.removeAll { message in ack.selective.contains { $0.contains(message.seq) } }
        delivered += UInt64(before - messages.count)
    }

    public var deadline: Instant? {
        messages.map { min($0.expires, $0.sentAt.map { $0 + UrgentLane.retry } ?? $0.created) }.min()
    }
}
