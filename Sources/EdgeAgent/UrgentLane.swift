import Model

/// Call events and command results on their way: few, short-lived, the newest state of each call only. A value.
struct UrgentLane: Sendable {
    enum Subject: Hashable, Sendable {
        case call(String)
        case command(String)
    }

    struct Message: Sendable {
        var seq: UInt64
        var subject: Subject
        var type: String
        var data: JSON
        var created: Instant
        var expires: Instant
        var sentAt: Instant?
    }

    /// Messages that wait at most; the oldest goes first, its journal copy remains.
    static let limit = 256
    static let retry: Duration = .seconds(1)
    /// Seconds a state of a call is worth showing (contracts §7).
    static func life(of state: CallSnapshot.State) -> Duration {
        state == .ringing || state == .offered || state == .queued ? .seconds(30) : .seconds(10)
    }

    private(set) var messages: [Message] = []
    private var next: UInt64
    private(set) var expired: UInt64 = 0
    private(set) var delivered: UInt64 = 0

    init(next: UInt64) { self.next = next }

    var extent: Hello.Extent { .init(lowest: messages.first?.seq ?? next, highest: next - 1) }

    mutating func post(_ subject: Subject, type: String, data: JSON, life: Duration, at now: Instant) {
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
    mutating func due(at now: Instant) -> [(message: Message, ttl: UInt32)] {
        expire(at: now)
        return messages.filter { $0.sentAt.map { now >= $0 + UrgentLane.retry } ?? true }.map {
            ($0, UInt32(clamping: max(1, ($0.expires - now).milliseconds / 1000)))
        }
    }

    /// Drops what has grown stale.
    mutating func expire(at now: Instant) {
        let before = messages.count
        messages.removeAll { now >= $0.expires }
        expired += UInt64(before - messages.count)
    }

    /// When the first message grows stale.
    var expiry: Instant? { messages.map(\.expires).min() }

    mutating func sent(_ seq: UInt64, at now: Instant) {
        guard let index = messages.firstIndex(where: { $0.seq == seq }) else { return }
        messages[index].sentAt = now
    }

    mutating func disconnected() { for index in messages.indices { messages[index].sentAt = nil } }

    mutating func acknowledged(_ ack: Ack) {
        let before = messages.count
        messages.removeAll { message in ack.selective.contains { $0.contains(message.seq) } }
        delivered += UInt64(before - messages.count)
    }

    var deadline: Instant? {
        messages.map { min($0.expires, $0.sentAt.map { $0 + UrgentLane.retry } ?? $0.created) }.min()
    }
}
