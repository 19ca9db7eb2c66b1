public import Model

/// What the centre and people do with agents: learn, confirm, forget, and hold them to what they are. The book is read once,
/// and again when somebody else has changed it, by whichever process. Not to be shared between executors, as the store.
public final class GatewayDesk {
    /// What became of a status.
    public enum Welcome: Equatable, Sendable {
        /// Known, or known from now on: with the site that it is bound to.
        case welcome(site: String?)
        /// Nobody knows it, and it says only that it is gone: not written down.
        case nobody
        /// It says that it stands somewhere else. Its alarm says so; nothing else of the status counts.
        case refused(String)
    }

    public enum Refusal: Error, Equatable, Sendable, CustomStringConvertible {
        /// A zone is declared by an agent of another site.
        case zone(String, of: String, at: String)

        public var description: String {
            switch self {
            case .zone(let zone, let agent, let site): "zone \(zone) is declared by \(agent) of site \(site)"
            }
        }
    }

    /// How alarms begin that are about what an agent is; others are left alone.
    static let siteMark = "site: "
    static let zoneMark = "not its own: "
    public static let clockMark = "clock: "
    /// Zones taken from one status, and the longest name, in bytes.
    static let zoneLimit = 1000
    static let nameLimit = 128

    let store: Store
    /// What has come into the book since somebody asked for its news.
    public enum BookNews: Sendable {
        case whole(GatewayBook)
        case parts([GatewayBook.News])
    }

    /// Parts that are kept for whoever asks; of more the whole book is told.
    static let newsLimit = 256

    private var cached: GatewayBook?
    private var change: Int64?
    private var parts: [GatewayBook.News]? = []

    public init(_ store: Store) { self.store = store }

    public func book() throws -> GatewayBook {
        let now = try store.gateways.change()
        if let cached, change == now { return cached }
        let book = try store.gateways.book()
        (cached, change, parts) = (book, now, nil)
        return book
    }

    /// For whoever has a copy: two that shared their storage would be copied wholly with each part. `isRead`: what others did since it was
    /// read may wait for the next time.
    public func news(isRead: Bool = false) throws -> BookNews {
        let book = try isRead ? cached ?? book() : book()
        defer { parts = [] }
        return parts.map { .parts($0) } ?? .whole(book)
    }

    /// What it remembers may not be so: a transaction has failed.
    public func forgetBook() { cached = nil }

    private func take(_ one: GatewayBook.News) {
        cached?.take(one)
        parts?.append(one)
        if parts?.count ?? 0 > GatewayDesk.newsLimit { parts = nil }
    }

    /// Writes down a grant and takes it into the book; where somebody else has changed the book meanwhile it is read again.
    private func learn(_ grant: GatewayBook.Grant) throws {
        try store.gateways.keep(grant)
        let now = try store.gateways.change()
        guard cached != nil, let before = change, now == before + 1 else { return }
        change = now
        take(.grant(grant))
    }

    /// The zones that the devices of a status stand in.
    static func zones(of status: JSON) -> Set<String> {
        var zones: Set<String> = []
        for device in (status["devices"]?.list ?? []).prefix(zoneLimit) {
            if let zone = device["zone"]?.text, !zone.isEmpty, zone.utf8.count <= nameLimit { zones.insert(zone) }
        }
        return zones
    }

    // MARK: what agents say

    /// Whether a status counts; an agent that is new is learned by it.
    public func admit(_ status: JSON, of agent: String, at now: Int64) throws -> Welcome {
        let site = status["site"]?.text.map { String(GatewayDesk.plain($0).prefix(64)) }
        // Not kept: a second copy of the book would make each change of it a copy of all.
        let (admission, had) = try { (try book().admits(agent: agent, site: site), try book().grants[agent]) }()
        switch admission {
        case .refused(let reason):
            try store.transaction { try say(GatewayDesk.siteMark, reason, of: agent, at: now) }
            return .refused(reason)
        case .new:
            guard status["online"]?.truth ?? false || had != nil else { return .nobody }
            var grant =
                had ?? GatewayBook.Grant(name: agent, site: nil, state: .learned, who: "edge-ingest", at: now)
            grant.site = site
            try learn(grant)
        case .known: break
        }
        let bound = try book().grants[agent]?.site
        // One that is going says nothing of its devices: they stand where they stood.
        if status["online"]?.truth ?? false {
            let zones = GatewayDesk.zones(of: status)
            if cached?.knows(zones, of: agent) == false { take(.claim(zones, agent: agent)) }
        }
        if try store.gateways.alarm(of: agent)?.hasPrefix(GatewayDesk.siteMark) ?? false {
            try store.transaction { try heal(agent, at: now) }
        }
        return .welcome(site: bound)
    }

