import Logging
import Model
import Platform

extension Agent {
    /// How many beats of `Health` pass between two looks: half a minute.
    static let lookEvery: UInt64 = 6

    /// Looks at everything that the agent sees of itself; news go into the log, and all of it to the centre.
    func examine() {
        var picture = AgentPicture(now: Clocks.wall)
        picture.clockIsSet = Clocks.isSynchronised
        let configuration = fleet.state.with { $0.configuration }
        AgentProbes.look(configuration, into: &picture)
        picture.take(facts)
        let diagnosis = picture.diagnosis
        let news = findings.with { $0.take(diagnosis) }
        for item in news { log(item) }
        if !news.isEmpty { uplink.statusChanged() }
    }

    /// The status, and what `doctor` asks besides.
    var facts: JSON {
        let stages = JSON.object(health.stages.sorted { $0.key < $1.key }.map { ($0.key, .int($0.value)) })
        return description.with("facts", uplink.now.facts.with("stages", stages)).with(
            "refusedFiles", .array(refusedFiles.with { $0 }.map(JSON.string)))
    }

    /// What says itself where it happens, at once: `device state`, `broker unavailable`, `scans are refused`, `delivery stopped`.
    private static let said: Set<AgentFindingKind> = [
        .bufferRefuses, .brokerUnreachable, .brokerTLS, .brokerRefuses, .brokerDenies, .centreRefuses, .readerDenied,
        .readerHeld,
        .readerMissing, .readerFails, .readerWaits, .readerUnknown, .readerCountry, .readerRemark, .exchangeUnreachable,
        .exchangeRefuses, .exchangeRights, .exchangeDoubt,
    ]

    private func log(_ news: FindingsBook<AgentFindingKind>.News) {
        switch news {
        case .begins(let finding) where Agent.said.contains(finding.kind) || finding.kind == .configurationRefused:
            break
        case .ends(let finding, _) where Agent.said.contains(finding.kind): break
        case .begins(let finding):
            logger.log(
                level: finding.kind.entry.severity == .note ? .info : .warning, "trouble begins",
                metadata: [
                    "code": "\(finding.kind.rawValue)", "what": "\(finding.subject ?? "-")",
                    "seen": "\(finding.evidence.first ?? "-")",
                ])
        case .ends(let finding, let length):
            logger.log(
                level: finding.kind.entry.severity == .note ? .info : .notice, "trouble is over",
                metadata: [
                    "code": "\(finding.kind.rawValue)", "what": "\(finding.subject ?? "-")",
                    "after": "\(Span.words(length))",
                ])
        }
    }
}
