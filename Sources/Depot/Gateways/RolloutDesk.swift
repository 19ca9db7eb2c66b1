import Model

/// Brings a version to the gateways: what people say of it, and its turns. What is installed, and from where, is each machine's own matter.
public struct RolloutDesk {
    public enum Refusal: Error, Equatable, Sendable {
        case version
        /// One is under way: pause, go on, or give it up.
        case busy
        /// Nobody is meant, or not these.
        case nobody
        case unknown(String)
        case tooMany
        /// This one's apt runs: what it has is not known before it ends.
        case installing(String)
        /// There is nothing of the kind to do.
        case nothing
    }

    /// Which gateways are meant, and who goes first.
    public struct Wish: Equatable, Sendable {
        public var version: String
        /// Both empty: all.
        public var sites: [String] = []
        public var gateways: [String] = []
        /// By name; where there are none, the first `canaryCount`.
        public var canaries: [String] = []
        public var canaryCount = 1
        public var wave = 10
        /// In minutes.
        public var watch: Int64 = 10
        public var patience: Int64 = 20

        public init(version: String) { self.version = version }
    }

    let store: Store

    public init(_ store: Store) { self.store = store }

    public func last() throws -> Rollout? { try store.rollouts.last()?.rollout }

    /// What each gateway says, by name.
    func looks() throws -> [String: Rollout.Look] {
        Dictionary(try store.gateways.rows().map { ($0.name, Rollout.Look($0)) }, uniquingKeysWith: { $1 })
    }

    // MARK: people

    public func start(_ wish: Wish, by author: Author, at now: Int64) throws -> Rollout {
        guard AgentVersion.isValid(wish.version) else { throw Refusal.version }
        return try store.transaction {
            guard try !store.rollouts.isOpen() else { throw Refusal.busy }
            let revoked = Set(try store.gateways.grants().filter { $0.state == .revoked }.map(\.name))
            let rows = try store.gateways.rows().filter { !revoked.contains($0.name) }
            let known = Set(rows.map(\.name))
            for name in wish.gateways + wish.canaries where !known.contains(name) { throw Refusal.unknown(name) }
            let isAll = wish.sites.isEmpty && wish.gateways.isEmpty
            let meant = rows.filter {
                isAll || wish.gateways.contains($0.name) || wish.canaries.contains($0.name)
                    || $0.site.map(wish.sites.contains) ?? false
            }
            let names = meant.sorted { ($0.site ?? "", $0.name) < ($1.site ?? "", $1.name) }.map(\.name)
            guard !names.isEmpty else { throw Refusal.nobody }
            guard names.count <= Rollout.limit else { throw Refusal.tooMany }
            // Who is there and takes it tells more than who is away, or would be left out.
            let able = Set(
                rows.filter {
                    let look = Rollout.Look($0)
                    return look.isOnline && look.isAllowed == true && (look.hold ?? wish.version) == wish.version
                }.map(\.name))
            let there = names.filter(able.contains)
            let canaries =
                wish.canaries.isEmpty
                ? Array((there + names.filter { !there.contains($0) }).prefix(max(1, wish.canaryCount)))
                : wish.canaries.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
            var plan = Rollout.Plan(version: wish.version)
            (plan.wave, plan.watch, plan.patience) = (wish.wave, wish.watch * 60_000, wish.patience * 60_000)
            let members = Rollout.waves(names, canaries: canaries, size: wish.wave, target: wish.version)
            let rollout = Rollout(plan, members: members, who: author.who, at: now)
            try store.rollouts.add(rollout)
            try store.tell(
                Fact(
                    .rolloutStarted, wish.version, "gateways: \(names.count), first \(canaries.joined(separator: ", "))"
                ),
                by: author, at: now)
            return rollout
        }
    }

    public func take(_ deed: Rollout.Deed, by author: Author, at now: Int64) throws -> Rollout {
        try store.transaction {
            guard let (id, last) = try store.rollouts.last() else { throw Refusal.nothing }
            var rollout = last
            guard rollout.take(deed, at: now) else { throw Refusal.nothing }
            try store.rollouts.keep(id, rollout)
            let fact: Fact.Kind =
                switch deed {
                case .pause: .rolloutPaused
                case .resume: .rolloutResumed
                case .abandon: .rolloutAbandoned
                }
            try store.tell(Fact(fact, rollout.plan.version), by: author, at: now)
            return rollout
        }
    }

    /// All that have the version by the last one go back to what they had.
    public func back(by author: Author, at now: Int64) throws -> Rollout {
        try store.transaction {
            guard let (id, last) = try store.rollouts.last(), !last.plan.isBack else { throw Refusal.nothing }
            let looks = try looks()
            if let one = last.members.first(where: { last.isInstalling($0, looks[$0.name] ?? .init(), at: now) }) {
                throw Refusal.installing(one.name)
            }
            guard let back = last.back(looks, who: author.who, at: now) else { throw Refusal.nothing }
            var rollout = last
            if rollout.take(.abandon, at: now) { try store.rollouts.keep(id, rollout) }
            try store.rollouts.add(back)
            try store.tell(
                Fact(.rolloutBack, rollout.plan.version, "gateways: \(back.members.count)"), by: author, at: now)
            return back
        }
    }

    // MARK: its turns

    /// Called now and then: what is to be sent, kept already.
    public func advance(at now: Int64, makeID: () -> String) throws -> [AgentOrder] {
        guard try store.rollouts.isOpen() else { return [] }
        return try store.transaction {
            guard let (id, before) = try store.rollouts.last() else { return [] }
            var rollout = before
            let turn = rollout.advance(try looks(), at: now, makeID: makeID)
            guard rollout != before else { return [] }
            try store.rollouts.keep(id, rollout)
            let author = Author("edge-ingest")
            for (agent, command) in turn.orders where rollout.members.first(where: { $0.name == agent })?.ordered == now
            {
                try store.tell(Fact(.gatewayUpdating, agent, RolloutDesk.words(command)), by: author, at: now)
            }
            for news in turn.news {
                switch news {
                case .came(let agent, let version):
                    try store.tell(Fact(.gatewayUpdated, agent, version), by: author, at: now)
                case .skipped(let agent, let reason):
                    try store.tell(Fact(.gatewayPassedOver, agent, reason.evidence), by: author, at: now)
                case .stopped(let why):
                    try store.tell(
                        Fact(.rolloutStopped, rollout.plan.version, why.prefix(3).joined(separator: "; ").cut(to: 500)),
                        by: author, at: now)
                case .done: try store.tell(Fact(.rolloutDone, rollout.plan.version), by: author, at: now)
                }
            }
            return turn.orders.map { AgentOrder(agent: $0.agent, command: $0.command) }
        }
    }

    private static func words(_ command: Command) -> String? {
        guard case .update(let version, let isBack) = command.action else { return nil }
        return isBack ? "back to \(version)" : version
    }
}
