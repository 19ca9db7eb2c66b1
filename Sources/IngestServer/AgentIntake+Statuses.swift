import Depot
import Followers
import Logging
import Model
import Platform
import SQLite

extension AgentIntake {
    /// What agents say of themselves, checked: in its turn among their frames, all in one transaction. Where the database takes none of it they say
    /// it again, but for a going, which is kept; one that it refuses by itself is none of the others' loss.
    func take(statuses: [(agent: String, told: JSON)]) {
        guard !statuses.isEmpty || memory.with({ !$0.goings.isEmpty }) else { return }
        writer.post { [self] desks, now in
            let later = Set(statuses.map(\.agent))
            let kept = memory.with { memory in
                defer { memory.goings = [:] }
                return memory.goings.filter { !later.contains($0.key) }
            }
            let all = kept.map { (agent: $0.key, told: $0.value) } + statuses
            defer { live.post([], changed: all.map { .gateway($0.agent) }) }
            try write(all, desks, at: now)
            hear(desks.gateways)
        }
    }

    private func write(_ statuses: [(agent: String, told: JSON)], _ desks: Desks, at now: Int64) throws {
        do {
            try desks.store.transaction {
                for (agent, told) in statuses { try status(told, agent: agent, desks.gateways, at: now) }
            }
        } catch {
            desks.gateways.forgetBook()
            let isRefused = (error as? SQLiteError).map(\.isConstraint) ?? true
            guard isRefused, statuses.count > 1 else {
                let goings = statuses.filter { !isRefused && $0.told["online"]?.truth == false }
                memory.with { memory in for one in goings { memory.goings[one.agent] = one.told } }
                throw error
            }
            var failure: (any Error)?
            for one in statuses { do { try write([one], desks, at: now) } catch { failure = error } }
            if let failure { throw failure }
        }
    }

    private func status(_ told: JSON, agent: String, _ desk: GatewayDesk, at now: Int64) throws {
        let safe = GatewayStatus(json: told)
        let offset = clocks.with { $0.offset(of: agent) }
        let isNews = memory.with { memory in
            let before = memory.odd.updateValue(safe.problems, forKey: agent)
            if safe.problems.isEmpty { memory.odd[agent] = nil }
            return !safe.problems.isEmpty && before != safe.problems
        }
        if isNews {
            logger.warning(
                "status mended", metadata: ["agent": "\(agent)", "what": "\(safe.problems.joined(separator: "; "))"])
        }
        let json = safe.json.with("clockOffset", offset == 0 ? nil : .int(offset))
        let (welcome, disagreement) = try desk.hear(json, of: agent, clockOffset: offset, at: now)
        if case .welcome(let site) = welcome { plans.place(agent, at: site) }
        if let disagreement {
            logger.critical(
                "account does not close", metadata: ["agent": "\(agent)", "what": "\(disagreement)"])
            counts.with { $0.disagreements += 1 }
        }
    }
}
