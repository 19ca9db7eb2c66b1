import Model
import TestSupport
import Testing

@testable import ERP

/// Corrected receipts and damaged goods on the real server; a few seconds for each death.
extension RealTrytonTests {
    private func stock(_ code: String, lot: String? = nil) async throws -> Quantity {
        let product = String(try await RealTrytonOffice().product(code))
        return try await Line().connector.stock(at: "STO")
            .filter { $0.product == product && (lot == nil || $0.lot == lot) }
            .reduce(0) { $0 + $1.quantity }
    }

    /// Five of six, and both pieces of a lot, were received; one of the five is damaged.
    private func received(_ reference: String) async throws -> (receipt: ERPReceipt, push: ReceptionPush) {
        let id = try await RealTrytonOffice().announce(reference, [("DM180", 6), ("WB7", 2)])
        let receipt = try #require(try await Line().connector.openReceipts().first { $0.id == String(id) })
        let lines = receipt.lines.map { line in
            let isTracked = line.tracking != .none
            return ReceptionPush.Line(
                line: line.id, product: line.product, gtin: line.gtin ?? "", quantity: isTracked ? 2 : 5,
                lots: isTracked ? [ReceptionPush.Lot(number: reference, quantity: 2)] : [], damaged: isTracked ? 0 : 1)
        }
        return (
            receipt,
            ReceptionPush(
                key: "quai/reception/\(reference)", receipt: receipt.id, note: reference, lines: lines)
        )
    }

    @Test func aCorrectionIsAppliedOnceWhereverTheProcessDies() async throws {
        let office = try await RealTrytonOffice()
        let code = "DM180"
        let calm = Line()
        var (deaths, death) = ([Int](), 0)
        repeat {
            let reference = "CO-\(Self.run)-\(death)"
            let (receipt, push) = try await received(reference)
            _ = try await calm.connector.push(push, dry: false)
            let before = (try await stock(code), try await stock("WB7", lot: reference))
            // Three more of the plain article, of which one is still expected; one fewer of the lot.
            let correction = CorrectionPush(
                key: "quai/correction/\(reference).2", receipt: receipt.id, note: reference, reason: "Counted again",
                lines: receipt.lines.map { line in
                    let isTracked = line.tracking != .none
                    return CorrectionPush.Line(
                        line: line.id, product: line.product, gtin: "", lot: isTracked ? reference : nil,
                        change: isTracked ? -1 : 3)
                })
            if death == 0 {
                let line = Line()
                _ = try await timed("correction", line) { try await $0.push(correction, dry: false) }
                let calls = line.calls.filter { $0 != "ir.model.access.get_access" }
                deaths = calls.indices.filter { calls[$0].hasPrefix("stock.") && !calls[$0].hasSuffix("search_read") }
                    .map { $0 + 1 }
                #expect(deaths.count == 7)
                // After each shipment was made, and after its last step.
                deaths = deaths.enumerated().filter { [0, 2, 3, 6].contains($0.offset) }.map(\.element)
            } else {
                _ = try? await Line(dieAfter: death).connector.push(correction, dry: false)
            }
            _ = try await Line().connector.push(correction, dry: false)
            #expect(try await stock(code) == before.0 + 3, "after call \(death)")
            #expect(try await stock("WB7", lot: reference) == before.1 - 1, "after call \(death)")
            #expect(try await office.toCome(reference) == 0, "after call \(death)")
            death = deaths.isEmpty ? 0 : deaths.removeFirst()
        } while death > 0
    }

    @Test func damagedGoodsAreSetAsideOnce() async throws {
        let reference = "DA-\(Self.run)"
        let (_, push) = try await received(reference)
        let before = try await stock("DM180")
        for _ in 0..<2 {
            let line = Line()
            let connector = TrytonConnector(
                database: Self.database, user: "gateway", secret: "gateway-secret", usesKey: false, warehouse: nil,
                damaged: "Lost and Found", wire: { request async throws(ERPFault) in try await line.send(request) },
                today: { Self.today })
            #expect(try await connector.probe().remarks.isEmpty)
            guard case .done(_, let words) = try await connector.push(push, dry: false) else { return }
            #expect(words.contains("Set aside as damaged at Lost and Found: 1 "))
            #expect(try await stock("DM180") == before + 4)
        }
    }
}
