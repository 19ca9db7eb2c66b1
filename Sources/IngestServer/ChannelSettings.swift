import Curl
import Depot
import Followers
import Model
import Platform
import Settings

/// `[channels]` and `[channel.KIND]`: in which ways people can be told. A way of which nothing is said is offered to nobody.
struct ChannelSettings: Sendable {
    struct Mail: Sendable {
        var server: String
        var from: String
        var name: String
        var account: (user: String, password: String)?
        var authority: String?
    }

    struct Push: Sendable {
        var contact: String
        var authority: String?
    }

    /// ntfy and Gotify.
    struct Server: Sendable {
        var url: String
        var token: String?
        var authority: String?
    }

    struct SMS: Sendable {
        var template: SMSTemplate
        var secret: String?
        var authority: String?
    }

    /// Under which people reach the pages, without a slash at its end: links lead there.
    var address: String?
    /// A critical notice that nobody read goes on after so many minutes.
    var patience: Int64 = 15
    /// Push services that are none of the public Internet.
    var allowed = AddressGuard()
    /// `credential:NAME` or `file:PATH`; nil: a file beside the database, made when it is needed.
    var key: String?
    var mail: Mail?
    var push: Push?
    var ntfy: Server?
    var gotify: Server?
    var sms: SMS?

    init() {}

    /// `ways`: the tables `[channel.KIND]`.
    init(_ section: Section?, _ ways: [Section]) {
        if let section {
            address = section.string("address").map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
            if let address, WebhookAddress.objection(to: address, mayPlain: true) != nil {
                section.reject("address", "must be the address of the pages, such as \"https://quai.example.com\"")
            }
            patience = section.integer("escalate-after", in: 1...1440) ?? patience
            key = ChannelSettings.secret("key", in: section)
            for text in (section.strings("allow") ?? []).prefix(100) {
                if let range = AddressRange(text) {
                    allowed.allowed.append(range)
                } else {
                    section.reject("allow", "must be addresses such as \"10.0.0.0/8\", not \"\(text.prefix(60))\"")
                }
            }
        }
        for way in ways {
            switch NoticeChannel.Kind(rawValue: way.name) {
            case .email: mail = ChannelSettings.mail(way)
            case .push: push = ChannelSettings.push(way)
            case .ntfy: ntfy = ChannelSettings.server(way)
            case .gotify: gotify = ChannelSettings.server(way)
            case .sms: sms = ChannelSettings.sms(way)
            case nil:
                way.reject("server", "stands under a name that is not email, push, ntfy, gotify or sms")
            }
        }
    }

    func offers(_ kind: NoticeChannel.Kind) -> Bool {
        switch kind {
        case .push: push != nil
        case .ntfy: ntfy != nil
        case .gotify: gotify != nil
        case .email: mail != nil
        case .sms: sms != nil
        }
    }

    private static func mail(_ way: Section) -> Mail? {
        let user = way.string("user")
        let password = secret("password", in: way)
        let (name, authority) = (way.string("name") ?? "Quai", way.string("authority"))
        guard let server = way.string("server"), server.hasPrefix("smtp://") || server.hasPrefix("smtps://"),
            let host = HostName.ofURL(server), !host.isEmpty, !server.contains("@")
        else {
            way.require("server", "must be smtp://HOST:PORT or smtps://HOST:PORT, without a user or password")
            return nil
        }
        guard let from = way.string("from"), MailMessage.isAddress(from) else {
            way.require("from", "must be the address that letters come from, such as quai@example.com")
            return nil
        }
        if (user == nil) != (password == nil) { way.require("password", "user and password go together") }
        let account = user.flatMap { user in password.map { (user, $0) } }
        return Mail(server: server, from: from, name: name, account: account, authority: authority)
    }

    private static func push(_ way: Section) -> Push? {
        let authority = way.string("authority")
        guard let contact = way.string("contact"),
            contact.hasPrefix("https://")
                || contact.hasPrefix("mailto:") && MailMessage.isAddress(String(contact.dropFirst(7)))
        else {
            way.require("contact", "must be whom a push service may ask: mailto:ADDRESS or https://…")
            return nil
        }
        return Push(contact: contact, authority: authority)
    }

    private static func server(_ way: Section) -> Server? {
        let (token, authority) = (way.name == "ntfy" ? secret("token", in: way) : nil, way.string("authority"))
        guard let url = way.string("server").map({ $0.hasSuffix("/") ? String($0.dropLast()) : $0 }),
            isSafe(url)
        else {
            way.require("server", "must be https://HOST, or http:// to this machine")
            return nil
        }
        return Server(url: url, token: token, authority: authority)
    }

    private static func sms(_ way: Section) -> SMS? {
        let method = way.string("method", among: ["GET", "POST", "PUT"]) ?? "POST"
        let (headers, body) = (way.strings("headers") ?? [], way.string("body") ?? "")
        let (secret, authority) = (secret("secret", in: way), way.string("authority"))
        guard let url = way.string("url"), isSafe(url.filter { $0 != "{" && $0 != "}" }) else {
            way.require("url", "must be https://…, or http:// to this machine")
            return nil
        }
        do {
            let template = try SMSTemplate(method: method, url: url, headers: headers, body: body)
            return SMS(template: template, secret: secret, authority: authority)
        } catch {
            way.reject(body.isEmpty ? "url" : "body", error.description)
            return nil
        }
    }

    private static func isSafe(_ url: String) -> Bool {
        guard WebhookAddress.objection(to: url, mayPlain: true) == nil else { return false }
        return url.hasPrefix("https://") || HostName.isLoopback(WebhookAddress.host(ofURL: url))
    }

    private static func secret(_ name: String, in section: Section) -> String? {
        guard let text = section.string(name) else { return nil }
        guard text.hasPrefix("credential:") || text.hasPrefix("file:") else {
            section.reject(name, "must be credential:NAME or file:PATH; a secret never stands in this file")
            return nil
        }
        return text
    }

    /// Where secrets lie, and where they are named: for the doctor and the bundle.
    func references(state: String) -> [(section: String, reference: String)] {
        let own = key ?? (Files.exists(path(state)) ? "file:\(path(state))" : nil)
        return [
            ("[channels]", own), ("[channel.email]", mail?.account?.password), ("[channel.ntfy]", ntfy?.token),
            ("[channel.sms]", sms?.secret),
        ].compactMap { section, reference in reference.map { (section, $0) } }
    }

    /// What is allowed and yet worth a second look.
    var warnings: [String] {
        let isOffered = NoticeChannel.Kind.allCases.contains(where: offers)
        return isOffered && address == nil
            ? [
                "[channels]: without address = \"https://…\" what people are sent has no links, and digests cannot be ended by one click"
            ]
            : []
    }

    private func path(_ state: String) -> String { "\(state)/channel.key" }

    /// The keys; made where there are none yet.
    func keys(state: String) throws -> ChannelKeys {
        if key == nil { try StateSecret.make(path(state), in: state) }
        let reference = key ?? "file:\(path(state))"
        guard let keys = ChannelKeys(master: try Files.secret(reference)) else {
            throw StateSecret.Short(reference: reference, what: "channels", shortest: ChannelKeys.shortest)
        }
        return keys
    }
}
