import Model
import Platform

/// The road through one agent, from what it says of itself: a frame for `top`, and a line for `status`. A value: two statuses and the
/// time between them give rates.
struct AgentTop: Sendable {
    private var before: (json: JSON, at: Int64)?

    /// A frame of `status` (the answer to `doctor`) at `now`, in Unix milliseconds.
    mutating func frame(_ status: JSON, at now: Int64) -> [String] {
        defer { before = (status, now) }
        let seconds = before.map { Double(now - $0.at) / 1000 } ?? 0
        func rate(_ count: Int64?, _ was: Int64?) -> String {
            guard let count, let was, seconds > 0 else { return "-" }
            return AgentTop.number(Double(max(0, count - was)) / seconds)
        }
        func age(_ moment: Int64?) -> String { moment.map { $0 > 0 ? Span.words(now - $0) : "-" } ?? "-" }
        let stages = status["facts"]?["stages"]
        var devices = [["DEVICE", "DRIVER", "STATE", "PER S", "SEEN", "LAST", "BEAT", "WHAT"]]
        for device in status["devices"]?.list ?? [] {
            let name = device["name"]?.text ?? ""
            let was = before?.json["devices"]?.list?.first { $0["name"]?.text == name }
            let seen = device["observations"]?.integer
            devices.append([
                name, device["driver"]?.text ?? "?", device["state"]?.text ?? "?",
                device["readsPerSecond"]?.double.map(AgentTop.number) ?? rate(seen, was?["observations"]?.integer),
                "\(seen ?? 0)", age(device["lastSeen"]?.integer), age(stages?[name]?.integer),
                device["reason"]?.text ?? "",
            ])
        }
        let (account, buffer, uplink) = (Account(json: status["account"]), status["buffer"], status["uplink"])
        let was = before.map { Account(json: $0.json["account"]) }
        let share = (buffer?["bytes"]?.integer ?? 0) / max(1, (buffer?["budget"]?.integer ?? 1) / 100)
        var lines = ["\(AgentTop.line(status, at: now))", ""] + Columns.lines(devices) + [""]
        lines += Columns.lines(
            [
                ["STAGE", "PER S", "ALL", "WAITS", "BEAT", "WHAT"],
                [
                    "buffer", rate(Int64(clamping: account.produced), was.map { Int64(clamping: $0.produced) }),
                    "\(account.produced)", "\(account.pending)", "-",
                    BufferReport.trouble(buffer)
                        ?? "\(share) % full\(account.pending > 0 ? ", oldest \(age(buffer?["oldest"]?.integer)) ago" : "")",
                ],
                [
                    "uplink", rate(uplink?["frames"]?.integer, before?.json["uplink"]?["frames"]?.integer),
                    "\(uplink?["frames"]?.integer ?? 0)", "\(uplink?["urgentWaiting"]?.integer ?? 0)",
                    age(stages?["uplink"]?.integer), AgentTop.road(uplink),
                ],
                [
                    "centre", rate(Int64(clamping: account.committed), was.map { Int64(clamping: $0.committed) }),
                    "\(account.committed)", "-", age(uplink?["lastAck"]?.integer),
                    account.rejected + account.skipped > 0
                        ? "\(account.rejected) rejected, \(account.skipped) skipped" : "acknowledged",
                ],
            ], limit: 48)
        return lines + ["", "q ends it; edge-agent doctor says what is wrong"]
    }

    /// `lyon: 3 of 4 devices ready, 12 waiting, delivering, last acknowledgement 2 seconds ago`
    static func line(_ status: JSON, at now: Int64) -> String {
        let devices = status["devices"]?.list ?? []
        let ready = devices.count { $0["state"]?.text == "ready" }
        let waiting = status["buffer"]?["pending"]?.integer ?? 0
        let ack =
            status["uplink"]?["lastAck"]?.integer.map { ", last acknowledgement \(Span.words(now - $0)) ago" } ?? ""
        let trouble = BufferReport.trouble(status["buffer"]).map { _ in ", NOT SAVING" } ?? ""
        return
            "\(status["agent"]?.text ?? "?"): \(ready) of \(devices.count) devices ready, \(waiting) waiting\(trouble), "
            + "\(road(status["uplink"]))\(ack)"
    }

    /// As `doctor` weighs what is found: 0 fine, 1 warnings, 2 broken.
    static func code(_ status: JSON) -> Int32 {
        (status["findings"]?.list ?? []).map { finding -> Int32 in
            switch finding["severity"]?.text {
            case Severity.broken.rawValue: 2
            case Severity.warning.rawValue: 1
            default: 0
            }
        }.max() ?? 0
    }

    private static func road(_ uplink: JSON?) -> String {
        if uplink?["delivering"]?.truth == true { return "delivering" }
        if uplink?["connected"]?.truth != true { return "no broker: \(uplink?["reason"]?.text ?? "connecting")" }
        return uplink?["centre"]?.truth == true ? "the centre does not acknowledge" : "the centre is not there"
    }

    private static func number(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
