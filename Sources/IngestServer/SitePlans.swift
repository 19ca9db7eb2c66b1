import Depot
import Platform

/// How each agent's site writes telephone numbers.
final class SitePlans: Sendable {
    private let sites = Locked<[String: String]>([:])
    private let configuration: IngestConfiguration

    /// Of the start: numbers that are kept were read by it.
    init(_ configuration: IngestConfiguration) { self.configuration = configuration }

    func place(_ agent: String, at site: String?) { sites.with { $0[agent] = site } }

    /// Sites whose extensions other sites have too.
    var ownExtensions: [String] { configuration.sites.values.compactMap(\.ownExtensions).sorted() }

    /// `101`, or `101@lyon` for a site with extensions of its own.
    func isDesk(_ text: String) -> Bool {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard (1...16).contains(parts[0].count), parts[0].allSatisfy({ $0.isASCII && ($0.isNumber || $0.isLetter) })
        else { return false }
        return parts.count == 1 || ownExtensions.contains(String(parts[1]))
    }

    /// Whether nobody may claim it, because it calls for help; `text` is a desk. Behind `@` by the plan of that site, else by the
    /// centre's own.
    func isEmergency(desk text: String) -> Bool {
        let parts = text.split(separator: "@", maxSplits: 1).map(String.init)
        let own = parts.count == 2 ? configuration.sites.values.first { $0.ownExtensions == parts[1] } : nil
        return (own ?? configuration.plan).isEmergency(extension: parts.first ?? "")
    }

    func plan(of agent: String) -> NumberPlan {
        sites.with { $0[agent] }.flatMap { configuration.sites[$0] } ?? configuration.plan
    }
}
