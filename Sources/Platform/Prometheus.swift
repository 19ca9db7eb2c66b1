/// Metrics in Prometheus' text form (exposition format 0.0.4), as both programs print them.
public struct Prometheus: Sendable {
    public typealias Sample = (labels: [(name: String, value: String)], value: Double)

    private var lines: [String] = []

    public init() {}

    /// `type` is `gauge` or `counter`. Whole numbers are printed without a point.
    public mutating func add(_ name: String, _ type: String, _ help: String, _ samples: [Sample]) {
        begin(name, type, help)
        for (labels, value) in samples { add(name, labels, value) }
    }

    public mutating func add(_ name: String, _ help: String, _ histogram: Histogram) {
        begin(name, "histogram", help)
        for (bound, count) in zip(histogram.bounds, histogram.cumulative) {
            add("\(name)_bucket", [("le", "\(bound)")], Double(count))
        }
        add("\(name)_bucket", [("le", "+Inf")], Double(histogram.count))
        add("\(name)_sum", [], histogram.sum)
        add("\(name)_count", [], Double(histogram.count))
    }

    private mutating func begin(_ name: String, _ type: String, _ help: String) {
        lines.append("# HELP \(name) \(help)")
        lines.append("# TYPE \(name) \(type)")
    }

    private mutating func add(_ name: String, _ labels: [(name: String, value: String)], _ value: Double) {
        var line = name
        for (index, label) in labels.enumerated() {
            line += index == 0 ? "{" : ","
            line += label.name
            line += "=\""
            line += Prometheus.escape(label.value)
            line += "\""
        }
        line += labels.isEmpty ? " " : "} "
        line += value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
        lines.append(line)
    }

    public var text: String { lines.joined(separator: "\n") + "\n" }

    private static func escape(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return text }
        return text.reduce(into: "") { out, character in
            switch character {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            default: out.append(character)
            }
        }
    }
}
