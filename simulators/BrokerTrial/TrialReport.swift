public import Model

/// What a broker honours, and what follows for Quai.
public struct TrialReport: Sendable {
    /// As its operator names it.
    public var name: String
    public var version: String
    public var rows: [TrialRow]

    public init(name: String, version: String, rows: [TrialRow]) {
        (self.name, self.version, self.rows) = (name, version, rows)
    }

    public enum Verdict: Int32, Sendable {
        case may = 0
        case limited = 1
        case mustNot = 2
    }

    private var missing: [TrialRow] { rows.filter { $0.result == .not } }

    public var faults: [String] { missing.filter { $0.point.entry.weight == .must }.map(\.point.entry.title) }

    public var limits: [String] {
        missing.compactMap { if case .limit(let words) = $0.point.entry.weight { words } else { nil } }
    }

    /// Both versions of MQTT missing is no broker.
    public var verdict: Verdict {
        let speaks = rows.contains { [.version5, .version311].contains($0.point) && $0.result == .honoured }
        return !faults.isEmpty || !speaks ? .mustNot : limits.isEmpty ? .may : .limited
    }

    public var sentence: String {
        switch verdict {
        case .may: "Quai may run on \(name), in \(version)."
        case .limited: "Quai may run on \(name), in \(version), with these limits: \(limits.joined(separator: "; "))."
        case .mustNot:
            "Quai must not run on \(name): "
                + (faults.isEmpty ? "no version of MQTT is spoken" : "not honoured: \(faults.joined(separator: "; "))")
                + "."
        }
    }

    /// For people at a terminal.
    public var text: String {
        let width = rows.map(\.point.entry.title.count).max() ?? 0
        let lines = rows.map { row in
            let mark =
                switch row.result {
                case .honoured: "yes"
                case .not: row.point.entry.weight == .must ? "NO " : "no "
                case .unasked: " - "
                }
            let title = row.point.entry.title
            return "\(mark)  \(title)\(String(repeating: " ", count: width - title.count))  \(row.detail)"
        }
        return (lines + ["", sentence]).joined(separator: "\n")
    }

    /// For docs/reference/brokers.md.
    public var page: String {
        let lines = rows.map { row in
            let entry = row.point.entry
            let result = row.result == .not && entry.weight == .must ? "**not honoured**" : row.result.rawValue
            let purpose = entry.purpose.isEmpty ? "not used" : entry.purpose
            return "| \(entry.title) | \(result) | \(row.detail) | \(purpose) |"
        }
        return (["| what | | how | needed for |", "|---|---|---|---|"] + lines + ["", sentence]).joined(separator: "\n")
    }

    public var json: JSON {
        .object([
            ("name", .string(name)), ("version", .string(version)),
            (
                "rows",
                .array(
                    rows.map { row in
                        let need =
                            switch row.point.entry.weight {
                            case .must: "must"
                            case .limit: "limit"
                            case .unused: "unused"
                            }
                        return .object([
                            ("point", .string(row.point.rawValue)), ("result", .string(row.result.rawValue)),
                            ("detail", .string(row.detail)), ("need", .string(need)),
                        ])
                    })
            ),
            ("verdict", .string(verdict == .may ? "may" : verdict == .limited ? "limited" : "must-not")),
            ("sentence", .string(sentence)),
        ])
    }
}
