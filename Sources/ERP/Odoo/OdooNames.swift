import Model

/// Names that differ between the series (observed), chosen by what `fields_get` shows and not by the number.
struct OdooNames: Equatable, Sendable {
    /// `quantity` (with `picked`), `qty_done` before 17.
    var done: String
    var hasPicked: Bool
    /// `move_ids`, `move_lines` before 16.
    var moves: String
    /// `stock.lot`, `stock.production.lot` before 16.
    var lot: String
    var hasTracking: Bool
    /// What a line announces in its unit and in the article's own: how a line in dozens is seen without a call.
    var announced: String?
    var announcedOwn: String?
    /// With module product_expiry.
    var hasExpiry: Bool
    /// With module purchase_stock.
    var hasPurchase: Bool
    /// With module stock_delivery.
    var hasTrackingNumber: Bool

    static let lineFields = [
        "qty_done", "quantity", "picked", "lot_id", "lot_name", "product_uom_id", "tracking", "expiration_date",
        "quantity_product_uom", "reserved_qty", "reserved_uom_qty", "product_qty", "product_uom_qty",
    ]
    static let pickingFields = ["move_lines", "move_ids", "purchase_id", "carrier_tracking_ref"]

    /// Nil: there is no stock module as we know it.
    init?(lines: JSON, pickings: JSON) {
        guard let done = ["quantity", "qty_done"].first(where: { lines[$0] != nil }) else { return nil }
        self.done = done
        hasPicked = lines["picked"] != nil
        moves = pickings["move_ids"] != nil ? "move_ids" : "move_lines"
        lot = lines["lot_id"]?["relation"]?.odooText ?? (hasPicked ? "stock.lot" : "stock.production.lot")
        hasTracking = lines["tracking"] != nil
        let pairs = [
            ("quantity", "quantity_product_uom"), ("reserved_uom_qty", "reserved_qty"),
            ("product_uom_qty", "product_qty"),
        ]
        let pair = pairs.first { lines[$0.0] != nil && lines[$0.1] != nil }
        (announced, announcedOwn) = (pair?.0, pair?.1)
        hasExpiry = lines["expiration_date"] != nil
        hasPurchase = pickings["purchase_id"] != nil
        hasTrackingNumber = pickings["carrier_tracking_ref"] != nil
    }

    /// What a move line is read with.
    var lineReading: [String] {
        var fields = [
            "picking_id", "move_id", "product_id", done, "lot_id", "lot_name", "location_id", "location_dest_id",
            "product_uom_id", "result_package_id", "state",
        ]
        for field in [announced, announcedOwn] {
            if let field, !fields.contains(field) { fields.append(field) }
        }
        if hasPicked { fields.append("picked") }
        if hasTracking { fields.append("tracking") }
        return fields
    }
}
