import Platform
import ServiceLifecycle

/// Wakes a service that reads what was committed: at each commit, many in one, and now and then for what has become due by itself, or was
/// written by another process.
struct Bell: Sendable {
    /// Between two turns: hundreds of commits a second are few looks.
    static let pause = Duration.milliseconds(50)

    private let rings: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation

    init(_ writer: Writer? = nil) {
        (rings, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        writer?.onCommit { [bell] in if case .terminated = bell.yield() { false } else { true } }
    }

    func ring() { bell.yield() }

    /// A turn for each ring, until the process is to end. What one throws is `failed`'s to say; after it nothing is done for `rest`.
    func follow(
        every period: Duration = .seconds(1), rest: Duration = .zero,
        _ failed: @escaping @Sendable (any Error) async -> Void, _ turn: @escaping @Sendable () async throws -> Void
    ) async {
        let (rings, bell) = (rings, bell)
        await cancelWhenGracefulShutdown {
            let clock = Task {
                while !Task.isCancelled {
                    bell.yield()
                    try? await Task.sleep(for: period)
                }
            }
            defer {
                clock.cancel()
                // Nobody is woken for one that was replaced.
                bell.finish()
            }
            for await _ in rings {
                do {
                    try await turn()
                    try? await Task.sleep(for: Bell.pause)
                } catch {
                    await failed(error)
                    try? await Task.sleep(for: rest)
                }
            }
        }
    }
}
