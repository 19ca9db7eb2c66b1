import Model

/// Module mrp: kits, whose parts are announced and stocked in their place (addons/mrp).
extension OdooServer {
    /// An article that is a kit of these parts, in their own units, `made` at once.
    @discardableResult
    public mutating func addKit(
        _ name: String, code: String, barcode: String?, parts: [(product: Int64, quantity: Double)], made: Double = 1
    ) -> Int64 {
        if schema["mrp.bom"] == nil {
            let head = "id:integer display_name:char "
            schema["mrp.bom"] = OdooField.list(
                head + "type:selection sequence:integer product_id:many2one>product.product "
                    + "product_tmpl_id:many2one>product.template product_qty:float product_uom_id:many2one>uom.uom",
                series: series)
            schema["mrp.bom.line"] = OdooField.list(
                head + "bom_id:many2one>mrp.bom product_id:many2one>product.product product_qty:float "
                    + "product_uom_id:many2one>uom.uom bom_product_template_attribute_value_ids:many2many>product.template",
                series: series)
            for product in ids("product.product") { giveTemplate(product) }
        }
        let kit = addProduct(name, code: code, barcode: barcode)
        giveTemplate(kit)
        set("product.product", kit, "is_kits", true)
        let bom = insert(
            "mrp.bom",
            [
                "type": "phantom", "sequence": 1, "product_tmpl_id": raw("product.product", kit, "product_tmpl_id"),
                "product_qty": .number(made), "product_uom_id": 1,
            ])
        for (product, quantity) in parts {
            _ = insert(
                "mrp.bom.line",
                [
                    "bom_id": .int(bom), "product_id": .int(product), "product_qty": .number(quantity),
                    "product_uom_id": unit(ofProduct: product).map { .int($0) } ?? false,
                ])
        }
        return kit
    }

    private mutating func giveTemplate(_ product: Int64) {
        guard link("product.product", product, "product_tmpl_id") == nil else { return }
        let template = insert("product.template", ["name": raw("product.product", product, "name")])
        set("product.product", product, "product_tmpl_id", .int(template))
    }
}
