import Depot
import Glibc
import Model
import Platform
import Settings

/// What `ingest.toml` may say; every value has a default that works.
struct IngestConfiguration: Sendable {
    var state = getenv("STATE_DIRECTORY").map { String(cString: $0) } ?? "/var/lib/quai-ingest"
    var instance = "centre"
    /// Of this instance among those on one database, for people.
    var name = CentreName.usual
    /// How telephone numbers are written here, and at sites that write them in another way.
    var plan = NumberPlan()
    var sites: [String: NumberPlan] = [:]
    var teams: [CallRouting.Team] = []
    /// How people are told, where a site says it in its own words.
    var noticeWords = NoticeWords()
    /// Whether calls between own telephones show a card where no team says otherwise.
    var internalCards = true
    var dialRights = DialRights()
    /// Scripts that push calls here, by name: where their secret lies, and how their site writes numbers.
    var feeds: [String: (secret: String, site: String?)] = [:]
    /// What a call can have been about, besides the words that pages bring along.
    var dispositions: [String] = []
    /// A page of the site's own program about whoever calls; whether it opens by itself when a telephone rings.
    var cardLink: CardLink?
    /// The telephone that rings shows the client's name.
    var namesTelephones = false
    var opensCardLink = false
    /// For how long which kind is kept.
    var retention = RetentionRules()
    /// Which records lie in files.
    var archive = ArchiveSettings()
    /// Nil where no collector is told the trail.
    var syslog: SyslogSettings?
    var logLevel = "info"
    var logFormat = ProgramLog.Form.text
    var address = "127.0.0.1"
    var port = 8080
    var web: String?
    /// Names under which people reach the pages, besides this machine's own.
    var hosts: [String] = []
    /// Who may say from where requests come.
    var proxies = Proxies()
    /// Nil where pages are served in clear.
    var pages: CertificateFiles?
    /// Where a browser that comes in clear is sent on to the encrypted pages.
    var redirectPort: Int?
    var broker = "mqtt://127.0.0.1:1883"
    var user: String?
    var password: String?
    var authority: String?
    var certificate: String?
    var key: String?

    /// What each zone is to the book of stock.
    var zones: [String: ZoneRule] = [:]
    /// Whether somebody signs when a delivery is closed.
    var signature = SignatureRule.offered
    var erp: ERPSettings?
    var exchange: ExchangeSettings?
    var webhooks = WebhookSettings()
    var epcis: EPCISSettings?
    /// Nil where no collector is told traces.
    var tracing: TracingSettings?
    var events = EventSettings()
    var home: HomeSettings?
    var channels = ChannelSettings()
    var people = PeopleSettings()
    var signIn = SignInSettings()
    /// To whom copies are sealed; nil where they are plain.
    var recipient: AgeRecipient?
    /// Nil where a file keeps it.
    var store: StoreSettings?
    /// Nil where this centre signs no certificates for agents.
    var enrolment: EnrolmentSettings?

    /// The files that it was read from; none where the defaults hold.
    private(set) var files: [String] = []
    /// Keys under a name that they had once: they are understood. A sentence each.
    private(set) var renamed: [String] = []
    /// As it is written, by key: what a later one is compared with.
    private(set) var written: [String: String] = [:]

    /// What of it holds in a process that began with `start`: the rest is as it was then (`ConfigurationChange.waits`).
    func held(since start: IngestConfiguration) -> IngestConfiguration {
        var held = self
        (held.state, held.instance, held.logFormat) = (start.state, start.instance, start.logFormat)
        held.name = start.name
        held.store = start.store
        (held.plan, held.sites) = (start.plan, start.sites)
        (held.address, held.port, held.web, held.redirectPort) = (
            start.address, start.port, start.web, start.redirectPort
        )
        if (pages == nil) != (start.pages == nil) { held.pages = start.pages }
        (held.events, held.home) = (start.events, start.home)
        (held.signIn, held.people) = (start.signIn, start.people)
        return held
    }

    /// Nil where nothing is said of it: then it is the service's own.
    var writtenState: String? { written["state"] == nil ? nil : state }
    /// Where the store is: a file, or a server's address.
    var database: String { store?.address ?? "\(state)/ingest.db" }
    /// The same for people.
    var databaseName: String { store == nil ? database : "PostgreSQL" }
    /// Reached from this machine alone.
    var isLoopback: Bool { address == "localhost" || address == "::1" || address.hasPrefix("127.") }

