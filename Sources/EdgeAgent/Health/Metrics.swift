import Model
import Platform
import Ports
import SQLite
import Uplink

extension Agent {
    /// What the agent knows of itself, as Prometheus text.
    var metrics: String {
        var metrics = Prometheus()
        let box = outbox.now
        let link = uplink.now
        let devices = fleet.statuses
        func each(_ value: (DeviceStatus) -> Double) -> [Prometheus.Sample] {
            devices.map { ([("device", $0.name), ("driver", $0.driver)], value($0)) }
        }
        metrics.add("quai_agent_build_info", "gauge", "Version.", [([("version", Agent.version)], 1)])
        metrics.add("quai_agent_device_up", "gauge", "1 when the device works.", each { $0.state == "ready" ? 1 : 0 })
        metrics.add("quai_agent_observations_total", "counter", "Observations.", each { Double($0.observations) })
        metrics.add(
            "quai_agent_noise_bytes_total", "counter", "Bytes that belong to no frame.", each { Double($0.noise) })
        metrics.add(
            "quai_agent_device_unsaved_rows", "gauge", "Rows that wait in memory because the outbox takes none.",
            each { Double($0.unsaved) })
        metrics.add(
            "quai_agent_device_doubted_calls", "gauge", "Calls that may be missing since the last break of the line.",
            each { Double($0.doubt?.calls ?? 0) })
        metrics.add(
            "quai_agent_device_unclear_calls", "gauge", "Calls whose end was not seen in the last break of the line.",
            each { Double($0.doubt?.unclear ?? 0) })
        metrics.add(
            "quai_agent_device_faults_total", "counter", "Faults the device reported.", each { Double($0.faults) })
        metrics.add(
            "quai_agent_overruns_total", "counter", "Packets lost because nobody fetched them in time.",
            each { Double($0.overruns) })
        metrics.add(
            "quai_agent_suspect_reads_total", "counter", "Reads that waited for a second one to be believed.",
            [([], Double(fleet.suspects))])
        metrics.add(
            "quai_agent_device_restarts_total", "counter", "Times the port was lost.", each { Double($0.restarts) })
        metrics.add(
            "quai_agent_refused_total", "counter", "Records that could not be saved.", each { Double($0.refused) })
        metrics.add(
            "quai_agent_device_not_saving", "gauge", "1 while the device's scans are refused.",
            each { $0.notSaved == nil ? 0 : 1 })
        metrics.add("quai_agent_outbox_records", "gauge", "Records that wait.", [([], Double(box.account.pending))])
        metrics.add(
            "quai_agent_outbox_produced_total", "counter", "Records accepted.", [([], Double(box.account.produced))])
        metrics.add(
            "quai_agent_delivered_total", "counter", "Records the centre committed.",
            [([], Double(box.account.committed))])
        metrics.add(
            "quai_agent_dropped_total", "counter", "Records lost, by reason; 0 is expected.",
            [
                ([("reason", "rejected")], Double(box.account.rejected)),
                ([("reason", "skipped")], Double(box.account.skipped)),
            ])
        metrics.add("quai_agent_outbox_commits_total", "counter", "Commits.", [([], Double(box.commits))])
        metrics.add(
            "quai_agent_outbox_commit_seconds_total", "counter", "Time in commits.",
            [([], Double(box.commitNanoseconds) / 1e9)])
        if let oldest = link.oldest {
            metrics.add(
                "quai_agent_outbox_oldest_timestamp_seconds", "gauge", "Capture time of the oldest record that waits.",
                [([], Double(oldest) / 1000)])
        }
        metrics.add(
            "quai_agent_outbox_bytes", "gauge", "Bytes of the buffer in use: its files less what is free in them.",
            [([], Double(box.used))])
        let files = box.fill.files
        metrics.add(
            "quai_agent_outbox_file_bytes", "gauge", "Bytes that the buffer's files take on the disk.",
            [
                ([("file", "database")], Double(files.database)), ([("file", "log")], Double(files.log)),
                ([("file", "index")], Double(files.index)),
            ])
        metrics.add("quai_agent_outbox_budget_bytes", "gauge", "Bytes it may use.", [([], Double(box.budget))])
        metrics.add(
            "quai_agent_outbox_level", "gauge",
            "0 roomy, 1 warning (70 %), 2 saving (85 %), 3 deliveries only (95 %), 4 full.",
            [([], Double(box.level.rawValue))])
        metrics.add(
            "quai_agent_outbox_trouble", "gauge", "1 from the first record that is refused to the next that is saved.",
            [([], box.refusal == nil ? 0 : 1)])
        if let refusal = box.refusal {
            metrics.add(
                "quai_agent_outbox_trouble_since_timestamp_seconds", "gauge", "When refusing began, and why.",
                [([("reason", refusal.reason.code)], Double(refusal.since) / 1000)])
        }
        metrics.add(
            "quai_agent_outbox_refused_total", "counter", "Records the outbox refused.", [([], Double(box.refusals))])
        metrics.add(
            "quai_agent_broker_connected", "gauge", "1 when both connections are up.",
            [
                ([], link.urgentUp && link.bulkUp ? 1 : 0)
            ])
        metrics.add("quai_agent_delivering", "gauge", "1 while the centre acknowledges.", [([], link.open ? 1 : 0)])
        if let ack = link.lastAck {
            metrics.add(
                "quai_agent_ack_age_seconds", "gauge", "Since the last acknowledgement.",
                [
                    ([], Double(Clocks.wall - ack) / 1000)
                ])
        }
        metrics.add(
            "quai_agent_urgent_expired_total", "counter", "Urgent messages that grew stale.",
            [([], Double(link.urgentExpired))])
        if configuration.local.listen != nil { addPage(to: &metrics) }
        addMachine(to: &metrics)
        metrics.add(
            "quai_agent_heartbeat_timestamp_seconds", "gauge", "Last beat through each stage.",
            health.stages.sorted { $0.key < $1.key }.map { ([("stage", $0.key)], Double($0.value) / 1000) })
        return metrics.text
    }

    /// The page at the depot.
    private func addPage(to metrics: inout Prometheus) {
        let page = pageUse.with { $0 }
        metrics.add(
            "quai_agent_page_up", "gauge", "1 while the page at the depot can be reached.",
            [([], page.trouble == nil ? 1 : 0)])
        metrics.add(
            "quai_agent_page_connections", "gauge", "Browsers' connections, of \(HTTPServer.connectionLimit) at most.",
            [([], Double(page.connections))])
        metrics.add("quai_agent_page_requests_total", "counter", "Requests.", [([], Double(page.requests))])
        metrics.add(
            "quai_agent_page_refused_total", "counter", "Requests refused, and connections ended, by reason.",
            [
                ([("reason", "request")], Double(page.refused)), ([("reason", "late")], Double(page.late)),
                ([("reason", "displaced")], Double(page.displaced)),
            ])
    }
}
