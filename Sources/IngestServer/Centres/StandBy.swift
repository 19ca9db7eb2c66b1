import Glibc
import HummingbirdCore
import Logging
import NIOCore
import Platform
import ServiceLifecycle
import UnixSignals

/// A centre while another works: its ports answer, and say so.
struct StandBy {
    typealias Places = (pages: GivenSockets.Place, redirect: GivenSockets.Place?)

    let duty: CentreDuty
    let hosts: Hosts
    /// Of the pages.
    let port: Int
    let logger: Logger

    /// Until this one works, with the places from then on, whose sockets were never closed; nil when it was told to end before.
    func wait(_ places: Places) async throws -> Places? {
        var kept = places
        let pages = try StandBy.keep(&kept.pages)
        var services: [any Service] = [
            PageServer(
                child: StandByChannel(hosts: hosts, duty: duty, door: .ofProcess), place: pages, logger: logger
            ) { _ in Supervisor.notify("READY=1\nSTATUS=standing by") }
        ]
        if var redirect = kept.redirect {
            let other = try StandBy.keep(&redirect)
            kept.redirect = redirect
            let child = RedirectChannel(hosts: hosts, port: port, door: .ofProcess)
            services.append(PageServer(child: child, place: other, logger: logger) { _ in })
        }
        let waiting = Waiting(duty: duty)
        let configured =
            services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) } + [
                .init(service: waiting, successTerminationBehavior: .gracefullyShutdownGroup)
            ]
        let logger = logger
        let serving = Task {
            let group = ServiceGroup(
                configuration: .init(
                    services: configured, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
            do { try await group.run() } catch {
                logger.error("the pages' port is closed", metadata: ["reason": "\(error)"])
            }
        }
        let duty = duty
        let works = await onOwnThread("standing by") { duty.stand() }
        waiting.end()
        guard works else {
            await serving.value
            return nil
        }
        // Answers that are under way end beside what begins now.
        Supervisor.notify("STATUS=working")
        return kept
    }

    /// The same socket for whoever serves it later: who comes in between waits.
    private static func keep(_ place: inout GivenSockets.Place) throws -> GivenSockets.Place {
        if place.given == nil {
            let socket = try GivenSockets.listen(on: place.address, port: place.port)
            Supervisor.keep(socket, named: place.role.kept)
            place.given = socket
        }
        var other = place
        other.given = place.given.map { fcntl($0, F_DUPFD_CLOEXEC, 0) }
        return other
    }

    /// Ends the servers beside it when the waiting is over, and the waiting when it is told to.
    private struct Waiting: Service {
        let duty: CentreDuty
        private let over: AsyncStream<Void>
        private let continuation: AsyncStream<Void>.Continuation

        init(duty: CentreDuty) {
            self.duty = duty
            (over, continuation) = AsyncStream.makeStream(of: Void.self)
        }

        func end() { continuation.finish() }

        func run() async throws {
            await withGracefulShutdownHandler {
                for await _ in over {}
            } onGracefulShutdown: {
                duty.endStanding()
                end()
            }
        }
    }
}
