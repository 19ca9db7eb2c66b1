public import Depot
import Synchronization

/// Bytes that wait for browsers, or for programs, of all of them together.
public final class SocketBudget: Sendable {
    let limit: Int
    private let used = Atomic<Int>(0)

    public init(limit: Int) { self.limit = limit }

    public var bytes: Int { used.load(ordering: .relaxed) }

    public func take(_ count: Int) -> Bool {
        guard used.wrappingAdd(count, ordering: .relaxed).newValue > limit else { return true }
        give(count)
        return false
    }

    public func give(_ count: Int) { used.wrappingSubtract(count, ordering: .relaxed) }
}

/// One open browser connection, as the hub sees it. A message is the same bytes for all who get it; what waits is counted for
/// each, and one that does not read is cut and told to come back: it replays the present, not the past.
public final class BrowserSocket: Sendable {
    /// Bytes that wait for one browser at most.
    public static let limit = 1 << 20
    /// Bytes that wait for all browsers together at most.
    public static let totalLimit = 64 << 20

    public let id: UInt64
    public let person: Int64
    /// Whose rights and scope decide what is told; nil: all of it. They change with a new session alone.
    public let sight: Person?
    /// Which browser it is, in words a technician can act on.
    public let label: String
    /// Digest of the session that opened it.
    public let session: String
    private let budget: SocketBudget
    private let queue = Mutex(Queue())
    private let slow = Atomic(false)

    private struct Queue {
        var messages: [[UInt8]] = []
        /// Of what waits and of what was taken and is not written yet.
        var bytes = 0
        var isFinished = false
        /// The writer was woken and did not see the queue empty since.
        var isAwake = false
    }
    /// What a writer finds.
    public enum Next {
        /// Everything that waits, at least one. Whoever took it says when it is `written`, and takes again.
        case messages([[UInt8]])
        /// It is woken when there is more.
        case nothing
        case over
    }
    private let ended = Atomic<UInt8>(0)
    /// Once, when there is something for a writer that found nothing, and once more when it is over.
    private let wake: @Sendable (BrowserSocket) -> Void
    /// Ends the connection itself, soon: its writer may be waiting for a browser that will never read.
    private let cut: @Sendable () -> Void

    public init(
        id: UInt64, person: Int64, sight: Person? = nil, label: String, session: String, budget: SocketBudget,
        wake: @escaping @Sendable (BrowserSocket) -> Void = { _ in }, cut: @escaping @Sendable () -> Void
    ) {
        self.id = id
        self.person = person
        self.sight = sight
        self.label = label
        self.session = session
        self.budget = budget
        self.wake = wake
        self.cut = cut
    }

    deinit { budget.give(queue.withLock { $0.bytes }) }

    /// Its session has ended: it must not come back by itself.
    public var isSignedOut: Bool { ended.load(ordering: .relaxed) == 1 }

    public func signOut() {
        ended.store(1, ordering: .relaxed)
        close()
    }

    public var isSlow: Bool { slow.load(ordering: .relaxed) }

    func sees(_ message: PageMessage) -> Bool { sight?.sees(message) ?? true }

    public func send(_ message: [UInt8]) {
        let count = message.count
        let isTaken = queue.withLock { queue -> Bool? in
            guard !queue.isFinished else { return nil }
            guard queue.bytes + count <= BrowserSocket.limit, budget.take(count) else { return false }
            queue.bytes += count
            queue.messages.append(message)
            return true
        }
        switch isTaken {
        case true?: wakeIfAsleep()
        case false?:
            slow.store(true, ordering: .relaxed)
            close()
        case nil: break
        }
    }

    /// For the one writer.
    public func next() -> Next {
        queue.withLock { queue in
            defer { queue.messages = [] }
            if !queue.messages.isEmpty { return .messages(queue.messages) }
            queue.isAwake = queue.isFinished
            return queue.isFinished ? .over : .nothing
        }
    }

    /// So many bytes of what was taken are with the line.
    public func written(_ count: Int) {
        queue.withLock { $0.bytes -= count }
        budget.give(count)
    }

    /// No more is taken; what waits is still given out, if the browser reads it soon.
    public func close() {
        let isFirst = queue.withLock { queue in
            defer { queue.isFinished = true }
            return !queue.isFinished
        }
        guard isFirst else { return }
        wakeIfAsleep()
        cut()
    }

    private func wakeIfAsleep() {
        let isAsleep = queue.withLock { queue in
            defer { queue.isAwake = true }
            return !queue.isAwake
        }
        if isAsleep { wake(self) }
    }
}
