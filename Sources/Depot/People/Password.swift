import CArgon2
import Model

/// Passwords, PINs and badges as they are kept: argon2id (RFC 9106) in its own text form, never the secret.
public enum Password {
    /// Second recommended option of RFC 9106 §4: 64 MiB, three passes. Lanes do not help on a small server.
    static let passes: UInt32 = 3
    static let kibibytes: UInt32 = 64 * 1024
    public static let shortest = 10
    public static let longest = 256
    /// A PIN is short: it opens a session at a station alone, for a working day, and is locked after a few tries.
    public static let pinDigits = 4...12

    /// Takes some 100 ms and 64 MiB: never where something waits for it.
    public static func hash(_ secret: String) -> String {
        var random = SystemRandomNumberGenerator()
        let salt = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
        let bytes = Array(secret.utf8)
        var encoded = [CChar](repeating: 0, count: 128)
        let code = argon2id_hash_encoded(
            passes, kibibytes, 1, bytes, bytes.count, salt, salt.count, 32, &encoded, encoded.count)
        precondition(code == ARGON2_OK.rawValue, "argon2id: \(String(cString: argon2_error_message(code)))")
        return String(decoding: encoded.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    public static func holds(_ secret: String, _ encoded: String) -> Bool {
        let bytes = Array(secret.utf8)
        return argon2id_verify(encoded, bytes, bytes.count) == ARGON2_OK.rawValue
    }

    /// What is wrong with a new password; nil when it will do.
    public static func weakness(_ secret: String, name: String) -> String? {
        guard secret.count >= shortest, secret.utf8.count <= longest else {
            return "a password has \(shortest) to \(longest) characters"
        }
        guard Set(secret).count >= 5 else { return "a password has at least 5 different characters" }
        guard !isCommon(secret, name: name) else { return "that password is among the first that are tried" }
        return secret.lowercased().contains(name.lowercased()) && name.count >= 3
            ? "a password does not contain the name" : nil
    }

    public static func isPIN(_ text: String) -> Bool {
        pinDigits.contains(text.count) && text.allSatisfy { $0.isASCII && $0.isWholeNumber } && Set(text).count > 1
    }

    /// A badge is found by what it says: its digest, not a slow hash, is what can be looked up.
    public static func badge(_ text: String) -> String { Topic.digest(of: "badge:\(text)") }
}
