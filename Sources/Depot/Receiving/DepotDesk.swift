public import Model

/// What people decide at depots: done by the rules of a page's decision where their PIN is right, else proposed to whoever opens the
/// delivery. Nothing of it is lost, and each is done once.
public struct DepotDesk {
    let store: Store
    /// Nobody closes without a signature here: a page at a depot takes none.
    let needsSignature: Bool

    public init(_ store: Store, needsSignature: Bool) { (self.store, self.needsSignature) = (store, needsSignature) }

    /// Who somebody at a depot has shown to be.
    public enum Standing: Equatable, Sendable {
        case person(String)
        case nobody(DepotProposal.Why)
    }

    // MARK: who it was

    /// Whether a PIN has to be looked at, which is slow and the caller's (`Password.holds`); it counts as a wrong one until `vouched`.
    public enum Admission: Sendable {
        case look(PeopleTable.UserRow, pin: String)
        case known(Standing)
    }

    /// `secret` opens the box; the tries of an agent are those of one source. Nil where this was decided before: nobody need look.
    public func begin(_ decided: Row.Decided, agent: String, secret: [UInt8], at now: Int64) throws -> Admission? {
        guard try !store.depotDecisions.has(agent: agent, key: decided.decision.key) else { return nil }
        guard let pin = DepotDecision.pin(in: decided.proof, of: decided.text, agent: agent, with: secret) else {
            return .known(.nobody(.unread))
        }
        let user = try store.people.user(name: decided.decision.name)
        let key = user.map { SignInKey.pin($0.id) } ?? .name(decided.decision.name)
        switch try SignInDesk(store).admission(of: key, from: DepotDesk.source(agent), at: now) {
        case .wait, .pinLocked: return .known(.nobody(.locked))
        case .go: break
        }
        guard let user, user.pin != nil, !user.isDisabled else {
            try SignInDesk(store).refused(
                key, who: user?.name, station: decided.zone, from: DepotDesk.source(agent), at: now)
            return .known(.nobody(.refused))
        }
        return .look(user, pin: pin)
    }

    /// After the slow part.
    public func vouched(
        _ user: PeopleTable.UserRow, isRight: Bool, _ decided: Row.Decided, agent: String, at now: Int64
    ) throws -> Standing {
        let signIn = SignInDesk(store)
        // Their secret may have been changed while it was looked at.
        let current = try store.people.user(id: user.id)
        guard isRight, let current, current.pin == user.pin, !current.isDisabled else {
            try signIn.refused(
                .pin(user.id), who: user.name, station: decided.zone, from: DepotDesk.source(agent), at: now)
            return .nobody(.refused)
        }
        try signIn.succeeded(.pin(user.id), from: DepotDesk.source(agent), at: now)
        // As a PIN at a dock opens it: without what asks for a second factor, and where the person may be.
        let may = current.permissions.subtracting(store.guarded)
        let reach = try store.roles.reach(of: current.scope)
        let zone = try store.deliveries.zone(of: decided.decision.delivery)
        guard may.contains(decided.decision.kind == .close ? .deliveriesClose : .deliveriesDecide),
            reach.covers(zone: decided.zone), reach.covers(zone: zone)
        else { return .nobody(.forbidden) }
        return .person(user.name)
    }

    /// No address is written so.
    private static func source(_ agent: String) -> String { "@\(agent)" }

    // MARK: what becomes of it

    /// In its turn among the agent's records, in a transaction of the caller's. False where it was known.
    func take(
        _ decided: Row.Decided, _ standing: Standing, agent: String, at captured: Int64, now: Int64
    ) throws -> Bool {
        let table = store.depotDecisions
        guard try !table.has(agent: agent, key: decided.decision.key) else { return false }
        var why: DepotProposal.Why?
        switch standing {
        case .nobody(let reason): why = reason
        case .person(let name):
            let author = Author(name, station: decided.zone, reason: decided.decision.reason)
            do {
                try store.transaction { try perform(decided.decision, by: author, at: captured, since: captured) }
            } catch let error as DecisionError { why = DepotProposal.Why(error) } catch let error as Overtaken {
                why = error.why
            }
        }
        try table.add(decided, agent: agent, why == nil ? .done : .proposed, why, at: captured, received: now)
        if let why {
            try store.tell(
                Fact(
                    .deliveryProposed, decided.decision.delivery, "\(decided.decision.kind.rawValue) · \(why.rawValue)"),
                by: Author(agent, station: decided.zone), at: now)
        }
        return true
    }

