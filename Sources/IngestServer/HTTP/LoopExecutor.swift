import NIOCore

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
