/// The centre's word on a lane: what is committed there. Sent after COMMIT, idempotent, order-insensitive.
public struct Ack: Equatable, Sendable {
    public struct Rejection: Equatable, Sendable {
        public var seq: UInt64
        public var code: String

        public init(seq: UInt64, code: String) {
            self.seq = seq
            self.code = code
        }
    }

    public enum Verdict: String, Sendable {
        case welcome
        /// Another living process speaks with the same epoch; this one must stop.
        case cloned
    }

    public static let rangeLimit = 8
    public static let rejectionLimit = 32
    /// Longest code of a rejection, in UTF-8 bytes.
    static let codeLimit = 64

    public var epoch: UInt64
    public var lane: Lane
    /// Everything up to here is committed (or known as skipped).
    public var cumulative: UInt64
    /// Ranges beyond a hole.
    public var selective: [ClosedRange<UInt64>]
    /// Frames that may be on their way at once.
    public var credit: Int
    /// The newest of those that could not be applied.
    public var rejected: [Rejection]
    /// How many of this epoch could not be applied, up to `cumulative`: the list above is cut, the account is not.
    public var refused: UInt64
    /// The centre's clock, Unix milliseconds; 0 where it does not say, or says what no clock can.
    public var time: Int64
    /// Set in the answer to a hello: its nonce.
    public var hello: UInt64?
    /// Set in the answer to a hello: the highest row committed on this lane, also beyond a hole, and the boot that wrote it.
    public var tip: UInt64?
    public var boot: Boot?
    public var verdict: Verdict

    public init(
        epoch: UInt64, lane: Lane, cumulative: UInt64, selective: [ClosedRange<UInt64>] = [], credit: Int = 64,
        rejected: [Rejection] = [], refused: UInt64? = nil, time: Int64 = 0, hello: UInt64? = nil, tip: UInt64? = nil,
        boot: Boot? = nil,
        verdict: Verdict = .welcome
    ) {
        self.epoch = epoch
        self.lane = lane
        self.cumulative = cumulative
        self.selective = selective
        self.credit = credit
        self.rejected = rejected
        self.refused = refused ?? UInt64(rejected.count { $0.seq <= cumulative })
        self.time = time
        self.hello = hello
        self.tip = tip
        self.boot = boot
        self.verdict = verdict
    }

    public var json: JSON {
        .object([
            ("epoch", .string(Hex.word(epoch))),
            ("lane", .string(lane.rawValue)),
            ("cum", .int(Int64(clamping: cumulative))),
            ("sack", selective.isEmpty ? nil : .array(selective.map { JSON.range($0) })),
            ("credit", .int(Int64(credit))),
            (
                "rej",
                rejected.isEmpty
                    ? nil : .array(rejected.map { .array([.int(Int64(clamping: $0.seq)), .string($0.code)]) })
            ),
            ("rejn", refused == 0 ? nil : .int(Int64(clamping: refused))),
            ("t", .int(time)),
            ("hello", hello.map { .string(Hex.word($0)) }),
            ("tip", tip.map { .int(Int64(clamping: $0)) }),
            ("boot", boot.map(\.json)),
            ("verdict", verdict == .welcome ? nil : .string(verdict.rawValue)),
        ])
    }

    public init?(json: JSON) {
        guard let epoch = json["epoch"]?.text.flatMap(Hex.word), let lane = json["lane"]?.text.flatMap(Lane.init),
            let cumulative = json.bounded("cum", in: Bounded.sequence), json.allows("tip", in: Bounded.sequence),
            json.allows("rejn", in: Bounded.sequence)
        else { return nil }
        let ranges = (json["sack"]?.list ?? []).compactMap(\.range)
        let rejected: [Rejection] = (json["rej"]?.list ?? []).compactMap { item in
            guard let pair = item.list, pair.count == 2, let seq = pair[0].integer, seq > 0,
                Bounded.sequence.contains(seq), let code = pair[1].text
            else { return nil }
            return Rejection(seq: UInt64(seq), code: code.cut(to: Ack.codeLimit))
        }
        self.init(
            epoch: epoch, lane: lane, cumulative: UInt64(cumulative), selective: Array(ranges.prefix(Ack.rangeLimit)),
            credit: Int((json["credit"]?.integer ?? 1).clamped(to: Bounded.credit)),
            rejected: Array(rejected.prefix(Ack.rejectionLimit)),
            // So many at most as there are numbers up to `cum`.
            refused: json.bounded("rejn", in: Bounded.sequence).map { UInt64(min($0, cumulative)) },
            time: json.bounded("t", in: Bounded.times) ?? 0,
            hello: json["hello"]?.text.flatMap(Hex.word),
            tip: json.bounded("tip", in: Bounded.sequence).map { UInt64($0) },
            boot: json["boot"].flatMap(Boot.init(json:)),
            verdict: json["verdict"]?.text.flatMap(Verdict.init) ?? .welcome)
    }
}

extension JSON {
    static func range(_ range: ClosedRange<UInt64>) -> JSON {
        .array([.int(Int64(clamping: range.lowerBound)), .int(Int64(clamping: range.upperBound))])
    }

    var range: ClosedRange<UInt64>? {
        guard let pair = list, pair.count == 2, let a = pair[0].integer, let b = pair[1].integer, a > 0, a <= b,
            Bounded.sequence.contains(b)
        else { return nil }
        return UInt64(a)...UInt64(b)
    }
}

extension Boot {
    var json: JSON { .array([.string(Hex.word(counter)), .string(Hex.word(random))]) }

    init?(json: JSON) {
        guard let pair = json.list, pair.count == 2, let counter = pair[0].text.flatMap(Hex.word),
            let random = pair[1].text.flatMap(Hex.word)
        else { return nil }
        self.init(counter: counter, random: random)
    }
}
