/// What a new configuration changes in a centre that runs: what is taken up at once, and what waits for a restart.
struct ConfigurationChange: Equatable, Sendable {
    /// Who takes it up, each without the others.
    enum Part: String, CaseIterable, Sendable {
        /// From the next request on.
        case names
        /// From the next connection on.
        case certificate
        /// The connection to the broker; agents keep what is not acknowledged.
        case broker
        /// The connection to the collector of logs; it goes on where it was.
        case syslog
        /// The connection to the repository, and what becomes events.
        case repository
        /// The collector of traces, and which it is told; what waits for the former one goes to it.
        case tracing
        /// The connection to the ERP, when the push that is under way has ended.
        case erp
        /// The folders of files, when those that are being read or written are done.
        case exchange
        /// From the next message or request on; what is under way ends as it began.
        case channels, webhooks
        /// From the next line on.
        case log
        /// What people and desks go by, all of it in one turn of the writer.
        case rules
    }

    /// What a start alone takes up: what the process stands on, how kept numbers were read, who is let in, and what
    /// the broker was told of us. `[SECTION] KEY` by where it stands; a section alone is all of it.
    static let waits = [
        "state", "instance", "log-format", "region", "phones", "site", "http.address", "http.port", "http.web-root",
        "http.redirect-port", "sign-in", "people", "events", "home-assistant", "store", "centre",
    ]

    /// The same of what is taken up. Not in either: it waits.
    static let table: [(key: String, part: Part)] = [
        ("http.hosts", .names), ("http.proxies", .names), ("http.certificate", .certificate),
        ("http.key", .certificate), ("http.authority", .certificate), ("broker", .broker), ("syslog", .syslog),
        ("epcis", .repository), ("erp", .erp), ("exchange", .exchange), ("channels", .channels),
        ("channel", .channels), ("notice", .channels), ("webhooks", .webhooks), ("log-level", .log),
        ("retention", .rules), ("team", .rules), ("zone", .rules), ("calls", .rules), ("receiving", .rules),
        ("feed", .rules), ("enrolment", .rules), ("backup", .rules), ("tracing", .tracing),
    ]

    /// Changed, and taken up.
    private(set) var keys: [String] = []
    private(set) var parts: Set<Part> = []
    /// Changed since the start, and without effect until the next one.
    private(set) var waiting: [String] = []

    /// Each is what `SettingsReader.written` has: at the start, since the last change, and now.
    init(start: [String: String], last: [String: String], now: [String: String]) {
        // Where there was no certificate the port speaks in clear, and goes on so.
        let isOpen =
            ConfigurationChange.has("http.certificate", start) == ConfigurationChange.has("http.certificate", now)
        for key in Set(start.keys).union(last.keys).union(now.keys).sorted() where key != "version" {
            let part = ConfigurationChange.table.first { key == $0.key || key.hasPrefix("\($0.key).") }?.part
            if let part, part != .certificate || isOpen {
                guard last[key] != now[key] else { continue }
                keys.append(ConfigurationChange.words(key))
                parts.insert(part)
            } else if start[key] != now[key] {
                waiting.append(ConfigurationChange.words(key))
            }
        }
        // A connector takes the files' place.
        if ConfigurationChange.has("erp", last) != ConfigurationChange.has("erp", now),
            ConfigurationChange.has("exchange", now)
        {
            parts.insert(.exchange)
        }
        // Its follower goes by the places, too.
        if keys.contains(where: { $0.hasPrefix("[zone.") }), ConfigurationChange.has("exchange", now) {
            parts.insert(.exchange)
        }
    }

    private static func has(_ key: String, _ written: [String: String]) -> Bool {
        written.keys.contains { $0 == key || $0.hasPrefix("\(key).") }
    }

    /// `[team.sales] extensions`
    private static func words(_ key: String) -> String {
        guard let dot = key.lastIndex(of: ".") else { return key }
        return "[\(key[..<dot])] \(key[key.index(after: dot)...])"
    }
}
