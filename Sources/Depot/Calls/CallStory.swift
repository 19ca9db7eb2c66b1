import Model

/// Calls of one number in quick succession: one story for whoever reads a list.
public struct CallStory: Equatable, Sendable {
    /// Somebody who calls again within this long is still calling, in milliseconds.
    public static let pause: Int64 = 60_000

    /// Newest first; at least one.
    public var rows: [CallRow]

    public var newest: CallRow { rows[0] }

    /// `rows` newest first. A call joins the story of the same number that was begun at most `pause` after its end, in the
    /// same direction; withheld numbers and extensions are never taken for one another.
    public static func of(_ rows: [CallRow]) -> [CallStory] {
        var stories: [CallStory] = []
        var open: [String: Int] = [:]
        for row in rows {
            guard let key = row.key, key != "withheld", !key.hasPrefix("ext:") else {
                stories.append(CallStory(rows: [row]))
                continue
            }
            let name = "\(row.snapshot.direction?.rawValue ?? "") \(key)"
            if let index = open[name], let later = stories[index].rows.last,
                isSoon(later.snapshot.startedAt, after: row.snapshot.endedAt ?? row.snapshot.startedAt)
            {
                stories[index].rows.append(row)
            } else {
                open[name] = stories.count
                stories.append(CallStory(rows: [row]))
            }
        }
        return stories
    }

    private static func isSoon(_ start: Int64, after end: Int64) -> Bool {
        let (pause, overflow) = start.subtractingReportingOverflow(end)
        return overflow ? start < end : pause <= CallStory.pause
    }
}
