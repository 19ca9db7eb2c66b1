import Depot
import Model
import Platform

extension CentreMetrics {
    /// The version that is on its way to the gateways, or was last; zeros where there never was one.
    static func add(_ rollout: Rollout?, to metrics: inout Prometheus) {
        metrics.add(
            "quai_ingest_rollout", "gauge",
            "1 for the state of the newest roll-out; it stands still where it is stopped.",
            Rollout.State.allCases.map { ([("state", $0.rawValue)], rollout?.state == $0 ? 1 : 0) })
        metrics.add(
            "quai_ingest_rollout_gateways", "gauge", "Gateways of the newest roll-out, by state.",
            Rollout.Member.State.allCases.map { ([("state", $0.rawValue)], Double(rollout?.count($0) ?? 0)) })
    }
}
