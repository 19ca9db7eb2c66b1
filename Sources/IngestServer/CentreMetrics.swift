import Ingest
import Model

/// The centre's metrics as Prometheus text (exposition format 0.0.4), with what each gateway last said of itself.
enum CentreMetrics {
    static func text(_ centre: Centre, _ link: CentreLink) async -> String {
        let counters = await centre.counters
        let browsers = await centre.browsers
        let gateways = (try? await centre.read { try $0.agents() }) ?? []
        var lines: [String] = []
        func add(_ name: String, _ type: String, _ help: String, _ samples: [(String, Double)]) {
            lines += ["# HELP \(name) \(help)", "# TYPE \(name) \(type)"]
            lines += samples.map { labels, value in
                let number = value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
                return labels.isEmpty ? "\(name) \(number)" : "\(name){\(labels)} \(number)"
            }
        }
        add("quai_ingest_build_info", "gauge", "Version.", [("version=\"\(IngestServer.version)\"", 1)])
        add(
            "quai_ingest_records_total", "counter", "Records by result.",
            [
                ("result=\"new\"", Double(counters.applied)), ("result=\"known\"", Double(counters.known)),
                ("result=\"rejected\"", Double(counters.rejected)),
            ])
        add(
            "quai_ingest_refused_frames_total", "counter", "Frames that could not be read.",
            [("", Double(counters.refusedFrames))])
        add(
            "quai_ingest_dropped_frames_total", "counter",
            "Frames dropped unread because too many waited; they come again.",
            [
                ("", Double(link.droppedFrames))
            ])
        add("quai_ingest_batches_total", "counter", "Transactions.", [("", Double(counters.batches))])
        add(
            "quai_ingest_apply_seconds_total", "counter", "Time in them.",
            [("", Double(counters.applyNanoseconds) / 1e9)])
        add(
            "quai_ingest_database_errors_total", "counter", "Transactions that failed.",
            [("", Double(counters.databaseErrors))])
        add(
            "quai_ingest_unknown_tags_total", "counter", "Tags counted that nobody knows.",
            [("", Double(counters.unknownTags))])
        add("quai_ingest_calls_total", "counter", "Calls seen while they ran.", [("", Double(counters.calls))])
        add("quai_ingest_browser_sessions", "gauge", "Open WebSockets.", [("", Double(browsers.open))])
        add(
            "quai_ingest_browsers_cut_total", "counter", "Browsers cut because they did not read.",
            [("", Double(browsers.cut))])
        add("quai_ingest_broker_connected", "gauge", "1 when connected.", [("", link.isUp ? 1 : 0)])
        add(
            "quai_ingest_agent_online", "gauge", "1 when the gateway is connected.",
            gateways.map {
                ("agent=\"\($0.name)\"", $0.online ? 1 : 0)
            })
        add(
            "quai_ingest_agent_pending_records", "gauge", "What each gateway says it still holds.",
            gateways.map {
                ("agent=\"\($0.name)\"", Double(Account(json: $0.status?["account"]).pending))
            })
        return lines.joined(separator: "\n") + "\n"
    }
}
