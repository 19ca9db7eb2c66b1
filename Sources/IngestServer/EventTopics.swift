import Depot
import Followers
import Model
import Platform
import ServiceLifecycle
import Settings

/// `[events]`: whether what happens is told at the broker, too.
struct EventSettings: Sendable {
    var isTold = false
    /// Also clients and calls.
    var isPersonal = false

    init() {}

    init(_ section: Section) {
        isTold = section.boolean("mqtt") ?? false
        isPersonal = section.boolean("personal") ?? false
    }
}

/// Tells what happens at the broker: CloudEvents by MQTT in structured mode
/// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/mqtt-protocol-binding.md §3.2), each until the broker has
/// acknowledged it. It follows the ledger from its own watermark; what nobody is subscribed to passes.
final class EventTopics: Service {
    /// Events under way, and entries that are looked at in one turn.
    private static let most = 200
    /// After which what was not acknowledged is told again on the same connection.
    private static let patience: Duration = .seconds(60)
    static let name = "event-topics"
    static let type = "application/cloudevents+json; charset=utf-8"

    private struct Standing {
        /// Everything up to here is acknowledged and written down; nil before it was read.
        var marked: Int64?
        /// Everything up to here was handed over.
        var sent: Int64 = 0
        var flying: Set<Int64> = []
        var isUp = false
        var told: UInt64 = 0
        /// The last time that something was acknowledged, or began.
        var moved = Instant.zero

        var confirmed: Int64 { flying.min().map { $0 - 1 } ?? sent }
    }

    private let settings: EventSettings
    private let instance: String
    private let writer: Writer
    private let reads: LongReads
    private let mail: AgentMail
    private let bell: Bell
    private let standing = Locked(Standing())

    init(_ settings: EventSettings, _ wiring: Wiring) {
        self.settings = settings
        instance = wiring.configuration.instance
        (writer, reads, mail) = (wiring.writer, wiring.reads, wiring.mail)
        bell = Bell(writer)
    }

    /// Events that the broker has taken since the start.
    var told: UInt64 { standing.with { $0.told } }

    /// `quai/1/ev/centre/delivery/close`
    static func topic(_ event: CloudEvent, instance: String) -> String {
        "\(Topic.root)/ev/\(instance)/\(event.type.dropFirst(5).replacing(".", with: "/"))"
    }

    // MARK: the connection

    func begin() { standing.with { $0.isUp = true } }

    func broken() {
        standing.with { $0.isUp = false }
        lost()
    }

    /// What was under way is told again.
    func lost() {
        standing.with { standing in
            standing.sent = standing.marked ?? 0
            standing.flying = []
        }
    }

    func acknowledged(_ seq: Int64) {
        standing.with { standing in
            if standing.flying.remove(seq) != nil { standing.told += 1 }
            standing.moved = Clocks.now
        }
    }

    // MARK: the ledger

    func run() async throws {
        let writer = writer
        await bell.follow {
            await writer.failed($0)
        } _: {
            try await self.turn()
        }
    }

    private func turn() async throws {
        if standing.with({ $0.marked == nil }) {
            // One that is new begins with what happens from now on.
            let start = try await writer.run { desks, _ -> Int64 in
                let ledger = desks.store.ledger
                if let mark = try ledger.watermark(of: EventTopics.name) { return min(mark, try ledger.tip()) }
                let tip = try ledger.tip()
                try ledger.mark(EventTopics.name, at: tip)
                return tip
            }
            standing.with { ($0.marked, $0.sent) = (start, start) }
        }
        if standing.with({ !$0.flying.isEmpty && Clocks.now - $0.moved > EventTopics.patience }) { lost() }
        try await tell()
        let confirmed = standing.with { $0.confirmed }
        guard let marked = standing.with({ $0.marked }), confirmed > marked else { return }
        try await writer.run { desks, _ in try desks.store.ledger.mark(EventTopics.name, at: confirmed) }
        standing.with { $0.marked = confirmed }
    }

    private func tell() async throws {
        let (isUp, sent, free) = standing.with { ($0.isUp, $0.sent, EventTopics.most - $0.flying.count) }
        guard isUp, free > 0 else { return }
        let (instance, isPersonal) = (instance, settings.isPersonal)
        let batch = try await reads.read {
            try EventBatch(
                after: sent, of: $0.ledger, instance: instance, personal: isPersonal, atMost: free, rfc3339: rfc3339)
        }
        let isStill = standing.with { standing -> Bool in
            guard standing.isUp, standing.sent == sent else { return false }
            standing.sent = batch.last
            standing.flying.formUnion(batch.events.map(\.seq))
            standing.moved = Clocks.now
            return true
        }
        guard isStill else { return }
        for told in batch.events {
            mail.post(
                .said(
                    AgentMail.Said(
                        topic: EventTopics.topic(told.event, instance: instance), payload: Array(told.text.utf8),
                        type: EventTopics.type, seq: told.seq)))
        }
    }
}
