import Depot
import ERP
import Model

/// What is pulled from the ERP, as the desks take it.
extension ERPProduct {
    /// One for each GTIN.
    var views: [ProductView] {
        gtins.map {
            ProductView(
                gtin: $0, description: description, reference: reference, unit: unit, tracking: tracking.rawValue,
                erp: id, cartons: packagings.map { .init(gtin: $0.gtin, quantity: $0.quantity) })
        }
    }
}

extension ERPParty {
    /// With the numbers that tell who calls.
    func told(_ plan: NumberPlan) -> PullDesk.Party {
        let numbers = numbers.map { plan.number($0) }.filter { $0.kind != .withheld && $0.key != "raw:" }
        return PullDesk.Party(id: id, company: company, name: name, code: code, numbers: numbers)
    }
}

extension ERPReceipt {
    /// Nil where no line of it is an article that can be scanned.
    var announced: Announced? {
        let lines = lines.compactMap { line in
            line.gtin.map {
                Announced.Line(
                    gtin: $0, description: line.description, quantity: line.quantity, erp: line.id,
                    erpProduct: line.product)
            }
        }
        guard !lines.isEmpty else { return nil }
        return Announced(
            note: references.first ?? name, supplier: supplier, expectedOn: expectedOn, erp: id, erpPath: path,
            lines: lines)
    }
}
