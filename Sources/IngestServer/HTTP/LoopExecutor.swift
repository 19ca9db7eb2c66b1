import NIOCore
import NIOPosix

/// Runs a task of one connection on the loop of its channel: what the channel brings goes on where it is, without a switch of threads for
/// each message. For what never blocks.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// Runs what takes time, requests and what programs are told, on threads of its own, that no line waits for it. Not on libdispatch's: its
/// threads keep a piece of memory of each task that ran there, wherever it lay among that of the lines.
final class WorkExecutor: TaskExecutor {
    static let shared = WorkExecutor()
    /// Never shut down: jobs may be on their way until the process ends.
    private let pool = NIOThreadPool(numberOfThreads: max(2, System.coreCount))

    private init() { pool.start() }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pool.submit { _ in job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
