public import Model

/// Which agents have fallen silent on a line that stands: frozen, or behind a cable that was pulled. An agent beats once a second; the broker
/// tells its will 7.5 s after the last word at the earliest (MQTT 5.0 §3.1.2.10, with libmosquitto's shortest keep alive), and the screen at a
/// dock is told sooner.
///
/// Only the broker's order of what was said counts, never our own clock alone: the centre says a mark to itself through the broker, and an
/// agent is silent when a mark has come back that was said so long after the last of its beats. A centre or broker that is busy brings
/// both late, and nobody is called silent for it. An agent that never beat (an older one, or one whose broker has an older
/// ACL) is judged by the broker's word alone.
public struct AgentPulses: Sendable {
    /// How often the centre says a mark, while somebody beats.
    public static let markPause: Duration = .milliseconds(400)
    /// Two beats are missing, and a third of a second: with `markPause` under the three seconds in which a dock is told.
    public static let patience: Duration = .milliseconds(2300)
    /// Agents that are listened to.
    public static let limit = 20_000

    /// When each that beats was heard last, by our clock.
    private var heard: [String: Instant] = [:]
    public private(set) var silent: Set<String> = []
    private var nextMark = Instant.zero

    public init() {}

    /// How many beat.
    public var count: Int { heard.count }

    /// A connection to the broker has begun: what was heard on the one before says nothing. Whoever was silent is so until it is heard.
    public mutating func begin() { heard = [:] }

    /// True when it had been silent.
    public mutating func beat(_ agent: String, at now: Instant) -> Bool {
        guard heard[agent] != nil || heard.count < AgentPulses.limit else { return false }
        heard[agent] = now
        return silent.remove(agent) != nil
    }

    /// Any other word of an agent that lives; true when it had been silent.
    public mutating func hear(_ agent: String, at now: Instant) -> Bool {
        if heard[agent] != nil { heard[agent] = now }
        return silent.remove(agent) != nil
    }

    /// It said goodbye, or the broker told its will; or it has begun anew, perhaps as an older program: listened to from its next beat on.
    public mutating func rest(_ agent: String) { heard[agent] = nil }

    /// Whether a mark is to be said now.
    public mutating func tick(at now: Instant) -> Bool {
        guard !heard.isEmpty, now >= nextMark else { return false }
        nextMark = now + AgentPulses.markPause
        return true
    }

    /// A mark has come back that was said at `said`; who is silent since.
    public mutating func marked(_ said: Instant) -> [String] {
        let lost = heard.filter { said - $0.value > AgentPulses.patience }.map(\.key).sorted()
        for agent in lost {
            heard[agent] = nil
            silent.insert(agent)
        }
        return lost
    }
}
