internal import CToml

/// Reads a TOML file key by key and collects every mistake with its place; keys nobody asked for are mistakes too.
public final class SettingsReader {
    struct Node {
        enum Value {
            case table, array, other
            case string(String)
            case integer(Int64)
            case float(Double)
            case boolean(Bool)
        }

        var path: [String]
        var value: Value
        var line: UInt32
        var column: UInt32
        /// Which of the files it stands in.
        var source: Int
    }

    private let files: [String]
    private(set) var nodes: [[String]: Node] = [:]
    private var order: [[String]] = []
    fileprivate(set) var problems: [Problem] = []
    private var known: [[String]: Set<String>] = [:]
    private var free: Set<[String]> = []

    /// Throws at once for text that is not TOML; nothing else can be said about it.
    public convenience init(text: String, file: String) throws(Problems) { try self.init([(file, text)]) }

    /// One configuration in several files: tables are put together, and of a key that several have the last one counts, a list as
    /// a whole.
    public init(_ sources: [(file: String, text: String)]) throws(Problems) {
        files = sources.map(\.file)
        for source in sources.indices { try add(sources[source].text, source) }
    }

    private func add(_ text: String, _ source: Int) throws(Problems) {
        let bytes = Array(text.utf8)
        let document = bytes.withUnsafeBytes { raw in
            ctoml_parse(raw.bindMemory(to: CChar.self).baseAddress, bytes.count)
        }
        defer { ctoml_free(document) }
        var line: UInt32 = 0
        var column: UInt32 = 0
        if let message = ctoml_error(document, &line, &column) {
            throw Problems([Problem(file: files[source], line: line, column: column, text: String(cString: message))])
        }
        for index in 0..<ctoml_count(document) {
            let raw = ctoml_at(document, index)
            let path = String(cString: raw.path).split(separator: "\u{1F}", omittingEmptySubsequences: false).map(
                String.init)
            let value: Node.Value =
                switch UInt32(raw.kind) {
                case CTOML_TABLE.rawValue: .table
                case CTOML_ARRAY.rawValue: .array
                case CTOML_STRING.rawValue: .string(String(cString: raw.text))
                case CTOML_INTEGER.rawValue: .integer(raw.integer)
                case CTOML_FLOAT.rawValue: .float(raw.number)
                case CTOML_BOOLEAN.rawValue: .boolean(raw.integer != 0)
                default: .other
                }
            put(Node(path: path, value: value, line: raw.line, column: raw.column, source: source))
        }
    }

    private func put(_ node: Node) {
        if let former = nodes[node.path] {
            if case .table = former.value, case .table = node.value { return }
            // What stood below it goes with it.
            order.removeAll { $0.starts(with: node.path) }
            for path in nodes.keys where path.starts(with: node.path) { nodes[path] = nil }
        }
        nodes[node.path] = node
        order.append(node.path)
    }

    public var root: Section { Section(reader: self, path: []) }

    /// Throws everything that was found; call it after the last key was asked for.
    public func finish() throws(Problems) {
        for path in order where !path.isEmpty {
            let parent = Array(path.dropLast())
            guard !free.contains(parent), isReachable(parent), !(known[parent]?.contains(path.last!) ?? false) else {
                continue
            }
            let names = (known[parent] ?? []).sorted()
            let place = parent.isEmpty ? "" : " in [\(parent.joined(separator: "."))]"
            var text = "unknown key \"\(path.last!)\"\(place)"
            if let near = nearest(path.last!, names) {
                text += "; did you mean \"\(near)\"?"
            } else if !names.isEmpty {
                text += "; known here: \(names.joined(separator: ", "))"
            }
            complain(text, at: path)
        }
        guard problems.isEmpty else {
            let places = Dictionary(files.enumerated().map { ($1, $0) }) { first, _ in first }
            throw Problems(
                problems.sorted {
                    (places[$0.file] ?? 0, $0.line, $0.column) < (places[$1.file] ?? 0, $1.line, $1.column)
                })
        }
    }

    /// A key inside something unknown is not a second mistake.
    private func isReachable(_ path: [String]) -> Bool {
        guard !path.isEmpty else { return true }
        let parent = Array(path.dropLast())
        return (free.contains(parent) || known[parent]?.contains(path.last!) ?? false) && isReachable(parent)
            && known[path] != nil || free.contains(path)
    }

    func note(_ key: String, in path: [String]) { known[path, default: []].insert(key) }
    func enter(_ path: [String]) { if known[path] == nil { known[path] = [] } }
    func anyName(in path: [String]) { free.insert(path) }

    func complain(_ text: String, at path: [String]) {
        let node = nodes[path]
        let file = files[node?.source ?? 0]
        problems.append(Problem(file: file, line: node?.line ?? 0, column: node?.column ?? 0, text: text))
    }

    private func nearest(_ word: String, _ candidates: [String]) -> String? {
        let scored = candidates.map { ($0, distance(word, $0)) }.filter { $0.1 <= max(2, word.count / 3) }
        return scored.min { $0.1 < $1.1 }?.0
    }

