public import Model

/// Which agents the centre knows and what each may speak of: a value, so that every rule can be tested.
public struct GatewayBook: Equatable, Sendable {
    /// What one agent is known for.
    public struct Grant: Equatable, Sendable {
        public enum State: String, Sendable, CaseIterable {
            /// It came by itself; nobody has said that it belongs here.
            case learned
            case confirmed
            /// It belongs here no more: its certificates are taken back, and nothing of it counts.
            case revoked
        }

        public var name: String
        /// Bound once it is known: what the agent says later does not change it.
        public var site: String?
        /// The only zones that it may speak of; empty: any that is not another site's.
        public var zones: [String]
        public var mayTelephone: Bool
        public var state: State
        /// Who said so, and when.
        public var who: String
        public var at: Int64

        public init(
            name: String, site: String?, zones: [String] = [], mayTelephone: Bool = true, state: State, who: String,
            at: Int64
        ) {
            (self.name, self.site, self.zones, self.mayTelephone) = (name, site, zones, mayTelephone)
            (self.state, self.who, self.at) = (state, who, at)
        }

        public static let shape = Shape<Grant>(
            "GatewayGrant",
            [
                .text("name", \.name), .text("site", ifAny: \.site), .texts("zones", \.zones),
                .truth("mayTelephone", \.mayTelephone), .word("state", \.state), .text("who", \.who),
                .moment("at", \.at),
            ])

        public var json: JSON { Grant.shape.json(self) }
    }

    public enum Admission: Equatable, Sendable {
        case known
        /// Heard for the first time, or with a site for the first time: to be written down.
        case new
        /// It says that it stands somewhere else than is known of it.
        case refused(String)
    }

    /// Why a row has no effect.
    public struct Objection: Equatable, Sendable {
        /// Stable: the code of the dead letter.
        public var code: String
        /// A sentence for people.
        public var text: String
    }

    public private(set) var grants: [String: Grant] = [:]
    /// The zones of each agent's devices, as its status says.
    private var claims: [String: Set<String>] = [:]
    /// Sites of a zone, as people said, and as the devices of confirmed agents have it.
    private var declared: [String: Set<String>] = [:]
    private var claimed: [String: Set<String>] = [:]
    private var sites: Set<String> = []

    public init(_ grants: [Grant] = [], claims: [String: Set<String>] = [:]) {
        for grant in grants { self.grants[grant.name] = grant }
        self.claims = claims
        index()
    }

    /// What is to be known besides. Of an agent that nobody has confirmed no zone is its site's.
    public enum News: Equatable, Sendable {
        case grant(Grant)
        /// The zones that an agent's devices stand in now; they are its site's when the agent is confirmed.
        case claim(Set<String>, agent: String)
    }

    /// What it costs does not grow with the agents, but where a grant is changed or a zone is left.
    public mutating func take(_ news: News) {
        switch news {
        case .grant(let grant):
            let was = grants.updateValue(grant, forKey: grant.name)
            if was?.state == .confirmed { index() } else { index(grant) }
        case .claim(let zones, let agent):
            let was = claims.updateValue(zones, forKey: agent) ?? []
            guard was != zones, let grant = grants[agent] else { return }
            if was.isSubset(of: zones) { index(grant) } else if grant.state == .confirmed { index() }
        }
    }

    public func knows(_ zones: Set<String>, of agent: String) -> Bool { claims[agent] == zones }

    private mutating func index() {
        (declared, claimed, sites) = ([:], [:], [])
        for grant in grants.values { index(grant) }
    }

    private mutating func index(_ grant: Grant) {
        guard grant.state == .confirmed, let site = grant.site else { return }
        sites.insert(site)
        for zone in grant.zones { declared[zone, default: []].insert(site) }
        guard grant.zones.isEmpty else { return }
        for zone in claims[grant.name] ?? [] { claimed[zone, default: []].insert(site) }
    }

    // MARK: decisions

