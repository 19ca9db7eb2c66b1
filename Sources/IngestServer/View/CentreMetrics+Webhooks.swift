import Depot
import Model
import Platform

extension CentreMetrics {
    /// What waits for webhooks, and what became of it; nothing where there is none.
    static func addWebhooks(_ wiring: Wiring, to metrics: inout Prometheus) async {
        let standings = try? await wiring.live.read { store in
            try store.webhooks.rows().map { try store.webhooks.standing($0) }
        }
        guard let standings, !standings.isEmpty else { return }
        let counts = wiring.webhookCounts.with { $0 }
        metrics.add(
            "quai_ingest_webhooks", "gauge", "Webhooks by state.",
            [
                ([("state", "on")], Double(standings.count { $0.hook.disabled == nil })),
                ([("state", "off")], Double(standings.count { $0.hook.disabled != nil })),
                ([("state", "failing")], Double(standings.count { $0.hook.disabled == nil && $0.hook.failures > 0 })),
            ])
        metrics.add(
            "quai_ingest_webhook_events", "gauge", "Events by state; dead ones were given up.",
            [
                ([("state", "waiting")], Double(standings.reduce(0) { $0 + $1.waiting })),
                ([("state", "dead")], Double(standings.reduce(0) { $0 + $1.dead })),
            ])
        metrics.add(
            "quai_ingest_webhook_tries_total", "counter", "Requests to webhooks by result.",
            [([("result", "taken")], Double(counts.taken)), ([("result", "failed")], Double(counts.failed))])
        metrics.add(
            "quai_ingest_webhook_seconds_total", "counter", "Time in them.",
            [([], Double(counts.milliseconds) / 1000)])
    }
}
