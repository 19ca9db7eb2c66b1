internal import CCrypto

/// `quai/1/<p>/<agent>/<leaf>`: where a message of an agent travels (docs/reference/topics.md).
public struct Topic: Equatable, Sendable {
    public enum Leaf: String, Sendable {
        case bulk = "s"
        case urgent = "c"
        case hello = "hi"
        case status = "st"
        case beat = "hb"
        case ack
        case command = "cmd"
        case configuration = "cfg"
        case expected = "exp"
    }

    public static let root = "quai/1"
    /// Retained presence of the centre's instances.
    public static let presence = "quai/1/in"

    public var agent: String
    public var leaf: Leaf

    public init(_ leaf: Leaf, of agent: String) {
        self.agent = agent
        self.leaf = leaf
    }

    public var name: String { "\(Topic.root)/\(Topic.partition(of: agent))/\(agent)/\(leaf.rawValue)" }

    /// Nil unless the topic is of this form and its partition belongs to its agent.
    public init?(parsing name: String) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5, parts[0] == "quai", parts[1] == "1", Topic.isName(parts[3]),
            parts[2] == Topic.partition(of: parts[3]), let leaf = Leaf(rawValue: parts[4])
        else { return nil }
        self.init(leaf, of: parts[3])
    }

    /// `[a-z0-9-]{1,32}`: agents and sites.
    public static func isName(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }

    /// First byte of SHA-256 of the agent's name, two lower-case hex digits.
    public static func partition(of agent: String) -> String { String(digest(of: agent).prefix(2)) }

    /// SHA-256 of a text, lower-case hex.
    public static func digest(of text: String) -> String { digest(of: Array(text.utf8)) }

    /// The same of bytes.
    public static func digest(of bytes: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        ccrypto_sha256(bytes, bytes.count, &digest)
        return Hex.string(digest).lowercased()
    }
}
