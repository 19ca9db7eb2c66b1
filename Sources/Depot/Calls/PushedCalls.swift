public import Model

/// The calls of one script. A value: bodies and time go in, snapshots come out.
public struct PushedCalls: Sendable {
    private var fold: CallFeedFold
    private var book: CallBook

    /// Revisions grow with each start of the centre, because they begin with its time. `isLater`: there are calls of this script from
    /// before the start, whose ids may come again.
    public init(_ name: String, isLater: Bool = false, at now: Int64) {
        fold = CallFeedFold(source: name, run: isLater ? Int(clamping: now / 1000) : 0)
        book = CallBook(revisionBase: (now / 1000) << 20)
    }

    /// One that ran when the centre was restarted.
    public mutating func resume(_ snapshot: CallSnapshot) {
        fold.resume(snapshot)
        book.resume(snapshot)
    }

    /// One JSON object a line.
    public mutating func take(_ body: [UInt8], at now: Int64) -> (snapshots: [CallSnapshot], acks: [String], noise: Int)
    {
        var snapshots: [CallSnapshot] = []
        var acks: [String] = []
        var noise = 0
        for line in body.split(separator: 0x0A) {
            guard let json = try? JSON(parsing: line), json.isObject, let told = fold.take(json) else {
                noise += 1
                continue
            }
            if let ack = told.ack { acks.append(ack) }
            for signal in told.signals {
                for snapshot in book.apply(signal, at: now) {
                    // Of what one message brings, the last word about each call counts.
                    snapshots.removeAll { $0.call == snapshot.call }
                    snapshots.append(snapshot)
                }
            }
        }
        return (snapshots, acks, noise)
    }
}
