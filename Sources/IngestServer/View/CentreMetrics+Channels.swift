import Depot
import Model
import Platform

extension CentreMetrics {
    /// What waits for people's channels, and what became of it; nothing where nobody has one.
    static func addChannels(_ wiring: Wiring, to metrics: inout Prometheus) async {
        let found = try? await wiring.live.read { (try $0.channels.sums(), try $0.escalations.open()) }
        guard let (sums, raised) = found, !sums.isEmpty else { return }
        let counts = wiring.channelCounts.with { $0 }
        metrics.add(
            "quai_ingest_channels", "gauge", "Ways in which people are told, by kind.",
            sums.map { ([("kind", $0.kind.rawValue)], Double($0.channels)) })
        metrics.add(
            "quai_ingest_channel_lines", "gauge", "Notices for them by kind and state; dead ones were given up.",
            sums.flatMap {
                [
                    ([("kind", $0.kind.rawValue), ("state", "waiting")], Double($0.waiting)),
                    ([("kind", $0.kind.rawValue), ("state", "dead")], Double($0.dead)),
                ]
            })
        metrics.add(
            "quai_ingest_channel_dropped_total", "counter",
            "Notices for which \(ChannelTable.waitingLimit) others left no room; they are in the inbox.",
            sums.map { ([("kind", $0.kind.rawValue)], Double($0.lost)) })
        metrics.add(
            "quai_ingest_channel_tries_total", "counter", "Messages by kind and result.",
            sums.flatMap {
                [
                    ([("kind", $0.kind.rawValue), ("result", "taken")], Double(counts.taken[$0.kind] ?? 0)),
                    ([("kind", $0.kind.rawValue), ("result", "failed")], Double(counts.failed[$0.kind] ?? 0)),
                ]
            })
        metrics.add(
            "quai_ingest_notices_raised", "gauge", "Critical notices that went on because nobody read them.",
            [([], Double(raised))])
    }
}
