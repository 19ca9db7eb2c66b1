import Depot
import Followers
import Model

/// `docs/reference/rights.md`: roles × actions, endpoints and messages, as they are.
enum RightsPage {
    static func text(_ endpoints: [Endpoint]) -> String {
        let roles = Role.builtIn
        var lines = [
            "# Rights", "",
            "Made by `edge-ingest role table`; a test holds it against the code. How to give a role: [people](../how-to/people.md).",
            "",
            "`x` is allowed. *open* is everybody's who is signed in, of what is theirs; *anybody* needs no session.",
            "",
            "A scope narrows it: of sites and zones what stands there (deliveries, counts, stock, scans, gateways), of teams and",
            "queues the calls. What lies outside is not listed, not found and not told: `404`, or `403 outside-scope` where a zone is",
            "named. What stands nowhere yet, such as a delivery that is expected, is everybody's.", "",
            "## Actions", "",
        ]
        lines += table(["action"], roles, Permission.allCases) { action in
            (["`\(action.rawValue)`"], { $0.permissions.contains(action) })
        }
        let carriers = Permission.allCases.filter { !$0.carried.isEmpty }
        lines += [
            "",
            carriers.map { carrier in
                "`\(carrier.rawValue)` carries "
                    + carrier.carried.map { "`\($0.rawValue)`" }.sorted().joined(separator: ", ") + "."
            }.joined(separator: " "), "", "## Endpoints", "",
        ]
        lines += table(["endpoint", "needs"], roles, endpoints) { endpoint in
            let needs = endpoint.needs == .session ? "open" : endpoint.needs.name
            return (
                ["`\(endpoint.title)`", needs],
                { endpoint.needs.admits($0.permissions.contains) }
            )
        }
        lines += ["", "## Messages of the stream", ""]
        lines += table(["message", "needs"], roles, PageMessage.Kind.allCases) { kind in
            (
                ["`\(kind.rawValue)`", kind.needs?.rawValue ?? "open"],
                { kind.needs.map($0.permissions.contains) ?? true }
            )
        }
        lines += ["", "## The search", ""]
        lines += table(["what is found", "needs"], roles, SearchTable.Found.allCases) { found in
            (["\(found.rawValue)", found.needs.rawValue], { $0.permissions.contains(found.needs) })
        }
        let calls = Permission.callsSee
        lines.append(row(["call", calls.rawValue] + roles.map { $0.permissions.contains(calls) ? "x" : "" }))
        return lines.joined(separator: "\n") + "\n"
    }

    private static func table<Item>(
        _ heads: [String], _ roles: [Role], _ items: [Item], _ line: (Item) -> ([String], (Role) -> Bool)
    ) -> [String] {
        let names = heads + roles.map(\.name)
        return [row(names), row(names.map { _ in "---" })]
            + items.map { item in
                let (cells, may) = line(item)
                return row(cells + roles.map { may($0) ? "x" : "" })
            }
    }

    private static func row(_ cells: [String]) -> String { "| \(cells.joined(separator: " | ")) |" }
}
