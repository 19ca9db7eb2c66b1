public import ArgumentParser
import Depot
import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import Model
import NIOCore
import Platform
import ServiceLifecycle
import UnixSignals

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the centre until it is told to stop.")

    @OptionGroup var options: ConfigurationOption
    @Option(help: "How lines of the log are written; json is one object a line.")
    var logFormat: ProgramLog.Form?

    func run() async throws {
        let configuration = try options.load()
        signal(SIGPIPE, SIG_IGN)
        keepLittleMemory()
        let form = logFormat ?? configuration.logFormat
        // Asked to read its configuration again before it has read it once.
        signal(SIGHUP, SIG_IGN)
        let level = Locked(Logger.Level(rawValue: configuration.logLevel) ?? .info)
        LoggingSystem.bootstrap { _ in ProgramLog("edge-ingest", form, level: level) }
        let logger = Logger(label: "edge-ingest")
        logger.notice(
            "starting", metadata: ["configuration": "\(ConfigurationFiles.words(configuration.files, "ingest"))"])
        for text in configuration.renamed { logger.notice("an older name of a key", metadata: ["key": "\(text)"]) }
        let files: WebFiles
        let certificate: PageCertificate?
        let duty: CentreDuty?
        do {
            try Files.makeFolder(configuration.state)
            files = try WebFiles(root: configuration.web)
            certificate = try configuration.pages.map(PageCertificate.init)
            duty = try CentreDuty(configuration, logger: logger)
        } catch { throw Exit.say("\(error)") }
        if let why = files.whyApart {
            logger.warning("the pages are served module by module", metadata: ["reason": "\(why)"])
        }
        var quiet = logger
        quiet.logLevel = .warning
        var places = try GivenSockets.take().places(
            on: configuration.address, configuration.port, redirect: configuration.redirectPort, logger)
        let hosts = Hosts(configuration, certificate: certificate)
        if let duty {
            let standBy = StandBy(duty: duty, hosts: hosts, port: configuration.port, logger: quiet)
            do {
                if try !duty.attempt() {
                    logger.notice("standing by", metadata: ["name": "\(duty.name)"])
                    guard let later = try await standBy.wait(places) else { return }
                    places = later
                }
            } catch { throw Exit.say("\(error)") }
            duty.begin()
            logger.notice("working", metadata: ["name": "\(duty.name)", "epoch": "\(duty.epoch ?? 0)"])
        }
        let wiring: Wiring
        do { wiring = try Wiring(configuration, duty: duty, logger: logger) } catch { throw Exit.say("\(error)") }
        let events = configuration.events.isTold ? EventTopics(configuration.events, wiring) : nil
        let home = configuration.home.map { HomeLink($0, wiring) }
        wiring.eventTopics.with { $0 = events }
        wiring.home.with { $0 = home }
        let link = CentreLink(wiring, events: events, home: home, logger: logger)
        link.know(try await wiring.live.read { try $0.gateways.rows().map(\.name) })
        let words = ReasonWords(files["words-reasons.js"]?.bytes ?? [])
        let exchange = Replaceable(configuration, logger: logger) { configuration in
            configuration.exchange.map { ExchangeLink($0, wiring, words: words, logger: logger) }
        }
        let webhooks = try WebhookLink(wiring, logger: logger)
        let syslog = Replaceable(configuration, logger: logger) { configuration in
            try configuration.syslog.map { try SyslogLink($0, wiring, logger: logger) }
        }
        let epcis = Replaceable(configuration, logger: logger) { configuration in
            configuration.epcis.map { EPCISLink($0, wiring, logger: logger) }
        }
        let channels = try ChannelLink(wiring, logger: logger)
        let tracing = Replaceable(configuration, logger: logger) { configuration in
            wiring.tracer.take(configuration.tracing)
            return configuration.tracing.map { TraceLink($0, wiring, logger: logger) }
        }
        let erp = Replaceable(configuration, logger: logger) { configuration in
            let link = configuration.erp.map { ERPLink(settings: $0, wiring, logger: logger) }
            wiring.erp.with { $0 = link }
            if link == nil {
                wiring.live.post(erp: nil)
                Task { await wiring.live.attach { _, _ in } }
            }
            return link
        }
        // Nobody vouches any more for sessions of providers that are not named now.
        let vouching = configuration.signIn
        await wiring.writer.attempt { desks, _ in
            try desks.openID.keep(issuers: vouching.providers.map(\.issuer), erp: vouching.asksERP)
        }
        if !configuration.isLoopback, try await wiring.live.read({ try $0.people.isOpenHouse() }) {
            logger.warning("nobody can sign in", metadata: ["remedy": "edge-ingest user add NAME"])
        }
        let router = Routes.router(wiring, files: files, link: link, hosts: hosts)
        let child = WebSocketChannel(
            responder: PageAnswer.responder(router.buildResponder(), logger: quiet), wiring, hosts: hosts)
        let server = PageServer(child: child, place: places.pages, logger: quiet) { channel in
            let scheme = certificate == nil ? "http" : "https"
            let address = GivenSockets.words(channel.localAddress)
            logger.notice("serving", metadata: ["address": "\(scheme)://\(address)"])
            Supervisor.notify("READY=1")
        }
        let redirect = places.redirect.map { place in
            let child = RedirectChannel(hosts: hosts, port: configuration.port, door: .ofProcess)
            return PageServer(child: child, place: place, logger: quiet) { _ in }
        }
        let watch = certificate.map { CertificateWatch(certificate: $0, logger: logger) }
        let named = options.config
        let reloading = Reloading(
            configuration, file: { ConfigurationFiles.find(named, "ingest") },
            .init(
                wiring: wiring, hosts: hosts, certificate: watch, link: link, channels: channels, webhooks: webhooks,
                erp: erp, exchange: exchange, syslog: syslog, repository: epcis, tracing: tracing, level: level),
            hosts.reloads, logger: logger)
        // The lease is given back when what was in hand is written.
        let optional: [(any Service)?] = [redirect, watch, events, home, server, duty]
        let always: [any Service] = [
            LinkService(link: link, duty: duty, logger: logger),
            webhooks,
            channels,
            erp,
            exchange,
            syslog,
            epcis,
            tracing,
            reloading,
            Housekeeping(wiring),
            ArchiveService(wiring: wiring, logger: logger),
            // Told first, in the reverse order of this list: the server waits for its connections.
            ClosingService {
                if let duty {
                    Task {
                        try? await Task.sleep(for: CentreDuty.patience)
                        duty.release()
                    }
                }
                wiring.eventSockets.closeAll()
                await wiring.live.closeSockets()
            },
        ]
        let services = optional.compactMap(\.self) + always
        let group = ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
                logger: quiet))
        try await group.run()
        if let code = duty?.exitCode, code != 0 { throw ExitCode(code) }
    }
}

/// The connection to the broker and the frames that come from it.
struct LinkService: Service {
    var link: CentreLink
    var duty: CentreDuty?
    var logger: Logger

    func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await onOwnThread("frames") { link.pumpFrames() } }
                group.addTask {
                    await onOwnThread("broker") {
                        duty?.watch(link)
                        do { try link.run() } catch { logger.critical("no broker", metadata: ["reason": "\(error)"]) }
                    }
                }
                await group.waitForAll()
            }
        } onGracefulShutdown: {
            link.stop()
        }
    }
}

/// Does one thing when the program is told to stop.
struct ClosingService: Service {
    var close: @Sendable () async -> Void

    init(_ close: @escaping @Sendable () async -> Void) { self.close = close }

    func run() async throws {
        try? await gracefulShutdown()
        await close()
    }
}

extension ProgramLog.Form: ExpressibleByArgument {}
