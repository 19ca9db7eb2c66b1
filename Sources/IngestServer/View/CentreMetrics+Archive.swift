import Platform

extension CentreMetrics {
    /// Records of past months in files; only where that is asked for.
    static func addArchive(_ wiring: Wiring, to metrics: inout Prometheus) {
        guard wiring.present.with({ $0.archive.months != nil }) else { return }
        let counts = wiring.archiveCounts.with { $0 }
        metrics.add(
            "quai_ingest_archive_up", "gauge", "The last look for records to archive ended well.",
            [([], counts.problem == nil ? 1 : 0)])
        metrics.add(
            "quai_ingest_archive_files_total", "counter",
            "Files of old records that were written, and their rows taken out.",
            [([], Double(counts.files))])
        metrics.add(
            "quai_ingest_archive_failures_total", "counter",
            "Times that the archive stood still, which is tried again each hour.",
            [([], Double(counts.failures))])
    }
}
