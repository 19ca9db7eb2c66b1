import Depot
import Model
import Platform

/// What `doctor` finds here and at the gateways, looked at for those who are to be told of it.
struct FindingsWatch: Sendable {
    /// The centre's own; nil where it could not look.
    var own: [Repair]?
    /// Nil where the database did not say.
    var gateways: [GatewayTable.AgentRow]?

    var standing: [StandingFinding] {
        ((own ?? []) + Repair.list(of: gateways ?? [])).map { one in
            StandingFinding(
                agent: one.gateway, code: one.code, about: one.subject, severity: one.severity, since: one.since,
                sentence: one.evidence.first)
        }
    }

    /// Nobody looked, the gateway is away, or its cause hides it: that it is over cannot be said.
    func isUnseen(_ agent: String?, _ code: String, _ about: String?) -> Bool {
        guard let agent else {
            guard let own else { return true }
            return FindingsWatch.hides(own, FindingKind(rawValue: code), about)
        }
        guard let gateways else { return true }
        // Of a gateway that was forgotten nothing stands.
        guard let row = gateways.first(where: { $0.name == agent }) else { return false }
        guard row.online, row.status?["findings"] != nil else { return true }
        return FindingsWatch.hides(Repair.list(of: [row]), AgentFindingKind(rawValue: code), about)
    }

    private static func hides<Kind: FindingCatalogue>(_ standing: [Repair], _ kind: Kind?, _ about: String?) -> Bool {
        guard let kind else { return false }
        return standing.contains { one in
            Kind(rawValue: one.code).map {
                Model.Finding<Kind>($0, of: one.subject).explains(Model.Finding<Kind>(kind, of: about))
            } ?? false
        }
    }
}
