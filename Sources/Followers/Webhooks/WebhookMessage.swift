public import Depot
import Model

/// What is sent to a webhook: one event, in CloudEvents' structured mode, signed as Standard Webhooks 1.0 asks.
public struct WebhookMessage: Sendable {
    public var body: [UInt8]
    public var headers: [(name: String, value: String)]

    /// Most bytes that are read of an answer.
    public static let answerLimit = 64 * 1024

    public enum Unsendable: Error, Equatable, Sendable {
        /// It was erased, or is not this webhook's any more.
        case nothing
        /// The keys were made of another secret.
        case noKey
    }

    /// `link`: the entry's, in the chain; `time`: when it happened, as RFC 3339 writes it; `now` in Unix milliseconds.
    public init(
        _ entry: Entry, link: String, instance: String, for hook: Webhook, keys: WebhookKeys,
        rfc3339: (Int64) -> String, at now: Int64
    ) throws(Unsendable) {
        guard let event = CloudEvent(entry, link: link, instance: instance, for: hook) else { throw .nothing }
        body = Array(event.json(time: rfc3339(event.at)).description.utf8)
        let timestamp = String(now / 1000)
        guard let signatures = keys.signatures(of: body, id: event.id, timestamp: timestamp, for: hook, at: now) else {
            throw .noKey
        }
        headers = [
            ("content-type", "application/cloudevents+json; charset=utf-8"), ("webhook-id", event.id),
            ("webhook-timestamp", timestamp), ("webhook-signature", signatures),
        ]
    }
}

/// What came back.
public struct WebhookAnswer: Equatable, Sendable {
    /// Nil: no answer; then `text` says why.
    public var status: Int?
    public var text: String
    /// Seconds, as the receiver asked.
    public var retryAfter: Int64?
    public var milliseconds: Int64

    public init(status: Int?, text: String, retryAfter: Int64? = nil, milliseconds: Int64) {
        (self.status, self.text, self.retryAfter, self.milliseconds) = (status, text, retryAfter, milliseconds)
    }

    /// Longest text of a receiver that is kept, in characters.
    static let textLimit = 200
    /// After a failure that may be the receiver's as a whole nothing else is tried for a second, doubling up to this, in milliseconds.
    static let longestRest: Int64 = 60_000

    /// What becomes of the event. `attempts`: tries before this one; `failures`: the webhook's, since the last that did not fail.
    public func result(attempts: Int64, failures: Int64, at now: Int64, jitter: Double) -> TryResult {
        switch status {
        case nil: later(attempts, failures, isWhole: true, at: now, jitter)
        case .some(200..<300): made(.taken)
        case .some(410): made(.gone)
        case .some(let code):
            // Refused three times running, it is hardly the event: a wrong path, a token that is over.
            later(attempts, failures, isWhole: code == 429 || code >= 500 || failures >= 3, at: now, jitter)
        }
    }

    /// `isWhole`: another event would fare no better now.
    private func later(_ attempts: Int64, _ failures: Int64, isWhole: Bool, at now: Int64, _ jitter: Double)
        -> TryResult
    {
        let pause = min(WebhookAnswer.longestRest, 1000 << min(max(failures, 0), 6))
        let rest = isWhole ? now + max(pause, RetryPlan.webhooks.asked(retryAfter)) : 0
        let count = Int(min(max(attempts, 0), 1000)) + 1
        guard let wait = RetryPlan.webhooks.wait(after: count, retryAfter: retryAfter, jitter: jitter) else {
            return made(.never, rest: rest)
        }
        return made(.later(due: now + wait), rest: rest)
    }

    private func made(_ fate: TryResult.Fate, rest: Int64 = 0) -> TryResult {
        TryResult(fate, sentence, status: status.map(Int64.init), milliseconds: milliseconds, rest: rest)
    }

    private var sentence: String {
        let said = String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(WebhookAnswer.textLimit)
                    .map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
        guard let status else { return said }
        switch status {
        case 200..<300: return "HTTP \(status)"
        case 300..<400: return "HTTP \(status): redirects are not followed; give the address that it leads to"
        case 410: return "HTTP 410: it wants nothing more"
        default: return said.allSatisfy { $0 == " " } ? "HTTP \(status)" : "HTTP \(status): \(said)"
        }
    }
}
