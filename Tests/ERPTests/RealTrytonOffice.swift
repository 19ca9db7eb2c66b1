import Curl
import Model
import TestSupport
import Testing

@testable import ERP

/// A second client of the same user, for what the connector does not do: making orders, looking at stock.
struct RealTrytonOffice {
    private let database = environment("QUAI_TRYTON_DB") ?? "depot"
    private let wire = CurlWire(url: environment("QUAI_TRYTON_URL") ?? "")
    private let path: String
    private let session: String
    private let context: JSON

    init(user: String = "gateway", password secret: String = "gateway-secret") async throws {
        let probe = try await wire.send(
            ERPRequest(path: "/rpc/", body: Self.body("common.server.version", []), summary: "version"))
        path = probe.status == 200 ? "/\(database)/rpc/" : "/\(database)/"
        let password = JSON.object([("password", .string(secret))])
        let login = try await wire.send(
            ERPRequest(
                path: path, body: Self.body("common.db.login", [.string(user), password, "en"]), summary: "login"))
        let result = try #require(try JSON(parsing: login.body)["result"]?.list)
        session = "Session " + Self.base64("\(user):\(result[0].integer ?? 0):\(result[1].text ?? "")")
        let read = try await Self.call(wire, path, session, "model.res.user.get_preferences", [true, .object([])])
        context = .members(
            (read.fields ?? []).filter { ["company", "companies", "language", "groups"].contains($0.name) })
    }

    static func body(_ method: String, _ parameters: [JSON]) -> JSON {
        .object([("id", 1), ("method", .string(method)), ("params", .array(parameters))])
    }

    static func base64(_ text: String) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var bits = text.utf8.flatMap { byte in (0..<8).reversed().map { Int(byte) >> $0 & 1 } }
        while bits.count % 6 != 0 { bits.append(0) }
        let out = stride(from: 0, to: bits.count, by: 6).map {
            letters[bits[$0..<($0 + 6)].reduce(0) { $0 << 1 | $1 }]
        }
        return String(out) + String(repeating: "=", count: (4 - out.count % 4) % 4)
    }

    private static func call(
        _ wire: CurlWire, _ path: String, _ session: String, _ method: String, _ parameters: [JSON]
    ) async throws -> JSON {
        let request = ERPRequest(
            path: path, headers: [.init(name: "Authorization", value: session)], body: body(method, parameters),
            summary: method)
        let answer = try JSON(parsing: try await wire.send(request).body)
        return try #require(answer["result"], "\(method): \(answer.description.prefix(300))")
    }

    @discardableResult
    func call(_ method: String, _ parameters: [JSON], _ extra: [JSON.Member] = []) async throws -> JSON {
        let context = JSON.members((context.fields ?? []) + extra)
        return try await Self.call(wire, path, session, "model." + method, parameters + [context])
    }

    func rows(_ model: String, _ domain: JSON, _ fields: [String]) async throws -> [JSON] {
        try await call(
            "\(model).search_read", [domain, 0, .null, [["id", "ASC"]], .array(fields.map { .string($0) })]
        ).list ?? []
    }

    /// Pieces of an article in a place (and, for the warehouse, all below it).
    func stock(_ product: Int64, at place: Int64) async throws -> Double {
        let extra = [JSON.Member("locations", [.int(place)]), JSON.Member("with_childs", true)]
        return try await call("product.product.read", [[.int(product)], ["quantity"]], extra).list?.first?[
            "quantity"]?.double ?? -1
    }

    func product(_ code: String) async throws -> Int64 {
        try #require(try await rows("product.product", [["code", "=", .string(code)]], []).first?["id"]?.integer)
    }

    func place(_ code: String) async throws -> Int64 {
        try #require(try await rows("stock.location", [["code", "=", .string(code)]], []).first?["id"]?.integer)
    }

    /// An order that is under way, whose goods are on no shipment; answers its id. Unit nil is pieces.
    func order(_ reference: String, _ lines: [(code: String, quantity: Int)], unit: JSON? = nil) async throws -> Int64 {
        let supplier = try #require(try await rows("party.party", [["code", "=", "SUP-SON"]], []).first?["id"])
        let warehouse = try #require(
            try await rows("stock.location", [["type", "=", "warehouse"]], []).first)
        let pieces = try #require(try await rows("product.uom", [["symbol", "=", "u"]], []).first?["id"])
        let currency = try #require(try await rows("currency.currency", [["code", "=", "EUR"]], []).first?["id"])
        let address = try await rows("party.address", [["party", "=", supplier]], []).first?["id"]
        let term = try await rows("account.invoice.payment_term", [], []).first?["id"]
        var orders: [JSON] = []
        for line in lines {
            let product = JSON.int(try await product(line.code))
            orders.append(
                .object([
                    ("type", "line"), ("product", product), ("quantity", .int(Int64(line.quantity))),
                    ("unit", unit ?? pieces),
                    ("unit_price", .object([("__class__", "Decimal"), ("decimal", "4.10")])),
                ]))
        }
        let order = try await call(
            "purchase.purchase.create",
            [
                [
                    .object([
                        ("party", supplier), ("invoice_address", address),
                        ("reference", .string("PO-" + reference)),
                        ("currency", currency), ("payment_term", term), ("warehouse", warehouse["id"]),
                        ("lines", [["create", .array(orders)]]),
                    ])
                ]
            ])
        for step in ["quote", "confirm"] { try await call("purchase.purchase.\(step)", [order]) }
        let state = try await rows("purchase.purchase", [["id", "in", order]], ["state"]).first?["state"]
        if state == "confirmed" { try await call("purchase.purchase.process", [order]) }
        return try #require(order.list?.first?.integer)
    }

    /// An order that is under way and a shipment that announces all of it.
    func announce(_ reference: String, _ lines: [(code: String, quantity: Int)]) async throws -> Int64 {
        let order = try await order(reference, lines)
        let warehouse = try #require(
            try await rows("stock.location", [["type", "=", "warehouse"]], ["input_location", "storage_location"])
                .first)
        let bought = try #require(
            try await rows("purchase.purchase", [["id", "=", .int(order)]], ["moves", "party"]).first)
        let moves = bought["moves"] ?? []
        let shipment = try await call(
            "stock.shipment.in.create",
            [
                [
                    .object([
                        ("supplier", bought["party"]), ("reference", .string(reference)),
                        ("warehouse", warehouse["id"]),
                        ("warehouse_input", warehouse["input_location"]),
                        ("warehouse_storage", warehouse["storage_location"]), ("incoming_moves", [["add", moves]]),
                    ])
                ]
            ])
        return try #require(shipment.list?.first?.integer)
    }

    /// Draft moves of an order that no shipment announces: what is still to come.
    func toCome(_ reference: String) async throws -> Double {
        let domain: JSON = [
            ["state", "=", "draft"], ["shipment", "=", .null],
            ["origin.purchase.reference", "=", .string("PO-" + reference), "purchase.line"],
        ]
        return try await rows("stock.move", domain, ["quantity"]).reduce(0) { $0 + ($1["quantity"]?.double ?? 0) }
    }
}
