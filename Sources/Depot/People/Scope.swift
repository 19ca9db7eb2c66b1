public import Model

/// Where what somebody may do holds. Of a kind that names nothing, everything; of two kinds, what is within both.
public struct Scope: Equatable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        /// Docks, zones and gateways of a site.
        case sites
        case zones
        /// Calls of a team, and of a queue.
        case teams, queues
    }

    /// Names of one kind at most, and bytes of one.
    public static let limit = 100
    public static let nameLimit = 64

    public var names: [Kind: Set<String>] = [:]

    public init(_ names: [Kind: Set<String>] = [:]) { self.names = names.filter { !$0.value.isEmpty } }

    public var isEverything: Bool { names.isEmpty }

    public subscript(_ kind: Kind) -> Set<String> { names[kind] ?? [] }

    public var json: JSON {
        .object(
            Scope.Kind.allCases.compactMap { kind in
                names[kind].map { (kind.rawValue, JSON.array($0.sorted().map(JSON.string))) }
            })
    }

    public static let schema = AnswerSchema.object(
        "Scope", Kind.allCases.map { .init($0.rawValue, .list(.text), isRequired: false) })

    /// For people: `sites=lyon zones=dock-1,dock-2`.
    public var text: String {
        Scope.Kind.allCases.compactMap { kind in
            names[kind].map { "\(kind.rawValue)=\($0.sorted().joined(separator: ","))" }
        }.joined(separator: " ")
    }
}

/// What a scope comes to once it is known which zones are whose: nil is everything.
public struct Reach: Equatable, Sendable {
    public var sites: Set<String>?
    public var zones: Set<String>?
    public var teams: Set<String>?
    public var queues: Set<String>?

    /// Everywhere.
    public init() {}

    /// `zonesOfSites` are those of the sites that the scope names.
    public init(_ scope: Scope, zonesOfSites: Set<String>) {
        sites = scope.names[.sites]
        (teams, queues) = (scope.names[.teams], scope.names[.queues])
        let named = scope.names[.zones]
        zones = sites == nil ? named : named.map(zonesOfSites.intersection) ?? zonesOfSites
    }

    /// What stands nowhere yet, such as a delivery that is expected, is everybody's.
    public func covers(zone: String?) -> Bool {
        guard let zones, let zone else { return true }
        return zones.contains(zone)
    }

    public func covers(site: String?) -> Bool {
        guard let sites else { return true }
        return site.map(sites.contains) ?? false
    }
}
