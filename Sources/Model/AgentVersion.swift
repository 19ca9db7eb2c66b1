/// A version of the agent's package, as Debian writes them (Debian Policy 5.6.12) without an epoch: it travels in orders and stands in command
/// lines, so that nothing else may be in it.
public enum AgentVersion {
    /// 1 to 64 of digits, letters, `.`, `+`, `~` and `-`, a digit first.
    public static func isValid(_ text: String) -> Bool {
        guard (1...64).contains(text.utf8.count), let first = text.utf8.first, (0x30...0x39).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || [0x2E, 0x2B, 0x7E, 0x2D].contains($0)
        }
    }
}
