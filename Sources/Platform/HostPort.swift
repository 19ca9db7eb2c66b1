/// `HOST` or `HOST:PORT` as addresses have it, one of IPv6 in brackets; slashes behind it say nothing.
public struct HostPort: Equatable, Sendable {
    /// Without brackets.
    public var host: String
    public var port: UInt16

    /// Nil for what has a path, a user or no host.
    public init?(_ text: Substring, usual: UInt16) {
        var rest = text
        while rest.hasSuffix("/") { rest = rest.dropLast() }
        port = usual
        if let colon = rest.lastIndex(of: ":"), !rest.hasSuffix("]") {
            guard let number = UInt16(rest[rest.index(after: colon)...]), number > 0 else { return nil }
            port = number
            rest = rest[..<colon]
        }
        if rest.hasPrefix("["), rest.hasSuffix("]") { rest = rest.dropFirst().dropLast() }
        guard !rest.isEmpty, !rest.contains(where: { $0 == "/" || $0 == "@" || $0 == " " || $0.isNewline }) else {
            return nil
        }
        host = String(rest)
    }
}
