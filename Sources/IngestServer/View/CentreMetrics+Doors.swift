import Depot
import Model
import Platform

extension CentreMetrics {
    /// What other programs are told: at the broker, and events for an EPCIS repository; nothing of what is off.
    static func addDoors(_ wiring: Wiring, to metrics: inout Prometheus) async {
        if let others = wiring.eventTopics.with({ $0 }) {
            metrics.add(
                "quai_ingest_topic_events_total", "counter", "Events that the broker has taken for other programs.",
                [([], Double(others.told))])
        }
        if let home = wiring.home.with({ $0 }) {
            metrics.add(
                "quai_ingest_home_messages", "gauge", "Entities and states that Home Assistant is told of.",
                [([], Double(home.count))])
        }
        guard wiring.configuration.epcis != nil,
            let counts = try? await wiring.live.read({ try $0.epcis.counts() })
        else { return }
        let state = wiring.epcisState.with { $0 }
        metrics.add(
            "quai_ingest_epcis_events", "gauge", "EPCIS events by the state of their capture; dead ones need somebody.",
            StoredEvent.State.allCases.map { ([("state", $0.rawValue)], Double(counts[$0.rawValue] ?? 0)) })
        metrics.add(
            "quai_ingest_epcis_captures_total", "counter", "What became of events at the repository.",
            [
                ([("result", "captured")], Double(state.captured)), ([("result", "refused")], Double(state.refused)),
                ([("result", "failed")], Double(state.failures)),
            ])
    }
}
