public import Depot
import Model

/// Where a channel leads, as it is sealed in the database; what may be one, and what of it is shown.
public enum ChannelAddress: Equatable, Sendable {
    case push(WebPush)
    /// A topic of the site's ntfy: whoever knows it can read it.
    case ntfy(topic: String)
    /// A token of an application of the site's Gotify.
    case gotify(token: String)
    case email(String)
    /// E.164.
    case sms(String)

    /// Longest token or topic, in bytes.
    public static let wordLimit = 64
    /// Longest address of a push service, in bytes.
    public static let endpointLimit = 2000

    public var kind: NoticeChannel.Kind {
        switch self {
        case .push: .push
        case .ntfy: .ntfy
        case .gotify: .gotify
        case .email: .email
        case .sms: .sms
        }
    }

    /// What its person recognises it by, and what tells strangers nothing.
    public var shown: String {
        switch self {
        case .push(let push): String(WebhookAddress.host(ofURL: push.endpoint).prefix(NoticeChannel.textLimit.shown))
        case .ntfy(let topic): hidden(topic)
        case .gotify(let token): hidden(token)
        case .email(let address), .sms(let address): address
        }
    }

    private func hidden(_ word: String) -> String { "\(word.prefix(3))…" }

    /// As it is sealed.
    public var text: String {
        switch self {
        case .push(let push):
            JSON.object([
                ("endpoint", .string(push.endpoint)), ("key", .string(Sealing.base64URL(push.key))),
                ("auth", .string(Sealing.base64URL(push.auth))),
            ]).description
        case .ntfy(let word), .gotify(let word), .email(let word), .sms(let word): word
        }
    }

    /// What `text` was made from.
    public init?(_ kind: NoticeChannel.Kind, text: String) {
        switch kind {
        case .push:
            guard let json = try? JSON(parsing: text), let endpoint = json["endpoint"]?.text,
                let push = WebPush(
                    endpoint: endpoint, key: json["key"]?.text ?? "", auth: json["auth"]?.text ?? "")
            else { return nil }
            self = .push(push)
        case .ntfy: self = .ntfy(topic: text)
        case .gotify: self = .gotify(token: text)
        case .email: self = .email(text)
        case .sms: self = .sms(text)
        }
    }

    /// What a person typed; nil where it is none. A push subscription is none of those. `plan` says how numbers are written here.
    public init?(typed text: String, _ kind: NoticeChannel.Kind, _ plan: NumberPlan) {
        switch kind {
        case .push: return nil
        case .ntfy, .gotify:
            // ntfy: "topic names may contain letters, numbers, underscores and dashes"; Gotify's tokens have a point besides.
            guard (1...ChannelAddress.wordLimit).contains(text.utf8.count),
                text.utf8.allSatisfy({
                    (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                        || $0 == 0x2D || $0 == 0x5F || kind == .gotify && $0 == 0x2E
                })
            else { return nil }
            self = kind == .ntfy ? .ntfy(topic: text) : .gotify(token: text)
        case .email:
            guard MailMessage.isAddress(text) else { return nil }
            self = .email(text)
        case .sms:
            let number = plan.number(text)
            guard number.kind == .subscriber, let e164 = number.e164 else { return nil }
            self = .sms(e164)
        }
    }
}

extension ChannelKeys {
    /// What a person's new channel is kept as.
    public func kept(_ address: ChannelAddress) -> ChannelDesk.New {
        ChannelDesk.New(
            address.kind, shown: address.shown, sealed: seal(address.text), mark: mark(address.text))
    }

    /// Where a channel leads; nil where another secret sealed it.
    public func address(of channel: NoticeChannel) -> ChannelAddress? {
        open(channel.sealed).flatMap { ChannelAddress(channel.kind, text: $0) }
    }

    /// The request that Web Push needs; `now` in Unix seconds.
    public func request(
        _ push: WebPush, _ message: ChannelMessage, contact: String, at now: Int64
    ) -> ChannelRequest? {
        vapid(contact: contact).flatMap {
            push.request(PushMessage.web(message), urgency: PushMessage.urgency(message.priority), by: $0, at: now)
        }
    }
}
