public import Model
import SQLite

/// A call at the centre is its agent's, its telephone link's and the exchange's own: `lyon/pbx/17`. What travels is
/// `pbx/17`; what is kept, shown and asked for is the whole, which no agent can say of another's: a name has no slash.
public enum CallName {
    /// Longest id that a snapshot may have, in bytes of UTF-8.
    static let limit = Bounded.nameLimit

    /// One that would grow too long is known by the SHA-256 of what was told.
    public static func filed(_ call: String, under agent: String) -> String {
        let name = "\(agent)/\(call)"
        return name.utf8.count <= limit ? name : "\(agent)/sha256:\(Topic.digest(of: call))"
    }

    /// What the agent itself calls it; nil when it is another agent's.
    public static func told(_ name: String, by agent: String) -> String? {
        name.hasPrefix(agent + "/") ? String(name.dropFirst(agent.count + 1)) : nil
    }

    /// The telephone link that a call came by, as its agent's configuration names it; the agent where it names none.
    public static func line(_ name: String, of agent: String) -> String {
        guard let told = told(name, by: agent), let slash = told.firstIndex(of: "/"), slash > told.startIndex else {
            return agent
        }
        return String(told[..<slash])
    }
}

extension CallTable {
    /// What the centre calls a call that somebody names as its exchange does, as programs did before calls were filed under their
    /// agents. Itself where there is none; nil where two agents have one of that name: nobody guesses.
    public func filed(call name: String) throws -> String? {
        guard try row(name) == nil else { return name }
        let found = try database.rows(
            "SELECT call.id FROM agent JOIN call ON call.id=agent.name || '/' || ? LIMIT 2", .text(name)
        ) { $0.text(0) }
        return found.count > 1 ? nil : found.first ?? name
    }

    /// Whether anything is kept that this agent, or script, has told of: a name's slash is followed by 0.
    public func hasCalls(of agent: String) throws -> Bool {
        try database.integer("SELECT EXISTS (SELECT 1 FROM call WHERE id>?1 || '/' AND id<?1 || '0')", .text(agent))
            == 1
    }
}

extension CallSnapshot {
    /// As the centre names it. Once, where an agent's word comes in.
    public func filed(under agent: String) -> CallSnapshot {
        var filed = self
        filed.call = CallName.filed(call, under: agent)
        filed.mergedInto = mergedInto.map { CallName.filed($0, under: agent) }
        return filed
    }

    /// As the agent names it: the way back.
    public func told(by agent: String) -> CallSnapshot {
        var told = self
        told.call = CallName.told(call, by: agent) ?? call
        told.mergedInto = mergedInto.map { CallName.told($0, by: agent) ?? $0 }
        return told
    }

    /// Over, because nobody can say any more how it goes on.
    public func lost(at now: Int64) -> CallSnapshot {
        var lost = self
        lost.revision += 1
        lost.state = .ended
        lost.endedAt = now
        lost.cause = .lost
        for index in lost.legs.indices where lost.legs[index].state != .ended {
            lost.legs[index].state = .ended
            lost.legs[index].endedAt = now
            lost.legs[index].cause = .lost
        }
        return lost
    }
}

extension CommandProgress {
    /// With its call as the centre names it.
    public func filed(under agent: String) -> CommandProgress {
        var filed = self
        filed.call = call.map { CallName.filed($0, under: agent) }
        return filed
    }
}