    /// Says on the agent's card why rows of it have no effect; within the transaction that sets them aside.
    public func object(_ objection: GatewayBook.Objection, to agent: String, at now: Int64) throws {
        try say(GatewayDesk.zoneMark, objection.text, of: agent, at: now)
    }

    /// Says that an agent's clock is wrong, how far, and what is done about it; takes it back when it is right. Another
    /// alarm is not replaced.
    public func say(clockOffset offset: Int64, of agent: String, at now: Int64) throws {
        let alarm = try store.gateways.alarm(of: agent)
        let isOurs = alarm?.hasPrefix(GatewayDesk.clockMark) ?? false
        guard offset != 0 else {
            if isOurs { try store.transaction { try heal(agent, at: now) } }
            return
        }
        let text =
            "\(ClockBook.words(offset)); ages and times of calls are corrected by it. Set the clock of this gateway (NTP)."
        if alarm == nil {
            try store.transaction { try say(GatewayDesk.clockMark, text, of: agent, at: now) }
        } else if isOurs, alarm != GatewayDesk.clockMark + text {
            try store.gateways.alarm(agent: agent, GatewayDesk.clockMark + text, at: now)
        }
    }

    /// Once, until it is well again: whoever changes what it says all the time does not fill the ledger.
    private func say(_ mark: String, _ text: String, of agent: String, at now: Int64) throws {
        if try store.gateways.alarm(of: agent)?.hasPrefix(mark) ?? false { return }
        try store.gateways.alarm(agent: agent, mark + text, at: now)
        try store.tell(Fact(.gatewayAlarm, agent, mark + text), by: Author("edge-ingest"), at: now)
    }

    private func heal(_ agent: String, at now: Int64) throws {
        try store.gateways.clearAlarm(of: agent)
        try store.tell(Fact(.gatewayHealed, agent), by: Author("edge-ingest"), at: now)
    }

    /// Without control characters: it stands in alarms and in logs.
    private static func plain(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
    }

    // MARK: what people say

    /// Says what an agent may speak of, before or after it has come. Throws `Refusal` when a zone is another site's.
    public func add(
        _ agent: String, site: String, zones: [String], mayTelephone: Bool, by author: Author, at now: Int64
    ) throws {
        try store.transaction {
            let others = try store.gateways.grants().filter {
                $0.name != agent && $0.state == .confirmed && $0.site != site
            }
            for zone in zones {
                guard let other = others.first(where: { $0.zones.contains(zone) }) else { continue }
                throw Refusal.zone(zone, of: other.name, at: other.site ?? "-")
            }
            try store.gateways.keep(
                GatewayBook.Grant(
                    name: agent, site: site, zones: zones, mayTelephone: mayTelephone, state: .confirmed,
                    who: author.who, at: now))
            try store.gateways.move(agent, to: site)
            var told = "site \(site)"
            if !zones.isEmpty { told += "; zones \(zones.joined(separator: ", "))" }
            if !mayTelephone { told += "; no telephone" }
            try store.tell(Fact(.gatewayAdded, agent, told), by: author, site: site, at: now)
            try settle(agent, at: now)
        }
    }

    /// Somebody has looked: this agent belongs here. False when there is none of this name.
    public func confirm(_ agent: String, by author: Author, at now: Int64) throws -> Bool {
        try store.transaction {
            guard var grant = try store.gateways.grant(of: agent) else { return false }
            if grant.state == .learned {
                (grant.state, grant.who, grant.at) = (.confirmed, author.who, now)
                try store.gateways.keep(grant)
                try store.tell(Fact(.gatewayConfirmed, agent, grant.site), by: author, site: grant.site, at: now)
            }
            try settle(agent, at: now)
            return true
        }
    }

    /// What it was refused for may be right now; if not, it is said again.
    private func settle(_ agent: String, at now: Int64) throws {
        guard let alarm = try store.gateways.alarm(of: agent),
            alarm.hasPrefix(GatewayDesk.siteMark) || alarm.hasPrefix(GatewayDesk.zoneMark)
        else { return }
        try heal(agent, at: now)
    }

    /// Nobody wants it any more: its calls end, with cause lost; its records stay. The calls that were ended; nil when
    /// nobody knows it. Should it come again, it is learned anew.
    public func forget(_ agent: String, by author: Author, at now: Int64) throws -> [CallSnapshot]? {
        try store.transaction {
            guard try store.gateways.isKnown(agent) else { return nil }
            var ended: [CallSnapshot] = []
            for row in try store.calls.running(since: Int64.min) where row.agent == agent {
                let lost = row.snapshot.lost(at: now)
                _ = try store.calls.save(lost, agent: agent, key: row.key)
                ended.append(lost)
            }
            try store.gateways.forget(agent)
            try store.tell(
                Fact(.gatewayForgotten, agent, ended.isEmpty ? nil : "\(ended.count) calls ended"), by: author, at: now)
            return ended
        }
    }
}
