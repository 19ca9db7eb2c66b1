import Settings

/// What setup writes into the files of the centre and of the broker, as values.
struct SetupTexts {
    var place: SetupPlace
    /// How people and gateways reach this machine: a name or an address.
    var host: String
    var port = 8080
    var brokerPort = 8883
    /// A broker that somebody else runs, with the centre's files for it.
    var other: OtherBroker?

    struct OtherBroker: Equatable, Sendable {
        var url: String
        var authority: String?
        var certificate: String?
        var key: String?
    }

    /// In brackets where it is an IPv6 address (RFC 3986 §3.2.2).
    static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

    var url: String { "\(hasTLS ? "https" : "http")://\(SetupTexts.bracketed(pagesHost)):\(port)" }
    /// What agents are told.
    var agentsBroker: String { other?.url ?? "mqtts://\(SetupTexts.bracketed(host)):\(brokerPort)" }

    /// Without a certificate for the pages they stay on this machine: passwords cross no network in clear.
    var hasTLS: Bool { SetupTexts.knowsTLS }
    private var pagesHost: String { hasTLS ? host : "localhost" }

    /// Whether this version reads `certificate` and `key` in `[http]`.
    static let knowsTLS: Bool = {
        let text = "version = 1\n[http]\ncertificate = \"/a\"\nkey = \"/b\"\n"
        do { _ = try IngestConfiguration(parsing: text, file: "setup") } catch { return false }
        return true
    }()

    /// TOML's basic string (TOML 1.0.0, "String"); control characters cannot come here.
    static func quoted(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }

    var dropIn: String {
        let q = SetupTexts.quoted
        var out = "version = 1\n"
        if !place.root.isEmpty { out += "state = \(q(place.home))\n" }
        out += "\n[http]\naddress = \(q(hasTLS ? "0.0.0.0" : "127.0.0.1"))\nport = \(port)\n"
        out += "hosts = \(q(SetupTexts.bracketed(host)))\n"
        if hasTLS {
            out += "certificate = \(q(place.identity("pages.crt")))\n"
            out += "key = \(q(place.identity("pages.key")))\n"
        }
        out += "\n[broker]\n"
        if let other {
            out += "url = \(q(other.url))\n"
            for (name, path) in [
                ("authority", other.authority), ("certificate", other.certificate), ("key", other.key),
            ] { if let path { out += "\(name) = \(q(path))\n" } }
        } else {
            out += "url = \(q("mqtts://localhost:\(brokerPort)"))\n"
            out += "authority = \(q(place.authority.certificate))\n"
            out += "certificate = \(q(place.identity("centre.crt")))\nkey = \(q(place.identity("centre.key")))\n"
        }
        out += "\n# How gateways join: edge-ingest agent invite NAME\n[enrolment]\n"
        out += "authority = \(q(place.authority.path))\n"
        return out + "url = \(q(url))\nbroker = \(q(agentsBroker))\n"
    }

    /// The packaged example with this site's files: lines of the same word are replaced, the list of revoked certificates is added.
    func broker(example: String) -> String {
        let told = [
            "listener": "listener \(brokerPort)", "cafile": "cafile \(place.broker("authority.crt"))",
            "certfile": "certfile \(place.broker("broker.crt"))", "keyfile": "keyfile \(place.broker("broker.key"))",
            "acl_file": "acl_file \(place.access)",
        ]
        var lines: [String] = []
        for line in example.split(separator: "\n", omittingEmptySubsequences: false) {
            let word = String(line.prefix { $0 != " " })
            lines.append(told[word] ?? String(line))
            if word == "cafile" { lines.append("crlfile \(place.broker("revoked.crl"))") }
        }
        return lines.joined(separator: "\n")
    }

    /// What to open where a firewall is.
    var firewall: [String] {
        let ports = (hasTLS ? [port] : []) + (other == nil ? [brokerPort] : [])
        guard !ports.isEmpty else { return [] }
        let list = ports.map(String.init).joined(separator: ", ")
        return [
            "nft add rule inet filter input tcp dport { \(list) } accept",
            ports.map { "ufw allow \($0)/tcp" }.joined(separator: " && "),
        ]
    }
}
