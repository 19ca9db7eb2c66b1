import ERPPeers
import Model
import Testing

@testable import ERP

/// Purchases that nobody made a shipment of: offered, received, and their rest offered again; as tried on a real 8.2.
struct TrytonOrderTests {
    private func desk(_ series: String = "8.2") -> (TrytonDesk, order: Int64) {
        var server = TrytonServer(series: series)
        let order = server.order(3, "PO-REF-1004", [(15, 5), (16, 4)])
        return (TrytonDesk(server), order)
    }

    private func offered(_ connector: TrytonConnector) async throws -> [ERPReceipt] {
        try await connector.openReceipts().filter { $0.id.hasPrefix("purchase/") }
    }

    private func push(_ receipt: ERPReceipt, _ quantities: [Quantity], backorder: Bool = true) -> ReceptionPush {
        ReceptionPush(
            key: "quai/reception/\(receipt.id.suffix(1))", receipt: receipt.id, note: "BL-99",
            lines: zip(receipt.lines, quantities).map {
                ReceptionPush.Line(line: $0.id, product: $0.product, gtin: $0.gtin ?? "", quantity: $1)
            }, backorder: backorder)
    }

    @Test(arguments: [("7.0", false), ("8.0", false), ("8.2", false), ("8.2", true)])
    func aPurchaseIsOfferedReceivedAndItsRestOfferedAgain(series: String, usesKey: Bool) async throws {
        let (desk, order) = desk(series)
        let connector = desk.connector(usesKey: usesKey)
        let first = try await offered(connector)
        #expect(first.map(\.id) == ["purchase/\(order)/0"] && first[0].supplier == "Rexor Annecy")
        #expect(first[0].name == "\(order)" && first[0].references == ["PO-REF-1004", "\(order)"])
        #expect(first[0].lines.map(\.quantity) == [5, 4] && first[0].lines[0].gtin == TrytonServer.gtin(15))
        _ = try await connector.push(push(first[0], [3, 0]), dry: false)
        #expect(desk.server.stock(product: 15, place: TrytonServer.storage) == 3)
        let rest = try await offered(connector)
        #expect(rest.map(\.id) == ["purchase/\(order)/1"] && rest[0].name == "\(order)")
        #expect(Set(rest[0].lines.map(\.quantity)) == [2, 4])
        _ = try await connector.push(push(first[0], [3, 0]), dry: false)
        #expect(desk.server.stock(product: 15, place: TrytonServer.storage) == 3)
        _ = try await connector.push(push(rest[0], rest[0].lines.map(\.quantity)), dry: false)
        #expect(try await offered(connector).isEmpty)
        #expect(desk.server.stock(product: 15, place: TrytonServer.storage) == 5)
        #expect(desk.server.stock(product: 16, place: TrytonServer.storage) == 4)
    }

    @Test func whatWillNotComeOfAPurchaseIsGivenUp() async throws {
        let (desk, _) = desk()
        let first = try await offered(desk.connector())
        _ = try await desk.connector().push(push(first[0], [3, 0], backorder: false), dry: false)
        #expect(desk.server.stillToCome.isEmpty)
        #expect(desk.server.stock(product: 15, place: TrytonServer.storage) == 3)
    }

    @Test func whatWasTakenOntoAnotherReceiptThereIsAConflictByName() async throws {
        let (desk, order) = desk()
        let first = try await offered(desk.connector())
        desk.change { server in server.takeByHand(server.toCome(order)[1].id, onto: 2) }
        let fault = await trytonFault { _ = try await desk.connector().push(push(first[0], [5, 4]), dry: false) }
        #expect(
            fault?.kind == .conflict && fault?.sentence.contains("Article 16: it is on another receipt there") == true)
        #expect(desk.server.count("stock.shipment.in") == 3)
        // What is left of it is offered under the same name.
        let left = try await offered(desk.connector())
        #expect(left.map(\.name) == ["\(order)"] && left[0].lines.map(\.quantity) == [5])
    }

    @Test func aPushThatIsUnderWayIsNotOfferedAsAnotherReceipt() async throws {
        let (desk, order) = desk()
        let first = try await offered(desk.connector())
        desk.die(before: 9)
        _ = try? await desk.connector().push(push(first[0], [5, 4]), dry: false)
        desk.die()
        #expect(desk.server.count("stock.shipment.in") == 4 && desk.server.toCome(order).isEmpty)
        #expect(try await desk.connector().openReceipts().count == 3)
    }

    @Test func aDryRunOfAPurchaseMakesNoShipment() async throws {
        let (desk, _) = desk()
        let first = try await offered(desk.connector())
        guard case .planned(let plan) = try await desk.connector().push(push(first[0], [3, 4]), dry: true) else {
            return
        }
        #expect(plan.map(\.summary).first == "stock.shipment.in.create 1" && plan.count == 4)
        #expect(desk.server.count("stock.shipment.in") == 3)
    }

    @Test func aReceiptAnswersToEveryNameOnItsPapers() throws {
        func references(_ reference: String, _ origins: String) throws -> [String] {
            let row = JSON.object([
                ("id", 7), ("state", "draft"), ("supplier", 2), ("number", "7"), ("reference", .string(reference)),
                ("origins", .string(origins)),
            ])
            return try #require(TrytonShipment(row)).references
        }
        #expect(try references("BL-77120", "12 [PO-9, late]") == ["BL-77120", "PO-9, late", "12"])
        #expect(
            try references("", "PO0012 [AB-1], PO0013, PO0014 [AB-2]") == [
                "AB-1", "AB-2", "PO0012", "PO0013", "PO0014",
            ])
        #expect(try references("BL-1 (quai/reception/9)", "") == ["BL-1"] && references("", "5 [") == ["5 ["])
    }

    @Test func withoutPurchasesThereAreShipmentsAlone() async throws {
        let (desk, _) = desk()
        desk.change { $0.forbiddenModels = ["purchase.purchase"] }
        #expect(try await desk.connector().openReceipts().map(\.name) == ["1", "2", "3"])
    }
}
