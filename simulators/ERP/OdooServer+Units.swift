import Model

/// Units of measure and rights, as the recorded servers have them (addons/uom; ir.model.access).
extension OdooServer {
    mutating func loadUnits() {
        func unit(_ name: String, _ factor: Double, _ type: String, relative: (Double, Int64)? = nil) -> Record {
            var record: Record = [
                "name": .string(name), "factor": .number(factor), "rounding": .number(0.01), "uom_type": .string(type),
            ]
            if let relative {
                record["relative_factor"] = .number(relative.0)
                record["relative_uom_id"] = .int(relative.1)
            }
            return record
        }
        if series >= 19 {
            set("uom.uom", 1, "relative_factor", .number(1))
            _ = insert("uom.uom", unit("cm", 10, "", relative: (10, 7)), id: 8)
            _ = insert("uom.uom", unit("m", 1000, "", relative: (100, 8)), id: 9)
            _ = insert("uom.uom", unit("kg", 1000, "", relative: (1000, 15)), id: 16)
            _ = insert("uom.uom", unit("Pack of 12", 12, "", relative: (12, 1)), id: 31)
        } else {
            for name in ["Unit", "Length / Distance", "Weight"] { _ = insert("uom.category", ["name": .string(name)]) }
            set("uom.uom", 1, "uom_type", "reference")
            set("uom.uom", 1, "category_id", 1)
            _ = insert("uom.uom", unit("Dozens", 1.0 / 12, "bigger"), id: 2)
            _ = insert("uom.uom", unit("m", 1, "reference"), id: 5)
            _ = insert("uom.uom", unit("cm", 100, "smaller"), id: 8)
            _ = insert("uom.uom", unit("kg", 1, "reference"), id: 12)
            for (id, category) in [(2, 1), (5, 2), (8, 2), (12, 3)] as [(Int64, Int64)] {
                set("uom.uom", id, "category_id", .int(category))
            }
        }
    }

    /// Twelve pieces.
    public var dozen: Int64 { series >= 19 ? 31 : 2 }
    public var metre: Int64 { series >= 19 ? 9 : 5 }
    public var centimetre: Int64 { 8 }

    func unit(ofProduct product: Int64?) -> Int64? { product.flatMap { link("product.product", $0, "uom_id") } }

    /// To 18 the factor says how many of a unit are one reference unit, from 19 on how many reference units it is.
    func converted(_ quantity: Double, from: Int64?, to: Int64?) -> Double {
        guard let from, let to, from != to else { return quantity }
        let (one, other) = (number("uom.uom", from, "factor"), number("uom.uom", to, "factor"))
        guard one > 0, other > 0 else { return quantity }
        let value = series >= 19 ? quantity * one / other : quantity / one * other
        let rounding = number("uom.uom", to, "rounding")
        return rounding > 0 ? (value / rounding).rounded() * rounding : value
    }

    /// A line's quantity in the article's own unit.
    func ownQuantity(_ line: Int64, _ field: String) -> Double {
        converted(
            number("stock.move.line", line, field), from: link("stock.move.line", line, "product_uom_id"),
            to: unit(ofProduct: link("stock.move.line", line, "product_id")))
    }

    // MARK: Rights

    /// `check_access_rights` to 18, `has_access` from 18 on, `has_group` to 17; nil: another method.
    func access(_ call: OdooInvocation, _ user: User) throws(OdooError) -> JSON? {
        switch call.method {
        case "check_access_rights" where series <= 18:
            return .bool(mayDo(call.argument("operation", 0)?.text ?? "", call.model, user))
        case "has_access" where series >= 18:
            return .bool(mayDo(call.argument("operation", 1)?.text ?? "", call.model, user))
        case "has_group" where series <= 17 && call.model == "res.users":
            let group = call.argument("group_ext_id", 0)?.text
            return .bool(group == "stock.group_stock_manager" ? user.isManager : true)
        default: return nil
        }
    }

    private func mayDo(_ operation: String, _ model: String, _ user: User) -> Bool {
        !user.forbidden.contains(model) && user.denied[model]?.contains(operation) != true
    }

    /// A right that a user does not have: `read`, `write`, `create`, `unlink`.
    public mutating func deny(_ operations: Set<String>, on model: String, to login: String) {
        guard let index = users.firstIndex(where: { $0.login == login }) else { return }
        users[index].denied[model, default: []].formUnion(operations)
    }

    /// All rights that were taken from a user.
    public mutating func permitAll(to login: String) {
        guard let index = users.firstIndex(where: { $0.login == login }) else { return }
        users[index].forbidden = []
        users[index].denied = [:]
    }

    public mutating func speak(_ lang: String, to login: String) {
        guard let index = users.firstIndex(where: { $0.login == login }) else { return }
        users[index].lang = lang
    }

    /// An article's name in another language.
    public mutating func translate(product: Int64, _ lang: String, _ name: String) {
        set("product.product", product, "name@\(lang)", .string(name))
    }
}
