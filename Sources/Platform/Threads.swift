internal import CPlatform
import Glibc

/// Runs `body` on a thread of its own and returns when it has ended. For loops around C calls that may wait, which
/// must never sit on the cooperative pool. `name` is at most 15 bytes (pthread_setname_np).
///
/// Where the system has no thread to give it asks again each second. Once the task is cancelled `body` runs where it is: it was
/// told to stop, and must hear it.
public func onOwnThread<T: Sendable>(_ name: String, _ body: @escaping @Sendable () -> T) async -> T {
    while !Task.isCancelled {
        let result: T? = await withCheckedContinuation { continuation in
            let isStarted = startThread(name) { continuation.resume(returning: .some(body())) }
            if !isStarted { continuation.resume(returning: .none) }
        }
        if let result { return result }
        try? await Task.sleep(for: .seconds(1))
    }
    return body()
}

/// Leaves the processor to other threads of this machine first: for work that may wait a moment. Without effect where that
/// is not allowed.
public func standBack() { _ = setpriority(.init(PRIO_PROCESS.rawValue), 0, 5) }

/// Starts a detached thread. False when the system has none to give (a limit of tasks or of memory): then `body` never runs.
@discardableResult
public func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
    final class Box: Sendable {
        let name: String
        let body: @Sendable () -> Void
        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 512 * 1024)
    let box = Unmanaged.passRetained(Box(name, body))
    let code = pthread_create(
        &thread, &attributes,
        { raw in
            let box = Unmanaged<Box>.fromOpaque(raw!).takeRetainedValue()
            cplatform_name_thread(box.name)
            box.body()
            return nil
        }, box.toOpaque())
    pthread_attr_destroy(&attributes)
    // Nobody else will take it.
    if code != 0 { box.release() }
    return code == 0
}

/// Waits for the first of several descriptors, or for the deadline. Returns the events seen, in the order given.
public func waitFor(_ descriptors: [(Int32, Int16)], milliseconds: Int32) -> [Int16] {
    var items = descriptors.map { pollfd(fd: $0.0, events: $0.1, revents: 0) }
    let count = poll(&items, nfds_t(items.count), milliseconds)
    return count > 0 ? items.map(\.revents) : items.map { _ in 0 }
}
