extension SettingsReader {
    /// What is written, by the place that `place` gives its path: two configurations that say the same are equal, in whatever order and
    /// files it stands.
    public func written(_ place: ([String]) -> String) -> [String: [String]] {
        var out: [String: [String]] = [:]
        for node in nodes.values.sorted(by: { $0.path.lexicographicallyPrecedes($1.path) }) {
            let value =
                switch node.value {
                case .table: "{}"
                case .array: "[]"
                case .string(let text): "\"\(text)\""
                case .integer(let number): "\(number)"
                case .float(let number): "\(number)"
                case .boolean(let truth): "\(truth)"
                case .other: "…"
                }
            out[place(node.path), default: []].append("\(node.path.joined(separator: ".")) = \(value)")
        }
        return out
    }
}
