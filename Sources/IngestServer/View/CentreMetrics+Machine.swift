import Depot
import Model
import Platform

extension CentreMetrics {
    /// What the centre stands on: its disk, its clock, the certificates that its configuration names.
    static func addMachine(_ configuration: IngestConfiguration, to metrics: inout Prometheus) {
        if let disk = DiskRoom(of: configuration.state) {
            metrics.add(
                "quai_ingest_disk_size_bytes", "gauge", "Size of the disk on which the state is.",
                [([], Double(disk.size))])
            metrics.add(
                "quai_ingest_disk_free_bytes", "gauge", "What is left on it for the centre.", [([], Double(disk.free))])
        }
        metrics.add(
            "quai_ingest_clock_set", "gauge", "0 until something has set this machine's clock.",
            [([], Clocks.isSynchronised ? 1 : 0)])
        let ends = Probes.certificates(configuration).compactMap { certificate in
            certificate.ends.map { (certificate, $0) }
        }
        guard !ends.isEmpty else { return }
        metrics.add(
            "quai_ingest_certificate_end_timestamp_seconds", "gauge",
            "When a certificate of the configuration ends; of authorities the last, for one that holds is enough.",
            ends.map { certificate, end in
                let section = String(certificate.subject.filter { $0 != "[" && $0 != "]" })
                return (
                    [("section", section), ("use", certificate.isAuthority ? "authority" : "own")], Double(end) / 1000
                )
            })
    }

    /// What each gateway says of itself. For this machine alone: they have names.
    static func addGateways(_ gateways: [GatewayTable.Gauge], to metrics: inout Prometheus) {
        func each(_ value: (GatewayTable.Gauge) -> Double) -> [Prometheus.Sample] {
            gateways.map { ([("agent", $0.name)], value($0)) }
        }
        metrics.add(
            "quai_ingest_agent_online", "gauge", "1 when the gateway is connected.", each { $0.isOnline ? 1 : 0 })
        metrics.add(
            "quai_ingest_agent_seen_timestamp_seconds", "gauge", "When it last said how it is.",
            each { Double($0.seen) / 1000 })
        metrics.add(
            "quai_ingest_agent_pending_records", "gauge", "What each gateway says it still holds.",
            each { Double($0.pending) })
        metrics.add(
            "quai_ingest_agent_clock_offset_seconds", "gauge",
            "What is to be added to its clock's time; 0 while that is less than \(ClockBook.tolerance / 1000) s.",
            each { Double($0.clockOffset) / 1000 })
    }
}
