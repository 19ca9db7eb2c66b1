import Logging
import Platform
import ServiceLifecycle

/// A service that another of its kind takes the place of when its settings change; the others go on. The next one begins when the former has
/// ended, so that what it had under way is done once.
struct Replaceable: Service {
    private let make: @Sendable (IngestConfiguration) throws -> (any Service)?
    /// The one of the start is there from the start on, so that what is asked for it meanwhile is not told that there is none; and not kept
    /// when another one has its place.
    private let first: Locked<(any Service)?>
    private let start: IngestConfiguration
    /// Between two tries of one that does not start.
    private static let pause: Duration = .seconds(10)
    private let orders: AsyncStream<IngestConfiguration>
    private let order: AsyncStream<IngestConfiguration>.Continuation
    private let logger: Logger

    /// `make` gives nil where the configuration wants none.
    init(
        _ first: IngestConfiguration, logger: Logger,
        make: @escaping @Sendable (IngestConfiguration) throws -> (any Service)?
    ) {
        (start, self.logger, self.make) = (first, logger, make)
        do { self.first = Locked(try make(first)) } catch {
            self.first = Locked(nil)
            Replaceable.tell(error, logger)
        }
        // Of several only the last matters.
        (orders, order) = AsyncStream.makeStream(of: IngestConfiguration.self, bufferingPolicy: .bufferingNewest(1))
    }

    func replace(_ configuration: IngestConfiguration) { order.yield(configuration) }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var running = begin(start, first.take())
            for await configuration in orders {
                running.cancel()
                await running.value
                running = begin(configuration)
            }
            running.cancel()
            await running.value
        }
    }

    /// One that does not start, or ends by itself with an error, is tried again.
    private func begin(_ configuration: IngestConfiguration, _ made: (any Service)? = nil) -> Task<Void, Never> {
        Task {
            var service = made
            while !Task.isCancelled {
                do {
                    if service == nil { service = try make(configuration) }
                    try await service?.run()
                    return
                } catch {
                    Replaceable.tell(error, logger)
                    service = nil
                    try? await Task.sleep(for: Replaceable.pause)
                }
            }
        }
    }

    private static func tell(_ error: any Error, _ logger: Logger) {
        logger.error("a part of the configuration does not start", metadata: ["reason": "\(error)"])
    }
}

extension Locked {
    /// What was there; then nothing is.
    fileprivate func take<T>() -> T? where Value == T? {
        with { value in
            defer { value = nil }
            return value
        }
    }
}