    /// Whether what an agent says of its site fits what is known of it.
    public func admits(agent: String, site: String?) -> Admission {
        guard let grant = grants[agent] else { return .new }
        if grant.state == .revoked {
            return .refused(
                "it is revoked and belongs here no more; invite it again (edge-ingest agent invite \(agent)) if it does"
            )
        }
        guard let site else { return .known }
        guard let bound = grant.site else { return .new }
        return bound == site ? .known : .refused("it says that it stands at \(site), and is known to be of \(bound)")
    }

    /// Whether rows of this agent must wait until its status has said where it stands, or, of one that is revoked, until it is invited
    /// again: it sends them again.
    public func mustWait(for agent: String) -> Bool {
        guard let grant = grants[agent] else { return !(declared.isEmpty && claimed.isEmpty) }
        return grant.state == .revoked
    }

    /// Whether what this agent reads in a zone counts. A zone that nobody named is anybody's.
    public func mayCount(agent: String, zone: String) -> Bool {
        let grant = grants[agent]
        guard grant?.state != .revoked else { return false }
        if let grant, !grant.zones.isEmpty { return grant.zones.contains(zone) }
        guard let owners = declared[zone] ?? claimed[zone] else { return true }
        return grant?.site.map(owners.contains) ?? false
    }

    /// Zones that agents of these sites stand in, by what was confirmed.
    public func zones(of sites: Set<String>) -> Set<String> {
        let named = claimed.merging(declared) { $1 }
        return Set(named.filter { !$0.value.isDisjoint(with: sites) }.keys)
    }

    /// Whether this agent may tell of calls and be asked to dial.
    public func mayTelephone(agent: String) -> Bool { !isRevoked(agent) && grants[agent]?.mayTelephone ?? true }

    /// Nothing of it has an effect, until it is invited again.
    public func isRevoked(_ agent: String) -> Bool { grants[agent]?.state == .revoked }

    /// Whether a call names telephones of this agent's own site alone: `101@nice` is no word of an agent at Lyon.
    public func mayTell(_ snapshot: CallSnapshot, agent: String) -> Bool {
        let own = grants[agent]?.site
        let said =
            snapshot.legs.compactMap(\.desk) + snapshot.answeredBy + snapshot.missedBy + snapshot.perhapsMissedBy
            + [snapshot.called, snapshot.caller?.number].compactMap(\.self)
        return !said.contains { desk in
            guard let place = desk.split(separator: "@", maxSplits: 1).dropFirst().first.map(String.init) else {
                return false
            }
            return sites.contains(place) && place != own
        }
    }

    /// Why this row of an agent must have no effect; nil when it may.
    public func objection(to row: Row, of agent: String) -> Objection? {
        switch row {
        case .skipped, .device: return nil
        case .appeared(let sighting), .left(let sighting, _, _), .still(let sighting):
            return objection(to: sighting.zone, of: agent)
        case .moved(let sighting, let former):
            return objection(to: sighting.zone, of: agent) ?? objection(to: former, of: agent)
        case .barcode(_, let zone, _), .key(_, let zone, _): return objection(to: zone, of: agent)
        case .decided(let decided): return objection(to: decided.zone, of: agent)
        case .call(_, let snapshot):
            guard mayTelephone(agent: agent) else {
                return Objection(code: "may-not-telephone", text: "it may not tell of calls")
            }
            guard mayTell(snapshot, agent: agent) else {
                return Objection(code: "desk-not-yours", text: "it told of a call at another site's telephone")
            }
            return nil
        }
    }

    private func objection(to zone: String, of agent: String) -> Objection? {
        guard !mayCount(agent: agent, zone: zone) else { return nil }
        let owners = (declared[zone] ?? claimed[zone] ?? []).sorted().joined(separator: ", ")
        return Objection(
            code: "zone-not-yours",
            text: "it read in zone \(zone.prefix(64)), which is \(owners.isEmpty ? "none of its own" : "of \(owners)")")
    }
}
