import Model
import World

/// A region: agents, a broker and centres that share the sites. One centre's machine has a core for each of the broker, the thread of the
/// centre's link, and the writer, which waits for its disk.
public struct Region: Sendable {
    /// Seconds, of one message or transaction: what `quai-bench --fleet` measured of processes at rest and under scans on 2026-11-29
    /// (docs/reference/performance.md, Gateways), divided by messages. How it divides between threads of the centre, and what a coming and
    /// a hello take, is estimated.
    public struct Costs: Equatable, Sendable {
        public var brokerBeat = 0.000_013
        public var brokerStatus = 0.000_060
        /// A frame with its acknowledgement.
        public var brokerFrame = 0.000_078
        /// Two connections, what is subscribed, the hello and its answer.
        public var brokerComing = 0.000_400
        public var linkBeat = 0.000_015
        public var linkStatus = 0.000_100
        public var linkFrame = 0.000_050
        public var linkHello = 0.000_050
        public var writerStatus = 0.000_350
        public var writerFrame = 0.000_050
        public var writerScan = 0.000_007
        public var writerHello = 0.000_060
        /// Of a transaction, beside the disk.
        public var writerCommit = 0.000_060
        /// A commit on the disk.
        public var disk = 0.000_400

        public init() {}
    }

    /// In one transaction at most (`ArrivalQueue.framesAtOnce`).
    static let together = 256
    static let statusPeriod = 30.0

    public var agents: Int
    public var centres: Int
    /// Scans a second of each agent, which has one frame on its way: what is scanned meanwhile goes in the next.
    public var scans: Double
    public var costs = Costs()

    public init(agents: Int, centres: Int, scans: Double) {
        (self.agents, self.centres, self.scans) = (agents, centres, scans)
    }

    enum Place: Int, CaseIterable { case broker, link, writer }

    public struct Outcome: Sendable {
        /// Of the centre that fares worst.
        public var ack: (median: Double, p99: Double)
        /// From the broker's return to the last hello's answer.
        public var served: Double
        /// Share of the time in which each was busy while nothing happens but scans and beats.
        public var busy: [(name: String, share: Double)]
        /// What is busiest at rest, and in the storm.
        public var narrow: String
        public var narrowInStorm: String
        public var events: Int
    }

    /// What one centre has.
    private var share: Int { (agents + centres - 1) / centres }

    private func stations() -> [Queues.Station] {
        [
            .init("broker"), .init("link"),
            .init("writer", together: Region.together, setup: costs.writerCommit + costs.disk),
        ]
    }

    private func kinds(_ dice: inout Dice, storm: [Double]) -> [Queues.Kind] {
        func phases(_ period: Double) -> [Double] {
            (0..<share).map { _ in Double(dice.next() >> 11) / 9_007_199_254_740_992 * period }.sorted()
        }
        func visit(_ place: Place, _ seconds: Double, joins: Bool = false) -> Queues.Visit {
            .init(place.rawValue, .fixed(seconds), joins: joins)
        }
        let status = [
            visit(.broker, costs.brokerStatus), visit(.link, costs.linkStatus),
            visit(.writer, costs.writerStatus, joins: true),
        ]
        return [
            .init(
                "scan", .poisson(scans * Double(share)),
                [
                    visit(.broker, costs.brokerFrame), visit(.link, costs.linkFrame),
                    .init(Place.writer.rawValue, .fixed(costs.writerFrame), joins: true, each: costs.writerScan),
                ], sources: share),
            .init(
                "beat", .periodic(phases: phases(1), period: 1),
                [visit(.broker, costs.brokerBeat), visit(.link, costs.linkBeat)]),
            .init("status", .periodic(phases: phases(Region.statusPeriod), period: Region.statusPeriod), status),
            .init(
                "coming", .list(storm),
                [
                    visit(.broker, costs.brokerComing), visit(.link, costs.linkHello),
                    visit(.writer, costs.writerHello, joins: true),
                ]),
            .init("first word", .list(storm), status),
        ]
    }

    /// When agents come after the broker was away for so many seconds, by an agent's own pauses (`Backoff`), from its return on.
    static func storm(_ agents: Int, away: Double, _ dice: inout Dice) -> [Double] {
        (0..<agents).map { _ in
            var backoff = Backoff(first: .milliseconds(100), cap: .seconds(30), seed: dice.next())
            var at = 0.0
            while at < away { at += Double(backoff.next().nanoseconds) / 1e9 }
            return at - away
        }.sorted()
    }

    /// `seconds` at rest, then as many as a storm takes, up to `patience`.
    public func play(seed: UInt64, seconds: Double = 20, away: Double = 10, patience: Double = 120) -> Outcome {
        var dice = Dice(seed: seed)
        var rest = Queues(stations(), kinds(&dice, storm: []), seed: dice.next())
        rest.run(to: seconds, warm: seconds / 4)
        let names = stations().map(\.name)
        let busy = zip(names, rest.loads).map { (name: $0, share: $1.busy / (seconds * 0.75)) }
        let comes = Region.storm(share, away: away, &dice)
        var storm = Queues(stations(), kinds(&dice, storm: comes), seed: dice.next())
        let last = comes.last ?? 0
        var end = last + 5
        storm.run(to: end)
        // Until all are answered; what is overloaded already never comes to that.
        while storm.seen[3].left > 0, end < patience {
            end *= 1.5
            var again = Queues(stations(), kinds(&dice, storm: comes), seed: seed)
            again.run(to: min(end, patience))
            storm = again
        }
        let (scan, coming) = (rest.seen[0], storm.seen[3])
        return Outcome(
            ack: scan.times.isEmpty ? (.infinity, .infinity) : (scan.quantile(0.5), scan.quantile(0.99)),
            served: coming.left > 0 ? .infinity : coming.last, busy: busy,
            narrow: narrow(busy.map(\.share)), narrowInStorm: narrow(storm.loads.map(\.busy)),
            events: rest.seen.reduce(0) { $0 + $1.times.count } + storm.seen.reduce(0) { $0 + $1.times.count })
    }

    /// The busiest; of a writer that waits for its disk for most of the time, the disk.
    private func narrow(_ busy: [Double]) -> String {
        let place = busy.indices.max { busy[$0] < busy[$1] } ?? 0
        guard place == Place.writer.rawValue else { return stations()[place].name }
        return costs.disk > costs.writerCommit + costs.writerStatus + costs.writerFrame ? "disk" : "writer"
    }
}
