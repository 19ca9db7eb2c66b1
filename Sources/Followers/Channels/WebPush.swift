import Model

/// A browser's subscription, and what is sent to it: encrypted so that the push service in between reads nothing of it (RFC 8291), by
/// whom the service may know (VAPID, RFC 8292).
public struct WebPush: Equatable, Sendable {
    /// The address that the push service gave this browser: whoever has it may knock there.
    public var endpoint: String
    /// The browser's key, 65 bytes, and what both know besides, 16 bytes.
    public var key: [UInt8]
    public var auth: [UInt8]

    /// Longest content in bytes: 4096 is what every service takes (RFC 8030, 7.2), less the header, the padding and the tag.
    public static let limit = 3900
    /// How long the service keeps it for a browser that is away, in seconds.
    static let life = 24 * 3600

    /// Keys in base64url, as browsers give them. Nil where they are none.
    public init?(endpoint: String, key: String, auth: String) {
        guard let key = Sealing.bytes(base64URL: key), key.count == 65, key[0] == 4,
            let auth = Sealing.bytes(base64URL: auth), auth.count == 16
        else { return nil }
        (self.endpoint, self.key, self.auth) = (endpoint, key, auth)
    }

    /// RFC 8188, 2: salt, size of a record, our key; then one record. Nil where the browser's key is no point of its curve.
    ///
    ///     DG fv ad … 16 bytes | 00 00 10 00 | 41 | 04 FE 33 … 65 bytes | cipher of text, 02, and the tag
    func encrypted(_ text: [UInt8], by own: borrowing P256, salt: [UInt8]) -> [UInt8]? {
        guard text.count <= WebPush.limit, salt.count == 16, let shared = own.agree(with: key) else { return nil }
        let both = Array("WebPush: info\0".utf8) + key + own.publicKey
        let secret = Sealing.mac(Sealing.mac(auth, shared), both + [1])
        let root = Sealing.mac(salt, secret)
        let cipherKey = Array(Sealing.mac(root, Array("Content-Encoding: aes128gcm\0".utf8) + [1]).prefix(16))
        let nonce = Array(Sealing.mac(root, Array("Content-Encoding: nonce\0".utf8) + [1]).prefix(Sealing.nonceSize))
        // 2: the last record, without padding.
        guard let sealed = Sealing.seal(text + [2], key: cipherKey, nonce: nonce) else { return nil }
        return salt + [0, 0, 0x10, 0, UInt8(own.publicKey.count)] + own.publicKey + sealed
    }

    /// What the service is sent. `now` in Unix seconds; nil where the browser's key is none.
    func request(_ text: [UInt8], urgency: String, by vapid: VAPID, at now: Int64) -> ChannelRequest? {
        guard let own = P256.random(), let body = encrypted(text, by: own, salt: Sealing.random(16)),
            let authorization = vapid.authorization(for: endpoint, at: now)
        else { return nil }
        return ChannelRequest(
            url: endpoint,
            headers: [
                ("Content-Type", "application/octet-stream"), ("Content-Encoding", "aes128gcm"),
                ("TTL", String(WebPush.life)), ("Urgency", urgency), ("Authorization", authorization),
            ], body: body)
    }
}

/// By what a push service knows who sends (RFC 8292): a signed word that holds for one service and for a while.
struct VAPID: Sendable {
    private let secret: [UInt8]
    /// In base64url: what browsers subscribe with.
    let publicKey: String
    /// `mailto:` or `https:` of whom the service may ask.
    let contact: String
    /// Half of what RFC 8292, 2 allows, in seconds.
    static let life: Int64 = 12 * 3600

    /// Of the installation's secret; the same one each time.
    init?(master: [UInt8], contact: String) {
        let secret = Sealing.mac(master, Array("quai vapid".utf8))
        guard let key = P256(secret: secret) else { return nil }
        (self.secret, self.contact) = (secret, contact)
        publicKey = Sealing.base64URL(key.publicKey)
    }

    /// `now` in Unix seconds; nil for an address without a host.
    func authorization(for endpoint: String, at now: Int64) -> String? {
        guard let start = endpoint.firstRange(of: "://")?.upperBound, let key = P256(secret: secret) else { return nil }
        let origin = endpoint[..<start] + endpoint[start...].prefix { $0 != "/" && $0 != "?" }
        let claims = JSON.object([
            ("aud", .string(String(origin))), ("exp", .int(now + VAPID.life)), ("sub", .string(contact)),
        ])
        let head = Sealing.base64URL(Array(#"{"typ":"JWT","alg":"ES256"}"#.utf8))
        let signed = "\(head).\(Sealing.base64URL(Array(claims.description.utf8)))"
        guard let signature = key.sign(Array(signed.utf8)) else { return nil }
        return "vapid t=\(signed).\(Sealing.base64URL(signature)),k=\(publicKey)"
    }
}
