import Model

/// A JWT in its compact form (RFC 7515 §7.1), taken apart and not yet believed: `header.claims.signature`, each in base64url.
struct SignedToken: Sendable {
    /// Longest text, in characters: tokens with many groups are some 8 kB.
    static let limit = 32 * 1024

    let algorithm: ProviderKey.Algorithm
    /// `kid`: which key it says it was signed by.
    let keyID: String?
    /// `typ` in small letters, without `application/`.
    let type: String?
    let claims: JSON
    private let message: [UInt8]
    private let signature: [UInt8]

    /// Throws `.token` for what is none, or is signed in a way that proves nothing.
    init(_ text: String) throws(OpenIDFault) {
        guard text.utf8.count <= SignedToken.limit else { throw OpenIDFault(.token, "the token is too long") }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let head = Base64URL.bytes(String(parts[0])),
            let body = Base64URL.bytes(String(parts[1])),
            let signature = Base64URL.bytes(String(parts[2])), let header = try? JSON(parsing: head),
            let claims = try? JSON(parsing: body), header.isObject, claims.isObject
        else { throw OpenIDFault(.token, "the token is no signed JWT") }
        let name = header["alg"]?.text ?? "none"
        guard let algorithm = ProviderKey.Algorithm(rawValue: name) else {
            throw OpenIDFault(.token, "the token is signed by \(OpenIDFault.short(name)), which is not taken")
        }
        // What must be understood and is not, refuses (RFC 7515 §4.1.11).
        guard header["crit"] == nil else { throw OpenIDFault(.token, "the token asks for an extension") }
        self.algorithm = algorithm
        keyID = header["kid"]?.text
        let kind = header["typ"]?.text?.lowercased()
        type = kind.map { $0.hasPrefix("application/") ? String($0.dropFirst(12)) : $0 }
        self.claims = claims
        self.signature = signature
        message = Array("\(parts[0]).\(parts[1])".utf8)
    }

    /// The keys that may have signed it: those of its name; all of its kind where it names none.
    func candidates(among keys: [ProviderKey]) -> [ProviderKey] {
        keys.filter { $0.fits(algorithm) && (keyID == nil || $0.id == nil || $0.id == keyID) }
    }

    func isSigned(by keys: [ProviderKey]) -> Bool {
        candidates(among: keys).contains { $0.holds(signature, of: message, by: algorithm) }
    }
}
