public import Depot
import Model

/// What push services that people run themselves are sent.
public enum PushMessage {
    /// Longest text, in characters: ntfy makes an attachment of more than 4096 bytes (docs.ntfy.sh, "Publishing", "Limitations").
    static let limit = 1000

    /// ntfy's "Publish as JSON" (docs.ntfy.sh, "Publishing"): a topic in the body, so that no title has to pass as a header.
    public static func ntfy(_ message: ChannelMessage, topic: String, server: String, token: String?) -> ChannelRequest
    {
        let text = message.text
        let body = JSON.object([
            ("topic", .string(topic)), ("title", .string(message.title)),
            // Where there is none ntfy would write "triggered".
            ("message", .string(text.isEmpty ? message.title : String(text.prefix(limit)))),
            ("priority", .int(ntfyPriority(message.priority))), ("tags", .array([.string(tag(message.priority))])),
            ("click", message.link.map { .string($0) }),
        ])
        return ChannelRequest(
            url: server,
            headers: [("Content-Type", "application/json")]
                + (token.map { [("Authorization", "Bearer \($0)")] } ?? []),
            body: Array(body.description.utf8))
    }

    /// 1 to 5; 3 is usual.
    private static func ntfyPriority(_ priority: NoticeType.Priority) -> Int64 {
        switch priority {
        case .low: 2
        case .normal: 3
        case .high: 4
        case .critical: 5
        }
    }

    /// Names of emoji that ntfy shows before the title.
    private static func tag(_ priority: NoticeType.Priority) -> String {
        switch priority {
        case .low: "information_source"
        case .normal: "package"
        case .high: "warning"
        case .critical: "rotating_light"
        }
    }

    /// Gotify's `POST /message` (gotify.net/api-docs): the application's token in a header, the link in the client's extras.
    public static func gotify(_ message: ChannelMessage, server: String, token: String) -> ChannelRequest {
        let text = message.text
        let click = message.link.map { JSON.object([("click", .object([("url", .string($0))]))]) }
        let body = JSON.object([
            ("title", .string(message.title)),
            ("message", .string(text.isEmpty ? message.title : String(text.prefix(limit)))),
            ("priority", .int(gotifyPriority(message.priority))),
            ("extras", click.map { .object([("client::notification", $0)]) }),
        ])
        return ChannelRequest(
            url: "\(server)/message", headers: [("Content-Type", "application/json"), ("X-Gotify-Key", token)],
            body: Array(body.description.utf8))
    }

    /// 0 to 10; its app makes a sound from 4 on, and wakes the screen from 8 on.
    private static func gotifyPriority(_ priority: NoticeType.Priority) -> Int64 {
        switch priority {
        case .low: 2
        case .normal: 4
        case .high: 6
        case .critical: 9
        }
    }

    /// What the service worker of the pages shows (sw.js). Cut so that it fits.
    public static func web(_ message: ChannelMessage) -> [UInt8] {
        func json(_ text: String) -> [UInt8] {
            Array(
                JSON.object([
                    ("title", .string(String(message.title.prefix(200)))), ("body", .string(text)),
                    ("critical", message.priority == .critical ? true : nil),
                    // Within this site: whatever the message says, a touch leads nowhere else.
                    ("page", .string(path(message.link) ?? "/")),
                ]).description.utf8)
        }
        var text = String(message.text.prefix(limit))
        while json(text).count > WebPush.limit { text = String(text.prefix(text.count / 2)) }
        return json(text)
    }

    private static func path(_ link: String?) -> String? {
        guard let link, let start = link.firstRange(of: "://")?.upperBound else { return link }
        return link[start...].firstIndex(of: "/").map { String(link[$0...]) }
    }

    /// Urgency (RFC 8030, 5.3).
    public static func urgency(_ priority: NoticeType.Priority) -> String {
        switch priority {
        case .low: "low"
        case .normal: "normal"
        case .high, .critical: "high"
        }
    }
}
