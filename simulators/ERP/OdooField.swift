import Model

/// A field of a model, with what `fields_get` says of it.
struct OdooField: Sendable {
    var name: String
    /// `char`, `float`, `many2one`, `one2many`, …
    var type: String
    var relation: String?
    /// The field of the other side of a one2many.
    var inverse: String?
    var isRequired = false
    /// Follows from others and is not kept.
    var isComputed = false

    var empty: JSON {
        switch type {
        case "float": .number(0)
        case "integer": 0
        case "one2many", "many2many": []
        default: false
        }
    }

    private init(_ name: String, _ type: String, _ relation: String? = nil, _ inverse: String? = nil) {
        self.name = name
        self.type = type
        self.relation = relation
        self.inverse = inverse
    }

    /// `name:type`, `name:type>relation`, `name:type>relation.inverse`; a `!` at the end: required, `*`: computed. With
    /// the series that have it before: `17-18|mobile:char`.
    private init?(_ text: String, series: Int) {
        var rest = text[...]
        if let bar = rest.firstIndex(of: "|") {
            let bounds = rest[..<bar].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard series >= bounds[0] ?? 0, series <= (bounds.count > 1 ? bounds[1] : bounds[0]) ?? 99 else {
                return nil
            }
            rest = rest[rest.index(after: bar)...]
        }
        let isRequired = rest.hasSuffix("!")
        let isComputed = rest.hasSuffix("*")
        if isRequired || isComputed { rest = rest.dropLast() }
        let parts = rest.split(separator: ":").map { String($0) }
        let kind = parts[1].split(separator: ">").map { String($0) }
        var relation: String?
        var inverse: String?
        if kind.count > 1 {
            let target = kind[1].split(separator: "/").map { String($0) }
            relation = target[0]
            inverse = target.count > 1 ? target[1] : nil
        }
        self.init(parts[0], kind[0], relation, inverse)
        self.isRequired = isRequired
        self.isComputed = isComputed
    }

    static func list(_ text: String, series: Int) -> [OdooField] {
        text.split(separator: " ").compactMap { OdooField(String($0), series: series) }
    }

    /// Every model of a series, with the names it has there.
    static func schema(series: Int) -> [String: [OdooField]] {
        var schema: [String: [OdooField]] = [:]
        for (model, fields) in models(lot: series >= 16 ? "stock.lot" : "stock.production.lot", series: series) {
            schema[model] =
                [OdooField("id", "integer"), OdooField("display_name", "char")] + list(fields, series: series)
        }
        return schema
    }

