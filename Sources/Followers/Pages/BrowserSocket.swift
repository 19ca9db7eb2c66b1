import Synchronization

/// Bytes that wait for browsers, of all of them together.
public final class SocketBudget: Sendable {
    let limit: Int
    private let used = Atomic<Int>(0)

    public init(limit: Int) { self.limit = limit }

    public var bytes: Int { used.load(ordering: .relaxed) }

    func take(_ count: Int) -> Bool {
        guard used.wrappingAdd(count, ordering: .relaxed).newValue > limit else { return true }
        give(count)
        return false
    }

    func give(_ count: Int) { used.wrappingSubtract(count, ordering: .relaxed) }
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
    /// Which browser it is, in words a technician can act on.
    public let label: String
    /// Digest of the session that opened it.
    public let session: String
    public let stream: AsyncStream<[UInt8]>
    private let continuation: AsyncStream<[UInt8]>.Continuation
    private let budget: SocketBudget
    private let waiting = Atomic<Int>(0)
    private let slow = Atomic(false)
    private let ended = Atomic<UInt8>(0)
    /// Ends the connection itself: its writer may be waiting for a browser that will never read.
    private let cut: @Sendable () -> Void

    public init(
        id: UInt64, person: Int64, label: String, session: String, budget: SocketBudget,
        cut: @escaping @Sendable () -> Void
    ) {
        self.id = id
        self.person = person
        self.label = label
        self.session = session
        self.budget = budget
        self.cut = cut
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
    }

    deinit { budget.give(waiting.load(ordering: .relaxed)) }

    /// Its session has ended: it must not come back by itself.
    public var isSignedOut: Bool { ended.load(ordering: .relaxed) == 1 }

    public func signOut() {
        ended.store(1, ordering: .relaxed)
        continuation.finish()
    }

    public var isSlow: Bool { slow.load(ordering: .relaxed) }

    public func send(_ message: [UInt8]) {
        guard !isSlow else { return }
        let count = message.count
        guard waiting.load(ordering: .relaxed) + count <= BrowserSocket.limit, budget.take(count) else {
            guard !slow.exchange(true, ordering: .relaxed) else { return }
            continuation.finish()
            return cut()
        }
        waiting.wrappingAdd(count, ordering: .relaxed)
        if case .terminated = continuation.yield(message) { written(count) }
    }

    /// The writer has handed so many bytes of `stream` to the line.
    public func written(_ count: Int) {
        waiting.wrappingSubtract(count, ordering: .relaxed)
        budget.give(count)
    }

    public func close() { continuation.finish() }
}
