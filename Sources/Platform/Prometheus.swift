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
        let text = labels.map { "\($0.name)=\"\(Prometheus.escape($0.value))\"" }.joined(separator: ",")
        let number = value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
        lines.append(text.isEmpty ? "\(name) \(number)" : "\(name){\(text)} \(number)")
    }

    public var text: String { lines.joined(separator: "\n") + "\n" }

    private static func escape(_ text: String) -> String {
        text.reduce(into: "") { out, character in
            switch character {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            default: out.append(character)
            }
        }
    }
}
