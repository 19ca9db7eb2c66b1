public import Depot

/// What becomes of a message that a channel did or did not take.
public enum ChannelPlan {
    /// Longest text of a service that is kept, in characters.
    static let textLimit = 200

    /// A status of HTTP, or nil: no answer. Of a browser's subscription 404 and 410 say that there is none any more (RFC 8030, 7.3).
    /// `attempts`: tries before this one; `jitter` from 0 to 1 adds up to a tenth.
    public static func result(
        http status: Int?, _ text: String, of kind: NoticeChannel.Kind, retryAfter: Int64?, attempts: Int64,
        at now: Int64,
        jitter: Double
    ) -> TryResult {
        guard let status else { return later(clean(text), attempts, retryAfter, at: now, jitter) }
        switch status {
        case 200..<300: return TryResult(.taken, "HTTP \(status)")
        case 404, 410: if kind == .push { return TryResult(.gone, "HTTP \(status)") }
        default: break
        }
        let said = clean(text)
        return later(said.isEmpty ? "HTTP \(status)" : "HTTP \(status): \(said)", attempts, retryAfter, at: now, jitter)
    }

    /// A code of SMTP (RFC 5321, 4.2), or nil. 5xx to a letter is said for good, but for what concerns the account (530 to 538, RFC 4954),
    /// which somebody may mend.
    public static func result(
        smtp status: Int?, _ text: String, isTaken: Bool, attempts: Int64, at now: Int64, jitter: Double
    ) -> TryResult {
        let said = clean(text)
        if isTaken { return TryResult(.taken, said) }
        if let status, (500..<600).contains(status), !(530...538).contains(status) {
            return TryResult(.never, said)
        }
        return later(said, attempts, nil, at: now, jitter)
    }

    private static func later(
        _ sentence: String, _ attempts: Int64, _ retryAfter: Int64?, at now: Int64, _ jitter: Double
    ) -> TryResult {
        let wait = RetryPlan.channels.wait(
            after: Int(min(max(attempts, 0), 1000)) + 1, retryAfter: retryAfter, jitter: jitter)
        return TryResult(wait.map { .later(due: now + $0) } ?? .never, sentence)
    }

    private static func clean(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(textLimit).map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 })
        ).split(separator: " ").joined(separator: " ")
    }
}
