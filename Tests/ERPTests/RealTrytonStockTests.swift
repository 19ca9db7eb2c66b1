import Model
import TestSupport
import Testing

@testable import ERP

/// What the stand-in was taught, on the real server: counts by difference, goods put away, purchases without a shipment, units,
/// rights. In the suite of the other real tests, one after another; about ten seconds.
extension RealTrytonTests {
    private func quantity(_ stock: [ERPStock], _ product: Int64, lot: String? = nil) -> Quantity {
        stock.first { $0.product == String(product) && $0.lot == lot }?.quantity ?? 0
    }

    private func move(
        _ key: String, _ product: Int64, _ quantity: Quantity, lot: String? = nil, from: String = "STO", to: String
    ) -> TransferPush {
        TransferPush(
            key: "quai/move/\(Self.run)-\(key)", from: from, to: to,
            lines: [TransferPush.Line(product: String(product), gtin: "", lot: lot, quantity: quantity)])
    }

    @Test func whatIsPutAwayIsMovedOnceWhereverTheProcessDies() async throws {
        let office = try await RealTrytonOffice()
        let product = try await office.product("PR2PT")
        let calm = Line()
        _ = try await timed("put away", calm) { try await $0.push(move("0", product, 2, to: "A-02"), dry: false) }
        // After each of its writes.
        let calls = calm.calls.filter { $0 != "ir.model.access.get_access" }
        let deaths = calls.indices.filter { calls[$0].hasPrefix("stock.") && !calls[$0].hasSuffix("search_read") }
        #expect(deaths.count == 4)
        let connector = Line().connector
        for death in deaths {
            let before = try await (connector.stock(at: "STO"), connector.stock(at: "A-02"))
            let push = move("\(death)", product, 3, to: "A-02")
            _ = try? await Line(dieAfter: death + 1).connector.push(push, dry: false)
            _ = try await connector.push(push, dry: false)
            let after = try await (connector.stock(at: "STO"), connector.stock(at: "A-02"))
            #expect(quantity(after.0, product) == quantity(before.0, product) - 3, "after call \(death + 1)")
            #expect(quantity(after.1, product) == quantity(before.1, product) + 3, "after call \(death + 1)")
        }
        let there = quantity(try await connector.stock(at: "STO"), product)
        let more = move("more", product, there + 1, to: "A-02")
        #expect(await trytonFault { _ = try await connector.push(more, dry: false) }?.kind == .conflict)
    }

    @Test func aCountByDifferenceKeepsWhatOthersMoved() async throws {
        let office = try await RealTrytonOffice()
        let (plain, tracked) = (try await office.product("LED6060"), try await office.product("R2V3G15"))
        let line = Line()
        let connector = line.connector
        _ = try await connector.push(move("a", plain, 9, to: "A-01"), dry: false)
        _ = try await connector.push(move("b", tracked, 2, lot: "LOT-R2V3G15-0", to: "A-01"), dry: false)
        let begin = try await timed("stock of a place", line) { try await $0.stock(at: "A-01") }
        func counted(_ product: Int64, _ change: Quantity, lot: String? = nil) -> StockTakePush.Line {
            let book = quantity(begin, product, lot: lot)
            return StockTakePush.Line(
                product: String(product), gtin: "", lot: lot, counted: book + change, expected: book, begin: book)
        }
        let lots = ("LOT-R2V3G15-0", "FOUND-\(Self.run)")
        let take = StockTakePush(
            key: "quai/take/\(Self.run)-difference", location: "A-01",
            lines: [
                counted(plain, -1), counted(tracked, -1, lot: lots.0), counted(tracked, 1, lot: lots.1),
                StockTakePush.Line(product: nil, gtin: "04006381333931", counted: 2, expected: 0, begin: 0),
            ])
        // Somebody puts away four more before the push.
        _ = try await connector.push(move("c", plain, 4, to: "A-01"), dry: false)
        let outcome = try await timed("stock take by difference", line) { try await $0.push(take, dry: false) }
        _ = try await Line().connector.push(take, dry: false)
        guard case .done(_, let words) = outcome else { return }
        #expect(words.contains("+4") && words.contains("04006381333931 (2 counted)"), "\(words)")
        let after = try await connector.stock(at: "A-01")
        #expect(quantity(after, plain) == quantity(begin, plain) + 3)
        #expect(quantity(after, tracked, lot: lots.0) == quantity(begin, tracked, lot: lots.0) - 1)
        #expect(quantity(after, tracked, lot: lots.1) == 1)
        // All of it leaves: what is missing is more than is there.
        _ = try await connector.push(move("d", plain, quantity(after, plain), from: "A-01", to: "STO"), dry: false)
        let key = "quai/take/\(Self.run)-late"
        let late = StockTakePush(key: key, location: "A-01", lines: [counted(plain, -2)])
        #expect(await trytonFault { _ = try await connector.push(late, dry: false) }?.kind == .conflict)
        let complete = StockTakePush(key: key, location: "A-01", lines: [], isComplete: true)
        guard case .planned(let plan) = try await connector.push(complete, dry: true) else { return }
        #expect(plan.contains { $0.summary.contains("sets to 0") && $0.summary.contains(lots.1) })
    }

