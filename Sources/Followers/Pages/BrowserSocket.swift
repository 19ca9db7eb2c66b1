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
        var reader: CheckedContinuation<Void, Never>?
    }
    private let ended = Atomic<UInt8>(0)
    /// Ends the connection itself: its writer may be waiting for a browser that will never read.
    private let cut: @Sendable () -> Void

    public init(
        id: UInt64, person: Int64, sight: Person? = nil, label: String, session: String, budget: SocketBudget,
        cut: @escaping @Sendable () -> Void
    ) {
        self.id = id
        self.person = person
        self.sight = sight
        self.label = label
        self.session = session
        self.budget = budget
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
            queue.reader?.resume()
            queue.reader = nil
            return true
        }
        guard isTaken == false, !slow.exchange(true, ordering: .relaxed) else { return }
        close()
        cut()
    }

    /// Everything that waits, for one reader; nil when it is over. Whoever took it says when it is `written`.
    public func next() async -> [[UInt8]]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.withLock { queue in
                    if queue.messages.isEmpty, !queue.isFinished {
                        queue.reader = continuation
                    } else {
                        continuation.resume()
                    }
                }
            }
        } onCancel: {
            close()
        }
        return queue.withLock { queue in
            defer { queue.messages = [] }
            return queue.messages.isEmpty ? nil : queue.messages
        }
    }

    /// So many bytes of what was taken are with the line.
    public func written(_ count: Int) {
        queue.withLock { $0.bytes -= count }
        budget.give(count)
    }

    /// No more is taken; what waits is still given out.
    public func close() {
        queue.withLock { queue in
            queue.isFinished = true
            queue.reader?.resume()
            queue.reader = nil
        }
    }
}
