import Model

/// A client's affairs, read side by side. There are no tickets: no usual module has them.
extension TrytonConnector {
    private typealias Section<Value> = Result<Value?, TrytonError>

    public func card(of party: String) async throws(ERPFault) -> ERPCard {
        guard let id = Int64(party) else { throw ERPFault(.gone, "Party \(party) is gone.") }
        async let orders = orders(id)
        async let invoices = invoices(id)
        async let balance = balance(id)
        do throws(TrytonError) {
            return ERPCard(
                orders: try await orders.get(), invoices: try await invoices.get(), tickets: nil,
                balance: try await balance.get())
        } catch {
            throw error.asFault
        }
    }

    private func orders(_ party: Int64) async -> Section<[ERPCard.Entry]> {
        let states: JSON = ["draft", "quotation", "confirmed", "processing"]
        return await entries(
            "sale.sale", [["party", "=", .int(party)], ["state", "in", states]],
            order: [["sale_date", "DESC NULLS FIRST"], ["id", "DESC"]], name: ["number", "reference"],
            date: "sale_date",
            amount: "total_amount")
    }

    private func invoices(_ party: Int64) async -> Section<[ERPCard.Entry]> {
        await entries(
            "account.invoice", [["party", "=", .int(party)], ["type", "=", "out"], ["state", "=", "posted"]],
            order: [["invoice_date", "DESC"], ["id", "DESC"]], name: ["number", "reference"], date: "invoice_date",
            amount: "amount_to_pay")
    }

    private func entries(
        _ model: String, _ domain: JSON, order: JSON, name: [String], date: String, amount: String
    ) async -> Section<[ERPCard.Entry]> {
        let call = TrytonCall.search(
            model, domain, limit: 20, order: order, name + ["state", date, amount, "currency.code"])
        do throws(TrytonError) {
            let rows = try await rows(call)
            return .success(
                rows.compactMap { row in
                    guard let id = row["id"]?.integer else { return nil }
                    let currency = row["currency."]?["code"]?.text
                    return ERPCard.Entry(
                        name: name.compactMap { row[$0]?.text }.filter { !$0.isEmpty }.joined(separator: " "),
                        state: row["state"]?.text ?? "", date: TrytonValue.day(row[date]),
                        amount: TrytonValue.decimalText(row[amount]).map {
                            [$0, currency].compactMap { $0 }.joined(separator: " ")
                        },
                        path: path(model, id))
                })
        } catch {
            return Self.absent(error)
        }
    }

    /// What the party owes; needs module account.
    private func balance(_ party: Int64) async -> Section<String> {
        do throws(TrytonError) {
            let domain: JSON = [["id", "=", .int(party)], ["active", "in", [true, false]]]
            let rows = try await rows(.search("party.party", domain, limit: 1, ["receivable"]))
            guard let row = rows.first else { return .failure(.fault(ERPFault(.gone, "Party \(party) is gone."))) }
            return .success(TrytonValue.decimalText(row["receivable"]))
        } catch {
            return Self.absent(error)
        }
    }

    /// A model, field or right that is missing leaves a section out; anything else is a fault.
    private static func absent<Value>(_ error: TrytonError) -> Section<Value> {
        error.kind == .unsupported || error.kind == .right ? .success(nil) : .failure(error)
    }
}
