import Depot
import Model
import Platform

extension CentreMetrics {
    /// Data protection: what was forgotten by age, what the trail does not have, and how a collector of it stands.
    static func addPersonal(_ wiring: Wiring, to metrics: inout Prometheus) {
        let forgotten = wiring.forgetting.counts.with { $0 }
        metrics.add(
            "quai_ingest_forgotten_total", "counter",
            "Rows that were kept for as long as [retention] says, and forgotten.",
            Retention.allCases.map { ([("kind", $0.rawValue)], Double(forgotten[$0] ?? 0)) })
        metrics.add(
            "quai_ingest_personal_reads_lost_total", "counter",
            "Reads of personal data that the trail does not have, because too many waited.",
            [([], Double(wiring.personal.lost))])
        guard wiring.present.with({ $0.syslog != nil }) else { return }
        let state = wiring.syslogState.with { $0 }
        metrics.add(
            "quai_ingest_syslog_up", "gauge", "The collector of syslog takes the trail.",
            [([], state.problem == nil ? 1 : 0)])
        metrics.add(
            "quai_ingest_syslog_behind_entries", "gauge", "Entries of the ledger that it has still to be told.",
            [([], Double(state.behind))])
        metrics.add("quai_ingest_syslog_sent_total", "counter", "Messages to it.", [([], Double(state.sent))])
        metrics.add(
            "quai_ingest_syslog_failures_total", "counter", "Times that it was not reached, or went away.",
            [([], Double(state.failures))])
    }
}
