import Depot
import Followers
import Model
import Platform

/// What stands between the docks and the pages, as far as the centre itself knows it: its link to the broker, and the ERP. How each dock's
/// readers and agent are is told with their `gateway`; while the broker is away none of that can be news.
struct LinkHealth: Equatable, Sendable {
    /// Whether the broker answers.
    private(set) var broker = false
    /// It was heard in MQTT 3.1.1 the last time that a connection was made.
    private(set) var isOlder = false
    /// Since when it does, or does not, in Unix milliseconds.
    private(set) var since: Int64
    /// Nil where no ERP is configured.
    private(set) var erp: ERPLink.State?

    init(at now: Int64) { since = now }

    /// True when that is news.
    mutating func hear(broker isUp: Bool, isOlder: Bool? = nil, at now: Int64) -> Bool {
        self.isOlder = isOlder ?? self.isOlder
        guard isUp != broker else { return false }
        (broker, since) = (isUp, now)
        return true
    }

    /// True when that is news.
    mutating func hear(erp state: ERPLink.State?) -> Bool {
        guard state != erp else { return false }
        erp = state
        return true
    }

    /// As doctor has it.
    var road: Picture.Broker {
        broker ? (isOlder ? .older : .good) : .unreachable("the centre is not connected to it")
    }

    static let shape = Shape<LinkHealth>(
        "LinkHealth", [.truth("broker", \.broker), .moment("since", \.since), .word("erp", ifAny: \.erp)])

    var message: PageMessage { PageMessage(.health, LinkHealth.shape.json(self)) }
}

extension LiveView {
    /// The link to the broker, as its own thread sees it.
    nonisolated func post(broker isUp: Bool, isOlder: Bool? = nil) {
        executor.run {
            self.assumeIsolated { $0.changed { $0.hear(broker: isUp, isOlder: isOlder, at: Clocks.wall) } }
        }
    }

    nonisolated func post(erp state: ERPLink.State?) {
        executor.run { self.assumeIsolated { $0.changed { $0.hear(erp: state) } } }
    }

    /// Agents that fell silent, or are heard again, as the link's thread hears them.
    nonisolated func post(silent agents: Set<String>) {
        executor.run {
            self.assumeIsolated { live in
                let before = live.silences
                live.silences = Dictionary(uniqueKeysWithValues: agents.map { ($0, before[$0] ?? Clocks.wall) })
                live.changed(agents.symmetricDifference(before.keys).sorted().map(PageTopic.gateway))
            }
        }
    }

    private func changed(_ hear: (inout LinkHealth) -> Bool) {
        guard hear(&health) else { return }
        hub.tellAll(health.message, at: Clocks.wall)
    }
}