    @Test func aPurchaseIsReceivedItsRestComesBackAndExcessIsAccepted() async throws {
        let office = try await RealTrytonOffice()
        let reference = "OR-\(Self.run)"
        let id = try await office.order(reference, [("TB4R", 5), ("HUB15", 4)])
        let connector = Line().connector
        func offered() async throws -> ERPReceipt? {
            try await connector.openReceipts().first { $0.id.hasPrefix("purchase/\(id)/") }
        }
        let first = try #require(try await offered())
        #expect(first.supplier == "Sonedis Lyon" && first.references == ["PO-" + reference, first.name])
        func push(_ receipt: ERPReceipt, _ change: Quantity, key: String) -> ReceptionPush {
            let lines = receipt.lines.map {
                ReceptionPush.Line(
                    line: $0.id, product: $0.product, gtin: $0.gtin ?? "", quantity: $0.quantity + change)
            }
            return ReceptionPush(
                key: "quai/reception/\(Self.run)-\(key)", receipt: receipt.id, note: reference, lines: lines)
        }
        _ = try await connector.push(push(first, -2, key: "order"), dry: false)
        let rest = try #require(try await offered())
        #expect(rest.id != first.id && rest.name == first.name && rest.lines.map(\.quantity) == [2, 2])
        _ = try await connector.push(push(rest, 1, key: "rest"), dry: false)
        _ = try await Line().connector.push(push(rest, 1, key: "rest"), dry: false)
        #expect(try await offered() == nil)
        let order = try await office.rows(
            "purchase.purchase", [["id", "=", .int(id)]], ["shipment_state", "moves.quantity", "moves.state"])
        #expect(order.first?["shipment_state"] == "received")
        #expect(order.first?["moves."]?.list?.reduce(0) { $0 + ($1["quantity"]?.double ?? 0) } == 11)
    }

    @Test func dozensAreReceivedInPieces() async throws {
        let admin = try await RealTrytonOffice(user: "admin", password: "admin-secret")
        let piece = try #require(try await admin.rows("product.uom", [["symbol", "=", "u"]], ["category"]).first)
        let dozen = try await admin.call(
            "product.uom.create",
            [
                [
                    .object([
                        ("name", .string("Dozen \(Self.run)")), ("symbol", "dz"), ("category", piece["category"]),
                        ("factor", 12), ("rate", .number(0.083333333333)), ("rounding", 1), ("digits", 0),
                    ])
                ]
            ]
        ).list?.first
        let office = try await RealTrytonOffice()
        let id = try await office.order("DZ-\(Self.run)", [("DJ20C", 5), ("VV01", 2)], unit: dozen)
        let connector = Line().connector
        let receipt = try #require(try await connector.openReceipts().first { $0.id.hasPrefix("purchase/\(id)/") })
        #expect(Set(receipt.lines.map(\.quantity)) == [60, 24])
        let plain = try await office.product("DJ20C")
        let before = quantity(try await connector.stock(at: "STO"), plain)
        let lines = receipt.lines.map {
            ReceptionPush.Line(
                line: $0.id, product: $0.product, gtin: $0.gtin ?? "", quantity: $0.quantity == 60 ? 55 : 12)
        }
        let push = ReceptionPush(
            key: "quai/reception/\(Self.run)-dozen", receipt: receipt.id, note: "DZ-\(Self.run)", lines: lines)
        _ = try await connector.push(push, dry: false)
        _ = try await Line().connector.push(push, dry: false)
        #expect(quantity(try await connector.stock(at: "STO"), plain) == before + 55)
        let rest = try await connector.openReceipts().first { $0.id.hasPrefix("purchase/\(id)/") }
        #expect(rest?.lines.map(\.quantity) == [12])
    }

    @Test func aUserWithoutRightsIsToldWhichAreMissing() async throws {
        let line = Line()
        let clerk = TrytonConnector(
            database: Self.database, user: "clerk", secret: "clerk-secret", usesKey: false, warehouse: nil,
            wire: { request async throws(ERPFault) in try await line.send(request) }, today: { Self.today })
        let remarks = try await clerk.probe().remarks
        #expect(remarks.contains { $0.contains("may not read, write, create stock.shipment.in (expected goods)") })
        let fault = await trytonFault { _ = try await clerk.openReceipts() }
        #expect(fault?.kind == .right && fault?.sentence.hasPrefix("stock.shipment.in, the right to read") == true)
        #expect(try await Line().connector.probe().remarks.isEmpty)
    }
}
