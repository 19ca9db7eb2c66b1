import Depot
import ERP
import Model

/// A client's affairs as a page shows them: what a person may not see is not sent.
struct ERPCardView {
    let affairs: ERPLink.Affairs
    /// Where the ERP's pages are.
    let root: String
    let mayPrices: Bool

    static let shape = Shape<ERPCardView>(
        "ERPAffairs",
        [
            .json("state", .word(ERPLink.Affairs.State.allCases.map(\.rawValue) + ["absent"])) {
                .string($0.affairs.state.rawValue)
            },
            .moment("at", ifAny: \.affairs.at), .text("sentence", ifAny: \.affairs.why),
            .json("orders", .list(entry.schema), ifAny: { $0.json($0.affairs.card?.orders) }),
            .json("invoices", .list(entry.schema), ifAny: { $0.json($0.affairs.card?.invoices) }),
            .json("tickets", .list(entry.schema), ifAny: { $0.json($0.affairs.card?.tickets) }),
            .text("balance", ifAny: { $0.mayPrices ? $0.affairs.card?.balance : nil }),
        ])

    private static let entry = Shape<(entry: ERPCard.Entry, view: ERPCardView)>(
        "ERPEntry",
        [
            .text("name") { $0.entry.name }, .text("state") { $0.entry.state }, .text("date", ifAny: { $0.entry.date }),
            .text("amount", ifAny: { $0.view.mayPrices ? $0.entry.amount : nil }),
            .text("link", ifAny: { shown in shown.entry.path.map { shown.view.root + $0 } }),
        ])

    private func json(_ entries: [ERPCard.Entry]?) -> JSON? {
        entries.map { .array($0.map { ERPCardView.entry.json((entry: $0, view: self)) }) }
    }

    static func json(_ affairs: ERPLink.Affairs, root: String, mayPrices: Bool) -> JSON {
        shape.json(ERPCardView(affairs: affairs, root: root, mayPrices: mayPrices))
    }

    /// Where no ERP knows the client.
    static let absent = JSON.object([("state", "absent")])

    /// Asks once and waits for the answer, within the card's time.
    static func fetch(_ party: String, _ erp: ERPLink, mayPrices: Bool) async -> JSON {
        for await affairs in erp.affairs(of: party) where affairs.state == .fresh || affairs.state == .failed {
            return json(affairs, root: erp.settings.url, mayPrices: mayPrices)
        }
        return absent
    }
}
