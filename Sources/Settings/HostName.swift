/// Hosts as configurations write them.
public enum HostName {
    /// Nothing that is said to it leaves this machine. Names other than `localhost` are not looked up.
    public static func isLoopback(_ host: String) -> Bool {
        let name = host.lowercased()
        if name == "localhost" || name == "::1" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// The host of `SCHEME://HOST[:PORT][/…]`, IPv6 without its brackets; nil for what is not written so.
    public static func ofURL(_ url: String) -> String? {
        guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") else { return nil }
        let rest = url[colon...].dropFirst(3).prefix { $0 != "/" }
        let host = rest.hasPrefix("[") ? rest.dropFirst().prefix { $0 != "]" } : rest.prefix { $0 != ":" }
        return host.isEmpty ? nil : String(host)
    }
}
