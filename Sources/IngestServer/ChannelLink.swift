import Curl
import Depot
import Dispatch
import Followers
import Glibc
import Logging
import Model
import Platform
import ServiceLifecycle
import Settings

/// Tells people what waits for them by their channels, each channel one message at a time; what becomes of a try is written down before the
/// next. Moves on, too, what nobody has read.
actor ChannelLink: Service {
    /// Messages under way at once.
    static let atOnce = 16
    /// Between two looks at duties and digests.
    static let dutyPeriod = Duration.seconds(5)
    /// What waits when something went wrong here: the disk, or the file of the secret.
    static let pause = Duration.seconds(10)

    private let executor = ThreadExecutor(yields: true)
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let writer: Writer
    private let store: Store
    private var settings: ChannelSettings
    private var words: NoticeWords
    private let state: String
    private let counts: Locked<ChannelCounts>
    private let troubles: Troubles
    private var posts: ChannelPosts
    private let bell: Bell
    private var keys: ChannelKeys?
    private var running: Set<Int64> = []
    private var looked: Instant?
    private var forgotten: Instant?

    init(_ wiring: Wiring, logger: Logger) throws {
        let configuration = wiring.configuration
        (writer, settings, counts, troubles) = (
            wiring.writer, configuration.channels, wiring.channelCounts, Troubles(logger)
        )
        (state, words) = (configuration.state, configuration.noticeWords)
        store = try Store(reading: configuration.database)
        posts = ChannelPosts(configuration.channels)
        bell = Bell(writer)
    }

    /// Others from the next message on; what is under way ends as it began.
    func take(_ configuration: IngestConfiguration) {
        (settings, words, keys) = (configuration.channels, configuration.noticeWords, nil)
        posts = ChannelPosts(settings)
        bell.ring()
    }

    func run() async throws {
        let troubles = troubles
        await bell.follow(rest: ChannelLink.pause) {
            troubles.begins("channels wait", .error, ["reason": "\($0)"])
        } _: {
            try await self.turn()
        }
    }

    private func turn() async throws {
        try await lookAround()
        let now = Clocks.wall
        let free = ChannelLink.atOnce - running.count
        if free > 0 {
            let ready = try store.channels.ready(at: now, SiteTime(now), limit: free + running.count)
            for load in ready.filter({ !running.contains($0.channel.id) }).prefix(free) { try await begin(load) }
        }
        troubles.ends("channels wait", as: "channels go on")
    }

    private func lookAround() async throws {
        if let looked, Clocks.now - looked < ChannelLink.dutyPeriod { return }
        looked = Clocks.now
        let patience = settings.patience * 60_000
        let isOver = forgotten.map { Clocks.now - $0 > .seconds(3600) } ?? true
        try await writer.run { desks, now in
            let time = SiteTime(now)
            try desks.channels.digests(at: now, time)
            try desks.duty.lookAround(at: now, time, patience: patience)
            if isOver { try desks.duty.forget(at: now) }
        }
        if isOver { forgotten = Clocks.now }
    }

    private func begin(_ load: ChannelLoad) async throws {
        let channel = load.channel
        guard settings.offers(channel.kind) else {
            return try await give(load, TryResult(.never, "this site has no such channel any more"))
        }
        if keys == nil { keys = try settings.keys(state: state) }
        guard let keys, let address = keys.address(of: channel) else {
            return try await give(
                load,
                TryResult(.never, "its address was sealed by another secret than this centre has; add it anew"))
        }
        guard let message = try await message(load) else { return }
        running.insert(channel.id)
        let now = Clocks.wall
        let (posts, end) = (posts, channel.kind == .email ? unsubscribe(channel, keys) : nil)
        Task {
            let jitter = Double.random(in: 0...1)
            let result = await posts.post(
                message, to: address, keys, unsubscribe: end, attempts: load.attempts, at: now, jitter: jitter)
            await settle(load, result)
        }
    }

    private func unsubscribe(_ channel: NoticeChannel, _ keys: ChannelKeys) -> String? {
        settings.address.map { "\($0)/api/v1/unsubscribe/\(keys.token(of: channel.id))" }
    }

    /// Nil where all of it was read meanwhile.
    private func message(_ load: ChannelLoad) async throws -> ChannelMessage? {
        let user = load.channel.user
        let language = try store.channels.language(of: user).flatMap(NoticeWords.Language.init(rawValue:)) ?? .fr
        if load.lines == [ChannelLoad.test] {
            let title = language == .fr ? "Quai : ceci est un essai" : "Quai: this is a test"
            return ChannelMessage([.init(title: title, link: settings.address)], .normal, in: language)
        }
        let entries = try store.channels.entries(load)
        let isDigest = load.lines == [ChannelLoad.digest]
        if isDigest ? entries.isEmpty : entries.count < load.lines.count {
            let kept = isDigest ? [] : entries.map(\.id)
            try await writer.run { desks, _ in try desks.channels.void(load, except: kept) }
        }
        guard let priority = entries.map(\.priority).max() else { return nil }
        let reader = try store.people.reader(user)
        let lines = entries.map(reader.shown).map { entry in
            let line = InboxLine(entry, words, in: language)
            return ChannelMessage.Line(
                title: line.title, body: entry.words["body"],
                link: settings.address.flatMap { address in entry.link.map { address + $0 } })
        }
        var raised: String?
        if load.isRaised {
            let own = try store.people.user(id: user)?.name
            let steps = try store.escalations.steps(of: entries.map(\.id)).values.joined()
            raised = Set(steps.map(\.who)).filter { $0 != own && !$0.isEmpty }.sorted().joined(separator: ", ")
        }
        return ChannelMessage(
            lines, priority, in: language, isDigest: isDigest, raised: raised, home: settings.address)
    }

    private func give(_ load: ChannelLoad, _ result: TryResult) async throws {
        try await writer.run { try $0.channels.settle(load, result, at: $1) }
        counts.with { $0.count(load.channel.kind, isTaken: result.fate == .taken) }
    }

    private func settle(_ load: ChannelLoad, _ result: TryResult) async {
        do { try await give(load, result) } catch {
            await writer.failed(error)
            // It waits still: not at once again.
            try? await Task.sleep(for: ChannelLink.pause)
        }
        running.remove(load.channel.id)
        bell.ring()
    }
}

