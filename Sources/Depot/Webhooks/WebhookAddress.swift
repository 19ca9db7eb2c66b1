/// The address of a webhook, as far as it can be judged before anybody connects to it.
public enum WebhookAddress {
    /// Longest, in bytes.
    public static let limit = 2000

    /// A sentence of what is wrong with it; nil when it fits. `mayPlain`: without TLS, too.
    public static func objection(to text: String, mayPlain: Bool) -> String? {
        guard text.utf8.count <= limit else { return "an address has at most \(limit) characters" }
        // RFC 3986: nothing else stands in one; a fragment is not sent.
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !#""<>\^`{|}#"#.utf8.contains($0) }) else {
            return "an address has no spaces, no fragment, and other characters only percent-encoded"
        }
        let isSafe = text.lowercased().hasPrefix("https://")
        guard isSafe || text.lowercased().hasPrefix("http://") else { return "an address begins with https://" }
        guard isSafe || mayPlain else {
            return "http:// is sent in clear: use https://, or allow it with plain-http = true under [webhooks]"
        }
        let authority = text.dropFirst(isSafe ? 8 : 7).prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else { return "an address holds no user and no password" }
        guard let named = WebhookAddress.host(of: authority), !named.isEmpty else {
            return "an address names a host, and a port after it"
        }
        return nil
    }

    /// The host, in small letters; for people. Empty where there is none.
    public static func host(ofURL text: String) -> String {
        guard let start = text.firstRange(of: "://")?.upperBound else { return "" }
        return host(of: text[start...].prefix { $0 != "/" && $0 != "?" })?.lowercased() ?? ""
    }

    /// Nil where what stands behind it is no port.
    private static func host(of authority: Substring) -> String? {
        var rest = authority
        var host = ""
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = String(authority[authority.index(after: authority.startIndex)..<end])
            guard host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
            rest = authority[authority.index(after: end)...]
        } else {
            host = String(authority.prefix { $0 != ":" })
            rest = authority.dropFirst(host.count)
        }
        guard !rest.isEmpty else { return host }
        let port = rest.dropFirst()
        guard rest.hasPrefix(":"), port.allSatisfy(\.isNumber), let number = UInt16(port), number > 0 else {
            return nil
        }
        return host
    }
}
