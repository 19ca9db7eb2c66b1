/// One mistake in a configuration file: where it is, what was found, what was expected.
public struct Problem: Error, Equatable, Sendable, CustomStringConvertible {
    public var file: String
    /// From 1; 0 when the mistake is that something is missing.
    public var line: UInt32
    public var column: UInt32
    public var text: String

    public init(file: String, line: UInt32, column: UInt32, text: String) {
        self.file = file
        self.line = line
        self.column = column
        self.text = text
    }

    public var description: String { line == 0 ? "\(file): \(text)" : "\(file):\(line):\(column): \(text)" }
}

/// Every mistake at once.
public struct Problems: Error, Sendable, CustomStringConvertible {
    public var list: [Problem]

    public init(_ list: [Problem]) { self.list = list }

    public var description: String { list.map(\.description).joined(separator: "\n") }
}
