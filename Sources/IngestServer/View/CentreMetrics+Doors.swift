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
        let events = wiring.eventSockets.counts
        metrics.add(
            "quai_ingest_event_sockets", "gauge", "Programs that are told events by WebSocket.",
            [([], Double(events.open))])
        metrics.add(
            "quai_ingest_event_socket_bytes", "gauge",
            "Bytes that wait for programs' WebSockets, of \(EventSockets.totalLimit) at most.",
            [([], Double(events.waiting))])
        metrics.add(
            "quai_ingest_event_sockets_told_total", "counter", "Events told by WebSocket.", [([], Double(events.told))])
        metrics.add(
            "quai_ingest_event_sockets_cut_total", "counter", "Programs' WebSockets that did not read.",
            [([], Double(events.cut))])
        if let home = wiring.home.with({ $0 }) {
            metrics.add(
                "quai_ingest_home_messages", "gauge", "Entities and states that Home Assistant is told of.",
                [([], Double(home.count))])
        }
        guard wiring.present.with({ $0.epcis != nil }),
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
