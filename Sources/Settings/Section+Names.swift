extension Section {
    /// The texts of a sub-table whose names the user chooses, such as `[sign-in.NAME.groups]`, by name. Nil when the file has none.
    public func texts(_ key: String) -> [(name: String, text: String)]? {
        guard let table = table(key) else { return nil }
        reader.anyName(in: table.path)
        let names = reader.nodes.keys.filter { $0.count == table.path.count + 1 && $0.starts(with: table.path) }
        return names.compactMap(\.last).sorted().compactMap { name in table.string(name).map { (name, $0) } }
    }
}
