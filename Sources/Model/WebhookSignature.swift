private import CCrypto

/// What proves that a message comes from somebody who knows a secret (Standard Webhooks 1.0): HMAC-SHA256 of
/// `id.timestamp.body`, in base64 after `v1,`.
public enum WebhookSignature {
    /// A message older or newer than this is refused, in seconds: it may be a copy.
    public static let tolerance: Int64 = 300

    /// `secret` as its owner wrote it: text, or `whsec_` and base64.
    public static func sign(_ body: [UInt8], id: String, timestamp: String, secret: String) -> String {
        var key = Array(secret.utf8)
        if secret.hasPrefix("whsec_") { key = decoded(String(secret.dropFirst(6))) ?? key }
        let message = Array("\(id).\(timestamp).".utf8) + body
        var mac = [UInt8](repeating: 0, count: 32)
        var length = 0
        EVP_Q_mac(nil, "HMAC", nil, "SHA256", nil, key, key.count, message, message.count, &mac, mac.count, &length)
        return "v1," + encoded(mac)
    }

    /// `signatures` as the header holds them, apart by spaces; `now` in Unix seconds.
    public static func isGood(
        _ signatures: String, body: [UInt8], id: String, timestamp: String, secret: String, now: Int64
    ) -> Bool {
        guard let time = Int64(timestamp), (now - tolerance...now + tolerance).contains(time), !id.isEmpty,
            !secret.isEmpty
        else {
            return false
        }
        let right = Array(sign(body, id: id, timestamp: timestamp, secret: secret).utf8)
        return signatures.split(separator: " ").contains { given in
            let given = Array(given.utf8)
            // Takes as long wherever the two differ.
            return given.count == right.count && zip(given, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
        }
    }

    private static func encoded(_ bytes: [UInt8]) -> String {
        var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
        let count = EVP_EncodeBlock(&text, bytes, Int32(bytes.count))
        return String(decoding: text.prefix(Int(count)), as: UTF8.self)
    }

    private static func decoded(_ text: String) -> [UInt8]? {
        let padding = text.reversed().prefix { $0 == "=" }.count
        let input = Array(text.utf8)
        var bytes = [UInt8](repeating: 0, count: input.count / 4 * 3 + 3)
        let count = Int(EVP_DecodeBlock(&bytes, input, Int32(input.count)))
        return count >= padding ? Array(bytes.prefix(count - padding)) : nil
    }
}
