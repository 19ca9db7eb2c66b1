import Logging
import Model
import Platform
import SQLite
import Uplink

/// The buffer in words: one source for the status, the verbs and the log, so that they cannot tell different things.
enum BufferReport {
    /// Part `buffer` of the status (docs/reference/topics.md, `st`).
    static func json(_ outbox: Outbox.Status, oldest: Int64?) -> JSON {
        .object([
            ("pending", .int(Int64(clamping: outbox.account.pending))),
            ("settled", .int(Int64(clamping: outbox.forgotten))), ("oldest", oldest.map(JSON.int)),
            ("bytes", .int(outbox.used)), ("budget", .int(outbox.budget)), ("files", .int(outbox.fill.files.total)),
            ("level", .string(outbox.level.name)), ("trouble", outbox.refusal.map { .string($0.reason.text) }),
            ("code", outbox.refusal.map { .string($0.reason.code) }), ("since", outbox.refusal.map { .int($0.since) }),
            ("refusedSince", outbox.refusal.map { .int(Int64(clamping: $0.rows)) }),
            ("refused", .int(Int64(clamping: outbox.refusals))),
        ])
    }

    /// When refusing begins and when it ends, once each.
    static func log(_ news: Refusal.News, _ outbox: Outbox.Status, _ logger: Logger) {
        switch news {
        case .begins(let refusal):
            logger.error(
                "scans are refused",
                metadata: [
                    "reason": "\(refusal.reason.code)", "text": "\(refusal.reason.text)", "used": "\(outbox.used)",
                    "budget": "\(outbox.budget)", "refused": "\(refusal.rows)",
                ])
        case .ends(let refusal):
            logger.notice(
                "scans are saved again",
                metadata: [
                    "reason": "\(refusal.reason.code)", "since": "\(rfc3339(refusal.since))",
                    "refused": "\(refusal.rows)",
                ])
        }
    }

    /// Lines of `edge-agent buffer` about the room, from part `buffer` of the status.
    static func lines(_ buffer: JSON?) -> [String] {
        guard let used = buffer?["bytes"]?.integer, let budget = buffer?["budget"]?.integer else { return [] }
        let isRefusing = buffer?["trouble"]?.text != nil
        let level = buffer?["level"]?.text ?? "roomy"
        let code = buffer?["code"]?.text
        // The disk may be full while the budget is not: then the percentage is not what matters.
        let follows =
            code == "disk-full"
            ? ": the disk is full, not the budget"
            : isRefusing && level != "full" ? "" : meaning[level].map { ": \($0)" } ?? ""
        let share = Double(used) * 100 / Double(max(1, budget))
        var lines = ["room       \(Int(share)) % of \(budget >> 20) MiB\(follows)"]
        if let files = buffer?["files"]?.integer { lines.append("files      \(files >> 10) KiB on the disk") }
        return lines
    }

    /// What a level of the buffer means for whoever scans.
    private static let meaning = [
        "warning": "over 70 %, nothing is refused yet",
        "saving": "over 85 %, tags that come and go are kept as one stay",
        "deliveries-only": "over 95 %, readers with use = \"stock\" are refused",
        "full": "NOTHING IS ACCEPTED",
    ]

    /// Why nothing is saved, since when, how much was refused; nil while all is well.
    static func trouble(_ buffer: JSON?) -> String? {
        guard let text = buffer?["trouble"]?.text else { return nil }
        guard let since = buffer?["since"]?.integer else { return text }
        return "\(text); since \(rfc3339(since)), refused \(buffer?["refusedSince"]?.integer ?? 0)"
    }

    /// What `edge-agent devices` says below a device whose scans are refused; nil while they are saved.
    static func line(ofDevice device: JSON) -> String? {
        guard let refused = device["notSaved"], let reason = refused["reason"]?.text else { return nil }
        let since = refused["since"]?.integer.map { " since \(rfc3339($0))" } ?? ""
        let count = refused["count"]?.integer ?? 0
        return "its scans are refused\(since)\(count > 0 ? ", \(count) of them" : ""): \(reason)"
    }
}
