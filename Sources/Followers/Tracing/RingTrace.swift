import Model

/// The way of a ring: from the exchange's word to the cards. Of its own record on the urgent lane; whose call it is stands nowhere in it.
public struct RingTrace: Sendable {
    private let id: TraceID
    private let agent: String
    private let attributes: [TraceSpan.Attribute]
    private let rang: Int64
    private let sent: Int64
    private let received: Int64

    /// `rang` and `sent` in Unix milliseconds, by the centre's clock, where they are known; `received` in nanoseconds.
    public init(agent: String, epoch: UInt64, seq: UInt64, rang: Int64?, sent: Int64?, received: Int64) {
        id = TraceStream(agent: agent, epoch: epoch, lane: .urgent).id(seq)
        self.agent = agent
        func nanoseconds(_ moment: Int64?, latest: Int64) -> Int64 {
            guard let moment else { return latest }
            let (value, isBeyond) = moment.multipliedReportingOverflow(by: 1_000_000)
            return isBeyond ? latest : min(value, latest)
        }
        let sent = nanoseconds(sent, latest: received)
        self.rang = nanoseconds(rang, latest: sent)
        (self.sent, self.received) = (sent, received)
        attributes = [
            .init("quai.agent", .text(agent)), .init("quai.epoch", .text(Hex.word(epoch))),
            .init("quai.lane", .text(Lane.urgent.rawValue)), .init("quai.seq", .integer(Int64(clamping: seq))),
        ]
    }

    /// With when its cards were given to the browsers' sockets.
    public func spans(shown: Int64) -> [TraceSpan] {
        let root = id.root
        let messaging = TraceSpan.messaging(.urgent)
        return [
            TraceSpan("ring", of: id, root, below: nil, from: rang, to: shown, attributes),
            TraceSpan("hear the exchange", of: id, root.child(0), below: root, from: rang, to: sent, by: .agent(agent)),
            TraceSpan(
                "publish \(TraceSpan.destination(.urgent))", .producer, of: id, root.child(1), below: root, from: sent,
                to: received, by: .agent(agent), messaging + [.init("messaging.operation.type", .text("send"))]),
            TraceSpan(
                "process \(TraceSpan.destination(.urgent))", .consumer, of: id, root.child(2), below: root,
                from: received, to: shown, messaging + [.init("messaging.operation.type", .text("process"))]),
        ]
    }

    /// Unix milliseconds of what `rfc3339` wrote, `2026-11-28T06:00:00.123Z`; nil for anything else.
    public static func moment(_ text: String) -> Int64? {
        let bytes = Array(text.utf8.prefix(25))
        let form = Array("0000-00-00T00:00:00.000Z".utf8)
        guard bytes.count == form.count,
            zip(bytes, form).allSatisfy({ $1 == 0x30 ? (0x30...0x39).contains($0) : $0 == $1 })
        else { return nil }
        func number(_ range: Range<Int>) -> Int64 { bytes[range].reduce(0) { $0 * 10 + Int64($1 - 0x30) } }
        let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
        guard (1970...2200).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        // Days of the proleptic Gregorian calendar, years that begin in March.
        let (y, m) = month > 2 ? (year, month - 3) : (year - 1, month + 9)
        let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 719_469
        return ((days * 24 + number(11..<13)) * 60 + number(14..<16)) * 60_000 + number(17..<19) * 1000
            + number(20..<23)
    }
}
