import Logging
import Platform
import ServiceLifecycle

/// A service that another of its kind takes the place of when its settings change; the others go on. The next one begins when the former has
/// ended, so that what it had under way is done once.
struct Replaceable: Service {
    private let make: @Sendable (IngestConfiguration) throws -> (any Service)?
    /// The one of the start is there from the start on: what is asked for it meanwhile is not told that there is none.
    private let first: Result<(any Service)?, any Error>
    private let orders: AsyncStream<IngestConfiguration>
    private let order: AsyncStream<IngestConfiguration>.Continuation
    private let logger: Logger

    /// `make` gives nil where the configuration wants none.
    init(
        _ first: IngestConfiguration, logger: Logger,
        make: @escaping @Sendable (IngestConfiguration) throws -> (any Service)?
    ) {
        (self.first, self.logger, self.make) = (Result { try make(first) }, logger, make)
        // Of several only the last matters.
        (orders, order) = AsyncStream.makeStream(of: IngestConfiguration.self, bufferingPolicy: .bufferingNewest(1))
    }

    func replace(_ configuration: IngestConfiguration) { order.yield(configuration) }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var running = begin { try first.get() }
            for await configuration in orders {
                running.cancel()
                await running.value
                running = begin { try make(configuration) }
            }
            running.cancel()
            await running.value
        }
    }

    private func begin(_ make: @escaping @Sendable () throws -> (any Service)?) -> Task<Void, Never> {
        Task {
            do { try await make()?.run() } catch {
                logger.error("a part of the configuration does not start", metadata: ["reason": "\(error)"])
            }
        }
    }
}
