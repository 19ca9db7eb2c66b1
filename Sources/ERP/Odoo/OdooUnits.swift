import Model

/// Odoo's units of measure (`uom.uom`), with its factors and rounding (addons/uom).
struct OdooUnits: Equatable, Sendable {
    struct Unit: Equatable, Sendable {
        var name: String
        /// How many of its reference unit one of it is: 12 of a dozen.
        var size: Double
        /// The smallest part that is written: 0.01.
        var rounding: Double
    }

    var units: [Int64: Unit] = [:]

    /// `isSize`: the factor says how many reference units it is (19 and later); to 18 it says how many make one.
    init(_ records: [JSON] = [], isSize: Bool = false) {
        for record in records {
            guard let id = record["id"]?.integer, let factor = record["factor"]?.double, factor > 0, factor.isFinite
            else { continue }
            units[id] = Unit(
                name: record["name"]?.odooText ?? "unit \(id)", size: isSize ? factor : 1 / factor,
                rounding: record["rounding"]?.double ?? 0)
        }
    }

    /// The same where a unit is not known.
    func convert(_ quantity: Double, from: Int64?, to: Int64?) -> Double {
        guard let from, let to, from != to, let one = units[from], let other = units[to], other.size > 0 else {
            return quantity
        }
        let value = quantity * one.size / other.size
        // Twelve twelfths are one, and not 0.9999999.
        return (value * 1e6).rounded() / 1e6
    }

    /// A quantity that its unit cannot hold, in a sentence; nil: it can.
    func refusal(of quantity: Double, unit: Int64?, article: String) -> ERPFault? {
        guard let unit = unit.flatMap({ units[$0] }), unit.rounding > 0 else { return nil }
        let steps = quantity / unit.rounding
        guard (steps - steps.rounded()).magnitude > 1e-4 else { return nil }
        return ERPFault(
            .rule,
            "\(OdooNumber.text(quantity)) \(unit.name) of \(article) cannot be written in Odoo: it rounds to "
                + "\(OdooNumber.text(unit.rounding)).")
    }
}
