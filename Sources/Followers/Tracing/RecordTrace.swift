import Model

/// The way of one record: captured and brought by its agent, waited for, applied, told. The agent's moment is the record's own, by the
/// centre's clock; when its buffer had it is not said on the wire, so that one stretch goes from the capture to the centre.
public struct RecordTrace: Sendable {
    /// Spans of one record at most.
    public static let spans = 7

    let id: TraceID
    let agent: String
    let attributes: [TraceSpan.Attribute]
    /// Unix nanoseconds, as all here. An agent's clock that is ahead says nothing.
    let captured: Int64
    let received: Int64

    /// `captured` in Unix milliseconds; `kind` as the record says it.
    public init(
        _ id: TraceID, agent: String, epoch: UInt64, seq: UInt64, kind: Int64, captured: Int64, received: Int64
    ) {
        (self.id, self.agent, self.received) = (id, agent, received)
        let (moment, isBeyond) = captured.multipliedReportingOverflow(by: 1_000_000)
        self.captured = isBeyond ? received : min(moment, received)
        attributes = [
            .init("quai.agent", .text(agent)), .init("quai.epoch", .text(Hex.word(epoch))),
            .init("quai.lane", .text(Lane.bulk.rawValue)), .init("quai.seq", .integer(Int64(clamping: seq))),
            .init("quai.record.kind", .text(Row.Kind(rawValue: kind).map { "\($0)" } ?? "unknown")),
        ]
    }

    /// Of the transaction that it was written in, with how many records, and in which database (`Store.system`).
    public func applied(from begun: Int64, to committed: Int64, records: Int, in system: String) -> [TraceSpan] {
        let (root, process) = (id.root, id.root.child(1))
        let begun = max(begun, received)
        let messaging = TraceSpan.messaging(.bulk)
        return [
            TraceSpan("record", of: id, root, below: nil, from: captured, to: committed, attributes),
            TraceSpan(
                "publish \(TraceSpan.destination(.bulk))", .producer, of: id, root.child(0), below: root,
                from: captured, to: received, by: .agent(agent),
                messaging + [.init("messaging.operation.type", .text("send"))]),
            TraceSpan(
                "process \(TraceSpan.destination(.bulk))", .consumer, of: id, process, below: root, from: received,
                to: committed, messaging + [.init("messaging.operation.type", .text("process"))]),
            TraceSpan("wait for the writer", of: id, root.child(2), below: process, from: received, to: begun),
            TraceSpan(
                "store", .client, of: id, root.child(3), below: process, from: begun, to: committed,
                [
                    .init("db.system.name", .text(system)),
                    .init("db.operation.batch.size", .integer(Int64(records))),
                ]),
        ]
    }

    /// Whoever has a page open.
    public func toldPages(from committed: Int64, to told: Int64) -> TraceSpan {
        TraceSpan("tell pages", of: id, id.root.child(4), below: id.root, from: committed, to: told)
    }

    /// Those of the writer: the trail, inboxes, what waits for others.
    public func followed(from committed: Int64, to followed: Int64) -> TraceSpan {
        TraceSpan("tell followers", of: id, id.root.child(5), below: id.root, from: committed, to: followed)
    }
}

extension TraceSpan {
    static func destination(_ lane: Lane) -> String { "\(Topic.root)/{partition}/{agent}/\(lane.rawValue)" }

    static func messaging(_ lane: Lane) -> [Attribute] {
        [
            .init("messaging.system", .text("mqtt")), .init("messaging.destination.template", .text(destination(lane))),
        ]
    }
}
