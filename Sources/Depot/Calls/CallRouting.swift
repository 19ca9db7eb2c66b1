public import Model

/// Which person sees a call, from who claimed which telephone: a value, so that every rule can be tested.
public struct CallRouting: Equatable, Sendable {
    /// People who answer for one another.
    public struct Team: Equatable, Sendable {
        public var name: String
        public var desks: Set<String>
        public var queues: Set<String>
        /// Names of those who see the team's calls as they run.
        public var supervisors: Set<String>
        /// Whether calls between own telephones show a card here; nil: as the site says.
        public var internalCards: Bool?

        public init(
            name: String, desks: Set<String>, queues: Set<String> = [], supervisors: Set<String> = [],
            internalCards: Bool? = nil
        ) {
            self.name = name
            self.desks = desks
            self.queues = queues
            self.supervisors = supervisors
            self.internalCards = internalCards
        }
    }

    public enum Place: Equatable, Sendable {
        /// Their own telephone takes part.
        case own(desk: String)
        /// Somebody of their team's does.
        case watching(team: String)
    }

    /// What somebody's role and scope leave of what telephone and teams would show.
    public struct Limit: Equatable, Sendable {
        public var sees: Bool
        public var supervises: Bool
        /// Nil: all.
        public var teams: Set<String>?
        public var queues: Set<String>?

        public init(_ permissions: Set<Permission>, _ scope: Scope) {
            (sees, supervises) = (permissions.contains(.callsSee), permissions.contains(.callsSupervise))
            (teams, queues) = (scope.names[.teams], scope.names[.queues])
        }

        public init(_ person: Person) {
            (sees, supervises) = (person.may(.callsSee), person.may(.callsSupervise))
            (teams, queues) = (person.reach.teams, person.reach.queues)
        }

        func covers(_ team: Team) -> Bool { sees && (teams?.contains(team.name) ?? true) }
        func covers(queue: String?) -> Bool { queue.map { queues?.contains($0) ?? true } ?? true }
    }

    /// Who is not named here is limited by nothing: where nobody has a password.
    public var limits: [Int64: Limit] = [:]
    /// The telephone that each person has claimed; several may share one.
    public var desks: [Int64: String] = [:]
    public var names: [Int64: String] = [:]
    public var teams: [Team]
    /// Whether calls between own telephones show a card where no team says otherwise.
    public var internalCards: Bool

    public init(teams: [Team] = [], internalCards: Bool = true) {
        self.teams = teams
        self.internalCards = internalCards
    }

    public func claimants(of desk: String) -> [Int64] { desks.filter { $0.value == desk }.keys.sorted() }

    /// Everybody who may see this call, and in which place. Nobody else does.
    public func audience(of snapshot: CallSnapshot) -> [Int64: Place] {
        var audience: [Int64: Place] = [:]
        let involved = Set(snapshot.legs.compactMap(\.desk))
        let isInternal = snapshot.direction == .internal
        for team in teams where !team.supervisors.isEmpty && (!isInternal || hasInternalCards(team)) {
            guard !involved.isDisjoint(with: team.desks) || team.queues.contains(snapshot.queue ?? "") else { continue }
            for (person, name) in names where team.supervisors.contains(name) {
                if let limit = limits[person] {
                    guard limit.supervises, limit.covers(team), limit.covers(queue: snapshot.queue) else { continue }
                }
                audience[person] = .watching(team: team.name)
            }
        }
        for (person, desk) in desks
        where (involved.contains(desk) || snapshot.isByNumber(desk)) && (!isInternal || hasInternalCards(desk))
            && limits[person]?.sees != false
        {
            audience[person] = .own(desk: desk)
        }
        return audience
    }

    private func hasInternalCards(_ team: Team) -> Bool { team.internalCards ?? internalCards }

    /// Of several teams of a telephone one that wants them is enough.
    public func hasInternalCards(_ desk: String) -> Bool {
        let own = teams.filter { $0.desks.contains(desk) }
        return own.isEmpty ? internalCards : own.contains(where: hasInternalCards)
    }

    /// Whose history a person reads: that of their own telephone.
    public func own(_ person: Int64) -> CallScope {
        CallScope(desks: limits[person]?.sees == false ? [] : desks[person].map { [$0] } ?? [])
    }

    /// Their own and that of their teams: what is missed there is everybody's to call back.
    public func shared(_ person: Int64) -> CallScope {
        var scope = own(person)
        let limit = limits[person]
        let isSupervisor = limit?.supervises ?? true
        for team in teams
        where isSupervisor && team.supervisors.contains(names[person] ?? "")
            || !scope.desks.isDisjoint(with: team.desks)
        {
            guard limit?.covers(team) ?? true else { continue }
            scope.desks.formUnion(team.desks)
            scope.queues.formUnion(team.queues.filter { limit?.covers(queue: $0) ?? true })
        }
        return scope
    }

    /// Who sits at a telephone, for people: their names, or its number.
    public func label(_ desk: String) -> String {
        let names = claimants(of: desk).compactMap { self.names[$0] }
        return names.isEmpty ? desk : names.joined(separator: ", ")
    }
}

extension CallSnapshot {
    /// Some exchanges (FRITZ!Box) do not say which telephones ring, only which of the site's own numbers was called:
    /// then it rings for whoever claimed that number. A line's own number finds its claimants also where the telephones
    /// that ring are told.
    public func isByNumber(_ desk: String) -> Bool {
        direction == .inbound && called == desk && (isOfLine || !legs.contains { $0.rangAt != nil })
    }

    /// The number that was called is a line's and no telephone's: it is longer than extensions are.
    var isOfLine: Bool {
        guard let called, called.utf8.count >= 6 else { return false }
        return called.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2B }
    }
}
