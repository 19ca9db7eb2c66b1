public import Model

/// A provider as its document says (OpenID Connect Discovery 1.0 §3, RFC 8414), as far as it is used.
public struct OpenIDProvider: Equatable, Sendable {
    public let issuer: String
    public let authorization: String
    public let token: String
    public let keys: String
    public let userinfo: String?
    /// OpenID Connect RP-Initiated Logout 1.0 §2.1.
    public let endSession: String?
    /// Answers name their issuer (RFC 9207 §3): one without is refused.
    public let namesItself: Bool
    /// The client's secret goes into the form, and not into a header.
    public let secretInForm: Bool
    /// Without PKCE among what it says it does; then it is sent all the same.
    public let isWithoutPKCE: Bool

    /// Longest address.
    static let addressLimit = 2000

    /// Where the document lies.
    public static func document(of issuer: String) -> String {
        (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer) + "/.well-known/openid-configuration"
    }

    /// `issuer` as it is configured: the document must say the same, letter for letter, so that nobody speaks for another. Addresses
    /// are https; http only where the issuer's is, which settings allow on this machine alone.
    public init(_ document: JSON, issuer: String) throws(OpenIDFault) {
        let said = document["issuer"]?.text ?? "-"
        guard said == issuer else {
            throw OpenIDFault(.wrong, "the document is of the issuer \(OpenIDFault.short(said)), not of \(issuer)")
        }
        let isPlain = issuer.hasPrefix("http://")
        func address(_ name: String) throws(OpenIDFault) -> String? {
            guard let text = document[name]?.text else { return nil }
            guard text.hasPrefix("https://") || isPlain && text.hasPrefix("http://"),
                text.utf8.count <= OpenIDProvider.addressLimit,
                text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x23 })
            else { throw OpenIDFault(.wrong, "\(name) is no https address") }
            return text
        }
        func needed(_ name: String) throws(OpenIDFault) -> String {
            guard let text = try address(name) else { throw OpenIDFault(.wrong, "the document has no \(name)") }
            return text
        }
        self.issuer = issuer
        authorization = try needed("authorization_endpoint")
        token = try needed("token_endpoint")
        keys = try needed("jwks_uri")
        userinfo = try address("userinfo_endpoint")
        endSession = try address("end_session_endpoint")
        namesItself = document["authorization_response_iss_parameter_supported"]?.truth ?? false
        let ways = (document["token_endpoint_auth_methods_supported"]?.list ?? []).compactMap(\.text)
        secretInForm = !ways.isEmpty && !ways.contains("client_secret_basic") && ways.contains("client_secret_post")
        let challenges = document["code_challenge_methods_supported"]?.list?.compactMap(\.text)
        isWithoutPKCE = challenges.map { !$0.contains("S256") } ?? false
        let types = document["response_types_supported"]?.list?.compactMap(\.text)
        guard types?.contains("code") != false else {
            throw OpenIDFault(.wrong, "the provider does not give codes (response_types_supported)")
        }
        let signs = document["id_token_signing_alg_values_supported"]?.list?.compactMap(\.text) ?? []
        guard signs.isEmpty || signs.contains(where: { ProviderKey.Algorithm(rawValue: $0) != nil }) else {
            throw OpenIDFault(.wrong, "the provider signs by nothing that is taken here: \(signs.prefix(5))")
        }
    }

    /// Where somebody leaves there, too (OpenID Connect RP-Initiated Logout 1.0 §2); nil where it has no such place.
    public func leaving(client: String, back: String) -> String? {
        endSession.map { FormText.add([("client_id", client), ("post_logout_redirect_uri", back)], to: $0) }
    }
}

/// `application/x-www-form-urlencoded`, as RFC 6749 appendix B has it.
public enum FormText {
    public static func encoded(_ text: String) -> String {
        text.utf8.reduce(into: "") { out, byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default: out += "%" + Hex.string([byte])
            }
        }
    }

    public static func form(_ pairs: [(String, String)]) -> String {
        pairs.map { "\(encoded($0.0))=\(encoded($0.1))" }.joined(separator: "&")
    }

    /// What a header of HTTP Basic holds (RFC 7617 §2).
    public static func base64(_ text: String) -> String {
        let url = Base64URL.text(Array(text.utf8))
        let plain = url.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
        return String(plain) + String(repeating: "=", count: (4 - url.utf8.count % 4) % 4)
    }

    static func add(_ pairs: [(String, String)], to address: String) -> String {
        address + (address.contains("?") ? "&" : "?") + form(pairs)
    }
}
