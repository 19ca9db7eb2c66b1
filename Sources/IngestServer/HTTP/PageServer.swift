import Glibc
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix
import Platform
import ServiceLifecycle

/// Serves one port, on a socket of its own or on one that was given: Hummingbird's `Server` binds by address alone.
struct PageServer<Child: ServerChildChannel>: Service {
    /// Connections that wait to be taken, also while the centre is replaced; the kernel's net.core.somaxconn may be less.
    private static var backlog: Int32 { 1024 }
    /// Who was taken just before the end has said nothing yet and would be cut: the others wait on the kept socket meanwhile.
    private static var lastWord: Duration { .milliseconds(200) }

    let child: Child
    let place: GivenSockets.Place
    let logger: Logger
    let onRunning: @Sendable (any Channel) async -> Void

    func run() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let quiescing = ServerQuiescingHelper(group: group)
        let bootstrap = ServerBootstrap(group: group)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // Each line keeps one: a request mostly fits, and what a browser says later does.
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 1024, maximum: 65_536)
            )
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(quiescing.makeServerChannelHandler(channel: channel))
                }
            }
        let (child, logger) = (child, logger)
        let socket = try place.given ?? GivenSockets.listen(on: place.address, port: place.port)
        let server = try await bootstrap.bind(socket) { child.setup(channel: $0, logger: logger) }
        // NIO has asked for 128.
        Glibc.listen(socket, PageServer.backlog)
        if place.given == nil { Supervisor.keep(socket, named: place.role.kept) }
        let over = server.channel.eventLoop.makePromise(of: Void.self)
        await withGracefulShutdownHandler {
            await onRunning(server.channel)
            // Taken on the loop where they come from, as their own tasks are: nothing is kept of how each came.
            await withTaskExecutorPreference(LoopExecutor(server.channel.eventLoop)) {
                await withDiscardingTaskGroup { group in
                    do {
                        try await server.executeThenClose { connections in
                            for try await connection in connections {
                                group.addTask { await child.handle(value: connection, logger: logger) }
                            }
                        }
                    } catch { logger.error("the pages' port is closed", metadata: ["reason": "\(error)"]) }
                }
            }
        } onGracefulShutdown: {
            Task {
                try? await server.channel.setOption(.autoRead, value: false).get()
                try? await Task.sleep(for: PageServer.lastWord)
                quiescing.initiateShutdown(promise: over)
            }
        }
        // Browsers' lines have no task that waits for their end.
        if Task.isShuttingDownGracefully { try? await over.futureResult.get() } else { over.succeed() }
    }
}

/// What Hummingbird's `Application` does for each request, without its server.
enum PageAnswer {
    static func responder<Responder: HTTPResponder>(
        _ router: Responder, logger: Logger
    ) -> HTTPChannelHandler.Responder where Responder.Context == DoorContext {
        { request, writer, channel in
            var response: Response
            do {
                let context = DoorContext(source: .init(channel: channel, logger: logger))
                response = try await router.respond(to: request, context: context)
            } catch let error as HTTPParserError { throw error } catch {
                response = Response(status: .internalServerError)
            }
            response.headers[.date] = date(Clocks.wall)
            response.headers[.server] = "quai"
            // It was begun: another answer cannot follow.
            do { try await writer.write(response: response.head, body: response.body) } catch let error
                as HTTPParserError
            {
                throw IngestFailure("a body with a mistake: \(error)")
            }
        }
    }

    /// `Sat, 28 Nov 2026 14:00:00 GMT` (RFC 9110 §5.6.7) of Unix milliseconds.
    static func date(_ moment: Int64) -> String {
        var seconds = time_t(moment / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][Int(parts.tm_wday)]
        let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][
            Int(parts.tm_mon)]
        return "\(day), \(two(parts.tm_mday)) \(month) \(parts.tm_year + 1900) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
    }
}
