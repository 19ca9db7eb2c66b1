import Model

/// The depot of the recorded exchanges: the same articles, GTINs, parties and receipts, with their ids.
extension OdooServer {
    private static let articles: [(name: String, code: String, stock: Double, tracking: String)] = [
        ("Disjoncteur 16A courbe C", "DJ16C", 120, "none"), ("Disjoncteur 20A courbe C", "DJ20C", 80, "none"),
        ("Disjoncteur 32A courbe C", "DJ32C", 40, "none"),
        ("Interrupteur differentiel 40A 30mA", "ID40A", 25, "none"),
        ("Interrupteur differentiel 63A 30mA", "ID63A", 12, "none"), ("Prise 2P+T blanche", "PR2PT", 300, "none"),
        ("Interrupteur va-et-vient", "VV01", 260, "none"), ("Boite d'encastrement 67mm", "BE67", 1000, "none"),
        ("Cable R2V 3G1.5 couronne 100m", "R2V3G15", 18, "lot"),
        ("Cable R2V 3G2.5 couronne 100m", "R2V3G25", 14, "lot"),
        ("Cable R2V 5G6 touret 500m", "R2V5G6", 2, "lot"), ("Gaine ICTA 20mm couronne 100m", "ICTA20", 45, "none"),
        ("Goulotte 40x25 longueur 2m", "GL4025", 90, "none"), ("Tableau electrique 2 rangees", "TB2R", 22, "none"),
        ("Tableau electrique 4 rangees", "TB4R", 9, "none"), ("Luminaire LED 600x600 36W", "LED6060", 60, "none"),
        ("Hublot LED etanche 15W", "HUB15", 48, "none"), ("Borne de recharge 7kW", "WB7", 0, "serial"),
        ("Compteur d'energie triphase", "CPT3", 0, "serial"), ("Detecteur de mouvement 180", "DM180", 34, "none"),
    ]
    private static let suppliers = [
        ("Sonedis Lyon", "04 65 71 00 11"), ("Rexor Annecy", "04 65 71 00 22"), ("Cables du Rhone", "04 65 71 00 33"),
    ]
    /// Name, telephone, mobile.
    private static let customers = [
        ("Boulangerie Martin", "01 99 00 12 34", "06 39 98 12 34"), ("Clinique des Alpes", "04 65 71 20 02", ""),
        ("Garage Bernard", "03 53 01 30 03", "06 39 98 30 03"), ("Hotel du Lac", "+33 4 65 71 40 04", ""),
        ("Menuiserie Petit", "0639985005", ""), ("Pharmacie Leroy", "02.61.91.60.06", ""),
        ("SCI Les Tilleuls", "05 36 49 70 07", ""),
    ]
    private static let receipts: [(supplier: Int64, order: String, reference: String, lines: [(String, Int)])] = [
        (0, "P00001", "PO-REF-1001", [("DJ16C", 60), ("DJ20C", 40), ("ID40A", 10)]),
        (1, "P00002", "PO-REF-1002", [("PR2PT", 200), ("VV01", 150), ("LED6060", 30), ("HUB15", 24)]),
        (2, "P00003", "PO-REF-1003", [("R2V3G15", 6), ("R2V3G25", 4), ("WB7", 2)]),
        (0, "P00004", "PO-REF-1004", [("TB4R", 5), ("TB2R", 10)]),
    ]

    /// A GTIN under the company prefix that GS1 keeps for examples.
    public static func gtin(_ serial: Int, width: Int = 13) -> String {
        let number = "9521321" + String(serial + 100_000).dropFirst()
        let body = String(repeating: "1", count: width - 1 - number.count) + number
        var sum = 0
        for (index, digit) in body.reversed().enumerated() {
            sum += (digit.wholeNumberValue ?? 0) * (index % 2 == 0 ? 3 : 1)
        }
        return body + String((10 - sum % 10) % 10)
    }

    private var isNew: Bool { series >= 19 }
    /// `Partners/Vendors`
    var vendors: Int64 { isNew ? 1 : 4 }
    /// `WH/Stock`
    public var stockLocation: Int64 { isNew ? 5 : 8 }
    /// The bins, B-01 and B-02 follow each other.
    public var firstBin: Int64 { isNew ? 13 : 17 }
    /// The first of the suppliers; the customers come after them.
    public var firstSupplier: Int64 { isNew ? 6 : 7 }
    public var firstCustomer: Int64 { firstSupplier + 3 }

