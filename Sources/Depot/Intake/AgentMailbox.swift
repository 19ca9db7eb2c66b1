public import Model

/// What has come from the agents and waits for the database: frames, hellos and statuses, in the order of their coming.
/// Everything in it is bounded, so that one agent's flood costs the others little; what is dropped is counted.
public struct AgentMailbox: Sendable {
    public struct Letter: Equatable, Sendable {
        public var agent: String
        public var content: Content
        /// Bytes of memory, about.
        var cost: Int
        /// When it came, in Unix nanoseconds; 0 where nobody wants to know.
        public var received: Int64 = 0
    }

    public enum Content: Equatable, Sendable {
        case frame([UInt8])
        case hello(Hello)
        case status(JSON)
    }

    /// Frames and bytes that wait for the database at most; beyond it they are dropped unread, and the agents, which get
    /// no ack, send them again. One for each that may speak: all of them may have scanned in the same moment.
    static let frameLimit = agentLimit
    static let byteLimit = 64 << 20
    /// Hellos of one agent: a process that starts again and again says one each time, and repeats it until it is answered.
    static let hellosOfOne = 4
    /// Times that one agent comes and goes among what waits.
    static let alternationsOfOne = 4
    /// Names that may speak in the life of this process: each costs a row and a line on every page of gateways.
    static let agentLimit = 20_000

    /// Nothing more is to come: whoever reads ends when it is empty.
    public var stopping = false
    public private(set) var droppedFrames: UInt64 = 0
    /// Those that a newer one took the place of, and those for which there was no room.
    public private(set) var droppedStatuses: UInt64 = 0
    public private(set) var droppedHellos: UInt64 = 0
    /// Messages of agents beyond as many as there may be.
    public private(set) var strangers: UInt64 = 0

    private var letters: [Letter] = []
    /// How many of `letters` were taken: they are let go together, because each time costs as much as what waits.
    private var head = 0
    /// How many letters were taken out before the first of `letters`: places are counted from the beginning.
    private var base = 0
    private var frames = 0
    private var bytes = 0
    private var hellos: [String: Int] = [:]
    /// Places of statuses that a newer one of the same agent may still replace.
    private var statuses: [String: Int] = [:]
    private var alternations: [String: Int] = [:]
    private var agents: Set<String> = []

    public init() {}

    public var isEmpty: Bool { head == letters.count }

    /// Those that are known from before always may speak: invented names do not take their places.
    public mutating func know(_ names: [String]) { agents.formUnion(names) }

    /// Whether this agent is one of those that may speak.
    private mutating func admits(_ agent: String) -> Bool {
        if agents.contains(agent) { return true }
        guard agents.count < AgentMailbox.agentLimit else {
            strangers += 1
            return false
        }
        agents.insert(agent)
        return true
    }

    public mutating func put(frame payload: [UInt8], from agent: String, received: Int64 = 0) {
        guard admits(agent) else { return }
        guard frames < AgentMailbox.frameLimit, bytes + payload.count <= AgentMailbox.byteLimit else {
            droppedFrames += 1
            return
        }
        frames += 1
        bytes += payload.count
        letters.append(Letter(agent: agent, content: .frame(payload), cost: payload.count, received: received))
    }

    public mutating func put(_ hello: Hello, from agent: String) {
        guard admits(agent) else { return }
        guard hellos[agent, default: 0] < AgentMailbox.hellosOfOne else {
            droppedHellos += 1
            return
        }
        hellos[agent, default: 0] += 1
        // What it says of itself after this is said by another process.
        statuses[agent] = nil
        letters.append(Letter(agent: agent, content: .hello(hello), cost: 0))
    }

    /// A newer status takes the place of one that nobody has read, unless it says that the agent came or went. Of one that
    /// comes and goes without end, the last place is taken too. `cost` is its bytes of memory, about.
    public mutating func put(status told: JSON, of cost: Int, from agent: String) {
        guard admits(agent) else { return }
        if let place = statuses[agent], place >= base + head, case .status(let before) = letters[place - base].content {
            let isSame = before["online"]?.truth == told["online"]?.truth
            if isSame || alternations[agent, default: 0] >= AgentMailbox.alternationsOfOne {
                droppedStatuses += 1
                // A small one is not the place of a large one that there is no room for.
                let after = bytes - letters[place - base].cost + cost
                guard after <= AgentMailbox.byteLimit else { return }
                bytes = after
                letters[place - base].content = .status(told)
                letters[place - base].cost = cost
                return
            }
            alternations[agent, default: 0] += 1
        }
        guard bytes + cost <= AgentMailbox.byteLimit else {
            droppedStatuses += 1
            return
        }
        bytes += cost
        statuses[agent] = base + letters.count
        letters.append(Letter(agent: agent, content: .status(told), cost: cost))
    }

    /// The oldest of what waits. Statuses are written behind the rest of it, so nothing of the same agent follows one; while they are
    /// written, newer ones replace each other.
    public mutating func take(atMost count: Int) -> [Letter] {
        var end = head
        var told: Set<String> = []
        while end < min(head + count, letters.count) {
            if case .status = letters[end].content {
                told.insert(letters[end].agent)
            } else if !told.isEmpty, told.contains(letters[end].agent) {
                break
            }
            end += 1
        }
        let part = Array(letters[head..<end])
        // Its place is kept, its bytes are not.
        for index in head..<end { letters[index].content = .frame([]) }
        head = end
        if head * 2 > letters.count {
            letters.removeFirst(head)
            (base, head) = (base + head, 0)
        }
        for letter in part {
            bytes -= letter.cost
            switch letter.content {
            case .frame: frames -= 1
            case .hello:
                let left = hellos[letter.agent, default: 1] - 1
                hellos[letter.agent] = left == 0 ? nil : left
            case .status:
                if let place = statuses[letter.agent], place < base + head {
                    statuses[letter.agent] = nil
                    alternations[letter.agent] = nil
                }
            }
        }
        return part
    }
}
