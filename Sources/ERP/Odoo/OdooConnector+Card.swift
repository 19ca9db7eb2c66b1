import Model

/// Where a server keeps what is to be done for a client, the first that is there: tickets are in the paid edition only
/// (module helpdesk).
enum OdooTicketSource: CaseIterable, Sendable {
    case helpdesk
    /// `project.task` with `state`, 17 and later.
    case tasks
    /// `project.task` before 17, by the fold of its stage.
    case stagedTasks
    case leads
    /// None of them, or no right.
    case none

    var model: String {
        switch self {
        case .helpdesk: "helpdesk.ticket"
        case .tasks, .stagedTasks: "project.task"
        case .leads: "crm.lead"
        case .none: ""
        }
    }

    var open: [JSON] {
        switch self {
        case .tasks: [.clause("state", "not in", ["1_done", "1_canceled"])]
        case .helpdesk, .stagedTasks: ["|", .clause("stage_id", "=", false), .clause("stage_id.fold", "=", false)]
        case .leads, .none: []
        }
    }
}

/// A client card: who it is first, then its sections side by side.
extension OdooConnector {
    public func card(of party: String) async throws(ERPFault) -> ERPCard {
        let id = try id(party, "client")
        guard let record = try await records(.read("res.partner", [id], ["commercial_partner_id"])).first else {
            throw ERPFault(.gone, "Client \(id) is gone from Odoo.")
        }
        let client = record["commercial_partner_id"]?.odooID ?? id
        async let orders = orders(of: client)
        async let invoices = invoices(of: client)
        async let tickets = tickets(of: client)
        async let balance = balance(of: client)
        return ERPCard(
            orders: try await orders.get(), invoices: try await invoices.get(), tickets: try await tickets.get(),
            balance: try await balance.get())
    }

    /// Nil where the module or the right is missing.
    private func section(_ call: OdooCall) async -> Result<[JSON]?, ERPFault> {
        do {
            return .success(try await records(call))
        } catch  where [.right, .unsupported].contains(error.kind) {
            return .success(nil)
        } catch {
            return .failure(error)
        }
    }

    private func orders(of client: Int64) async -> Result<[ERPCard.Entry]?, ERPFault> {
        let domain = [
            JSON.clause("partner_id", "child_of", .int(client)),
            JSON.clause("state", "in", ["draft", "sent", "sale"]),
        ]
        let found = await section(
            .search(
                "sale.order", domain,
                ["name", "client_order_ref", "state", "date_order", "amount_total", "currency_id"],
                order: "date_order desc, id desc", limit: 10))
        return found.map { records in
            records?.map { record in
                let reference = record["client_order_ref"]?.odooText.map { " (\($0))" } ?? ""
                return entry(
                    record, "sale.order", suffix: reference, state: record["state"]?.odooText, day: "date_order",
                    amount: "amount_total")
            }
        }
    }

    private func invoices(of client: Int64) async -> Result<[ERPCard.Entry]?, ERPFault> {
        let domain = [
            JSON.clause("partner_id", "child_of", .int(client)), JSON.clause("move_type", "=", "out_invoice"),
            JSON.clause("state", "=", "posted"), JSON.clause("payment_state", "in", ["not_paid", "partial"]),
        ]
        let found = await section(
            .search(
                "account.move", domain,
                ["name", "invoice_date_due", "amount_residual", "currency_id", "payment_state"],
                order: "invoice_date_due, id", limit: 10))
        let today = today()
        return found.map { records in
            records?.map { record in
                let isLate = record["invoice_date_due"]?.odooDay.map { $0 < today } ?? false
                let state = isLate ? "overdue" : record["payment_state"]?.odooText
                return entry(record, "account.move", state: state, day: "invoice_date_due", amount: "amount_residual")
            }
        }
    }

    private func tickets(of client: Int64) async -> Result<[ERPCard.Entry]?, ERPFault> {
        for source in ticketSource.map({ [$0] }) ?? OdooTicketSource.allCases where source != .none {
            let domain = [JSON.clause("partner_id", "child_of", .int(client))] + source.open
            let found = await section(.search(source.model, domain, ["name", "stage_id"], order: "id desc", limit: 10))
            switch found {
            case .failure(let fault): return .failure(fault)
            case .success(nil): continue
            case .success(let records?):
                ticketSource = source
                return .success(
                    records.map { entry($0, source.model, state: $0["stage_id"]?.odooName, day: nil, amount: nil) })
            }
        }
        ticketSource = OdooTicketSource.none
        return .success(nil)
    }

    /// What the client owes, by accounting.
    private func balance(of client: Int64) async -> Result<String?, ERPFault> {
        await section(.read("res.partner", [client], ["credit"])).map { records in
            records?.first?["credit"]?.double.map { OdooNumber.money($0) }
        }
    }

    private func entry(
        _ record: JSON, _ model: String, suffix: String = "", state: String?, day: String?, amount: String?
    ) -> ERPCard.Entry {
        let money = amount.flatMap { record[$0]?.double }.map { value in
            "\(OdooNumber.money(value)) \(record["currency_id"]?.odooName ?? "")"
        }
        return ERPCard.Entry(
            name: (record["name"]?.odooText ?? "") + suffix, state: state ?? "",
            date: day.flatMap { record[$0]?.odooDay },
            amount: money.map { $0.last == " " ? String($0.dropLast()) : $0 },
            path: record["id"]?.integer.flatMap { path(model, $0) })
    }
}
