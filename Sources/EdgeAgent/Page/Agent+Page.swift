import Glibc
import Logging
import Model
import Platform
import Ports
import Uplink

extension Agent {
    /// The state is made anew at most so often, however many ask: 5 times a second.
    private static let stateLife: Duration = .milliseconds(200)
    /// The same of what is counted, which may be long to add up.
    private static let goodsLife: Duration = .seconds(1)

    /// The page at the depot, where the configuration asks for one.
    func pageService() -> ThreadService? {
        guard let place = configuration.local.listen else { return nil }
        let scanning = configuration.local.mayScan ? makeScanning() : nil
        let page = LocalPage(
            hosts: configuration.local.hosts.union(LocalPage.names(of: Machine.name)),
            status: Agent.kept(for: Agent.stateLife) { [self] in
                LocalStatus.json(description, reads: feed.reads?.list ?? [], scan: scanning?.json).text8
            },
            goods: Agent.kept(for: Agent.goodsLife) { [feed] in (feed.goods?.json ?? .null).text8 },
            metrics: Agent.kept(for: Agent.goodsLife) { [self] in Array(metrics.utf8) },
            scan: scanning,
            refused: { [pageUse] in pageUse.with { $0.refused += 1 } })
        let url = configuration.local.url ?? ""
        let server = HTTPServer(
            host: place.host, port: place.port, use: pageUse,
            told: { [logger] trouble in
                if let trouble {
                    logger.warning("page cannot be shown", metadata: ["reason": "\(trouble)"])
                } else {
                    logger.notice("page", metadata: ["url": "\(url)"])
                }
            },
            turned: { [self] in feed.goods?.keep(isCentreThere: uplink.now.open, at: Clocks.now) },
            answer: { page.answer($0) })
        return ThreadService(
            name: "page",
            run: { [self] in
                // Who looks must not slow down what is looked at.
                standBack()
                feed.goods?.recall(buffer: outbox.path, epoch: outbox.now.epoch)
                server.run()
                feed.goods?.keep(isCentreThere: false, at: Clocks.now)
            }, stop: { server.stop() })
    }

    /// The same bytes for everybody who asks meanwhile.
    private static func kept(for life: Duration, _ make: @escaping @Sendable () -> [UInt8]) -> @Sendable () -> [UInt8] {
        let made = Locked<(at: Instant, bytes: [UInt8])?>(nil)
        return {
            made.with { made in
                if let made, Clocks.now - made.at < life { return made.bytes }
                let bytes = make()
                made = (Clocks.now, bytes)
                return bytes
            }
        }
    }

    private func makeScanning() -> LocalPage.Scanning {
        var random = SystemRandomNumberGenerator()
        let scans = LocalScans(outbox: outbox, feed: feed)
        return LocalPage.Scanning(
            token: Hex.word(random.next()) + Hex.word(random.next()),
            zones: { [fleet] in
                // Where its readers stand, and nowhere else: the centre takes no other site's.
                let rules = fleet.pumps.filter { !$0.device.isTelephone }.map(\.device.rules)
                return Set(rules.flatMap { [$0.zone] + $0.antennaZones.values }).sorted()
            }, take: { scans.answer($0) },
            decide: { [configuration, feed] in
                guard configuration.local.mayDecide, let key = feed.goods?.key else { return nil }
                return { decision in
                    guard let row = decision.row(agent: configuration.agent, key: key) else { return HTTPReply(503) }
                    return scans.answer(decision.decision.key, row)
                }
            })
    }
}
