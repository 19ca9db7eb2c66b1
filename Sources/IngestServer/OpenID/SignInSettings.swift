import Depot
import Followers
import Model
import Settings

/// `[sign-in]`: who else may vouch for people: providers of OpenID Connect, and the ERP.
struct SignInSettings: Sendable {
    /// Where people reach the pages, `https://HOST`: providers send them back there.
    var address: String?
    var providers: [OpenIDSettings] = []
    /// Who is named in `[erp] users` may sign in with the ERP's password.
    var asksERP = false

    /// Providers: each is a button.
    static let limit = 8

    init() {}

    init(_ section: Section, providers sections: [Section]) {
        asksERP = section.boolean("erp-passwords") ?? false
        address = section.string("address").map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        if let address, !SignInSettings.isSafe(address) || address.dropFirst(8).contains("/") {
            section.reject("address", "must be https://HOST, as people type it; http:// on this machine alone")
        }
        if sections.count > SignInSettings.limit {
            section.reject(sections.last?.name ?? "", "is one provider more than \(SignInSettings.limit)")
        }
        if !sections.isEmpty, address == nil {
            section.require(
                "address", "must be https://HOST, where people reach the pages: providers send them back there")
        }
        providers = sections.prefix(SignInSettings.limit).compactMap(OpenIDSettings.init)
        for (index, one) in providers.enumerated()
        where providers[..<index].contains(where: { $0.issuer == one.issuer }) {
            section.reject(one.name, "has the issuer of another one")
        }
    }

    /// https, or this machine.
    static func isSafe(_ url: String) -> Bool {
        guard let host = HostName.ofURL(url), !url.contains("@"), !url.contains("#"), !url.contains("?") else {
            return false
        }
        return url.hasPrefix("https://") || url.hasPrefix("http://") && HostName.isLoopback(host)
    }

    /// The host that people type, without a port.
    var host: String? { address.flatMap { HostName.ofURL($0) }?.lowercased() }
}

/// `[sign-in.NAME]`: one provider.
struct OpenIDSettings: Sendable {
    /// How somebody who is here already is known the first time.
    enum Match: String, CaseIterable { case never, email, name }

    var name: String
    /// On the button.
    var label: String
    var issuer: String
    var client: String
    /// `credential:NAME` or `file:PATH`; nil: a client without a secret.
    var secret: String?
    var scopes: String
    var groupsClaim: String
    var match: Match
    /// What each group may; nil: groups say nothing here.
    var groups: [String: OpenIDDesk.Grant]?
    /// It asks everybody for a second factor, whatever its tokens say.
    var isStrong: Bool
    var allowed = AddressGuard()
    /// A file of certificates to trust instead of the system's.
    var authority: String?

    private static let rangeLimit = 100
    private static let groupLimit = 500

    /// Nil when something that it cannot do without is missing; the problem stands in the reader.
    init?(_ section: Section) {
        name = section.name
        let issuer = section.string("issuer")
        let client = section.string("client-id")
        label = section.string("label") ?? section.name
        secret = section.string("client-secret")
        scopes = section.string("scopes") ?? "openid profile email"
        groupsClaim = section.string("groups-claim") ?? "groups"
        match = section.string("match", among: Match.allCases.map(\.rawValue)).flatMap(Match.init(rawValue:)) ?? .never
        authority = section.string("authority")
        isStrong = section.boolean("second-factor") ?? false
        let ranges = section.has("allow") ? section.strings("allow") ?? [] : []
        let pairs = section.texts("groups")
        guard let issuer, let client else {
            if issuer == nil { section.require("issuer", "must be the provider's address, as its document says it") }
            if client == nil { section.require("client-id", "must be what the provider calls this program") }
            return nil
        }
        (self.issuer, self.client) = (issuer, client)
        if !Topic.isName(name) { section.reject("issuer", "stands under a name that is not 1 to 32 of a-z, 0-9 and -") }
        if !(1...40).contains(label.count) { section.reject("label", "has 1 to 40 characters") }
        if !SignInSettings.isSafe(issuer) || issuer.contains("/.well-known") {
            section.reject("issuer", "must be https://HOST or https://HOST/PATH, without /.well-known/…")
        }
        if let secret, !secret.hasPrefix("credential:"), !secret.hasPrefix("file:") {
            section.reject("client-secret", "must be credential:NAME or file:PATH; a secret never stands in this file")
        }
        if !scopes.split(separator: " ").contains("openid") { section.reject("scopes", "must have openid among them") }
        for text in ranges.prefix(OpenIDSettings.rangeLimit) {
            if let range = AddressRange(text) {
                allowed.allowed.append(range)
            } else {
                section.reject("allow", "must be addresses such as \"10.0.0.0/8\", not \"\(text.prefix(60))\"")
            }
        }
        if let pairs { takeGroups(pairs, section) }
    }

    /// All that its groups give.
    var roles: Set<String> { (groups ?? [:]).values.reduce(into: []) { $0.formUnion($1.roles) } }

    /// On the sign-in page.
    var json: JSON { .object([("name", .string(name)), ("label", .string(label))]) }

    /// `"depot managers" = "depot-manager, prices, zones=dock-1"`: roles, rights, and where they hold; `""` is the usual work.
    private mutating func takeGroups(_ pairs: [(name: String, text: String)], _ section: Section) {
        if pairs.count > OpenIDSettings.groupLimit {
            section.reject("groups", "names at most \(OpenIDSettings.groupLimit) groups")
        }
        var groups: [String: OpenIDDesk.Grant] = [:]
        for pair in pairs.prefix(OpenIDSettings.groupLimit) {
            var grant = OpenIDDesk.Grant(rights: [])
            for word in pair.text.split(whereSeparator: { $0 == "," || $0 == " " }) {
                let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
                if parts.count == 2, let kind = Scope.Kind(rawValue: parts[0]), parts[1].utf8.count <= Scope.nameLimit {
                    grant.add(.init(rights: [], scope: Scope([kind: [parts[1]]])))
                } else if let right = Permission(rawValue: String(word)) {
                    grant.rights.insert(right)
                } else if Role.isName(String(word)) {
                    grant.roles.insert(String(word))
                } else {
                    section.reject(
                        "groups",
                        "gives \"\(pair.name)\" what is no right, no role and no sites=, zones=, teams= or queues=: \(word.prefix(60))"
                    )
                }
            }
            groups[pair.name] = grant
        }
        self.groups = groups
    }

    /// What a token has come to, by these settings.
    func visitor(_ token: OpenIDToken) -> OpenIDDesk.Visitor {
        let theirs = (token.texts(groupsClaim) ?? []).compactMap { groups?[$0] }
        var grant = OpenIDDesk.Grant()
        if groups?.values.contains(where: { $0.scope != nil }) == true { grant.scope = Scope() }
        for one in theirs { grant.add(one) }
        return OpenIDDesk.Visitor(
            issuer: issuer, subject: token.subject, session: token.session, names: token.names,
            match: match == .email ? token.verifiedEmail : match == .name ? token.preferredName : nil,
            grant: groups.map { _ in grant }, isStrong: isStrong || token.isStrong)
    }
}
