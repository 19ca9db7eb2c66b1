import Model

/// One simulated gateway: what it says and what an answer means to it, in the wire's own codecs. A value; `FleetCrowd` has its sockets.
/// It is an agent but for its disk, its readers and its patience with a thin line: one frame is on its way at a time, as large as what was
/// scanned meanwhile.
struct FleetGateway {
    /// A frame that nobody answers is sent again.
    static let patience: Duration = .seconds(2)

    let name: String
    let site: String
    let zone: String
    let epoch: UInt64
    let nonce: UInt64
    let boot: Boot
    let started: Int64
    let topics: (status: [UInt8], hello: [UInt8], beat: [UInt8], bulk: [UInt8])
    private let devices: JSON

    var hasUrgent = false
    var hasBulk = false
    /// An instance of the centre lives.
    var hasCentre = false
    /// The hello was answered.
    private(set) var isOpen = false
    /// Up to which number the centre has all.
    private(set) var acked: UInt64 = 0
    /// When each scan behind that was made.
    private(set) var times: [Instant] = []
    private var isFlying = false
    private var flown = Instant.zero
    /// Frames that were sent again.
    private(set) var again = 0

    init(_ number: Int, of count: Int, sites: Int, boot: UInt64, at wall: Int64) {
        name = "gate-\(number)"
        site = "site-\(number % sites)"
        zone = "dock-\(number)"
        (epoch, nonce) = (UInt64(number) << 20 | 1, UInt64(number) << 32 | boot)
        self.boot = Boot(counter: boot, random: UInt64(number))
        started = wall
        func bytes(_ leaf: Topic.Leaf) -> [UInt8] { Array(Topic(leaf, of: "gate-\(number)").name.utf8) }
        topics = (bytes(.status), bytes(.hello), bytes(.beat), bytes(.bulk))
        let zone = zone
        devices = .array(
            ["portal", "gate", "badge"].map { device in
                .object([
                    ("name", .string(device)), ("driver", "llrp"), ("title", "Impinj Speedway R420"),
                    ("kind", "reader"),
                    ("port", "tcp:192.168.1.20:5084"), ("zone", .string(zone)), ("state", "ready"),
                    ("since", .int(wall)),
                    ("observations", 12345), ("noiseBytes", 0), ("faults", 0), ("restarts", 0), ("present", 3),
                    ("lastSeen", .int(wall)),
                    (
                        "antennas",
                        .array(
                            [1, 2].map {
                                .object([("antenna", .int($0)), ("reads", 6000), ("rssiDBm", .number(-57.5))])
                            })
                    ),
                ])
            })
    }

    var subscriptions: [String] {
        ["ack", "cmd", "cfg", "exp"].map { "\(Topic.root)/\(Topic.partition(of: name))/\(name)/\($0)" }
            + ["\(Topic.presence)/+"]
    }

    var will: MQTTWire.Will {
        .init(
            topic: topics.status,
            payload: JSON.object([
                ("v", 1), ("agent", .string(name)), ("site", .string(site)), ("online", false),
            ]).text8)
    }

    /// The clock as Unix milliseconds.
    func hello(at wall: Int64) -> [UInt8] {
        Hello(
            epoch: epoch, boot: boot, nonce: nonce,
            bulk: .init(lowest: acked + 1, highest: acked + UInt64(times.count)),
            urgent: .init(lowest: 1, highest: 0), clock: wall
        ).json.text8
    }

    /// As an agent with three readers tells it (docs/reference/topics.md).
    func status(at wall: Int64) -> [UInt8] {
        let pending = Int64(times.count)
        var account = Account()
        (account.produced, account.committed, account.pending) = (acked + UInt64(pending), acked, UInt64(pending))
        return JSON.object([
            ("v", 1), ("agent", .string(name)), ("site", .string(site)), ("online", true), ("version", "0.1.0"),
            ("clock", .int(wall)), ("synced", true), ("started", .int(started)), ("epoch", .string(Hex.word(epoch))),
            ("boot", .int(Int64(boot.counter))), ("account", account.json),
            (
                "buffer",
                .object([
                    ("pending", .int(pending)), ("settled", .int(Int64(acked))), ("bytes", 4_198_400),
                    ("budget", 1_073_741_824), ("files", 4_206_592), ("level", "roomy"), ("refused", 0),
                ])
            ),
            (
                "uplink",
                .object([
                    ("connected", true), ("centre", .bool(hasCentre)), ("delivering", .bool(isOpen)),
                    ("lastAck", .int(wall)), ("urgentWaiting", 0), ("frames", 100), ("bytes", 40960),
                ])
            ),
            ("devices", devices), ("findings", .array([])),
        ]).text8
    }

    mutating func scan(at now: Instant) { times.append(now) }

    /// The connection or the centre is gone: what was on its way is not.
    mutating func close() { (isOpen, isFlying) = (false, false) }

    /// An answer to the hello, or to frames; how long each scan waited that it covers.
    mutating func take(_ ack: Ack, at now: Instant) -> [Duration] {
        guard ack.lane == .bulk, ack.epoch == epoch else { return [] }
        if ack.hello == nonce { (isOpen, isFlying) = (true, false) }
        guard ack.cumulative > acked else { return [] }
        let count = min(times.count, Int(clamping: ack.cumulative - acked))
        defer {
            acked = ack.cumulative
            times.removeFirst(count)
            isFlying = false
        }
        return times.prefix(count).map { now - $0 }
    }

    /// The next frame, encoded; nil while one is on its way or nothing waits.
    mutating func frame(at now: Instant, wall: Int64) -> [UInt8]? {
        guard isOpen, hasBulk, !times.isEmpty else { return nil }
        if isFlying {
            guard now - flown > FleetGateway.patience else { return nil }
            again += 1
        }
        (isFlying, flown) = (true, now)
        let count = min(times.count, 300)
        var rows: [UInt8] = []
        for index in 0..<count {
            let text = "0103608439390616210\(acked + 1 + UInt64(index))"
            Row.barcode(device: "gate", zone: zone, Barcode(symbology: "]C1", text: text)).encode(into: &rows, at: 0)
        }
        let body = Frame.body(of: count, joined: rows)
        return Frame(
            epoch: epoch, lane: .bulk, first: acked + 1, count: count, boot: boot, origin: wall, synced: true,
            codec: .plain, crc: CRC32C.checksum(body), body: body
        ).encoded
    }
}
