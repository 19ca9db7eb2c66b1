import Depot
import Followers
import Identifiers
import Settings

/// `[epcis]`: what happens is kept as EPCIS 2.0 events, and captured by a repository where one is named.
struct EPCISSettings: Sendable {
    /// The repository's address, above `/capture`; nil: events are kept here alone.
    var url: String?
    /// `credential:NAME` or `file:PATH`.
    var secret: String?
    /// With a user the secret is its password (Basic), without one a token (Bearer).
    var user: String?
    /// A file of certificates to trust instead of the system's.
    var authority: String?
    var unpacks = true
    var keepDays: Int64 = 365
    private var gln: String?
    private var zones: [String: String] = [:]

    init(_ section: Section) {
        gln = EPCISSettings.gln(section)
        for zone in section.tables("zone") { zones[zone.name] = EPCISSettings.gln(zone) }
        unpacks = section.boolean("unpacks") ?? true
        keepDays = section.integer("keep-days", in: 1...3650) ?? keepDays
        (user, authority) = (section.string("user"), section.string("authority"))
        if let address = section.string("url") {
            let isAddress = address.hasPrefix("https://") || address.hasPrefix("http://")
            if isAddress, !address.contains("@"), !address.contains("?"), !address.contains("#") {
                url = address
            } else {
                section.reject("url", "must be https://HOST/PATH above /capture, without a user, password or query")
            }
        }
        if let reference = section.string("secret") {
            if reference.hasPrefix("credential:") || reference.hasPrefix("file:") {
                secret = reference
            } else {
                section.reject("secret", "must be credential:NAME or file:PATH; a secret never stands in this file")
            }
        }
        if user != nil, secret == nil { section.require("secret", "belongs to user: credential:NAME or file:PATH") }
    }

    private static func gln(_ section: Section) -> String? {
        guard let text = section.string("gln") else { return nil }
        // A GLN has the digits and the check digit of a GTIN-13.
        if text.utf8.count == 13, GS1.isGTIN(text) { return text }
        section.reject("gln", "must be 13 digits with a right check digit")
        return nil
    }

    /// What is allowed and yet worth a second look.
    var warnings: [String] {
        guard let url, url.hasPrefix("http://"), secret != nil else { return [] }
        return ["[epcis]: the secret travels in clear; use https:// where the repository can"]
    }

    func follower(instance: String) -> EPCISFollower {
        EPCISFollower(
            names: EPCISNames(instance: instance, gln: gln, zones: zones), waits: url != nil, unpacks: unpacks)
    }
}
