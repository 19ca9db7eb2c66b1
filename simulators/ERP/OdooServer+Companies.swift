import Model

/// Several companies in one database: the record rules of stock (addons/stock, security), and what a call says about them
/// (`allowed_company_ids`).
extension OdooServer {
    mutating func choose(_ wanted: [Int64]?, _ user: User) throws(OdooError) {
        allowed = user.companies
        guard let wanted, !wanted.isEmpty else { return }
        let known = user.companies ?? Set(ids("res.company"))
        guard wanted.allSatisfy({ known.contains($0) }) else {
            throw OdooError(
                name: "odoo.exceptions.AccessError", message: "Access to unauthorized or invalid companies.")
        }
        allowed = Set(wanted)
    }

    /// What is of no company is everybody's.
    func isVisible(_ model: String, _ id: Int64) -> Bool {
        guard let allowed else { return true }
        return company(of: model, id).map { allowed.contains($0) } ?? true
    }

    private func company(of model: String, _ id: Int64) -> Int64? {
        switch model {
        case "res.company": id
        case "stock.quant": link(model, id, "location_id").flatMap { link("stock.location", $0, "company_id") }
        case "stock.move", "stock.move.line":
            link(model, id, "picking_id").flatMap { link("stock.picking", $0, "company_id") }
                ?? ["location_id", "location_dest_id"].lazy.compactMap { end in
                    self.link(model, id, end).flatMap { self.link("stock.location", $0, "company_id") }
                }.first
        default: link(model, id, "company_id")
        }
    }

    /// The user works for these companies only.
    public mutating func employ(_ login: String, by companies: Set<Int64>) {
        guard let index = users.firstIndex(where: { $0.login == login }) else { return }
        users[index].companies = companies
    }
}
