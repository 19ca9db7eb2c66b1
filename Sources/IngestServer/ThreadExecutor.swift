import Glibc
import Model
import NIOCore
import NIOPosix
import Platform

/// Runs an actor on a thread of its own, NIO's loop: a commit that waits for the disk must not hold up the cooperative pool. What waits
/// lies in the loop's own ring; a queue of libdispatch keeps a crumb of memory for each hop, wherever there was room when it came.
final class ThreadExecutor: SerialExecutor {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let loop: any EventLoop

    /// One that `yields` leaves the processor to others first.
    init(yields: Bool = false) {
        loop = group.next()
        // Of a thread, where POSIX says of a process (setpriority(2), "C library/kernel differences").
        guard yields else { return }
        loop.execute { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, ThreadExecutor.niceness) }
    }

    private static let niceness: Int32 = 5

    // Its own thread may be the one that lets go of it last.
    deinit { group.shutdownGracefully { [group] _ in _ = group } }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    /// Runs something for an actor of this executor, without the detour of a task.
    func run(_ body: @escaping @Sendable () -> Void) { loop.execute(body) }

    func run(after pause: Duration, _ body: @escaping @Sendable () -> Void) {
        loop.scheduleTask(in: .nanoseconds(Int64(clamping: pause.nanoseconds)), body)
    }

    /// The same, and returns when it is done; never from its own thread. By a lock: NIO's own wait may be called from no loop at all.
    func wait(_ body: @escaping @Sendable () -> Void) {
        precondition(!loop.inEventLoop, "an executor that waits for itself")
        let isDone = Locked(false)
        loop.execute {
            body()
            isDone.change { $0 = true }
        }
        isDone.wait { $0 ? () : nil }
    }

    func checkIsolated() { loop.preconditionInEventLoop() }
}