    /// Levenshtein distance.
    private func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let next = x == y ? diagonal : min(diagonal, row[j], row[j + 1]) + 1
                diagonal = row[j + 1]
                row[j + 1] = next
            }
        }
        return row[b.count]
    }
}

/// One table of the file. Every accessor makes its key known and reports a value of another type or out of bounds.
public struct Section {
    let reader: SettingsReader
    public let path: [String]

    public var name: String { path.last ?? "" }

    private func node(_ key: String) -> SettingsReader.Node? {
        reader.note(key, in: path)
        return reader.nodes[path + [key]]
    }

    private func complain(_ key: String, _ expected: String) {
        reader.complain("\"\(key)\" must be \(expected)", at: path + [key])
    }

    /// Reports a mistake at a key that an accessor has read.
    public func reject(_ key: String, _ text: String) { reader.complain("\"\(key)\" \(text)", at: path + [key]) }

    /// Reports something that is not there.
    public func require(_ key: String, _ why: String) {
        let place = path.isEmpty ? "" : "[\(path.joined(separator: "."))] "
        reader.complain("\(place)needs \"\(key)\": \(why)", at: path)
    }

    public func string(_ key: String, among choices: [String]? = nil) -> String? {
        guard let node = node(key) else { return nil }
        guard case .string(let text) = node.value else {
            complain(key, "a text in quotes")
            return nil
        }
        if let choices, !choices.contains(text) {
            complain(key, "one of \(choices.joined(separator: ", ")), not \"\(text)\"")
            return nil
        }
        return text
    }

    public func integer(_ key: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let node = node(key) else { return nil }
        guard case .integer(let value) = node.value, range.contains(value) else {
            complain(key, "a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    public func number(_ key: String, in range: ClosedRange<Double>) -> Double? {
        guard let node = node(key) else { return nil }
        let value: Double
        switch node.value {
        case .integer(let whole): value = Double(whole)
        case .float(let number): value = number
        default: value = .nan
        }
        guard range.contains(value) else {
            complain(key, "a number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    /// An array of texts, such as `["CR", "LF"]`.
    public func strings(_ key: String) -> [String]? {
        guard let node = node(key) else { return nil }
        var values: [String] = []
        if case .array = node.value {
            let items = path + [key]
            reader.anyName(in: items)
            while let item = reader.nodes[items + [String(values.count)]] {
                guard case .string(let value) = item.value else {
                    reader.complain("each of \"\(key)\" must be a text in quotes", at: item.path)
                    return nil
                }
                values.append(value)
            }
            if !values.isEmpty { return values }
        }
        complain(key, "a list of texts in quotes, in square brackets")
        return nil
    }

    /// An array of whole numbers, such as `[1, 2]`.
    public func integers(_ key: String, in range: ClosedRange<Int64>) -> [Int64]? {
        guard let node = node(key) else { return nil }
        var values: [Int64] = []
        if case .array = node.value {
            let items = path + [key]
            reader.anyName(in: items)
            while let item = reader.nodes[items + [String(values.count)]] {
                guard case .integer(let value) = item.value, range.contains(value) else {
                    reader.complain(
                        "each of \"\(key)\" must be a whole number from \(range.lowerBound) to \(range.upperBound)",
                        at: item.path)
                    return nil
                }
                values.append(value)
            }
            if !values.isEmpty { return values }
        }
        complain(key, "a list such as [1, 2]")
        return nil
    }

    public func boolean(_ key: String) -> Bool? {
        guard let node = node(key) else { return nil }
        guard case .boolean(let value) = node.value else {
            complain(key, "true or false")
            return nil
        }
        return value
    }

    /// A sub-table with fixed keys; nil when the file has none.
    public func table(_ key: String) -> Section? {
        guard let node = node(key) else { return nil }
        guard case .table = node.value else {
            complain(key, "a table: [\((path + [key]).joined(separator: "."))]")
            return nil
        }
        reader.enter(path + [key])
        return Section(reader: reader, path: path + [key])
    }

    /// The sub-tables of a table whose names the user chooses, such as `[reader.NAME]`; `others` are keys of it that are none.
    public func tables(_ key: String, besides others: [String] = []) -> [Section] {
        guard let parent = table(key) else { return [] }
        reader.anyName(in: parent.path)
        let names = reader.nodes.keys.filter {
            $0.count == parent.path.count + 1 && $0.starts(with: parent.path) && !others.contains($0.last ?? "")
        }
        func place(_ path: [String]) -> (Int, UInt32, String) {
            (reader.nodes[path]!.source, reader.nodes[path]!.line, path.last!)
        }
        return names.sorted { place($0) < place($1) }.compactMap { path in
            guard case .table = reader.nodes[path]!.value else {
                reader.complain("[\(path.joined(separator: "."))] must be a table", at: path)
                return nil
            }
            reader.enter(path)
            return Section(reader: reader, path: path)
        }
    }
}

extension Section {
    /// True when the file has this key, of whatever type.
    public func has(_ key: String) -> Bool { reader.nodes[path + [key]] != nil }

    /// True when it is one text, where a list of them may stand too.
    public func isText(_ key: String) -> Bool {
        if case .string = reader.nodes[path + [key]]?.value { true } else { false }
    }
}
