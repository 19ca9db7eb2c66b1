import Model

/// What a program shows instead of a session: `quai_`, eight signs that name it, 28 that are secret (136 bits), and seven of a checksum, so that scanners of
/// source texts find leaked ones without asking anybody: `quai_[0-9a-hjkmnp-tv-z]{43}`.
public enum ProgramToken {
    public static let prefix = "quai_"
    private static let (name, secret, check) = (8, 28, 7)

    /// A new one. Shown once; its digest is kept.
    static func fresh() -> String {
        let body = String(Base32.text(Secrecy.random(22), Base32.spoken).prefix(name + secret))
        return prefix + body + checksum(body)
    }

    /// The signs that name it; nil for what is none of ours.
    public static func name(of token: String) -> String? {
        guard token.hasPrefix(prefix) else { return nil }
        let rest = token.dropFirst(prefix.count)
        guard rest.utf8.count == name + secret + check, rest.utf8.allSatisfy({ Base32.spoken.contains($0) }),
            checksum(String(rest.prefix(name + secret))) == rest.suffix(check)
        else { return nil }
        return String(rest.prefix(name))
    }

    static func digest(_ token: String) -> String { Topic.digest(of: "token:\(token)") }

    /// CRC-32C in seven signs.
    private static func checksum(_ body: String) -> String {
        let sum = CRC32C.checksum(Array(body.utf8))
        return Base32.text((0..<4).map { UInt8(truncatingIfNeeded: sum >> (24 - 8 * $0)) }, Base32.spoken)
    }
}