/// The connections by which channels are told, one for each way that the site offers.
struct ChannelPosts: Sendable {
    private let settings: ChannelSettings
    private let web: HookWire
    private let wires: [NoticeChannel.Kind: HookWire]
    private let mail: MailWire?

    init(_ settings: ChannelSettings) {
        self.settings = settings
        let allowed = settings.allowed
        // A browser says where its push service is: nothing of this network, but what the site allows.
        web = HookWire(
            HookWire.Rules(mayPlain: true, authority: settings.push?.authority, section: "channels") {
                allowed.permits($0)
            })
        let ways: [(NoticeChannel.Kind, isOffered: Bool, authority: String?)] = [
            (.ntfy, settings.ntfy != nil, settings.ntfy?.authority),
            (.gotify, settings.gotify != nil, settings.gotify?.authority),
            (.sms, settings.sms != nil, settings.sms?.authority),
        ]
        // The site's own configuration names these.
        wires = Dictionary(
            uniqueKeysWithValues: ways.filter(\.isOffered).map { way in
                (way.0, HookWire(HookWire.Rules(mayPlain: true, authority: way.authority) { _ in true }))
            })
        mail = settings.mail.map { mail in
            MailWire(
                url: mail.server, needsTLS: !HostName.isLoopback(HostName.ofURL(mail.server) ?? ""),
                authority: mail.authority)
        }
    }

