import Dispatch
import Model

/// Runs an actor on a thread of its own queue: a commit that waits for the disk must not hold up the cooperative pool.
final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    /// `qos` below the default leaves the processor to others first (on Linux by nice values).
    init(_ label: String, qos: DispatchQoS = .default) { queue = DispatchQueue(label: label, qos: qos) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    /// Runs something for an actor of this executor, without the detour of a task.
    func run(_ body: @escaping @Sendable () -> Void) { queue.async(execute: body) }

    func run(after pause: Duration, _ body: @escaping @Sendable () -> Void) {
        queue.asyncAfter(deadline: .now() + .nanoseconds(Int(clamping: pause.nanoseconds)), execute: body)
    }

    /// The same, and returns when it is done; never from the queue itself.
    func wait(_ body: @Sendable () -> Void) { queue.sync(execute: body) }

    func checkIsolated() { dispatchPrecondition(condition: .onQueue(queue)) }
}
