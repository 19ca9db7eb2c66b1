public import Model

/// The client's name for the telephones that ring, where a site wants it (`[calls] telephone-names`). The agent sets it within
/// 300 ms of the ring or not at all, so it is looked up beside the card, in nobody's turn.
public struct TelephoneName {
    private let store: Store
    private let plan: NumberPlan

    /// `plan` is the agent's.
    public init(_ store: Store, plan: NumberPlan) {
        self.store = store
        self.plan = plan
    }

    /// Seconds that the order may travel; the 300 ms are counted by the agent, from the ring that it saw.
    static let life = 5

    /// What to ask the agent for: nil where the call is not from outside, its number is withheld or not known yet, nobody or more than
    /// one client has it, or its line cannot. `snapshot` under the centre's name.
    public func order(for snapshot: CallSnapshot, of agent: String, id: String, at now: Int64) throws -> AgentOrder? {
        guard TelephoneName.isDue(snapshot), let told = CallName.told(snapshot.call, by: agent),
            let raw = snapshot.caller?.number
        else { return nil }
        let number = plan.number(raw)
        guard number.kind == .subscriber, let name = try TelephoneName.shown(of: store.parties.rows(key: number.key)),
            try store.gateways.can(.name, agent: agent, line: CallName.line(snapshot.call, of: agent))
        else { return nil }
        let command = Command(id: id, action: .name(call: told, name: name), issued: now, ttl: TelephoneName.life)
        return AgentOrder(agent: agent, command: command)
    }

    /// From outside, with a number that is shown, before anybody has answered.
    public static func isDue(_ snapshot: CallSnapshot) -> Bool {
        snapshot.direction == .inbound && snapshot.caller?.withheld == false && snapshot.caller?.number != nil
            && [.offered, .queued, .ringing].contains(snapshot.state)
    }

    /// A display has one line: the company, else the person. Several people of one company are that company; two clients are nobody.
    static func shown(of parties: [PartyView]) -> String? {
        let names = Set(parties.map { $0.company.isEmpty ? $0.name : $0.company })
        guard names.count == 1, let name = names.first, !name.isEmpty else { return nil }
        return name
    }
}
