extension SettingsReader {
    /// A value for whoever shows a configuration.
    public enum Shown: Equatable, Sendable {
        case table
        /// How many stand in it.
        case list(Int)
        case text(String)
        /// A number, or yes or no.
        case plain(String)
    }

    /// Every key with its value, by path; what stands in lists is counted only.
    public var everything: [(path: [String], value: Shown)] {
        let lists = Set(
            nodes.values.compactMap { node in
                if case .array = node.value { node.path } else { nil }
            })
        let isInside = { (path: [String]) in path.indices.contains { lists.contains(Array(path[..<$0])) } }
        return nodes.values.filter { !isInside($0.path) }.sorted { $0.path.lexicographicallyPrecedes($1.path) }.map {
            node in
            let value: Shown =
                switch node.value {
                case .table: .table
                case .array:
                    .list(nodes.keys.count(where: { $0.count == node.path.count + 1 && $0.starts(with: node.path) }))
                case .string(let text): .text(text)
                case .integer(let number): .plain("\(number)")
                case .float(let number): .plain("\(number)")
                case .boolean(let truth): .plain("\(truth)")
                case .other: .plain("…")
                }
            return (node.path, value)
        }
    }
}
