extension SettingsReader {
    /// Every value as it is written, by the path of its key: what two readings differ in, somebody changed. Lists count as a whole.
    public var written: [String: String] {
        var written: [String: String] = [:]
        let lists = Set(
            nodes.values.compactMap { node in
                if case .array = node.value { node.path } else { nil }
            })
        for node in nodes.values.sorted(by: { $0.path.lexicographicallyPrecedes($1.path) }) {
            let owner = node.path.indices.map { Array(node.path[..<$0]) }.first { lists.contains($0) }
            let key = (owner ?? node.path).joined(separator: ".")
            let text: String? =
                switch node.value {
                case .table: nil
                // An empty one is none the less there.
                case .array: "["
                case .string(let text): "\"\(text)\""
                case .integer(let number): "\(number)"
                case .float(let number): "\(number)"
                case .boolean(let truth): "\(truth)"
                case .other: "…"
                }
            guard let text else { continue }
            written[key, default: ""] += owner == nil ? text : "\(node.path.joined(separator: "."))=\(text),"
        }
        return written
    }
}
