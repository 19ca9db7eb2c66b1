/// What an agent shows to become one of the centre's, once: `quai-join-` and 108 hex digits: 6 bytes that name the invitation, 16 that are secret, and the
/// SHA-256 of the authority's certificate, so that the agent knows its centre without asking anybody else.
public struct JoinToken: Equatable, Sendable, CustomStringConvertible {
    public static let prefix = "quai-join-"

    /// Hex digits, 12 and 32.
    public let id: String
    public let secret: String
    /// 32 bytes.
    public let pin: [UInt8]

    /// A new one for an authority whose certificate has this digest.
    public init(pin: [UInt8]) {
        precondition(pin.count == 32, "a digest of SHA-256 has 32 bytes")
        var generator = SystemRandomNumberGenerator()
        func random(_ count: Int) -> String {
            Hex.string((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        }
        (id, secret, self.pin) = (random(6), random(16), pin)
    }

    public init?(_ text: String) {
        guard text.hasPrefix(JoinToken.prefix), text.utf8.count == JoinToken.prefix.utf8.count + 108,
            let bytes = Hex.bytes(String(text.dropFirst(JoinToken.prefix.count)))
        else { return nil }
        (id, secret, pin) = (Hex.string(Array(bytes[..<6])), Hex.string(Array(bytes[6..<22])), Array(bytes[22...]))
    }

    public var description: String { "\(JoinToken.prefix)\(id)\(secret)\(Hex.string(pin))" }
}
