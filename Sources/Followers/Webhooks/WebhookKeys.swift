private import CCrypto
public import Depot
import Model

/// The keys by which receivers know that a message is ours (Standard Webhooks 1.0, "Signature scheme"): `v1` HMAC-SHA256 and `v1a`
/// Ed25519. They are made of one secret of the installation and of each webhook's salt, so that the database, its copies and what
/// is exported of it hold none.
public struct WebhookKeys: Sendable {
    private let master: [UInt8]
    /// Tells the installation's secret from another one, and nothing else about it.
    public let mark: String

    /// Shortest secret, in bytes.
    public static let shortest = 32

    /// Nil where the secret is too short to be one.
    public init?(master text: String) {
        guard text.utf8.count >= WebhookKeys.shortest else { return nil }
        master = Array(text.utf8)
        mark = Hex.string(WebhookKeys.mac(master, "quai webhook mark").prefix(8))
    }

    /// Of what the keys of a webhook are made from now on.
    public func fresh() -> WebhookDesk.Key {
        var random = SystemRandomNumberGenerator()
        return WebhookDesk.Key(salt: Hex.word(random.next()) + Hex.word(random.next()), mark: mark)
    }

    /// What a receiver checks `v1` with: `whsec_` and base64 of 32 bytes. Shown once.
    public func secret(_ salt: String) -> String {
        "whsec_" + Sealing.base64(WebhookKeys.mac(master, "quai webhook v1 \(salt)"))
    }

    /// What a receiver checks `v1a` with: `whpk_` and base64 of 32 bytes. No secret.
    public func publicKey(_ salt: String) -> String {
        guard let key = signingKey(salt) else { return "" }
        defer { EVP_PKEY_free(key) }
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = bytes.count
        guard EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1 else { return "" }
        return "whpk_" + Sealing.base64(bytes)
    }

    /// The header `webhook-signature`: with each key that counts at `now` (Unix milliseconds), apart by spaces. Nil where the keys are of
    /// another secret than this one.
    public func signatures(of body: [UInt8], id: String, timestamp: String, for hook: Webhook, at now: Int64) -> String?
    {
        guard hook.mark == mark else { return nil }
        let old = hook.oldUntil.flatMap { $0 > now ? hook.oldSalt : nil }
        let message = Array("\(id).\(timestamp).".utf8) + body
        return [hook.salt, old].compactMap(\.self).map { salt in
            let first = WebhookSignature.sign(body, id: id, timestamp: timestamp, secret: secret(salt))
            return "\(first) v1a,\(Sealing.base64(signed(message, salt)))"
        }.joined(separator: " ")
    }

    private func signed(_ message: [UInt8], _ salt: String) -> [UInt8] {
        guard let key = signingKey(salt), let context = EVP_MD_CTX_new() else { return [] }
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
        }
        var bytes = [UInt8](repeating: 0, count: 64)
        var count = bytes.count
        guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
            EVP_DigestSign(context, &bytes, &count, message, message.count) == 1
        else { return [] }
        return bytes
    }

    /// Whoever asks frees it.
    private func signingKey(_ salt: String) -> OpaquePointer? {
        let seed = WebhookKeys.mac(master, "quai webhook v1a \(salt)")
        return EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, seed, seed.count)
    }

    private static func mac(_ key: [UInt8], _ text: String) -> [UInt8] { Sealing.mac(key, Array(text.utf8)) }
}
