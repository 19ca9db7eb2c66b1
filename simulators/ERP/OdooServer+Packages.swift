import Model

/// Packages and owners of what lies in stock (addons/stock, stock_move.py, `_action_done`).
extension OdooServer {
    /// A package is in one place.
    func checkPackages(_ picking: Int64) throws(OdooError) {
        for line in links("stock.picking", picking, "move_line_ids") {
            guard let package = link("stock.move.line", line, "result_package_id") else { continue }
            let places = ids("stock.quant").filter {
                link("stock.quant", $0, "package_id") == package && number("stock.quant", $0, "quantity") > 0
            }.compactMap { link("stock.quant", $0, "location_id") }
            guard Set(places).count < 2 else {
                throw .user(
                    "You cannot move the same package content more than once in the same transfer or split the same "
                        + "package into two location.")
            }
        }
    }

    /// What is announced comes in a package.
    public mutating func pack(product: Int64, inReceipt id: Int64, package: Int64) {
        for line in links("stock.picking", id, "move_line_ids")
        where link("stock.move.line", line, "product_id") == product {
            set("stock.move.line", line, "result_package_id", .int(package))
        }
    }

    /// Goods of somebody else.
    public mutating func consign(product: Int64, lot: Int64? = nil, at place: Int64, _ quantity: Double, owner: Int64) {
        addStock(product, place, lot, quantity, owner: owner)
    }

    /// What is announced is somebody else's.
    public mutating func assign(owner: Int64, toReceipt id: Int64) {
        set("stock.picking", id, "owner_id", .int(owner))
    }

    /// What lies at a place and below it, by package or by owner; nil: of none.
    public func onHand(product: Int64, location: Int64, package: Int64?) -> Double {
        stock(product, location) { link("stock.quant", $0, "package_id") == package }
    }

    public func onHand(product: Int64, location: Int64, owner: Int64?) -> Double {
        stock(product, location) { link("stock.quant", $0, "owner_id") == owner }
    }

    private func stock(_ product: Int64, _ location: Int64, _ isMeant: (Int64) -> Bool) -> Double {
        ids("stock.quant").filter { quant in
            link("stock.quant", quant, "product_id") == product && isMeant(quant)
                && ancestry("stock.location", link("stock.quant", quant, "location_id") ?? 0).contains(location)
        }.reduce(0) { $0 + number("stock.quant", $1, "quantity") }
    }
}
