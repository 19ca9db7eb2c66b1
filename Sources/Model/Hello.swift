/// How an agent opens a connection: who it is and what it still holds.
public struct Hello: Equatable, Sendable {
    public struct Extent: Equatable, Sendable {
        /// First sequence number not yet forgotten; `highest + 1` when nothing waits.
        public var lowest: UInt64
        /// Last sequence number issued; 0 before the first.
        public var highest: UInt64

        public init(lowest: UInt64, highest: UInt64) {
            self.lowest = lowest
            self.highest = highest
        }
    }

    public var epoch: UInt64
    public var boot: Boot
    /// Random per process; a second living one with the same epoch is a clone.
    public var nonce: UInt64
    public var bulk: Extent
    public var urgent: Extent
    /// The agent's clock, Unix milliseconds; 0 where it does not say, or says what no clock can.
    public var clock: Int64
    /// Only asks whether the road is good, as `join` does: nobody begins to send.
    public var isTrial = false

    public init(epoch: UInt64, boot: Boot, nonce: UInt64, bulk: Extent, urgent: Extent, clock: Int64) {
        self.epoch = epoch
        self.boot = boot
        self.nonce = nonce
        self.bulk = bulk
        self.urgent = urgent
        self.clock = clock
    }

    public func extent(of lane: Lane) -> Extent { lane == .bulk ? bulk : urgent }

    public var json: JSON {
        .object([
            ("v", 1),
            ("epoch", .string(Hex.word(epoch))),
            ("boot", boot.json),
            ("nonce", .string(Hex.word(nonce))),
            ("lanes", .object([(Lane.bulk.rawValue, bulk.json), (Lane.urgent.rawValue, urgent.json)])),
            ("clock", .int(clock)), ("trial", isTrial ? true : nil),
        ])
    }

    public init?(json: JSON) {
        guard let epoch = json["epoch"]?.text.flatMap(Hex.word), let boot = json["boot"].flatMap(Boot.init(json:)),
            let nonce = json["nonce"]?.text.flatMap(Hex.word), let lanes = json["lanes"],
            let bulk = lanes[Lane.bulk.rawValue].flatMap(Extent.init(json:)),
            let urgent = lanes[Lane.urgent.rawValue].flatMap(Extent.init(json:))
        else { return nil }
        self.init(
            epoch: epoch, boot: boot, nonce: nonce, bulk: bulk, urgent: urgent,
            clock: json.bounded("clock", in: Bounded.times) ?? 0)
        isTrial = json["trial"]?.truth == true
    }
}

extension Hello.Extent {
    var json: JSON {
        .object([("lowest", .int(Int64(clamping: lowest))), ("highest", .int(Int64(clamping: highest)))])
    }

    init?(json: JSON) {
        guard let lowest = json["lowest"]?.integer, let highest = json["highest"]?.integer,
            (1...Frame.sequenceLimit).contains(lowest),
            (0...Frame.sequenceLimit).contains(highest), lowest <= highest + 1
        else { return nil }
        self.init(lowest: UInt64(lowest), highest: UInt64(highest))
    }
}