    /// `Virtual Locations/Inventory adjustment`: where a count takes from and puts to.
    var adjustments: Int64 { isNew ? 11 : 14 }
    /// `Virtual Locations/Scrap`: where scrapped goods go, with quants of their own.
    var scrapped: Int64 { isNew ? 12 : 16 }

    mutating func load() {
        let user: Int64 = isNew ? 5 : 6
        users = [
            User(id: user, login: "gateway", password: "gateway-secret", key: "gateway-key", isManager: false),
            User(id: user + 1, login: "manager", password: "manager-secret", key: "manager-key", isManager: true),
            User(
                id: user + 2, login: "clerk", password: "clerk-secret", key: "clerk-key", isManager: false,
                forbidden: ["stock.picking", "stock.move", "stock.move.line", lotModel]),
        ]
        _ = insert("res.company", ["name": "Depot Duret Test SARL"])
        _ = insert("uom.uom", ["name": "Units", "factor": .number(1), "rounding": .number(0.01)])
        _ = insert("res.currency", ["name": "EUR"], id: 126)
        _ = insert(
            "res.users", ["login": "nadia@firm.example", "name": "Nadia", "email": "nadia@firm.example"], id: 77)
        _ = insert("mail.activity.type", ["name": "Call", "category": "phonecall"], id: 2)
        _ = insert("project.project", ["name": "SAV"])
        loadPlaces()
        loadParties()
        loadArticles()
        loadReceipts()
        loadAffairs()
        loadUnits()
        tables.next["stock.quant"] = 54
    }

    private mutating func loadPlaces() {
        func place(_ name: String, _ complete: String, _ usage: String, _ parent: Int64?) -> Record {
            [
                "name": .string(name), "complete_name": .string(complete), "usage": .string(usage),
                "location_id": parent.map { .int($0) } ?? false, "company_id": usage == "internal" ? 1 : false,
            ]
        }
        _ = insert(
            "stock.location", place("Vendors", isNew ? "Vendors" : "Partners/Vendors", "supplier", nil), id: vendors)
        _ = insert("stock.location", place("WH", "WH", "view", nil), id: stockLocation - 1)
        _ = insert("stock.location", place("Stock", "WH/Stock", "internal", stockLocation - 1), id: stockLocation)
        _ = insert(
            "stock.location",
            place(
                "Inventory adjustment", isNew ? "Inventory adjustment" : "Virtual Locations/Inventory adjustment",
                "inventory", nil), id: adjustments)
        _ = insert(
            "stock.location", place("Scrap", isNew ? "Scrap" : "Virtual Locations/Scrap", "inventory", nil),
            id: scrapped)
        for (index, code) in ["A-01", "A-02", "B-01", "B-02"].enumerated() {
            var bin = place(code, "WH/Stock/\(code)", "internal", stockLocation)
            bin["barcode"] = .string(code)
            _ = insert("stock.location", bin, id: firstBin + Int64(index))
        }
        _ = insert(
            "stock.picking.type",
            [
                "name": "Receipts", "code": "incoming", "sequence": 1, "sequence_code": "IN", "company_id": 1,
                "warehouse_id": 1,
                "default_location_src_id": series >= 17 ? .int(vendors) : false,
                "default_location_dest_id": .int(stockLocation),
            ])
        let deliveries = insert(
            "stock.picking.type",
            [
                "name": "Delivery Orders", "code": "outgoing", "sequence": 2, "sequence_code": "OUT", "company_id": 1,
                "warehouse_id": 1, "default_location_src_id": .int(stockLocation),
            ])
        set("stock.picking.type", 1, "return_picking_type_id", .int(deliveries))
        let transfers = insert(
            "stock.picking.type",
            [
                "name": "Internal Transfers", "code": "internal", "sequence": 4, "sequence_code": "INT",
                "company_id": 1,
                "warehouse_id": 1, "default_location_src_id": .int(stockLocation),
                "default_location_dest_id": .int(stockLocation),
            ], id: isNew ? 7 : 5)
        _ = insert(
            "stock.warehouse",
            [
                "name": "Depot Albertville", "code": "WH", "company_id": 1, "lot_stock_id": .int(stockLocation),
                "view_location_id": .int(stockLocation - 1), "in_type_id": 1, "int_type_id": .int(transfers),
                "reception_steps": "one_step",
            ])
    }

