import Depot
import Followers
import Model
import Platform
import Settings

/// `[webhooks]`: who may be told, how, and where the secret lies of which all keys are made.
struct WebhookSettings: Sendable {
    var allowed = AddressGuard()
    /// Without TLS, too.
    var mayPlain = false
    /// `credential:NAME` or `file:PATH`; nil: a file beside the database, made when it is needed.
    var key: String?
    /// A file of certificates to trust instead of the system's.
    var authority: String?

    private static let rangeLimit = 100

    init() {}

    init(_ section: Section) {
        let ranges = section.strings("allow") ?? []
        if ranges.count > WebhookSettings.rangeLimit {
            section.reject("allow", "names at most \(WebhookSettings.rangeLimit) ranges")
        }
        for text in ranges.prefix(WebhookSettings.rangeLimit) {
            if let range = AddressRange(text) {
                allowed.allowed.append(range)
            } else {
                section.reject(
                    "allow", "must be addresses such as \"10.0.0.0/8\" or \"fd00::/8\", not \"\(text.prefix(60))\"")
            }
        }
        mayPlain = section.boolean("plain-http") ?? false
        authority = section.string("authority")
        key = section.string("key")
        if let key, !key.hasPrefix("credential:"), !key.hasPrefix("file:") {
            section.reject("key", "must be credential:NAME or file:PATH; a secret never stands in this file")
        }
    }

    /// What is allowed and yet worth a second look.
    var warnings: [String] {
        mayPlain ? ["[webhooks]: plain-http lets events travel in clear; use https:// where the receiver can"] : []
    }

    /// Where their secret lies; nil where it was never made.
    func reference(state: String) -> String? {
        let path = WebhookSettings.path(state)
        return key ?? (Files.exists(path) ? "file:\(path)" : nil)
    }

    /// The keys; nil where their secret was never made.
    func keys(state: String) throws -> WebhookKeys? {
        try reference(state: state).map(WebhookSettings.keys)
    }

    /// The same; their secret is made where there is none yet.
    func keysOrNew(state: String) throws -> WebhookKeys {
        if let keys = try keys(state: state) { return keys }
        let path = WebhookSettings.path(state)
        try StateSecret.make(path, in: state)
        return try WebhookSettings.keys("file:\(path)")
    }

    private static func path(_ state: String) -> String { "\(state)/webhook.key" }

    private static func keys(_ reference: String) throws -> WebhookKeys {
        guard let keys = WebhookKeys(master: try Files.secret(reference)) else {
            throw Short(reference: reference)
        }
        return keys
    }

    struct Short: Error, CustomStringConvertible {
        var reference: String
        var description: String {
            "\(reference): the secret of webhooks has at least \(WebhookKeys.shortest) characters"
        }
    }
}
