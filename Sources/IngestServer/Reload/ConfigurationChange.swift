/// What a new configuration changes in a centre that runs: what is taken up at once, and what waits for a restart.
struct ConfigurationChange: Equatable, Sendable {
    /// What is made anew, each without the others. Everything else stands in the desks and the pages from the start on.
    enum Part: String, CaseIterable, Sendable {
        /// From the next request on.
        case names
        /// From the next connection on.
        case certificate
        /// The connection to the broker; agents keep what is not acknowledged.
        case broker
        /// The connection to the collector of logs; it goes on where it was.
        case syslog
        /// The connection to the repository.
        case repository
    }

    /// `[SECTION] KEY` by where it stands; a section alone is all of it.
    static let table: [(key: String, part: Part)] = [
        ("http.hosts", .names), ("http.proxies", .names), ("http.certificate", .certificate),
        ("http.key", .certificate),
        ("http.authority", .certificate), ("broker", .broker), ("syslog", .syslog), ("epcis.url", .repository),
        ("epcis.secret", .repository), ("epcis.user", .repository), ("epcis.authority", .repository),
        ("epcis.keep-days", .repository),
    ]

    /// Changed, and taken up.
    private(set) var keys: [String] = []
    private(set) var parts: Set<Part> = []
    /// Changed since the start, and without effect until the next one.
    private(set) var waiting: [String] = []

    /// Each is what `SettingsReader.written` has: at the start, since the last change, and now.
    init(start: [String: String], last: [String: String], now: [String: String]) {
        // Where there was no certificate the port speaks in clear, and an EPCIS follower is made at the start alone.
        let gates = [("http.certificate", Part.certificate), ("epcis", .repository)]
        let closed = Set(
            gates.filter { key, _ in ConfigurationChange.has(key, start) != ConfigurationChange.has(key, now) }
                .map(\.1))
        for key in Set(start.keys).union(last.keys).union(now.keys).sorted() where key != "version" {
            let part = ConfigurationChange.table.first { key == $0.key || key.hasPrefix("\($0.key).") }?.part
            if let part, !closed.contains(part) {
                guard last[key] != now[key] else { continue }
                keys.append(ConfigurationChange.words(key))
                parts.insert(part)
            } else if start[key] != now[key] {
                waiting.append(ConfigurationChange.words(key))
            }
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
