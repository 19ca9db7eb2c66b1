import ERP
import Model

/// A client's affairs as a page shows them: what a person may not see is not sent.
enum ERPCardView {
    static func json(_ affairs: ERPLink.Affairs, root: String, mayPrices: Bool) -> JSON {
        func entries(_ list: [ERPCard.Entry]?) -> JSON? {
            list.map { list in
                .array(
                    list.map { entry in
                        .object([
                            ("name", .string(entry.name)), ("state", .string(entry.state)),
                            ("date", entry.date.map(JSON.string)),
                            ("amount", mayPrices ? entry.amount.map(JSON.string) : nil),
                            ("link", entry.path.map { .string(root + $0) }),
                        ])
                    })
            }
        }
        return .object([
            ("state", .string(affairs.state.rawValue)), ("at", affairs.at.map(JSON.int)),
            ("sentence", affairs.why.map(JSON.string)), ("orders", entries(affairs.card?.orders)),
            ("invoices", entries(affairs.card?.invoices)), ("tickets", entries(affairs.card?.tickets)),
            ("balance", mayPrices ? affairs.card?.balance.map(JSON.string) : nil),
        ])
    }

    /// Asks once and waits for the answer, within the card's time.
    static func fetch(_ party: String, _ erp: ERPLink, mayPrices: Bool) async -> JSON {
        for await affairs in erp.affairs(of: party) where affairs.state == .fresh || affairs.state == .failed {
            return json(affairs, root: erp.settings.url, mayPrices: mayPrices)
        }
        return .object([("state", "absent")])
    }
}
