import Model

/// What is announced and not done: draft shipments of suppliers, and what confirmed purchases still lack.
///
/// A purchase makes a draft move of whatever its lines lack, on no shipment, until somebody makes one (modules/purchase); after
/// a short delivery likewise. So a purchase is offered as a receipt of its own, under its own name, and gets its shipment when
/// it is pushed. Its id, `purchase/4/1`, counts the shipments it had: what comes later is another receipt.
extension TrytonConnector {
    /// One call per hundred shipments, one per five hundred moves of purchases.
    public func openReceipts() async throws(ERPFault) -> [ERPReceipt] {
        do throws(TrytonError) {
            let warehouse = try await theWarehouse()
            let receipts = try await shipments(warehouse) + orders(warehouse)
            return receipts.sorted {
                ($0.expectedOn ?? "9", $0.id.count, $0.id) < ($1.expectedOn ?? "9", $1.id.count, $1.id)
            }
        } catch {
            throw error.asFault
        }
    }

    private func shipments(_ warehouse: TrytonWarehouse) async throws(TrytonError) -> [ERPReceipt] {
        let fields = TrytonShipment.fields(lots: try await knowsLots(), codes: true)
        var receipts: [ERPReceipt] = []
        var after: Int64 = 0
        while true {
            let domain: JSON = [
                ["state", "=", "draft"], ["warehouse", "=", .int(warehouse.id)], ["id", ">", .int(after)],
            ]
            let rows = try await rows(.search("stock.shipment.in", domain, limit: 100, order: Self.byID, fields))
            // A draft with our key in its reference is a push of ours that is under way.
            receipts += rows.compactMap(TrytonShipment.init).filter { !$0.reference.contains("(quai/") }
                .map { receipt($0) }
            guard rows.count == 100, let last = rows.last?["id"]?.integer else { return receipts }
            after = last
        }
    }

    /// Purchases with moves on no shipment. Without the module, or the right to read purchases, there are none: `probe` says so.
    private func orders(_ warehouse: TrytonWarehouse) async throws(TrytonError) -> [ERPReceipt] {
        guard hasPurchases else { return [] }
        let fields =
            TrytonMove.fields(lots: try await knowsLots()) + TrytonMove.codes + TrytonOrder.fields
        var orders: [TrytonOrder] = []
        var after: Int64 = 0
        while true {
            let domain: JSON = [
                ["state", "=", "draft"], ["shipment", "=", .null], ["from_location.type", "=", "supplier"],
                ["to_location", "=", .int(warehouse.input)], ["id", ">", .int(after)],
            ]
            let page: [JSON]
            do throws(TrytonError) {
                page = try await rows(.search("stock.move", domain, limit: 500, order: Self.byID, fields))
            } catch {
                guard error.kind == .unsupported || error.kind == .right else { throw error }
                hasPurchases = error.kind != .unsupported
                return []
            }
            for row in page {
                guard let move = TrytonMove(row), var order = TrytonOrder(row) else { continue }
                if let index = orders.firstIndex(where: { $0.id == order.id }) {
                    orders[index].moves.append(move)
                } else {
                    order.moves = [move]
                    orders.append(order)
                }
            }
            guard page.count == 500, let last = page.last?["id"]?.integer else { break }
            after = last
        }
        return orders.map { order in
            ERPReceipt(
                id: order.receipt, name: order.number, references: order.references, supplier: order.supplierName,
                expectedOn: order.plannedOn, lines: order.moves.map { line($0) },
                path: path("purchase.purchase", order.id))
        }
    }

    private func receipt(_ shipment: TrytonShipment) -> ERPReceipt {
        ERPReceipt(
            id: String(shipment.id), name: shipment.number, references: shipment.references,
            supplier: shipment.supplierName.isEmpty ? String(shipment.supplier) : shipment.supplierName,
            expectedOn: shipment.plannedOn, lines: shipment.live.map { line($0) },
            path: path("stock.shipment.in", shipment.id))
    }

    private func line(_ move: TrytonMove) -> ERPReceipt.Line {
        ERPReceipt.Line(
            id: String(move.id), product: String(move.product), gtin: move.gtin, description: move.productName,
            quantity: Quantity(nearest: move.quantity) ?? 0, tracking: move.tracksLots ? .lot : .none,
            reference: move.code,
            codes: move.otherCodes)
    }

    // MARK: A purchase that is received

