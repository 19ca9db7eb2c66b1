import Depot
import Model
import Platform

/// What is wrong here and at the gateways, for people: the centre's own findings since when it runs, and what the gateways say.
final class Repairs: Sendable {
    /// Looked at anew at most so often, in milliseconds: a page that is open in many places is one look.
    static let pause: Int64 = 5000

    private struct State {
        var book = FindingsBook<FindingKind>()
        var looked: Int64 = 0
    }

    private let configuration: Locked<IngestConfiguration>
    private let state = Locked(State())
    private let threads = WorkThreads("repairs", waiting: 32)

    /// As it is now: it is read again while it runs.
    init(_ configuration: Locked<IngestConfiguration>) { self.configuration = configuration }

    /// Of the centre itself, the worst first. Throws when too many wait for the same.
    func own(_ broker: Picture.Broker) async throws(WorkRefusal) -> [Repair] {
        try await threads.run { [configuration, state] in
            let now = Clocks.wall
            if now - state.with({ $0.looked }) >= Repairs.pause {
                let diagnosis = Probes.running(configuration.with { $0 }, broker).diagnosis
                state.with {
                    _ = $0.book.take(diagnosis)
                    $0.looked = now
                }
            }
            return state.with { $0.book.entries }.map(Repair.init)
        }
    }
}

/// One thing to put right, as the page shows it.
struct Repair: Sendable {
    /// `centre`, or the gateway's name.
    var place: String
    /// Nil for the centre.
    var gateway: String?
    var code: String
    var severity: String
    var subject: String?
    /// Unix milliseconds, by the centre's clock.
    var since: Int64
    /// Sentences, in English.
    var evidence: [String]
    /// In English; nil where the code is of a newer gateway.
    var title: String?
    var fix: String?
}

extension Repair {
    init(_ entry: FindingsBook<FindingKind>.Entry) {
        let (finding, words) = (entry.finding, entry.finding.kind.entry)
        self.init(
            place: "centre", code: finding.kind.rawValue, severity: words.severity.rawValue, subject: finding.subject,
            since: entry.since, evidence: finding.evidence, title: words.title, fix: words.fix)
    }

    /// One of part `findings` of a status that was checked; `offset`: the centre's clock less the gateway's, in milliseconds.
    init?(_ json: JSON, of gateway: String, offset: Int64) {
        guard let code = json["code"]?.text else { return nil }
        let known = AgentFindingKind(rawValue: code)?.entry
        let severity = json["severity"]?.text.flatMap(Severity.init(rawValue:)) ?? .warning
        self.init(
            place: gateway, gateway: gateway, code: code, severity: severity.rawValue, subject: json["subject"]?.text,
            since: (json["since"]?.integer ?? 0) &+ offset, evidence: (json["evidence"]?.list ?? []).compactMap(\.text),
            title: known?.title, fix: known?.fix)
    }

    /// What gateways say of themselves. What a gateway that is gone said last is of then, and left out.
    static func list(of gateways: [GatewayTable.AgentRow]) -> [Repair] {
        gateways.filter(\.online).flatMap { gateway in
            (gateway.status?["findings"]?.list ?? []).compactMap {
                Repair($0, of: gateway.name, offset: gateway.status?["clockOffset"]?.integer ?? 0)
            }
        }
    }

    /// The worst first; the longest first among those.
    static func sorted(_ all: [Repair]) -> [Repair] {
        let order = Severity.allCases.map(\.rawValue)
        return all.sorted { a, b in
            let (x, y) = (order.firstIndex(of: a.severity) ?? 0, order.firstIndex(of: b.severity) ?? 0)
            return x != y ? x > y : (a.since, a.place, a.code) < (b.since, b.place, b.code)
        }
    }

    static let shape = Shape<Repair>(
        "Repair",
        [
            .text("place", \.place), .text("gateway", ifAny: \.gateway), .text("code", \.code),
            .text("severity", \.severity), .text("subject", ifAny: \.subject), .moment("since", \.since),
            .texts("evidence", \.evidence), .text("title", ifAny: \.title), .text("fix", ifAny: \.fix),
        ])
}