    private mutating func loadParties() {
        let all = OdooServer.suppliers.map { ($0.0, $0.1, "") } + OdooServer.customers
        for (index, (name, phone, mobile)) in all.enumerated() {
            var partner: Record = [
                "name": .string(name), "phone": .string(phone), "is_company": true, "active": true,
                "type": "contact",
            ]
            if series <= 18, !mobile.isEmpty { partner["mobile"] = .string(mobile) }
            _ = insert("res.partner", partner, id: firstSupplier + Int64(index))
        }
    }

    private mutating func loadArticles() {
        for (index, article) in OdooServer.articles.enumerated() {
            let id = addProduct(
                article.name, code: article.code, barcode: OdooServer.gtin(index + 1), tracking: article.tracking)
            guard article.stock > 0 || article.tracking == "none" else { continue }
            var lot: JSON = false
            if article.tracking == "lot" {
                lot = .int(
                    insert(
                        lotModel, ["name": .string("LOT-\(article.code)-0"), "product_id": .int(id), "company_id": 1]))
            }
            _ = insert(
                "stock.quant",
                [
                    "product_id": .int(id), "location_id": .int(stockLocation), "lot_id": lot,
                    "quantity": .number(article.stock),
                ], id: 2 * id - 1)
        }
        for serial in 1...2 {
            let code = JSON.string(OdooServer.gtin(serial, width: 14))
            if series >= 19 {
                let carton = insert("uom.uom", ["name": "Carton", "factor": .number(10)])
                _ = insert("product.uom", ["product_id": .int(Int64(serial)), "uom_id": .int(carton), "barcode": code])
            } else {
                _ = insert(
                    "product.packaging",
                    ["name": "Carton", "product_id": .int(Int64(serial)), "qty": .number(10), "barcode": code])
            }
        }
    }

    private mutating func loadReceipts() {
        tables.next["stock.move"] = 19
        tables.next["stock.move.line"] = 19
        for receipt in OdooServer.receipts {
            let order = insert(
                "purchase.order",
                [
                    "name": .string(receipt.order), "partner_ref": .string(receipt.reference),
                    "partner_id": .int(firstSupplier + receipt.supplier),
                ])
            let lines = receipt.lines.map { code, quantity in
                (Int64(OdooServer.articles.firstIndex { $0.code == code } ?? 0) + 1, Double(quantity))
            }
            let id = addReceipt(supplier: firstSupplier + receipt.supplier, origin: receipt.order, lines: lines)
            set("stock.picking", id, "purchase_id", .int(order))
        }
    }

    private mutating func loadAffairs() {
        let client = JSON.int(firstCustomer)
        let day = isNew ? "2026-11-21 05:59:1" : "2026-11-21 05:58:0"
        _ = insert(
            "sale.order",
            [
                "name": "S00001", "client_order_ref": "DEV-2026-01", "state": "draft", "date_order": .string("\(day)3"),
                "amount_total": .number(575), "currency_id": 126, "partner_id": client, "invoice_status": "no",
                "delivery_status": false,
            ])
        _ = insert(
            "sale.order",
            [
                "name": "S00002", "client_order_ref": "CMD-2026-02", "state": "sale", "date_order": .string("\(day)4"),
                "amount_total": .number(267.49), "currency_id": 126, "partner_id": client,
                "invoice_status": "to invoice", "delivery_status": "pending",
            ])
        _ = insert(
            "account.move",
            [
                "name": "INV/2026/00001", "invoice_date_due": "2026-11-01", "amount_residual": .number(812.5),
                "payment_state": "not_paid", "state": "posted", "move_type": "out_invoice",
                "partner_id": .int(firstCustomer + 1), "currency_id": 126,
            ])
        _ = insert(
            "project.task",
            ["name": "Hublot en panne", "state": "01_in_progress", "project_id": 1, "partner_id": client],
            id: isNew ? 2 : 1)
    }
}
