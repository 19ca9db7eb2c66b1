private import CCrypto
import Model

/// SHA-256 of what comes in pieces.
public final class RunningDigest {
    private let context: OpaquePointer?

    public init() {
        context = EVP_MD_CTX_new()
        precondition(EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1, "libcrypto has no SHA-256")
    }

    deinit { EVP_MD_CTX_free(context) }

    public func add(_ bytes: [UInt8]) { EVP_DigestUpdate(context, bytes, bytes.count) }

    /// In hex, lower case, as `sha256sum` writes it; once, at the end.
    public func hex() -> String {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        EVP_DigestFinal_ex(context, &digest, nil)
        return Hex.string(digest).lowercased()
    }
}
