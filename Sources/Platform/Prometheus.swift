/// Metrics in Prometheus' text form (exposition format 0.0.4), as both programs print them.
public struct Prometheus: Sendable {
    public typealias Sample = (labels: [(name: String, value: String)], value: Double)

    private var lines: [String] = []

    public init() {}

    /// `type` is `gauge` or `counter`. Whole numbers are printed without a point.
    public mutating func add(_ name: String, _ type: String, _ help: String, _ samples: [Sample]) {
        lines.append("# HELP \(name) \(help)")
        lines.append("# TYPE \(name) \(type)")
        for (labels, value) in samples {
            let text = labels.map { "\($0.name)=\"\(Prometheus.escape($0.value))\"" }.joined(separator: ",")
            let number = value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
            lines.append(text.isEmpty ? "\(name) \(number)" : "\(name){\(text)} \(number)")
        }
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
