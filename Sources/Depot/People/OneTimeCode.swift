import Model

/// The codes of an authenticator app: TOTP (RFC 6238) with HMAC-SHA-1, six digits and steps of 30 seconds, which every such app knows.
public enum OneTimeCode {
    public static let digits = 6
    /// In milliseconds.
    static let life: Int64 = 30_000
    /// Steps by which a telephone's clock may be wrong, each way.
    static let drift: Int64 = 1

    static func step(at now: Int64) -> Int64 { max(0, now / life) }

    /// RFC 4226, section 5.3: 31 bits from where the last four bits of the MAC point to.
    static func code(_ secret: [UInt8], step: Int64, digits: Int = OneTimeCode.digits) -> String {
        let counter = (0..<8).map { UInt8(truncatingIfNeeded: step >> (56 - 8 * Int64($0))) }
        let mac = Secrecy.mac("SHA1", secret, counter)
        let at = Int(mac[19] & 15)
        let word = mac[at..<at + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let text = String(word)
        return (String(repeating: "0", count: 10) + text).suffix(digits).description
    }

    /// The step that a code is of, newer than `last`: a code that was used opens nothing again. Nil for a wrong one.
    static func step(of code: String, _ secret: [UInt8], after last: Int64, at now: Int64) -> Int64? {
        let given = Array(code.utf8)
        let present = step(at: now)
        var found: Int64?
        for step in max(0, present - drift)...(present + drift)
        where Secrecy.isSame(given, Array(OneTimeCode.code(secret, step: step).utf8)) && step > last { found = step }
        return found
    }

    /// Longest address that a code of ours holds, in bytes; the name gives way.
    private static let addressLimit = 106

    /// What an app takes over by a QR code (https://github.com/google/google-authenticator/wiki/Key-Uri-Format).
    public static func address(_ secret: [UInt8], name: String) -> String {
        let (head, tail) = ("otpauth://totp/Quai:", "?secret=\(Base32.text(secret))&issuer=Quai")
        var label = ""
        for character in name {
            let escaped = String(character).utf8.map { byte -> String in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: return String(UnicodeScalar(byte))
                default: return "%" + Hex.string([byte])
                }
            }.joined()
            guard head.utf8.count + label.utf8.count + escaped.utf8.count + tail.utf8.count <= addressLimit else {
                break
            }
            label += escaped
        }
        return head + label + tail
    }

    /// As it is typed where a picture cannot be taken.
    public static func typed(_ secret: [UInt8]) -> String { Base32.text(secret) }
}

/// Of what the secrets of authenticator apps are made: one secret of the installation and a salt of each person's, so that the database, its copies and
/// what is exported of it hold none.
public struct CodeKeys: Sendable {
    /// In bytes of text.
    public static let shortest = 32

    private let master: [UInt8]
    /// Tells the installation's secret from another one, and nothing else about it.
    let mark: String

    /// Nil where the secret is too short to be one.
    public init?(master text: String) {
        guard text.utf8.count >= CodeKeys.shortest else { return nil }
        master = Array(text.utf8)
        mark = Hex.string(Secrecy.mac("SHA256", master, Array("quai code mark".utf8)).prefix(8))
    }

    static func salt() -> String { Hex.string(Secrecy.random(16)) }

    /// 160 bits, as RFC 4226, section 4 wants them.
    func secret(_ salt: String) -> [UInt8] {
        Array(Secrecy.mac("SHA256", master, Array("quai code \(salt)".utf8)).prefix(20))
    }
}

/// What opens the door of somebody who lost their second factor: 80 random bits each, so that a digest keeps them, each once.
public enum RecoveryCode {
    public static let count = 10
    private static let signs = 16

    /// `xxxx-xxxx-xxxx-xxxx`.
    static func fresh() -> String {
        let text = Array(Base32.text(Secrecy.random(10), Base32.spoken))
        return stride(from: 0, to: signs, by: 4).map { String(text[$0..<$0 + 4]) }.joined(separator: "-")
    }

    /// As it is kept, however it was written; nil for what cannot be one.
    static func digest(_ typed: String) -> String? {
        guard typed.utf8.count <= 64 else { return nil }
        let text = typed.lowercased().filter { $0 != "-" && $0 != " " }.map { sign -> Character in
            switch sign {
            case "o": "0"
            case "i", "l": "1"
            default: sign
            }
        }
        guard text.count == signs, text.allSatisfy({ $0.asciiValue.map(Base32.spoken.contains) == true }) else {
            return nil
        }
        return Topic.digest(of: "recovery:\(String(text))")
    }
}
