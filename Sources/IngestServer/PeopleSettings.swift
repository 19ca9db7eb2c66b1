import Depot
import Platform
import Settings

/// `[people]`: what is asked of those who sign in, and where the secret lies of which the secrets of their apps are made.
struct PeopleSettings: Sendable {
    /// Rights that are had only with a second factor.
    var guarded: Set<Permission> = []
    /// `credential:NAME` or `file:PATH`; nil: a file beside the database, made when it is needed.
    var key: String?

    /// A badge says who somebody is, and their PIN is asked for besides.
    var badgeAsksPIN = false

    init() {}

    init(_ section: Section) {
        for name in section.strings("second-factor") ?? [] {
            if let right = Permission(rawValue: name) {
                guarded.insert(right)
            } else {
                let all = Permission.allCases.map(\.rawValue).joined(separator: ", ")
                section.reject("second-factor", "names rights, which are \(all); not \"\(name.prefix(60))\"")
            }
        }
        badgeAsksPIN = section.boolean("badge-pin") ?? false
        key = section.string("key")
        if let key, !key.hasPrefix("credential:"), !key.hasPrefix("file:") {
            section.reject("key", "must be credential:NAME or file:PATH; a secret never stands in this file")
        }
    }

    /// Where the secret lies; nil where it was never made.
    func reference(state: String) -> String? {
        let path = PeopleSettings.path(state)
        return key ?? (Files.exists(path) ? "file:\(path)" : nil)
    }

    /// Nil where the secret was never made, or is too short to be one.
    func keys(state: String) throws -> CodeKeys? {
        try reference(state: state).flatMap { CodeKeys(master: try Files.secret($0)) }
    }

    /// The same; the secret is made where there is none yet.
    func keysOrNew(state: String) throws -> CodeKeys? {
        if reference(state: state) == nil { try StateSecret.make(PeopleSettings.path(state), in: state) }
        return try keys(state: state)
    }

    private static func path(_ state: String) -> String { "\(state)/sign-in.key" }
}
