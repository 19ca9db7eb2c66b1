/// What is asked of a broker, and what Quai needs it for (docs/reference/topics.md).
public enum TrialPoint: String, CaseIterable, Sendable {
    case version5 = "mqtt-5"
    case version311 = "mqtt-3.1.1"
    case wildcards
    case quality0 = "qos-0"
    case quality1 = "qos-1"
    case quality2 = "qos-2"
    case order
    case orderFast = "order-qos-0"
    case flow
    case large
    case largest
    case retained
    case cleared
    case restart = "retained-restart"
    case expiry = "message-expiry"
    case clean = "clean-start"
    case session
    case sessionExpiry = "session-expiry"
    case will
    case willDelay = "will-delay"
    case takeOver = "take-over"
    case keepAlive = "keep-alive"
    case own = "own-messages"
    case noLocal = "no-local"
    case nobody = "nobody-hears"
    case contentType = "content-type"
    case userProperty = "user-property"
    case subscriptionIdentifier = "subscription-identifier"
    case shared
    case sharedOrder = "shared-order"
    case slow = "slow-reader"
    case acrossOrder = "across-order"
    case acrossRetained = "across-retained"
    case acrossCleared = "across-cleared"
    case acrossWill = "across-will"
    case acrossTakeOver = "across-take-over"
    case acrossDeath = "across-death"

    /// What it means for Quai where it is not honoured.
    public enum Weight: Equatable, Sendable {
        /// Quai must not run on it.
        case must
        /// It runs, with this limit.
        case limit(String)
        /// Quai does not use it; told for whoever plans.
        case unused
    }

    public struct Entry: Sendable {
        public var title: String
        /// What Quai needs it for; empty where it does not.
        public var purpose: String
        public var weight: Weight

        init(_ title: String, _ purpose: String, _ weight: Weight) {
            (self.title, self.purpose, self.weight) = (title, purpose, weight)
        }

        /// Not used by Quai.
        init(_ title: String) { self.init(title, "", .unused) }
    }

    /// Whether it is one between nodes.
    public var isAcross: Bool { rawValue.hasPrefix("across-") }

    public var entry: Entry {
        switch self {
        case .version5:
            Entry("MQTT 5", "expiry, reasons, content types", .unused)
        case .version311: Entry("MQTT 3.1.1", "where MQTT 5 is not to be had", .unused)
        case .wildcards: Entry("+ in a subscription", "the centre hears all agents", .must)
        case .quality0: Entry("QoS 0", "acks, beats, echoes", .must)
        case .quality1: Entry("QoS 1, acknowledged", "frames, calls, commands, statuses", .must)
        case .quality2: Entry("QoS 2")
        case .order:
            Entry("order of one connection, QoS 1", "frames, call states, statuses: the newer one is last", .must)
        case .orderFast:
            Entry(
                "order of one connection, QoS 0", "acks", .limit("acks overtake each other: frames are sent again"))
        case .flow: Entry("64 messages in flight", "the window of frames", .must)
        case .large: Entry("a message of 64 KiB", "frames, statuses, configurations", .must)
        case .largest:
            Entry(
                "a message of 512 KiB", "the deliveries at a depot's page",
                .limit("long lists of deliveries do not come to the page at the depot"))
        case .retained:
            Entry("retained messages, the newest", "whether a centre lives, configurations, statuses", .must)
        case .cleared: Entry("an empty message clears a retained one", "what is withdrawn", .must)
        case .restart: Entry("retained after a restart")
        case .expiry:
            Entry(
                "message expiry", "calls and commands that nobody wants any more",
                .limit("what waits in the broker may come late, and is dropped where it arrives"))
        case .clean:
            Entry(
                "a clean start leaves nothing", "nothing old comes after a break",
                .limit("old messages come after a break"))
        case .session: Entry("messages wait for an absent session, in order")
        case .sessionExpiry: Entry("a session ends when its time is over")
        case .will: Entry("a will, retained; none after a goodbye", "an agent or a centre that died is shown", .must)
        case .willDelay: Entry("a will waits its delay")
        case .takeOver:
            Entry(
                "the second client of a name cuts the first", "an agent that comes back before its old line has died",
                .must)
        case .keepAlive: Entry("who is silent is cut, and its will told", "a machine that lost power is shown", .must)
        case .own:
            Entry(
                "a client hears itself", "the centre's echo: a broker that hangs is seen in 2 s",
                .limit("a broker that hangs is seen by MQTT's keep alive alone"))
        case .noLocal: Entry("no local")
        case .nobody:
            Entry(
                "the sender is told that nobody hears", "an agent stops sending at once",
                .limit("an agent stops sending only when it is told that the centre is away"))
        case .contentType:
            Entry(
                "content type", "events of the ledger say that they are CloudEvents",
                .limit("events of the ledger come without their content type"))
        case .userProperty: Entry("user properties, in order")
        case .subscriptionIdentifier: Entry("subscription identifiers")
        case .shared: Entry("a shared subscription gives each message to one")
        case .sharedOrder: Entry("… and keeps a client with one of them")
        case .slow: Entry("a reader that hangs hinders nobody else", "one gateway on a bad line", .must)
        case .acrossOrder:
            Entry("between nodes: each once, in order", "agents and centre at different nodes", .must)
        case .acrossRetained:
            Entry(
                "between nodes: retained messages", "whether a centre lives, configurations",
                .limit("what is retained is known to one node alone: the centre says it again to agents that miss it"))
        case .acrossCleared:
            Entry(
                "between nodes: clearing a retained message", "what is withdrawn",
                .limit("what was withdrawn stays at other nodes"))
        case .acrossWill: Entry("between nodes: a will", "an agent that died elsewhere is shown", .must)
        case .acrossTakeOver:
            Entry(
                "between nodes: take-over", "an agent that comes back at another node",
                .limit("an agent's old line at another node lives until its keep alive ends"))
        case .acrossDeath:
            Entry(
                "between nodes: a dead node's client is taken at another", "agents and centre move when a node dies",
                .must)
        }
    }
}

public struct TrialRow: Equatable, Sendable {
    public enum Result: String, Sendable {
        case honoured
        case not = "not honoured"
        case unasked = "not asked"
    }

    public var point: TrialPoint
    public var result: Result
    public var detail: String

    public init(_ point: TrialPoint, _ result: Result, _ detail: String = "") {
        (self.point, self.result, self.detail) = (point, result, detail)
    }
}
