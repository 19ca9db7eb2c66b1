import Model
import Platform
import Rig

/// Many gateways on one thread, each with its two connections that come back for ever, as an agent's do: looked for by a plain connect
/// first, pauses with full jitter, keep alive, a beat a second, a status each half minute.
final class FleetCrowd: Sendable {
    /// What was seen so far.
    struct Sums {
        var connected = 0
        /// When each gateway was answered its last hello.
        var served: [Instant]
        /// What each went through before that, since they were forgotten.
        var trails: [FleetTrail] = []
        /// Milliseconds from each scan to the acknowledgement that covers it.
        var waits: [Float] = []
        /// Bytes of MQTT.
        var sent = 0
        var received = 0
        var statuses = 0
        var scans = 0
        /// Frames that were not answered within `FleetGateway.patience`.
        var again = 0
        /// Connections that ended, or were not made.
        var falls = 0
    }

    private struct Orders {
        var scansPerSecond = 0
        var isStopping = false
    }

    /// Longest list of waits.
    static let waitLimit = 4_000_000

    private let sums: Locked<Sums>
    private let orders = Locked(Orders())
    private let port: UInt16
    private let count: Int
    private let bulk: Int
    private let sites: Int
    private let ramp: Int

    /// `bulk` of them have a connection for scans, `ramp` begin each second.
    init(port: UInt16, gateways: Int, bulk: Int, sites: Int, ramp: Int) {
        (self.port, count, self.bulk, self.sites, self.ramp) = (port, gateways, bulk, sites, ramp)
        sums = Locked(
            Sums(
                served: Array(repeating: .zero, count: gateways),
                trails: Array(repeating: FleetTrail(), count: gateways)))
    }

    var seen: Sums { sums.with { $0 } }

    func served(since start: Instant) -> Int { sums.with { $0.served.count { $0 > start } } }

    func forgetTrails() { sums.with { for index in $0.trails.indices { $0.trails[index] = FleetTrail() } } }

    func forgetWaits() { sums.with { ($0.waits, $0.scans, $0.again) = ([], 0, 0) } }

    func scan(perSecond rate: Int) { orders.with { $0.scansPerSecond = rate } }

    func stop() { orders.with { $0.isStopping = true } }

    func start() {
        startThread("fleet") { [self] in
            var loop = FleetLoop(port: port, count: count, bulk: bulk, sites: sites, ramp: ramp, sums: sums)
            while true {
                let now = orders.with { ($0.scansPerSecond, $0.isStopping) }
                guard !now.1 else { return loop.close() }
                loop.turn(scansPerSecond: now.0)
            }
        }
    }
}
