import ERP
import Model

/// A client's affairs as a page shows them: what a person may not see is not sent.
enum ERPCardView {
    static func json(
        _ card: ERPCard?, state: String, at: Int64?, why: String?, root: String, mayPrices: Bool
    ) -> JSON {
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
            ("state", .string(state)), ("at", at.map(JSON.int)), ("sentence", why.map(JSON.string)),
            ("orders", entries(card?.orders)), ("invoices", entries(card?.invoices)),
            ("tickets", entries(card?.tickets)),
            ("balance", mayPrices ? card?.balance.map(JSON.string) : nil),
        ])
    }

    /// Asks once and waits for the answer, within the card's time.
    static func fetch(_ party: String, _ erp: ERPLink, mayPrices: Bool) async -> JSON {
        let (stream, sink) = AsyncStream.makeStream(of: JSON.self, bufferingPolicy: .unbounded)
        let root = erp.settings.url
        let work = Task {
            await erp.card(of: party) { card, state, at, why in
                sink.yield(json(card, state: state, at: at, why: why, root: root, mayPrices: mayPrices))
            }
            sink.finish()
        }
        var last = JSON.object([("state", "waiting")])
        for await update in stream {
            last = update
            if let state = update["state"]?.text, state == "fresh" || state == "failed" { break }
        }
        _ = work
        return last
    }
}
