import Depot
import Model
import Platform

/// The road from the gateways to the ledger's followers, as the database has it: a frame for `top`, and a line for `status`. A value: two
/// looks and the time between them give rates.
struct CentreTop: Sendable {
    struct Look: Sendable {
        /// Unix milliseconds.
        var now: Int64
        var gateways: [GatewayTable.AgentRow]
        var followers: [(name: String, behind: Int64)]
        var jobs: [String: Int64]
        var deadLetters: Int
        var isRunning: Bool
        /// Of those on one server's database; none of a file.
        var centres: [CentreSeat.Other] = []
    }

    private var before: Look?

    mutating func frame(_ look: Look) -> [String] {
        defer { before = look }
        let seconds = before.map { Double(look.now - $0.now) / 1000 } ?? 0
        var rows = [["GATEWAY", "SITE", "STATE", "PER S", "APPLIED", "WAITS", "HEARD", "ACK", "WHAT"]]
        for gateway in look.gateways {
            let was = before?.gateways.first { $0.name == gateway.name }
            let rate = was.map { seconds > 0 ? Double(gateway.applied &- $0.applied) / seconds : 0 }
            let status = gateway.status
            let trouble = status?["buffer"]?["trouble"]?.text ?? gateway.alarm ?? ""
            rows.append([
                gateway.name, gateway.site ?? "-", gateway.online ? "online" : "offline",
                rate.map { "\(($0 * 10).rounded() / 10)" } ?? "-", "\(gateway.applied)",
                "\(status?["buffer"]?["pending"]?.integer ?? 0)", Span.words(look.now - gateway.seen),
                status?["uplink"]?["lastAck"]?.integer.map { Span.words(look.now - $0) } ?? "-", trouble,
            ])
        }
        let followers = [["FOLLOWER", "BEHIND"]] + look.followers.map { [$0.name, "\($0.behind)"] }
        let queues =
            [["QUEUE", "HOW MANY"]] + look.jobs.sorted { $0.key < $1.key }.map { ["ERP \($0.key)", "\($0.value)"] }
            + [["dead letters", "\(look.deadLetters)"]]
        return [CentreTop.line(look), ""] + Columns.lines(rows) + [""] + Columns.lines(followers) + [""]
            + Columns.lines(queues) + ["", "q ends it; edge-ingest doctor says what is wrong"]
    }

    /// `centre runs: 3 of 4 gateways online, 12 records wait there, followers read all`
    static func line(_ look: Look) -> String {
        let online = look.gateways.count(where: \.online)
        let waiting = look.gateways.reduce(Int64(0)) { $0 &+ ($1.status?["buffer"]?["pending"]?.integer ?? 0) }
        let behind = look.followers.map(\.behind).max() ?? 0
        return
            "centre \(look.isRunning ? "runs" : "DOES NOT RUN"): \(online) of \(look.gateways.count) gateways online, "
            + "\(waiting) records wait there, followers \(behind == 0 ? "have read all" : "are \(behind) entries behind")"
            + look.centres.map { centre in
                "; \(centre.name) \(!centre.isThere ? "IS NOT THERE" : centre.works ? "works" : "stands by")"
                    + (centre.isThere && centre.reachesBroker == false ? " WITHOUT THE BROKER" : "")
            }.joined()
    }
}
