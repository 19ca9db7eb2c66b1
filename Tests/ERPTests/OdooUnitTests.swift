import ERPPeers
import Model
import Testing

@testable import ERP

/// Dozens, metres and their rounding.
struct OdooUnitTests {
    static let series = [14, 15, 16, 17, 18, 19]

    static func push(
        _ receipt: ERPReceipt, _ quantity: Quantity, lots: [ReceptionPush.Lot] = []
    ) -> ReceptionPush {
        ReceptionPush(
            key: "quai/reception/9", receipt: receipt.id, note: "",
            lines: receipt.lines.map {
                .init(line: $0.id, product: $0.product, gtin: "", quantity: quantity, lots: lots)
            })
    }

    /// Five dozen are announced, 60 pieces are scanned: 60 more are there, not 720.
    @Test(arguments: series)
    func fiveDozenAreSixtyPiecesWhateverBreaks(series: Int) async throws {
        let prepare: (inout OdooServer) -> Void = { server in
            server.addReceipt(supplier: server.firstSupplier, origin: "P5", lines: [(8, 5)], unit: server.dozen)
        }
        let receipt = try #require(
            try await OdooDesk(series, prepare).connector().openReceipts().first { $0.id == "5" })
        #expect(receipt.lines.map(\.quantity) == [60])
        try await OdooDesk.everyCrash(series, prepare: prepare) { (connector) async throws(ERPFault) in
            try await connector.push(OdooUnitTests.push(receipt, 60), dry: false)
        } check: { server, place in
            #expect(server.onHand(product: 8) == 1060, "\(place)")
            #expect(server.backorder(of: 5) == nil && server.writesOnDone == 0, "\(place)")
        }
    }

    @Test(arguments: series)
    func whatIsMissingOfADozenComesLater(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            server.addReceipt(supplier: server.firstSupplier, origin: "P5", lines: [(8, 5)], unit: server.dozen)
        }
        let receipt = try #require(try await desk.connector().openReceipts().first { $0.id == "5" })
        _ = try await desk.connector().push(OdooUnitTests.push(receipt, 48), dry: false)
        #expect(await desk.server.onHand(product: 8) == 1048)
        let rest = try #require(try await desk.connector().openReceipts().first { $0.references == ["P5"] })
        #expect(rest.lines.map(\.quantity) == [12] && rest.id != "5")
        // A done receipt says the same in dozens.
        let again = try await desk.connector().push(OdooUnitTests.push(receipt, 48), dry: false)
        #expect(again.sentence == "WH/IN/00005 was done already, with the same quantities.")
    }

    @Test(arguments: series)
    func centimetresOfACableAreMetres(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            let cable = server.addProduct("Câble", code: "CAB", barcode: nil, unit: server.metre)
            server.addReceipt(
                supplier: server.firstSupplier, origin: "P5", lines: [(cable, 25_050)], unit: server.centimetre)
        }
        let receipt = try #require(try await desk.connector().openReceipts().first { $0.id == "5" })
        #expect(receipt.lines.map(\.quantity) == [Quantity(thousandths: 250_500)])
        let odd = await OdooDesk.fault { () async throws(ERPFault) in
            try await desk.connector().push(OdooUnitTests.push(receipt, Quantity(thousandths: 250_505)), dry: false)
        }
        #expect(odd?.kind == .rule)
        #expect(odd?.sentence == "250.505 m of [CAB] Câble cannot be written in Odoo: it rounds to 0.01.")
        #expect(await desk.server.writes == 0)
        _ = try await desk.connector().push(
            OdooUnitTests.push(receipt, Quantity(thousandths: 250_500)), dry: false)
        #expect(await desk.server.onHand(product: 21) == 250.5)
    }

    @Test func factorsAreReadAsTheSeriesHasThem() {
        func unit(_ id: Int64, _ factor: Double) -> JSON {
            .object([("id", .int(id)), ("name", "U"), ("factor", .number(factor)), ("rounding", .number(0.01))])
        }
        // Dozens of 17 and packs of twelve of 19.
        let old = OdooUnits([unit(1, 1), unit(2, 0.08333333333333333)], isSize: false)
        let new = OdooUnits([unit(1, 1), unit(2, 12)], isSize: true)
        for units in [old, new] {
            #expect(units.convert(5, from: 2, to: 1) == 60 && units.convert(60, from: 1, to: 2) == 5)
            #expect(units.convert(7, from: 9, to: 1) == 7)
            #expect(units.refusal(of: 2.5, unit: 1, article: "A") == nil)
            #expect(units.refusal(of: 0.3, unit: 1, article: "A") == nil)
            #expect(units.refusal(of: 2.505, unit: 1, article: "A")?.kind == .rule)
        }
    }
}
