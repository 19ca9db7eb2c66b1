public import Model

/// Agents that say that they know of no centre, and do not greet: their node of the broker has not kept what another was told to retain
/// (RabbitMQ 3.10, docs/reference/brokers.md). They are told again.
public struct MissedPresence: Sendable {
    /// A broker that retains answers a subscription within this.
    public static let patience: Duration = .seconds(1)
    /// Agents that are waited for; others say it again with their next status.
    public static let limit = 20_000

    private var waiting: Set<String> = []
    private var due: Instant?

    public init() {}

    /// A status has come; `knows` is what it says of the centre.
    public mutating func hear(_ agent: String, knows: Bool?, at now: Instant) {
        guard knows == false else {
            if knows == true { waiting.remove(agent) }
            return
        }
        guard waiting.count < MissedPresence.limit else { return }
        waiting.insert(agent)
        due = due ?? now + MissedPresence.patience
    }

    /// It has greeted: it knows.
    public mutating func greeted(_ agent: String) { waiting.remove(agent) }

    /// Who is to be told now; all at once, as presence is said to all.
    public mutating func tick(at now: Instant) -> [String] {
        guard let due, now >= due else { return [] }
        defer { (waiting, self.due) = ([], nil) }
        return waiting.sorted()
    }
}
