/// Why work was not taken.
public enum WorkRefusal: Error, Equatable, Sendable {
    /// As much waits as may: later.
    case full
    /// The system has no thread to give: later.
    case noThread
}

/// A few named threads for short work that blocks, and a queue with a limit: what strangers or many people may ask for at
/// once must not become a thread for each.
///
/// Threads start with the first work and end with the object; what waits then is still done.
public final class WorkThreads: Sendable {
    private struct State {
        var waiting: [(source: String, body: @Sendable () -> Void)] = []
        var started = 0
        var busy = 0
        var isClosed = false
    }

    private enum Next {
        case work(@Sendable () -> Void)
        case end
    }

    private let name: String
    private let count: Int
    private let limit: Int
    private let state = Locked(State())

    /// `name` is at most 15 bytes. `waiting` may wait besides what is being done; half of it from one source.
    public init(_ name: String, threads: Int = 1, waiting: Int) {
        (self.name, count, limit) = (name, max(1, threads), max(1, waiting))
    }

    deinit { state.change { $0.isClosed = true } }

    /// Runs `body` in its turn and returns what it gives. `source` is who asks, where one must not fill the queue for others.
    public func run<T: Sendable>(
        from source: String = "", _ body: @escaping @Sendable () -> T
    ) async throws(WorkRefusal) -> T {
        let result: Result<T, WorkRefusal> = await withCheckedContinuation { continuation in
            let refusal = submit(from: source) { continuation.resume(returning: .success(body())) }
            if let refusal { continuation.resume(returning: .failure(refusal)) }
        }
        return try result.get()
    }

    /// Nil when it was taken.
    public func submit(from source: String = "", _ body: @escaping @Sendable () -> Void) -> WorkRefusal? {
        state.change { inside -> WorkRefusal? in
            let own = source.isEmpty ? 0 : inside.waiting.count { $0.source == source }
            guard inside.waiting.count < limit, own < max(1, limit / 2) else { return .full }
            if inside.busy + inside.waiting.count >= inside.started, inside.started < count {
                if startThread(name, { [state] in WorkThreads.serve(state) }) {
                    inside.started += 1
                } else if inside.started == 0 {
                    return .noThread
                }
            }
            inside.waiting.append((source, body))
            return nil
        }
    }

    private static func serve(_ state: Locked<State>) {
        while case .work(let body)? = next(state) {
            body()
            state.with { $0.busy -= 1 }
        }
    }

    private static func next(_ state: Locked<State>) -> Next? {
        state.wait { inside -> Next? in
            if !inside.waiting.isEmpty {
                inside.busy += 1
                return .work(inside.waiting.removeFirst().body)
            }
            return inside.isClosed ? .end : nil
        }
    }
}
