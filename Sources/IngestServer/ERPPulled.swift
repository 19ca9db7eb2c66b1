import Depot
import ERP
import Model

/// What is pulled from the ERP, as the desks take it.
extension ERPProduct {
    var told: PullDesk.Product {
        var view = ProductView(
            gtin: "", description: description, reference: reference, unit: unit, tracking: tracking.rawValue,
            cartons: packagings.map { .init(gtin: $0.gtin, quantity: $0.quantity) })
        view.codes = codes
        return PullDesk.Product(view, id: id, gtins: gtins)
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
    var told: PullDesk.Receipt {
        let lines = lines.map { line in
            var view = ProductView(
                gtin: "", description: line.description, reference: line.reference, tracking: line.tracking.rawValue)
            view.codes = line.codes
            return PullDesk.Receipt.Line(
                id: line.id, product: .init(view, id: line.product, gtins: line.gtin.map { [$0] } ?? []),
                quantity: line.quantity)
        }
        return PullDesk.Receipt(
            id: id, name: name, references: references, supplier: supplier, expectedOn: expectedOn, path: path,
            lines: lines)
    }
}