    /// `attempts`: tries before this one.
    func post(
        _ message: ChannelMessage, to address: ChannelAddress, _ keys: ChannelKeys, unsubscribe: String?,
        attempts: Int64, at now: Int64, jitter: Double
    ) async -> TryResult {
        do {
            if case .email(let to) = address, let settings = settings.mail, let mail {
                var random = SystemRandomNumberGenerator()
                let letter = MailMessage(
                    message, from: settings.from, name: settings.name, to: to, date: SiteTime.rfc5322(now),
                    id: ULID.make(at: now, using: &random), unsubscribe: unsubscribe)
                let account = try settings.account.map { account in
                    MailWire.Account(user: account.user, password: try Files.secret(account.password))
                }
                let reply = await mail.send(
                    .init(from: letter.from, to: letter.to, text: letter.text), as: account)
                return ChannelPlan.result(
                    smtp: reply.status, reply.text, isTaken: reply.isTaken, attempts: attempts, at: now, jitter: jitter)
            }
            guard let request = try request(message, address, keys, at: now) else {
                return TryResult(.gone, "the browser's key is none")
            }
            let wire = address.kind == .push ? web : wires[address.kind] ?? web
            let reply = await wire.send(
                .init(url: request.url, headers: request.headers, body: request.body, method: request.method))
            return ChannelPlan.result(
                http: reply.status, reply.text, of: address.kind, retryAfter: reply.retryAfter, attempts: attempts,
                at: now, jitter: jitter)
        } catch {
            // A secret that cannot be read: somebody may mend it.
            return ChannelPlan.result(
                http: nil, "\(error)", of: address.kind, retryAfter: nil, attempts: attempts, at: now, jitter: jitter)
        }
    }

    private func request(
        _ message: ChannelMessage, _ address: ChannelAddress, _ keys: ChannelKeys, at now: Int64
    ) throws -> ChannelRequest? {
        switch address {
        case .push(let push):
            return keys.request(push, message, contact: settings.push?.contact ?? "", at: now / 1000)
        case .ntfy(let topic):
            return PushMessage.ntfy(
                message, topic: topic, server: settings.ntfy?.url ?? "",
                token: try settings.ntfy?.token.map { try Files.secret($0) })
        case .gotify(let token):
            return PushMessage.gotify(message, server: settings.gotify?.url ?? "", token: token)
        case .sms(let number):
            return settings.sms?.template.request(
                number: number, text: message.short(SMSTemplate.limit),
                secret: try settings.sms?.secret.map { try Files.secret($0) })
        case .email: return nil
        }
    }
}

/// Tries since the start, for metrics.
struct ChannelCounts: Sendable {
    private(set) var taken: [NoticeChannel.Kind: UInt64] = [:]
    private(set) var failed: [NoticeChannel.Kind: UInt64] = [:]

    mutating func count(_ kind: NoticeChannel.Kind, isTaken: Bool) {
        if isTaken { taken[kind, default: 0] += 1 } else { failed[kind, default: 0] += 1 }
    }
}

extension SiteTime {
    /// By the clock of this machine.
    init(_ moment: Int64) {
        var parts = tm()
        var seconds = time_t(moment / 1000)
        localtime_r(&seconds, &parts)
        self.init(
            day: Int64(parts.tm_year + 1900) * 10_000 + Int64(parts.tm_mon + 1) * 100 + Int64(parts.tm_mday),
            weekday: Int64((parts.tm_wday + 6) % 7), minute: Int64(parts.tm_hour * 60 + parts.tm_min))
    }

    /// `YYYY-MM-DD` of a moment.
    static func date(_ moment: Int64) -> String { Day.text(String(SiteTime(moment).day)) ?? "" }

    /// `Sat, 28 Nov 2026 14:05:00 +0000` (RFC 5322, 3.3).
    static func rfc5322(_ moment: Int64) -> String {
        var parts = tm()
        var seconds = time_t(moment / 1000)
        gmtime_r(&seconds, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let time = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
        return
            "\(days[Int(parts.tm_wday)]), \(parts.tm_mday) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900) \(time) +0000"
    }
}
