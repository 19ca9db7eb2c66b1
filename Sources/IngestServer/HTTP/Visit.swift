import Followers
import NIOCore
import Settings

/// How a request came: from whom, by which name, and whether the line to their browser is encrypted. What a proxy says of it is believed of
/// those in `[http] proxies` alone.
struct Visit: Sendable, Equatable {
    /// As `Sources` names it, for limits and the trail: the browser's address where it is known.
    var source: String
    /// TLS to this port, or to a proxy that says so.
    var isSecure = false
    /// The name that the browser asked for, with the port where it is not the usual one.
    var host: String?
    /// Somebody says that it was passed on: that it comes from this machine says nothing of who asks.
    var isProxied = false
    /// What was said was not believed.
    var isDoubtful = false
}

/// `[http] proxies`: who may say from where a request comes.
struct Proxies: Sendable, Equatable {
    private var ranges: [AddressRange] = []

    static let rangeLimit = 100
    /// Proxies one behind the other; more are not looked at.
    static let hopLimit = 16
    /// A chain of addresses, in bytes.
    static let headerLimit = 1024

    /// Headers by which requests are said to be passed on.
    private static let forwarding = ["forwarded", "x-forwarded-for", "x-real-ip", "via"]

    init() {}

    init(_ section: Section) {
        let texts = section.strings("proxies") ?? []
        if texts.count > Proxies.rangeLimit { section.reject("proxies", "names at most \(Proxies.rangeLimit) ranges") }
        for text in texts.prefix(Proxies.rangeLimit) {
            if let range = AddressRange(text) {
                ranges.append(range)
            } else {
                section.reject(
                    "proxies", "must be addresses such as \"127.0.0.1\" or \"10.0.0.0/24\", not \"\(text.prefix(60))\"")
            }
        }
    }

    var isEmpty: Bool { ranges.isEmpty }

    /// Whether an address in digits is that of a proxy.
    func names(_ address: String?) -> Bool {
        guard let bytes = address.flatMap(AddressRange.bytes) else { return false }
        return ranges.contains { $0.contains(bytes) }
    }

    /// `peer` is the connection's other end, `headers` all values that a header's name has. Of a list counts what the last proxy wrote: a
    /// browser may have begun it. Where both kinds of headers are there and disagree, one of them is the browser's own: neither counts.
    func visit(
        from peer: SocketAddress?, isEncrypted: Bool, host: String?, headers: (String) -> [String]
    ) -> Visit {
        var visit = Visit(source: Sources.name(peer), isSecure: isEncrypted, host: host)
        visit.isProxied = Proxies.forwarding.contains { !headers($0).isEmpty }
        guard visit.isProxied else { return visit }
        guard names(peer?.ipAddress) else {
            visit.isDoubtful = true
            return visit
        }
        let usual = Told(usual: headers)
        let standard = Told(standard: headers("forwarded"))
        guard standard.isEmpty || usual.isEmpty || agree(standard, usual) else {
            visit.isDoubtful = true
            return visit
        }
        let told = usual.isEmpty ? standard : usual
        if let client = client(of: told.chain) { visit.source = client }
        if let scheme = told.scheme { visit.isSecure = scheme == "https" }
        if let host = told.host { visit.host = host }
        return visit
    }

    private func agree(_ one: Told, _ other: Told) -> Bool {
        func same(_ a: String?, _ b: String?) -> Bool { a == nil || b == nil || a == b }
        return client(of: one.chain) == client(of: other.chain) && same(one.scheme, other.scheme)
            && same(one.host, other.host)
    }

    /// From the end of the chain the first that is no proxy of ours; the first of all where all are. Nil where it is no address.
    private func client(of chain: [String]) -> String? {
        let hops = chain.suffix(Proxies.hopLimit).reversed()
        guard let hop = hops.first(where: { !names($0) }) ?? hops.last else { return nil }
        return (try? SocketAddress(ipAddress: hop, port: 0)).map { Sources.name($0) }
    }

    /// What headers say.
    private struct Told {
        /// Addresses in digits, the browser's first; what is none is left out as it stands.
        var chain: [String] = []
        var scheme: String?
        var host: String?

        var isEmpty: Bool { chain.isEmpty && scheme == nil && host == nil }

        /// `X-Forwarded-For: 192.0.2.7, 10.0.0.2`, `-Proto: https`, `-Host: quai.example`
        init(usual headers: (String) -> [String]) {
            // Of one that is too long the end, which the last proxy wrote.
            func list(_ name: String) -> [String] {
                headers(name).flatMap { $0.suffix(Proxies.headerLimit).split(separator: ",") }
                    .map { String($0.filter { $0 != " " && $0 != "\t" && $0 != "\"" }) }.filter { !$0.isEmpty }
            }
            func last(_ name: String) -> String? { list(name).last }
            chain = list("x-forwarded-for").map(Told.address)
            scheme = last("x-forwarded-proto")?.lowercased()
            host = last("x-forwarded-host").flatMap(Told.name)
        }

        /// `Forwarded: for=192.0.2.7;proto=https;host=quai.example, for="[2001:db8::7]:4711"` (RFC 7239, 4).
        init(standard values: [String]) {
            for element in values.flatMap({ Told.parts($0, at: ",") }) {
                for pair in Told.parts(element, at: ";") {
                    let halves = pair.split(separator: "=", maxSplits: 1)
                    guard halves.count == 2 else { continue }
                    let value = halves[1].filter { $0 != "\"" && $0 != "\\" }
                    switch halves[0].lowercased() {
                    case "for": chain.append(Told.address(value))
                    case "proto": scheme = value.lowercased()
                    case "host": host = Told.name(value)
                    default: break
                    }
                }
            }
        }

        /// Cut at a sign outside of quotes.
        private static func parts(_ text: String, at sign: Character) -> [String] {
            guard text.utf8.count <= Proxies.headerLimit else { return [] }
            var (parts, isQuoted) = ([""], false)
            for character in text {
                if character == "\"" { isQuoted.toggle() }
                if character == sign, !isQuoted {
                    parts.append("")
                } else if character != " " && character != "\t" {
                    parts[parts.count - 1].append(character)
                }
            }
            return parts.filter { !$0.isEmpty }
        }

        /// Without the port and the brackets that it may have (RFC 7239, 6).
        private static func address(_ text: String) -> String {
            if text.hasPrefix("[") { return String(text.dropFirst().prefix { $0 != "]" }) }
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            return parts.count == 2 ? String(parts[0]) : text
        }

        /// A host with its port; nil for what is none.
        private static func name(_ text: String) -> String? {
            let isName =
                text.utf8.count <= 260 && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }
            return isName && !text.isEmpty ? text : nil
        }
    }
}
