internal import CTLS
import Model
import Platform

/// Whom a TLS line believes. Without a word of the site: whoever the system's authorities vouch for. With one, nobody else.
public struct TLSTrust: Equatable, Sendable {
    /// PEM file of an authority, or of the far end's own certificate.
    public var authority: String?
    /// SHA-256 of the far end's public key (SubjectPublicKeyInfo, RFC 7469 §2.4) or of its whole certificate.
    public var pin: Pin?
    private var isAnybody = false

    /// Whoever answers. For asking what is public and known by its digest; nothing that matters is ever told to such a far end.
    public static var anybody: TLSTrust {
        var trust = TLSTrust()
        trust.isAnybody = true
        return trust
    }

    public init(authority: String? = nil, pin: Pin? = nil) {
        self.authority = authority
        self.pin = pin
    }

    /// `sha256/` and 32 bytes, in base64 or in hex digits (with colons, as openssl prints a fingerprint).
    public struct Pin: Equatable, Sendable, CustomStringConvertible {
        public static let forms =
            "sha256/ and the SHA-256 of the far end's public key, in base64, or its certificate's fingerprint in hex digits"

        let bytes: [UInt8]

        init(bytes: [UInt8]) { self.bytes = bytes }

        public init?(_ text: String) {
            guard text.hasPrefix("sha256/") else { return nil }
            let rest = String(text.dropFirst(7))
            let hex = rest.filter { $0 != ":" }
            guard let bytes = (hex.utf8.count == 64 ? Hex.bytes(hex) : nil) ?? Pin.base64(rest), bytes.count == 32
            else {
                return nil
            }
            self.bytes = bytes
        }

        public var description: String { "sha256/\(Pin.base64(bytes))" }

        private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

        /// 32 bytes are 43 signs and one `=` (RFC 4648 §4).
        private static func base64(_ text: String) -> [UInt8]? {
            let signs = Array(text.utf8)
            guard signs.count == 44, signs[43] == UInt8(ascii: "=") else { return nil }
            var out: [UInt8] = []
            var held: UInt32 = 0
            for (index, sign) in signs[..<43].enumerated() {
                guard let value = alphabet.firstIndex(of: sign) else { return nil }
                held = held << 6 | UInt32(value)
                if index % 4 == 3 {
                    out += [UInt8(truncatingIfNeeded: held >> 16), UInt8(truncatingIfNeeded: held >> 8)]
                    out.append(UInt8(truncatingIfNeeded: held))
                    held = 0
                }
            }
            // 18 bits for the last two bytes: the two lowest must be 0.
            guard held & 3 == 0 else { return nil }
            return out + [UInt8(truncatingIfNeeded: held >> 10), UInt8(truncatingIfNeeded: held >> 2)]
        }

        private static func base64(_ bytes: [UInt8]) -> String {
            var out: [UInt8] = []
            for start in stride(from: 0, to: bytes.count, by: 3) {
                let part = bytes[start..<min(start + 3, bytes.count)]
                let held = part.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - part.count))
                for place in 0..<4 {
                    let value = Int(held >> (18 - 6 * UInt32(place)) & 63)
                    out.append(place <= part.count ? alphabet[value] : UInt8(ascii: "="))
                }
            }
            return String(decoding: out, as: UTF8.self)
        }
    }
}

extension TLSTrust {
    /// Before the handshake: which authorities count.
    func prepare(_ context: OpaquePointer, _ tls: OpaquePointer) throws(PortError) {
        if let authority {
            guard SSL_CTX_load_verify_locations(context, authority, nil) == 1 else {
                ERR_clear_error()
                throw .failed(
                    "\(authority) holds no certificate that can be read: see \"authority\" in the configuration")
            }
            _ = quai_tls_partial_chain(context)
        } else {
            SSL_CTX_set_default_verify_paths(context)
        }
        // A pin alone names the far end itself: nobody has to vouch for it.
        SSL_set_verify(tls, isAnybody || authority == nil && pin != nil ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nil)
    }

    /// After the handshake: why the far end is not believed; nil when it is.
    func objection(to tls: OpaquePointer, host: String) -> String? {
        if isAnybody { return nil }
        guard let certificate = quai_tls_peer(tls) else { return "it showed no certificate" }
        defer { X509_free(certificate) }
        if let pin {
            var (key, whole) = ([UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 32))
            guard quai_tls_digests(certificate, &key, &whole) == 1 else { return "its certificate cannot be read" }
            guard key == pin.bytes || whole == pin.bytes else {
                return "its certificate is refused: the key is \(Pin(bytes: key)), not the pin of the configuration"
            }
            if authority == nil { return nil }
        }
        // One that stands in the file itself is known, whatever name it carries.
        if let authority, quai_tls_is_listed(authority, certificate) == 1 { return nil }
        guard quai_tls_is_for(certificate, host) == 1 else {
            var buffer = [CChar](repeating: 0, count: 256)
            quai_tls_subject(certificate, &buffer, Int32(buffer.count))
            let subject = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return "its certificate is refused: it is for \(subject), not for \(host)"
        }
        return nil
    }
}
