import Model

/// Session tokens: the browser keeps the token, the database its digest.
enum Digests {
    static func hex(_ token: String) -> String { Topic.digest(of: token) }

    /// 128 random bits.
    static func newToken() -> String {
        var random = SystemRandomNumberGenerator()
        return Hex.word(random.next()) + Hex.word(random.next())
    }
}
