import Depot
import Model
import Platform

extension CentreMetrics {
    /// Sign-ins by providers and with the ERP's password; nothing where there are none.
    static func addSignIns(_ wiring: Wiring, to metrics: inout Prometheus) {
        let names = wiring.openID.links.map(\.settings.name)
        if !names.isEmpty {
            let counts = wiring.openID.counts.with { $0 }
            let rows = names.flatMap { name -> [([(String, String)], Double)] in
                let one = counts[name] ?? OpenIDSignIn.Counts()
                return [([("provider", name), ("result", "good")], Double(one.good))]
                    + OpenIDFault.Kind.allCases.map { kind in
                        ([("provider", name), ("result", kind.rawValue)], Double(one.refused[kind] ?? 0))
                    }
            }
            metrics.add("quai_ingest_openid_sign_ins_total", "counter", "Sign-ins by providers, by result.", rows)
            metrics.add(
                "quai_ingest_openid_sessions_ended_total", "counter", "Sessions that a provider ended.",
                names.map { ([("provider", $0)], Double(counts[$0]?.ended ?? 0)) })
        }
        let screens = wiring.screens.counts
        metrics.add(
            "quai_ingest_screens_waiting", "gauge", "Screens of docks that wait for a badge.",
            [([], Double(wiring.screens.waiting))])
        metrics.add(
            "quai_ingest_badges_total", "counter", "Badges read where a screen is bound, by what became of them.",
            [
                ([("result", "opened")], Double(screens.opened)), ([("result", "refused")], Double(screens.refused)),
                ([("result", "nobodys")], Double(screens.strangers)), ([("result", "unused")], Double(screens.unused)),
            ])
        guard let erp = wiring.accounts.erp else { return }
        let counts = erp.counts.with { $0 }
        metrics.add(
            "quai_ingest_erp_passwords_total", "counter", "Passwords that the ERP was asked about, by its answer.",
            [
                ([("result", "right")], Double(counts.right)), ([("result", "wrong")], Double(counts.wrong)),
                ([("result", "away")], Double(counts.away)),
            ])
    }
}