    static func load(_ path: String?) throws -> IngestConfiguration {
        guard let path else { return IngestConfiguration() }
        do {
            return try IngestConfiguration(sources: try ConfigurationFiles.read(path))
        } catch let error as FileError {
            throw Problems([
                Problem(file: error.path, line: 0, column: 0, text: String(cString: strerror(error.code)))
            ])
        }
    }

    init() {}

    init(parsing text: String, file: String) throws(Problems) { try self.init(sources: [(file, text)]) }

    init(sources: [(file: String, text: String)]) throws(Problems) {
        files = sources.map(\.file)
        let reader = try SettingsReader(sources)
        written = reader.written
        let root = reader.root
        if root.integer("version", in: 1...1) == nil { root.require("version", "write version = 1 at the top") }
        state = root.string("state") ?? state
        if let name = root.string("instance") {
            if Topic.isName(name) {
                instance = name
            } else {
                root.reject("instance", "must be 1 to 32 of a-z, 0-9 and -")
            }
        }
        IngestConfiguration.readRegion(root, into: &plan)
        logLevel =
            root.string("log-level", among: ["trace", "debug", "info", "notice", "warning", "error"]) ?? logLevel
        let forms = ProgramLog.Form.allCases.map(\.rawValue)
        logFormat = root.string("log-format", among: forms).flatMap(ProgramLog.Form.init) ?? logFormat
        if let http = root.table("http") {
            address = http.string("address") ?? address
            port = http.integer("port", in: 0...65535).map(Int.init) ?? port
            web = http.string("web-root")
            if let names = http.string("hosts") { hosts = names.split(separator: " ").map { $0.lowercased() } }
            proxies = Proxies(http)
            pages = CertificateFiles(http)
            redirectPort = http.integer("redirect-port", in: 1...65535).map(Int.init)
            if redirectPort != nil, pages == nil {
                http.reject("redirect-port", "leads to pages with TLS: it needs certificate and key")
            } else if redirectPort == port {
                http.reject("redirect-port", "is the pages' own port: take another one, such as 80")
            }
        }
        if let phones = root.table("phones") { IngestConfiguration.readDialling(phones, into: &plan) }
        for site in root.tables("site") {
            var other = plan
            IngestConfiguration.readRegion(site, into: &other)
            IngestConfiguration.readDialling(site, into: &other)
            if site.boolean("own-extensions") ?? false {
                if Topic.isName(site.name) {
                    other.ownExtensions = site.name
                } else {
                    site.reject("own-extensions", "stands under a name that is not 1 to 32 of a-z, 0-9 and -")
                }
            }
            sites[site.name] = other
        }
        for team in root.tables("team") {
            teams.append(
                CallRouting.Team(
                    name: team.name, desks: Set(team.strings("extensions") ?? []),
                    queues: Set(team.strings("queues") ?? []), supervisors: Set(team.strings("supervisors") ?? []),
                    internalCards: team.boolean("internal-cards")))
        }
        for notice in root.tables("notice") { noticeWords.read(notice) }
        for feed in root.tables("feed") {
            guard Topic.isName(feed.name) else {
                feed.reject("secret", "stands under a name that is not 1 to 32 of a-z, 0-9 and -")
                continue
            }
            if let secret = feed.string("secret"), secret.hasPrefix("credential:") || secret.hasPrefix("file:") {
                feeds[feed.name] = (secret, feed.string("site"))
            } else {
                feed.require("secret", "must be credential:NAME or file:PATH")
            }
        }
        for zone in root.tables("zone") {
            guard let kind = zone.string("kind", among: ZoneRule.Kind.allCases.map(\.rawValue)) else {
                zone.require("kind", "must be dock, store or exit")
                continue
            }
            zones[zone.name] = ZoneRule(
                kind: ZoneRule.Kind(rawValue: kind) ?? .store,
                countDays: zone.integer("count-days", in: 1...3650).map(Int.init),
                erpLocation: zone.string("erp-location"))
        }
        if let receiving = root.table("receiving") {
            let rule = receiving.string("signature", among: SignatureRule.allCases.map(\.rawValue))
            signature = rule.flatMap(SignatureRule.init(rawValue:)) ?? signature
        }
        let providers = root.tables("sign-in", besides: ["address", "erp-passwords"])
        if let section = root.table("sign-in") { signIn = SignInSettings(section, providers: providers) }
        if let section = root.table("erp") { erp = ERPSettings(section, asksPasswords: signIn.asksERP) }
        if signIn.asksERP, !root.has("erp") { root.require("erp", "[sign-in] erp-passwords asks an ERP") }
        if let section = root.table("exchange") { exchange = ExchangeSettings(section, hasERP: root.has("erp")) }
        if let section = root.table("webhooks") { webhooks = WebhookSettings(section) }
        if let section = root.table("retention") {
            retention = RetentionRules(section)
            archive = ArchiveSettings(section)
        }
        if let section = root.table("backup"), let text = section.string("recipient") {
            recipient = AgeRecipient(text)
            if recipient == nil { section.reject("recipient", "must be a public key of age-keygen, age1…") }
        }
        if let section = root.table("centre") { name = CentreName.read(section) ?? name }
        if let section = root.table("store") { store = StoreSettings(section) }
        if let section = root.table("syslog") { syslog = SyslogSettings(section) }
        if let section = root.table("epcis") { epcis = EPCISSettings(section) }
        if let section = root.table("tracing") { tracing = TracingSettings(section) }
        if let section = root.table("events") { events = EventSettings(section) }
        if let section = root.table("home-assistant") { home = HomeSettings(section) }
        channels = ChannelSettings(root.table("channels"), root.tables("channel"))
        if let section = root.table("enrolment") { enrolment = EnrolmentSettings(section) }
        if let section = root.table("people") { people = PeopleSettings(section) }
        if let calls = root.table("calls") {
            // Its name before there was [retention].
            if let days = calls.integer("retention-days", in: Retention.calls.days) {
                if retention.days[.calls] != nil {
                    calls.reject("retention-days", "stands in [retention] calls, too: leave it there alone")
                }
                renamed.append(
                    "[calls] retention-days is [retention] calls now, and notes where that says nothing: write it so")
                retention[.calls] = Int(days)
                if retention.days[.notes] == nil { retention[.notes] = Int(days) }
            }
            dispositions = calls.strings("dispositions") ?? dispositions
            internalCards = calls.boolean("internal-cards") ?? internalCards
            if let template = calls.string("card-url") {
                do { cardLink = try CardLink(template) } catch { calls.reject("card-url", error.text) }
            }
            namesTelephones = calls.boolean("telephone-names") ?? false
            opensCardLink = calls.string("card-url-opens", among: ["by-click", "at-ring"]) == "at-ring"
            dialRights.callers = calls.strings("may-dial").map { Set($0) }
            dialRights.abroad = calls.strings("may-dial-abroad").map { Set($0) }
            dialRights.premium = Set(calls.strings("may-dial-premium") ?? [])
            dialRights.perMinute = calls.integer("dials-per-minute", in: 1...1000).map(Int.init) ?? dialRights.perMinute
        }
        if let section = root.table("broker") {
            if let url = section.string("url") {
                if url.hasPrefix("mqtt://") || url.hasPrefix("mqtts://"), !url.contains("@") {
                    broker = url
                } else {
                    section.reject("url", "must be mqtt://HOST:PORT or mqtts://HOST:PORT, without a user or password")
                }
            }
            user = section.string("user")
            if let secret = section.string("password") {
                if secret.hasPrefix("credential:") || secret.hasPrefix("file:") {
                    password = secret
                } else {
                    section.reject(
                        "password", "must be credential:NAME or file:PATH; a secret never stands in this file")
                }
            }
            authority = section.string("authority")
            certificate = section.string("certificate")
            key = section.string("key")
        }
        try reader.finish()
    }

    private static func readRegion(_ section: Section, into plan: inout NumberPlan) {
        guard let text = section.string("region") else { return }
        if text.count == 2, text.allSatisfy({ $0.isASCII && $0.isUppercase }) {
            plan.region = text
        } else {
            section.reject("region", "must be a country such as FR, BE or CH")
        }
    }

    private static func readDialling(_ section: Section, into plan: inout NumberPlan) {
        if let pattern = section.string("internal-plan") {
            if (try? Regex(pattern)) == nil {
                section.reject("internal-plan", "is not a regular expression")
            } else {
                plan.internalPlan = pattern
            }
        }
        if let prefix = section.string("outside-prefix") {
            if (1...4).contains(prefix.count),
                prefix.allSatisfy({ $0.isASCII && ($0.isWholeNumber || $0 == "*" || $0 == "#") })
            {
                plan.outsidePrefix = prefix
            } else {
                section.reject("outside-prefix", "must be 1 to 4 digits, such as \"0\"")
            }
        }
    }
}
