import Model
import SQLite

/// A finding of `doctor` that stands, here or at a gateway.
public struct StandingFinding: Equatable, Sendable {
    /// Nil: the centre's own.
    public var agent: String?
    public var code: String
    /// What it is about, where there are several.
    public var about: String?
    public var severity: String
    /// Unix milliseconds, by this machine's clock.
    public var since: Int64
    /// In English; the pages know it again.
    public var sentence: String?

    public init(
        agent: String? = nil, code: String, about: String? = nil, severity: String, since: Int64,
        sentence: String? = nil
    ) {
        (self.agent, self.code, self.about) = (agent, code, about)
        (self.severity, self.since, self.sentence) = (severity, since, sentence)
    }

    /// Which it is, from one look to the next. An agent's name has no `/`.
    var subject: String { "\(agent ?? "")/\(code)\(about.map { "/\($0)" } ?? "")" }
}

extension NoticeDesk {
    /// What stands for less heals by itself, in milliseconds.
    static let findingPatience: Int64 = 120_000
    /// What comes back within this after its end is not told again before it is over: what flickers is one line an hour.
    static let findingPause: Int64 = 3_600_000
    /// Told at once; the worst come first.
    static let findingLimit = 50

    /// Findings that begin and that are over, each once. `isUnseen`: of what this finding is about nothing is known now, or it is hidden
    /// behind its cause: it stays as it was told.
    public func watchFindings(
        _ all: [StandingFinding], isUnseen: (_ agent: String?, _ code: String, _ about: String?) -> Bool, at now: Int64
    ) throws {
        let told = all.filter { NoticeWords.findings[$0.code] != nil }
        try store.transaction {
            let open = try store.database.rows(
                "SELECT subject, at, data FROM notice WHERE kind=? AND done IS NULL", .text(Notice.finding.rawValue)
            ) { ($0.text(0), $0.integer(1), (try? JSON(parsing: $0.text(2))) ?? .null) }
            let standing = Set(told.map(\.subject))
            for (subject, at, data) in open where !standing.contains(subject) {
                let (agent, code) = (data["agent"]?.text, data["code"]?.text ?? "")
                guard !isUnseen(agent, code, data["about"]?.text) else { continue }
                try store.stock.settle(notice: .finding, subject: subject, at: now)
                let length = now - min(now, data["since"]?.integer ?? at)
                try store.tell(
                    Fact(.findingOver, subject, NoticeDesk.words(length)), by: Author("edge-ingest"), at: now)
            }
            // The centre's own are few, and told whatever the fleet has.
            var count = open.count { $0.2["agent"]?.text != nil }
            let known = Set(open.map(\.0))
            for one in told where !known.contains(one.subject) && now - one.since >= NoticeDesk.findingPatience {
                let last = try store.database.integer(
                    "SELECT max(done) FROM notice WHERE kind=? AND subject=?", .text(Notice.finding.rawValue),
                    .text(one.subject))
                guard one.agent == nil || count < NoticeDesk.findingLimit,
                    now - (last ?? .min / 2) >= NoticeDesk.findingPause
                else {
                    continue
                }
                try store.stock.notice(
                    .finding, subject: one.subject,
                    data: .object([
                        ("agent", one.agent.map(JSON.string)), ("code", .string(one.code)),
                        ("title", NoticeWords.findings[one.code].map { .string($0.en) }),
                        ("about", one.about.map(JSON.string)), ("severity", .string(one.severity)),
                        ("since", .int(one.since)), ("sentence", one.sentence.map(JSON.string)),
                    ]), at: now)
                if one.agent != nil { count += 1 }
            }
        }
    }

    /// `2 h 05 min`: the same in both languages. Of milliseconds.
    static func words(_ milliseconds: Int64) -> String {
        let minutes = max(0, milliseconds) / 60_000
        let rest = minutes % 60
        return minutes < 60 ? "\(minutes) min" : "\(minutes / 60) h \(rest < 10 ? "0" : "")\(rest) min"
    }
}
