import Depot
import Settings

extension IngestConfiguration {
    /// What is allowed and yet worth a second look; a sentence each, with what to do.
    var warnings: [String] {
        var out: [String] = []
        let host = HostName.ofURL(broker) ?? broker
        if broker.hasPrefix("mqtt://"), !HostName.isLoopback(host) {
            let what = password == nil ? "what agents say travels" : "the password and what agents say travel"
            out.append("[broker]: \(what) from \(host) in clear; use mqtts://")
        }
        if !isLoopback, pages == nil {
            out.append(
                "[http]: pages and passwords travel from \(address) in clear; set certificate and key, or "
                    + "address = \"127.0.0.1\" and put a proxy with TLS on this machine")
        }
        if let address = cardLink?.url(CardLink.sample), address.lowercased().hasPrefix("http://"),
            let host = HostName.ofURL(address), !HostName.isLoopback(host)
        {
            out.append("[calls]: card-url sends callers' numbers to \(host) in clear; use https://")
        }
        out += exchange?.problems ?? []
        out += webhooks.warnings
        out += syslog?.warnings ?? []
        out += store?.warnings ?? []
        out += retention.warnings
        out += archive.warnings(retention)
        out += epcis?.warnings ?? []
        out += channels.warnings
        if let text = IngestConfiguration.overlap(plan) { out.append("[phones]: \(text)") }
        for (name, other) in sites.sorted(by: { $0.key < $1.key })
        where other.internalPlan != plan.internalPlan || other.region != plan.region {
            if let text = IngestConfiguration.overlap(other) { out.append("[site.\(name)]: \(text)") }
        }
        let silent = teams.filter { $0.internalCards == false }
        for team in teams where team.internalCards ?? internalCards {
            let both = silent.reduce(into: Set<String>()) { $0.formUnion($1.desks.intersection(team.desks)) }.sorted()
            guard let desk = both.first else { continue }
            out.append(
                "[team.\(team.name)]: internal calls show a card at telephone \(desk), although another team of it has "
                    + "internal-cards = false")
        }
        return out
    }

    private static func overlap(_ plan: NumberPlan) -> String? {
        let numbers = plan.emergencyExtensions
        guard !numbers.isEmpty else { return nil }
        return "internal-plan takes the emergency numbers \(numbers.joined(separator: ", ")) for extensions, and these "
            + "are never dialled by click; narrow it"
    }
}
