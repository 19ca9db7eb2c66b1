import Depot
import Followers
import Model
import Platform

/// The centre's metrics as Prometheus text (exposition format 0.0.4), with what each gateway last said of itself.
enum CentreMetrics {
    static func text(_ wiring: Wiring, _ link: CentreLink) async -> String {
        let (live, counters) = (wiring.live, wiring.intake.counters)
        let browsers = await live.browsers
        // Beside the cards: of thousands it takes a moment.
        let gateways = (try? await wiring.gauges.read { try $0.gateways.gauges() }) ?? []
        var metrics = Prometheus()
        let standing = wiring.duty?.now
        metrics.add(
            "quai_centre_working", "gauge", "1 where this instance works, 0 where it stands by.",
            [([], standing.map { $0.epoch == nil } == true ? 0 : 1)])
        metrics.add(
            "quai_centre_epoch", "gauge",
            "The number under which it works: one more with each that takes over; 0: on a file.",
            [([], Double(standing?.epoch ?? 0))])
        metrics.add(
            "quai_centre_others", "gauge", "Instances that stand by on the same database.",
            [([], Double(standing?.others.count { $0.isThere } ?? 0))])
        metrics.add(
            "quai_centre_broker", "gauge", "1 where this instance reaches the broker, also while it stands by.",
            [([], link.isUp ? 1 : 0)])
        metrics.add(
            "quai_centre_places_given", "gauge",
            "Times in seven days that one which works had no broker, and gave its place to one that had.",
            [([], Double(standing?.given.count ?? 0))])
        metrics.add("quai_ingest_build_info", "gauge", "Version.", [([("version", IngestServer.version)], 1)])
        metrics.add(
            "quai_ingest_records_total", "counter", "Records by result.",
            [
                ([("result", "new")], Double(counters.applied)), ([("result", "known")], Double(counters.known)),
                ([("result", "rejected")], Double(counters.rejected)),
            ])
        metrics.add(
            "quai_ingest_refused_frames_total", "counter", "Frames that could not be read.",
            [([], Double(counters.refusedFrames))])
        metrics.add(
            "quai_ingest_agents_silent", "gauge", "Agents that say nothing on a line that stands.",
            [([], Double(await live.silences.count))])
        metrics.add(
            "quai_ingest_dropped_frames_total", "counter",
            "Frames dropped unread because too many waited; they come again.",
            [
                ([], Double(link.droppedFrames))
            ])
        for (name, help, value) in [
            ("dropped_statuses", "Statuses that a newer one replaced unread.", link.droppedStatuses),
            ("dropped_hellos", "Hellos of agents that say too many; they come again.", link.droppedHellos),
            ("dropped_steps", "Progress of commands beyond what may wait.", counters.droppedSteps),
            ("forgotten_scans", "Scans of pages whose keys were forgotten, a month old.", counters.forgottenScans),
            ("depot_looks", "PINs typed at depots that were looked at.", wiring.vouching.looks),
            ("strangers", "Messages of more agents than are followed.", link.strangers),
            ("unsent_messages", "Messages to agents beyond what may wait.", wiring.mail.unsent),
            (
                "refused_urgent", "Urgent messages not understood, or not their agent's to say.",
                counters.refusedUrgent
            ),
        ] { metrics.add("quai_ingest_\(name)_total", "counter", help, [([], Double(value))]) }
        metrics.add("quai_ingest_batches_total", "counter", "Transactions.", [([], Double(counters.batches))])
        metrics.add(
            "quai_ingest_apply_seconds_total", "counter", "Time in them.",
            [([], Double(counters.applyNanoseconds) / 1e9)])
        metrics.add(
            "quai_ingest_database_errors_total", "counter", "Transactions that failed.",
            [([], Double(await wiring.writer.failures))])
        metrics.add(
            "quai_ingest_account_disagreements_total", "counter",
            "Times that an agent's account and ours began to differ.",
            [([], Double(counters.disagreements))])
        metrics.add(
            "quai_ingest_sign_ins_refused_total", "counter", "Wrong passwords, PINs and badges.",
            [([], Double(wiring.accounts.refusedSignIns))])
        addSignIns(wiring, to: &metrics)
        metrics.add(
            "quai_ingest_inbox_dropped_total", "counter",
            "Lines of inboxes that went because a person had more than \(InboxTable.limit).",
            [([], Double((try? await live.read { try $0.inbox.dropped() }) ?? 0))])
        if wiring.present.with({ $0.exchange != nil }) {
            let state = wiring.exchangeState.with { $0 }
            metrics.add(
                "quai_ingest_exchange_up", "gauge", "The folders of the exchange can be used.",
                [([], state.problems.isEmpty ? 1 : 0)])
            metrics.add(
                "quai_ingest_exchange_files_read_total", "counter", "Files that were put there and read.",
                [([], Double(state.filesRead))])
            metrics.add(
                "quai_ingest_exchange_failed_looks_total", "counter", "Looks at a folder that could not be used.",
                [([], Double(state.failedLooks))])
            metrics.add(
                "quai_ingest_exchange_files_removed_total", "counter",
                "Files that were read or taken long ago, and removed.", [([], Double(state.filesRemoved))])
            if let open = try? await live.read({ try $0.exchange.openFiles() }) {
                metrics.add(
                    "quai_ingest_exchange_waiting_files", "gauge", "Files for the ERP that it has not taken.",
                    [([], Double(open.count))])
                metrics.add(
                    "quai_ingest_exchange_oldest_timestamp_seconds", "gauge",
                    "When the oldest of those that lie there was written; 0: none.",
                    [([], Double(open.compactMap(\.written).min() ?? 0) / 1000)])
            }
        }
        await addWebhooks(wiring, to: &metrics)
        addPersonal(wiring, to: &metrics)
        addArchive(wiring, to: &metrics)
        wiring.tracer.add(to: &metrics)
        await addDoors(wiring, to: &metrics)
        await addChannels(wiring, to: &metrics)
        if let erp = wiring.erp.with({ $0 }) {
            let (calls, state) = await (erp.counters, erp.state)
            let (queue, oldest) =
                (try? await live.read { (try $0.jobs.jobCounts(), try $0.jobs.oldestJob()) }) ?? ([:], nil)
            metrics.add("quai_ingest_erp_up", "gauge", "The ERP answers and lets us in.", [([], state == .ok ? 1 : 0)])
            metrics.add(
                "quai_ingest_erp_queue", "gauge", "Pushes by state; dead ones wait for a person.",
                ["waiting", "dead"].map { ([("state", $0)], Double(queue[$0] ?? 0)) })
            metrics.add(
                "quai_ingest_erp_oldest_timestamp_seconds", "gauge",
                "When the oldest push that waits was queued; 0: none.",
                [([], Double(oldest ?? 0) / 1000)])
            metrics.add("quai_ingest_erp_calls_total", "counter", "Requests to the ERP.", [([], Double(calls.calls))])
            metrics.add(
                "quai_ingest_erp_failed_calls_total", "counter", "Requests without an answer.",
                [([], Double(calls.failed))])
            metrics.add(
                "quai_ingest_erp_seconds_total", "counter", "Time in them.", [([], Double(calls.milliseconds) / 1000)])
        }
        metrics.add(
            "quai_ingest_unknown_tags_total", "counter", "Tags counted that nobody knows.",
            [([], Double(counters.unknownTags))])
        metrics.add(
            "quai_ingest_calls_total", "counter", "Calls seen while they ran.", [([], Double(await live.calls.seen))])
        metrics.add("quai_ingest_browser_sessions", "gauge", "Open WebSockets.", [([], Double(browsers.open))])
        metrics.add(
            "quai_ingest_browser_waiting_bytes", "gauge",
            "Bytes that wait for browsers, of \(BrowserSocket.totalLimit) at most.", [([], Double(browsers.waiting))])
        metrics.add(
            "quai_ingest_browsers_cut_total", "counter", "Browsers cut because they did not read.",
            [([], Double(browsers.cut))])
        metrics.add("quai_ingest_broker_connected", "gauge", "1 when connected.", [([], link.isUp ? 1 : 0)])
        metrics.add(
            "quai_ingest_card_seconds", "From a gateway's word of a call to its cards, handed to whoever sees them.",
            wiring.intake.cardTimes)
        metrics.add(
            "quai_ingest_dead_letters", "gauge", "Records that could not be applied, and lie aside.",
            [([], Double((try? await live.read { try $0.records.deadLetterCount() }) ?? 0))])
        add((try? await live.read { try $0.rollouts.last()?.rollout }) ?? nil, to: &metrics)
        addMachine(wiring.present.with { $0 }, to: &metrics)
        addGateways(gateways, to: &metrics)
        return metrics.text
    }
}