    private static func models(lot: String, series: Int) -> [String: String] {
        let moves = series >= 16 ? "move_ids" : "move_lines"
        var models = [
            "product.product": """
            name:char default_code:char barcode:char tracking:selection uom_id:many2one>uom.uom qty_available:float* \
            type:selection active:boolean product_tmpl_id:many2one>product.template 17-|is_kits:boolean
            """,
            "product.template": "name:char",
            "uom.uom": """
            name:char factor:float rounding:float 14-18|factor_inv:float* 14-18|ratio:float* 14-18|uom_type:selection \
            14-18|category_id:many2one>uom.category \
            19-|relative_factor:float 19-|relative_uom_id:many2one>uom.uom
            """,
            "stock.location": """
            name:char complete_name:char usage:selection barcode:char location_id:many2one>stock.location \
            company_id:many2one>res.company
            """,
            "res.company": "name:char",
            "res.currency": "name:char",
            "res.users": "login:char name:char email:char",
            "stock.picking.type": """
            name:char code:selection sequence:integer default_location_src_id:many2one>stock.location \
            default_location_dest_id:many2one>stock.location warehouse_id:many2one>stock.warehouse \
            company_id:many2one>res.company sequence_code:char 17-|create_backorder:selection \
            return_picking_type_id:many2one>stock.picking.type
            """,
            "procurement.group": "name:char",
            "stock.return.picking": """
            picking_id:many2one>stock.picking 14-17|location_id:many2one>stock.location \
            product_return_moves:one2many>stock.return.picking.line/wizard_id
            """,
            "stock.return.picking.line": """
            wizard_id:many2one>stock.return.picking product_id:many2one>product.product! quantity:float \
            move_id:many2one>stock.move to_refund:boolean
            """,
            "stock.warehouse": """
            name:char code:char company_id:many2one>res.company lot_stock_id:many2one>stock.location \
            view_location_id:many2one>stock.location in_type_id:many2one>stock.picking.type \
            int_type_id:many2one>stock.picking.type reception_steps:selection
            """,
            "stock.scrap": """
            name:char origin:char state:selection product_id:many2one>product.product! scrap_qty:float \
            product_uom_id:many2one>uom.uom lot_id:many2one>\(lot) location_id:many2one>stock.location \
            package_id:many2one>stock.quant.package owner_id:many2one>res.partner scrap_location_id:many2one>stock.location
            """,
            "stock.picking": """
            name:char origin:char state:selection* partner_id:many2one>res.partner scheduled_date:datetime note:html \
            picking_type_id:many2one>stock.picking.type! picking_type_code:selection* \
            location_id:many2one>stock.location \
            location_dest_id:many2one>stock.location \(moves):one2many>stock.move/picking_id \
            move_line_ids:one2many>stock.move.line/picking_id backorder_id:many2one>stock.picking \
            purchase_id:many2one>purchase.order company_id:many2one>res.company owner_id:many2one>res.partner
            """,
            "purchase.order": """
            name:char partner_ref:char partner_id:many2one>res.partner origin:char \
            picking_ids:one2many>stock.picking/purchase_id
            """,
            "uom.category": "name:char",
            "stock.move": """
            14-18|name:char! product_id:many2one>product.product! product_uom_qty:float product_uom:many2one>uom.uom \
            14-16|quantity_done:float* 17-|quantity:float* product_qty:float* reference:char* is_inventory:boolean \
            19-|inventory_name:char date:datetime picking_id:many2one>stock.picking state:selection \
            location_id:many2one>stock.location location_dest_id:many2one>stock.location \
            move_line_ids:one2many>stock.move.line/move_id origin_returned_move_id:many2one>stock.move \
            move_orig_ids:many2many>stock.move \
            create_uid:many2one>res.users 14-18|group_id:many2one>procurement.group
            """,
            "stock.move.line": """
            product_id:many2one>product.product! product_uom_id:many2one>uom.uom! 14-16|qty_done:float \
            17-|quantity:float 17-|picked:boolean lot_id:many2one>\(lot) lot_name:char picking_id:many2one>stock.picking \
            package_id:many2one>stock.quant.package result_package_id:many2one>stock.quant.package \
            owner_id:many2one>res.partner move_id:many2one>stock.move location_id:many2one>stock.location location_dest_id:many2one>stock.location \
            14-15|product_uom_qty:float 16-16|reserved_uom_qty:float 14-15|product_qty:float* 16-16|reserved_qty:float* \
            17-|quantity_product_uom:float* reference:char* date:datetime state:selection* tracking:selection*
            """,
            lot: "name:char! product_id:many2one>product.product! company_id:many2one>res.company product_qty:float*",
            "stock.quant": """
            product_id:many2one>product.product location_id:many2one>stock.location lot_id:many2one>\(lot) \
            package_id:many2one>stock.quant.package owner_id:many2one>res.partner quantity:float \
            reserved_quantity:float inventory_quantity:float 15-|inventory_quantity_set:boolean 15-|inventory_diff_quantity:float \
            15-|is_outdated:boolean* 15-|inventory_date:date product_uom_id:many2one>uom.uom*
            """,
            "stock.backorder.confirmation": """
            pick_ids:many2many>stock.picking \
            backorder_confirmation_line_ids:one2many>stock.backorder.confirmation.line/backorder_confirmation_id
            """,
            "stock.backorder.confirmation.line": """
            backorder_confirmation_id:many2one>stock.backorder.confirmation picking_id:many2one>stock.picking \
            to_backorder:boolean
            """,
            "res.partner": """
            name:char! is_company:boolean parent_id:many2one>res.partner commercial_partner_id:many2one>res.partner* \
            child_ids:one2many>res.partner/parent_id ref:char comment:html type:selection phone:char 14-18|mobile:char \
            phone_sanitized:char* phone_mobile_search:char* credit:float active:boolean
            """,
            "mail.message": "model:char res_id:integer body:html date:datetime",
            "mail.activity": """
            res_model:char res_id:integer summary:char note:html date_deadline:date user_id:many2one>res.users \
            activity_type_id:many2one>mail.activity.type
            """,
            "mail.activity.type": "name:char category:selection",
            "sale.order": """
            name:char client_order_ref:char state:selection date_order:datetime amount_total:float \
            currency_id:many2one>res.currency partner_id:many2one>res.partner invoice_status:selection \
            delivery_status:selection
            """,
            "account.move": """
            name:char invoice_date_due:date amount_residual:float payment_state:selection state:selection \
            move_type:selection partner_id:many2one>res.partner currency_id:many2one>res.currency
            """,
            "project.project": "name:char",
            "project.task.type": "name:char fold:boolean",
            "project.task": """
            name:char 17-|state:selection stage_id:many2one>project.task.type project_id:many2one>project.project \
            partner_id:many2one>res.partner
            """,
            "helpdesk.ticket": "name:char stage_id:many2one>project.task.type partner_id:many2one>res.partner",
            "crm.lead": "name:char stage_id:many2one>project.task.type partner_id:many2one>res.partner",
        ]
        if series >= 19 {
            models["product.uom"] = "product_id:many2one>product.product uom_id:many2one>uom.uom barcode:char"
        } else {
            models["product.packaging"] = "name:char product_id:many2one>product.product qty:float barcode:char"
        }
        if series >= 15 {
            models["stock.inventory.conflict"] =
                "quant_ids:many2many>stock.quant quant_to_fix_ids:many2many>stock.quant"
        } else {
            models["stock.inventory"] = """
                name:char state:selection location_ids:many2many>stock.location product_ids:many2many>product.product \
                line_ids:one2many>stock.inventory.line/inventory_id
                """
            models["stock.inventory.line"] = """
                inventory_id:many2one>stock.inventory product_id:many2one>product.product \
                product_uom_id:many2one>uom.uom location_id:many2one>stock.location prod_lot_id:many2one>\(lot) theoretical_qty:float product_qty:float
                """
        }
        return models
    }
}