    /// Somebody signed in does what was proposed, as their own decision. Throws `DecisionError`: then nothing has changed.
    public func accept(_ number: Int64, of delivery: Int64, by author: Author, at now: Int64) throws {
        try store.transaction {
            guard let proposal = try proposal(number, of: delivery) else {
                throw DecisionError.noSuchDecision
            }
            var author = author
            author.reason = proposal.decision.reason
            try perform(proposal.decision, by: author, at: now, since: nil)
            try settle(proposal, .accepted, .deliveryProposalAccepted, by: author, at: now)
        }
    }

    /// Nothing is done of it; it stays in the trail.
    public func refuse(_ number: Int64, of delivery: Int64, by author: Author, at now: Int64) throws {
        try store.transaction {
            guard let proposal = try proposal(number, of: delivery) else {
                throw DecisionError.noSuchDecision
            }
            try settle(proposal, .refused, .deliveryProposalRefused, by: author, at: now)
        }
    }

    private func proposal(_ number: Int64, of delivery: Int64) throws -> DepotProposal? {
        try store.depotDecisions.proposals(delivery: delivery).first { $0.id == number }
    }

    private func settle(
        _ proposal: DepotProposal, _ state: DepotDecisionTable.State, _ fact: Fact.Kind, by author: Author,
        at now: Int64
    ) throws {
        try store.depotDecisions.settle(proposal.id, state, by: author, at: now)
        let said = "\(proposal.decision.kind.rawValue) · \(proposal.decision.name) · \(proposal.agent)"
        try store.tell(Fact(fact, proposal.decision.delivery, said), by: author, at: now)
    }

    private struct Overtaken: Error { var why: DepotProposal.Why }

    /// `since`: what others decided after it goes before; nil where somebody has just looked.
    private func perform(_ decision: DepotDecision, by author: Author, at now: Int64, since: Int64?) throws {
        guard let view = try store.deliveries.view(decision.delivery) else { throw DecisionError.noSuchDelivery }
        guard decision.isAbout(view.note) else { throw DecisionError.anotherDelivery }
        guard view.status == "open" else { throw DecisionError.closed }
        if let since, view.isDecided(after: since, about: decision) { throw Overtaken(why: .overtaken) }
        func decide(_ kind: Decision.Kind, _ quantity: Quantity?) throws {
            try store.deliveries.decide(
                Decision(
                    at: now, who: author.who, station: author.station, kind: kind, gtin: decision.gtin,
                    quantity: quantity, reason: author.reason), delivery: view.id)
        }
        switch decision.kind {
        case .count:
            let received = view.lines.filter { $0.gtin == decision.gtin }.reduce(Quantity.zero) { $0 + $1.received }
            let more = (decision.quantity ?? 0) - received
            if more != 0 { try decide(.adjust, more) }
        case .damaged: try decide(.damaged, decision.quantity)
        case .refuse: try decide(.refuse, decision.quantity)
        case .close:
            let closing = ReceivingDesk.Closing(
                short: decision.short.map { $0 == .later ? .later : .never },
                extra: decision.extra.map { $0 == .accept ? .accept : .refuse },
                unknown: decision.ignoresUnknown ? .ignore : nil, needsSignature: needsSignature)
            guard try ReceivingDesk(store).close(view.id, closing, by: author, at: now) else {
                throw DecisionError.closed
            }
        }
    }
}

extension DepotProposal.Why {
    fileprivate init(_ error: DecisionError) {
        self =
            switch error {
            case .noSuchDelivery: .gone
            case .anotherDelivery: .another
            case .closed: .closed
            case .undecided: .undecided
            case .unsigned: .unsigned
            case .noSuchDecision, .malformed: .impossible
            }
    }
}

extension DeliveryView {
    /// Whether somebody else said something of the same later; of a closing, anything of the delivery.
    fileprivate func isDecided(after moment: Int64, about decision: DepotDecision) -> Bool {
        let isReopened = reopenings.contains { $0.at > moment }
        return isReopened
            || decisions.contains {
                $0.at > moment && $0.undoneBy == nil && $0.who != decision.name
                    && (decision.kind == .close || $0.gtin == decision.gtin)
            }
    }
}
