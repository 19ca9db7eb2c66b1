import Depot
import ERP
import Model

/// Sends what is queued for the ERP, as it stands in the database, whenever the server answers.
enum ERPPush {
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
        case .correction:
            guard let receipt = payload["receipt"]?.text, !receipt.isEmpty else {
                throw ERPFault(.gone, "The ERP has no receipt yet that could be corrected: the reception goes first.")
            }
            return try await connector.push(
                CorrectionPush(
                    key: job.key, receipt: receipt, note: text("note"), reason: text("reason"),
                    supplier: payload["supplier"]?.text, lines: (payload["lines"]?.list ?? []).map(correctionLine),
                    damaged: (payload["damaged"]?.list ?? []).map(correctionLine)),
                dry: dry)
        case .take:
            let lines = (payload["lines"]?.list ?? []).map { line -> StockTakePush.Line in
                func amount(_ name: String) -> Quantity { line[name].flatMap { Quantity($0) } ?? 0 }
                return StockTakePush.Line(
                    product: line["product"]?.text, gtin: line["gtin"]?.text ?? "", lot: line["lot"]?.text,
                    counted: amount("counted"), expected: amount("expected"), movedSince: amount("moved"),
                    begin: line["begin"].flatMap { Quantity($0) }, told: amount("told"))
            }
            // Where the ERP was asked, what is to become zero was shown, and stands among the lines.
            let isComplete = payload["complete"]?.truth == true && payload["begun"]?.truth != true
            return try await connector.push(
                StockTakePush(
                    key: job.key, location: text("location"), lines: lines, isComplete: isComplete,
                    accepted: (payload["accepted"]?.list ?? []).compactMap(\.text)), dry: dry)
        case .call:
            return try await connector.push(
                CallPush(
                    key: job.key, party: text("party"), subject: text("subject"), note: text("note"),
                    callBackOn: payload["callBackOn"]?.text, person: payload["person"]?.text,
                    closes: keys(payload["closes"]), reopens: keys(payload["reopens"])), dry: dry)
        case .party:
            return try await connector.push(
                PartyPush(
                    key: job.key, company: text("company"), name: text("name"),
                    numbers: (payload["numbers"]?.list ?? []).compactMap(\.text)), dry: dry)
        case .transfer:
            let lines = (payload["lines"]?.list ?? []).map(transferLine)
            return try await connector.push(
                TransferPush(key: job.key, from: text("from"), to: text("to"), lines: lines), dry: dry)
        case .file: return .planned([])  // Written: ExchangeOut.
        case .book: return .planned([])  // Read, not pushed: ERPLink.
        }
    }

    /// A list; of before a text.
    private static func keys(_ keys: JSON?) -> [String] {
        keys?.list?.compactMap(\.text) ?? [keys?.text].compactMap(\.self)
    }

    private static func correctionLine(_ line: JSON) -> CorrectionPush.Line {
        CorrectionPush.Line(
            line: line["line"]?.text, product: line["product"]?.text, gtin: line["gtin"]?.text ?? "",
            lot: line["lot"]?.text, expires: line["expires"]?.text,
            change: line["quantity"].flatMap { Quantity($0) } ?? 0)
    }

    private static func transferLine(_ line: JSON) -> TransferPush.Line {
        TransferPush.Line(
            product: line["product"]?.text, gtin: line["gtin"]?.text ?? "", lot: line["lot"]?.text,
            quantity: line["quantity"].flatMap { Quantity($0) } ?? 0)
    }

    private static func receptionLine(_ line: JSON) -> ReceptionPush.Line {
        ReceptionPush.Line(
            line: line["line"]?.text, product: line["product"]?.text, gtin: line["gtin"]?.text ?? "",
            quantity: line["quantity"].flatMap { Quantity($0) } ?? 0,
            lots: (line["lots"]?.list ?? []).map {
                .init(
                    number: $0["number"]?.text ?? "", quantity: $0["quantity"].flatMap { Quantity($0) } ?? 0,
                    expires: $0["expires"]?.text)
            }, damaged: line["damaged"].flatMap { Quantity($0) } ?? 0)
    }
}
