import Broker
import BrokerTrial
import Glibc
import Model
import Platform
import Rig
import TestSupport
import Testing

struct BrokerTrialTests {
    @Test func whatIsMissingIsJudgedByWhatQuaiNeeds() {
        func report(_ rows: [TrialRow]) -> TrialReport {
            TrialReport(name: "it", version: "MQTT 3.1.1", rows: [TrialRow(.version311, .honoured)] + rows)
        }
        // What Quai does not use hinders nothing.
        #expect(report([TrialRow(.shared, .not), TrialRow(.quality2, .not)]).verdict == .may)
        let limited = report([TrialRow(.expiry, .not), TrialRow(.restart, .unasked)])
        #expect(limited.verdict == .limited && limited.limits.count == 1)
        let worse = report([TrialRow(.expiry, .not), TrialRow(.retained, .not)])
        #expect(worse.verdict == .mustNot && worse.faults == [TrialPoint.retained.entry.title])
        #expect(worse.json["verdict"]?.text == "must-not")
        #expect(TrialReport(name: "it", version: "no MQTT", rows: [TrialRow(.version5, .not)]).verdict == .mustNot)
    }

    @Test func arrivalsAreCounted() {
        #expect(Arrivals(sent: 3, [1, 2, 3]).isClean)
        #expect(Arrivals(sent: 4, [2, 1, 4, 4]).description == "lost 1, twice 1, overtaken 1")
    }

    @Test func aRealBrokerHonoursWhatQuaiNeeds() async throws {
        let folder = TemporaryFolder()
        let stand = try Stand(folder: folder.path, binaries: RoadTests.binaries)
        try stand.startBroker()
        defer { stand.stop() }
        let end = Clocks.now + .seconds(60)
        while Sockets.connect(port: stand.brokerPort).map({ close($0) }) == nil, Clocks.now < end { usleep(10_000) }
        let node = BrokerOptions(host: "127.0.0.1", port: stand.brokerPort, clientID: "trial")
        let report = await onOwnThread("trial") { Trial(nodes: [node], limit: .seconds(60)).report(name: "mosquitto") }
        let missing = Set(report.rows.filter { $0.result == .not }.map(\.point))
        #expect(missing.isSubset(of: [.sharedOrder]), "\(report.text)")
        #expect(report.rows.map(\.point) == TrialPoint.allCases.filter { !$0.isAcross })
        #expect(report.version == "MQTT 5" && report.verdict == .may)
    }

    @Test(arguments: [true, false]) func anOlderBrokerIsSpokenToInItsVersion(isPolite: Bool) throws {
        let broker = try #require(OlderBroker(isPolite: isPolite))
        defer { broker.stop() }
        let options = BrokerOptions(host: "127.0.0.1", port: broker.port, clientID: "dock")
        let link = BrokerLink(options: options, now: Clocks.now, seed: 1)
        var (events, id): ([BrokerEvent], Int32?) = ([], nil)
        let end = Clocks.now + .seconds(60)
        while Clocks.now < end, !events.contains(where: { if case .published = $0 { true } else { false } }) {
            let interest = link.interest(now: Clocks.now)
            let ready = waitFor([(interest.descriptor, interest.events)], milliseconds: 20)
            events += link.advance(ready[0], now: Clocks.now)
            if link.isUp, id == nil { id = link.publish("t", [0x61], expiry: 30, type: "text/plain") }
        }
        // The refusal of MQTT 5 is no news.
        #expect(events == [.up, .published(id: try #require(id), reason: 0)] && link.isOlder)
        // Type, length, topic, number, payload: no properties (MQTT 3.1.1, 3.3).
        #expect(broker.published == [0x32, 6, 0, 1, 0x74, 0, 1, 0x61])
        link.disconnect()
    }
}

/// A broker of MQTT 3.1.1 for one client: refuses MQTT 5 as the standard says (3.1.1, 3.1.2.2), or closes without a word.
private final class OlderBroker: Sendable {
    let port: UInt16
    private let listener: Int32
    private let isPolite: Bool
    private let heard = Locked<[UInt8]>([])
    private let stopping = Locked(false)

    init?(isPolite: Bool) {
        guard let (listener, port) = Sockets.listen(port: 0) else { return nil }
        (self.listener, self.port, self.isPolite) = (listener, port, isPolite)
        startThread("older-broker") { [self] in
            while !stopping.with({ $0 }) {
                _ = waitFor([(listener, Int16(POLLIN))], milliseconds: 50)
                if let client = Sockets.accept(listener) { serve(client) }
            }
            close(listener)
        }
    }

    var published: [UInt8] { heard.with { $0 } }

    func stop() { stopping.with { $0 = true } }

    private func serve(_ client: Int32) {
        defer { close(client) }
        var bytes: [UInt8] = []
        while !stopping.with({ $0 }) {
            guard waitFor([(client, Int16(POLLIN))], milliseconds: 50)[0] != 0 else { continue }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = read(client, &buffer, buffer.count)
            guard count > 0 else { return }
            bytes += buffer[..<count]
            while bytes.count >= 2, bytes.count >= 2 + Int(bytes[1]) {
                let packet = Array(bytes.prefix(2 + Int(bytes[1])))
                bytes.removeFirst(packet.count)
                switch packet[0] >> 4 {
                case 1 where packet[8] == 5:
                    if isPolite { answer(client, [0x20, 2, 0, 1]) }
                    return
                case 1: answer(client, [0x20, 2, 0, 0])
                case 3:
                    heard.with { $0 = packet }
                    answer(client, [0x40, 2, 0, 1])
                default: break
                }
            }
        }
    }

    private func answer(_ client: Int32, _ bytes: [UInt8]) { send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
}
