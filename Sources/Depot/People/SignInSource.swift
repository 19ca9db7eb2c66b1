import Glibc
import Model

/// Where a try comes from, as it is counted: an IPv4 address; of an IPv6 address its first 64 bits, because whoever has one
/// address of such a network has all of them (RFC 6177). Anything else is counted as it is, at most 64 characters.
enum SignInSource {
    static let unknown = "-"

    static func counted(_ address: String) -> String {
        let text = String(address.prefix { $0 != "%" }.prefix(64))
        guard !text.isEmpty else { return unknown }
        var bytes = [UInt8](repeating: 0, count: 16)
        guard text.contains(":"), inet_pton(AF_INET6, text, &bytes) == 1 else { return text }
        if bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
            return bytes[12...].map { String($0) }.joined(separator: ".")
        }
        return Hex.string(Array(bytes.prefix(8))).lowercased() + "/64"
    }
}
