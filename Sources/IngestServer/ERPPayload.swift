import ERP
import Depot
import Model

/// What is queued for the ERP, as it stands in the database: made when the decision was, sent whenever the server answers.
enum ERPPayload {
    /// What a closed delivery tells. `product` gives the ERP's product and its tracking.
    static func reception(_ view: DeliveryView, supplier: String?, product: (String) -> ProductView?) -> JSON {
        let lines: [JSON] = view.lines.filter { $0.received > 0 || $0.erp != nil }.map { line in
            let known = product(line.gtin)
            var lots: [JSON] = []
            if known?.tracking == "serial", line.serials.count == line.received {
                lots = line.serials.map { .object([("number", .string($0)), ("quantity", 1)]) }
            } else if known?.tracking != "none" || known?.erp == nil {
                lots = line.lots.map {
                    .object([
                        ("number", .string($0.number)), ("quantity", .int(Int64($0.quantity))),
                        ("expires", $0.expires.map(JSON.string)),
                    ])
                }
            }
            return .object([
                ("line", line.erp.map(JSON.string)), ("product", (line.erpProduct ?? known?.erp).map(JSON.string)),
                ("gtin", .string(line.gtin)), ("quantity", .int(Int64(line.received))), ("lots", .array(lots)),
            ])
        }
        let standing = view.decisions.filter { $0.undoneBy == nil }
        let isGivenUp = standing.contains { $0.kind == .never } && !standing.contains { $0.kind == .later }
        return .object([
            ("title", .string("\(view.note) · \(view.supplier)")), ("receipt", view.erp.map(JSON.string)),
            ("note", .string(view.note)), ("supplier", supplier.map(JSON.string)), ("lines", .array(lines)),
            ("backorder", .bool(!isGivenUp)),
        ])
    }

    static func take(_ view: StockTakeView, location: String, product: (String) -> ProductView?) -> JSON {
        .object([
            ("title", .string(view.zone)), ("location", .string(location)), ("complete", .bool(view.isComplete)),
            (
                "lines",
                .array(
                    view.lines.map { line in
                        .object([
                            ("product", product(line.gtin)?.erp.map(JSON.string)), ("gtin", .string(line.gtin)),
                            ("counted", .int(Int64(line.counted))), ("expected", .int(Int64(line.expected))),
                            ("moved", .int(Int64(line.moved))),
                        ])
                    })
            ),
        ])
    }

    static func call(party: String, subject: String, note: String, callBackOn: String?, title: String) -> JSON {
        .object([
            ("title", .string(title)), ("party", .string(party)), ("subject", .string(subject)),
            ("note", .string(note)),
            ("callBackOn", callBackOn.map(JSON.string)),
        ])
    }

    static func party(_ view: PartyView, e164: [String]) -> JSON {
        .object([
            ("title", .string([view.company, view.name].filter { !$0.isEmpty }.joined(separator: ", "))),
            ("company", .string(view.company)), ("name", .string(view.name)),
            ("numbers", .array(e164.map(JSON.string))),
        ])
    }

    /// Sends a job's payload, or says what would be sent.
    static func push(_ job: ERPJob, by connector: any ERPConnector, dry: Bool) async throws(ERPFault) -> PushOutcome {
        let payload = job.payload
        func text(_ name: String) -> String { payload[name]?.text ?? "" }
        switch job.kind {
        case .reception:
            return try await connector.push(
                ReceptionPush(
                    key: job.key, receipt: payload["receipt"]?.text, note: text("note"),
                    supplier: payload["supplier"]?.text, lines: (payload["lines"]?.list ?? []).map(receptionLine),
                    backorder: payload["backorder"]?.truth ?? true,
                    accepted: (payload["accepted"]?.list ?? []).compactMap(\.text)), dry: dry)
        case .take:
            let lines = (payload["lines"]?.list ?? []).map { line in
                StockTakePush.Line(
                    product: line["product"]?.text, gtin: line["gtin"]?.text ?? "", lot: line["lot"]?.text,
                    counted: Int(line["counted"]?.integer ?? 0), expected: Int(line["expected"]?.integer ?? 0),
                    movedSince: Int(line["moved"]?.integer ?? 0))
            }
            return try await connector.push(
                StockTakePush(
                    key: job.key, location: text("location"), lines: lines,
                    isComplete: payload["complete"]?.truth ?? false), dry: dry)
        case .call:
            return try await connector.push(
                CallPush(
                    key: job.key, party: text("party"), subject: text("subject"), note: text("note"),
                    callBackOn: payload["callBackOn"]?.text), dry: dry)
        case .party:
            return try await connector.push(
                PartyPush(
                    key: job.key, company: text("company"), name: text("name"),
                    numbers: (payload["numbers"]?.list ?? []).compactMap(\.text)), dry: dry)
        }
    }

    private static func receptionLine(_ line: JSON) -> ReceptionPush.Line {
        ReceptionPush.Line(
            line: line["line"]?.text, product: line["product"]?.text, gtin: line["gtin"]?.text ?? "",
            quantity: Int(line["quantity"]?.integer ?? 0),
            lots: (line["lots"]?.list ?? []).map {
                .init(
                    number: $0["number"]?.text ?? "", quantity: Int($0["quantity"]?.integer ?? 0),
                    expires: $0["expires"]?.text)
            })
    }
}