    /// The shipment of a purchase that had none: made with the moves that were offered, if they are as they were. In a dry run it
    /// is what it would be.
    func shipment(
        of purchase: Int64, _ reception: ReceptionPush, dry: Bool, planned: inout [ERPRequest]
    ) async throws(TrytonError) -> TrytonShipment {
        let ids = reception.lines.compactMap { $0.line.flatMap { Int64($0) } }
        let fields = TrytonMove.fields(lots: try await knowsLots()) + TrytonOrder.fields
        let found = try await rows(
            .search("stock.move", [["id", "in", .array(ids.map { .int($0) })]], order: Self.byID, fields))
        let order = found.compactMap(TrytonOrder.init).first { $0.id == purchase }
        guard let order else {
            throw .fault(
                ERPFault(.conflict, "Nothing of what was announced is expected of purchase \(purchase) any more."))
        }
        for id in ids {
            guard let row = found.first(where: { $0["id"]?.integer == id }), let move = TrytonMove(row) else {
                let words = "Purchase \(order.number) was changed there: one of its lines is gone."
                throw .fault(ERPFault(.conflict, words))
            }
            let elsewhere = TrytonValue.reference(row["shipment"])
            guard move.state == "draft", elsewhere == nil else {
                let words =
                    elsewhere.map { _ in "is on another receipt there" }
                    ?? (move.state == "cancelled" ? "was cancelled there" : "is \(move.state) there already")
                throw .fault(ERPFault(.conflict, "Purchase \(order.number), \(move.productName): it \(words)."))
            }
        }
        let warehouse = try await theWarehouse()
        let call = TrytonCall.create(
            "stock.shipment.in",
            [
                .object([
                    ("supplier", .int(order.supplier)), ("reference", .string(Self.reference(reception))),
                    ("warehouse", .int(warehouse.id)), ("warehouse_input", .int(warehouse.input)),
                    ("warehouse_storage", .int(warehouse.storage)), ("planned_date", TrytonValue.date(today())),
                    ("incoming_moves", [["add", .array(ids.map { .int($0) })]]),
                ])
            ])
        if dry {
            planned += try await plan(call)
            let rows = JSON.object([
                ("id", 0), ("state", "draft"), ("supplier", .int(order.supplier)), ("number", .string(order.number)),
                ("warehouse_input", .int(warehouse.input)), ("warehouse_storage", .int(warehouse.storage)),
                ("supplier_location", order.supplierLocation.map { .int($0) }), ("incoming_moves.", .array(found)),
            ])
            guard let shipment = TrytonShipment(rows) else { throw .fault(ERPFault(.foreign, "No shipment.")) }
            return shipment
        }
        let id = try await created(call)[0]
        guard let shipment = try await shipment([["id", "=", .int(id)]]) else {
            throw .fault(ERPFault(.unknownOutcome, "The receipt of purchase \(order.number) did not arrive."))
        }
        return shipment
    }
}

/// A purchase with what it still lacks, as its moves tell it.
struct TrytonOrder: Equatable {
    var id: Int64
    var number: String
    var reference: String
    var supplier: Int64
    var supplierName: String
    var supplierLocation: Int64?
    /// Shipments that have carried some of it.
    var shipments: Int
    var plannedOn: String?
    var moves: [TrytonMove] = []

    static let fields = [
        "shipment", "planned_date", "from_location", "purchase.number", "purchase.reference", "purchase.party",
        "purchase.party.rec_name", "purchase.shipments",
    ]

    init?(_ row: JSON) {
        guard let order = row["purchase."], let id = order["id"]?.integer, let supplier = order["party"]?.integer else {
            return nil
        }
        (self.id, self.supplier) = (id, supplier)
        number = order["number"]?.text ?? String(id)
        reference = order["reference"]?.text ?? ""
        supplierName = order["party."]?["rec_name"]?.text ?? String(supplier)
        supplierLocation = row["from_location"]?.integer
        shipments = order["shipments"]?.list?.count ?? 0
        plannedOn = TrytonValue.day(row["planned_date"])
    }

    /// `purchase/4/1`
    var receipt: String { "purchase/\(id)/\(shipments)" }

    /// The id in such a receipt's; nil for a shipment's.
    static func purchase(_ receipt: String) -> Int64? {
        let parts = receipt.split(separator: "/")
        guard parts.count >= 2, parts[0] == "purchase" else { return nil }
        return Int64(parts[1])
    }

    /// What papers may say of it.
    var references: [String] { [reference, number].filter { !$0.isEmpty } }
}
