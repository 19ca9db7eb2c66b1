import Platform

extension Agent {
    /// What the agent stands on: its disk, its clock, the certificates of its link to the broker.
    func addMachine(to metrics: inout Prometheus) {
        if let disk = DiskRoom(of: configuration.state) {
            metrics.add(
                "quai_agent_disk_size_bytes", "gauge", "Size of the disk on which the buffer is.",
                [([], Double(disk.size))])
            metrics.add(
                "quai_agent_disk_free_bytes", "gauge", "What is left on it for the agent.", [([], Double(disk.free))])
        }
        metrics.add(
            "quai_agent_clock_set", "gauge", "0 until something has set this machine's clock.",
            [([], Clocks.isSynchronised ? 1 : 0)])
        // Of a chain the first that ends; of authorities the last, for one that holds is enough.
        let (own, authority) = (
            ends(configuration.uplink.certificate).min(), ends(configuration.uplink.authority).max()
        )
        let ends = [("own", own), ("authority", authority)].compactMap { use, end in end.map { (use, $0) } }
        guard !ends.isEmpty else { return }
        metrics.add(
            "quai_agent_certificate_end_timestamp_seconds", "gauge", "When a certificate of [uplink] ends.",
            ends.map { ([("section", "uplink"), ("use", $0.0)], Double($0.1) / 1000) })
    }

    private func ends(_ path: String?) -> [Int64] {
        guard let path, let bytes = try? Files.read(path, limit: 4 << 20) else { return [] }
        return (try? CertificateEnd.all(inPEM: String(decoding: bytes, as: UTF8.self))) ?? []
    }
}
