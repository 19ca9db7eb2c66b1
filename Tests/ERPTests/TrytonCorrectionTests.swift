import ERPPeers
import Model
import Testing

@testable import ERP

/// Receipts that were told and turned out to be others, and damaged goods, against the stand-in.
struct TrytonCorrectionTests {
    private func desk(_ series: String, _ usesKey: Bool = false) async throws -> TrytonDesk {
        let desk = TrytonDesk(series)
        _ = try await desk.connector(usesKey: usesKey).push(Pushes.short(desk.server), dry: false)
        return desk
    }

    private func line(_ product: Int, _ change: Quantity, lot: String? = nil) -> CorrectionPush.Line {
        CorrectionPush.Line(line: nil, product: String(product), gtin: "", lot: lot, change: change)
    }

    @Test(arguments: [("7.0", false), ("8.0", false), ("8.2", false), ("8.2", true)])
    func moreTakesWhatIsExpectedAndLessGoesBack(series: String, usesKey: Bool) async throws {
        let desk = try await desk(series, usesKey)
        let connector = desk.connector(usesKey: usesKey)
        let outcome = try await connector.push(Pushes.correction(), dry: false)
        #expect(
            outcome.sentence
                == "Receipt 4 [BL-2026-0001 (quai/correction/1.2)] is done. Supplier return 1 is done: 1 lines from Storage to Sonedis Lyon."
        )
        #expect(outcome.id == "1")
        let server = desk.server
        #expect(server.stock(product: 1, place: 3) == 56 && server.stock(product: 2, place: 3) == 35)
        #expect(server.stillToCome == [1: 4, 4: 10])
        // Twelve more, of which four are expected.
        _ = try await connector.push(Pushes.correction(12, 0, number: 3), dry: false)
        _ = try await desk.connector(usesKey: usesKey).push(Pushes.correction(12, 0, number: 3), dry: false)
        #expect(desk.server.stock(product: 1, place: 3) == 68 && desk.server.stillToCome == [4: 10])
        #expect(desk.server.count("stock.shipment.in") == 5)
    }

    @Test func whatIsNotThereAnyMoreDoesNotGoBackAndNothingIsWritten() async throws {
        let desk = try await desk("8.2")
        desk.change { $0.lay(2, -38, at: TrytonServer.storage) }
        let fault = await trytonFault { _ = try await desk.connector().push(Pushes.correction(), dry: false) }
        #expect(fault?.kind == .conflict)
        #expect(fault?.sentence == "[A2] Article 2: 5 came less, but the server has only 2 at Storage.")
        #expect(desk.server.count("stock.shipment.in") == 3 && desk.server.count("stock.shipment.in.return") == 0)
    }

    @Test func lotsComeMoreAndLessEachByItself() async throws {
        let desk = TrytonDesk("8.2")
        let connector = desk.connector()
        _ = try await connector.push(Pushes.tracked(desk.server), dry: false)
        var push = CorrectionPush(
            key: "quai/correction/3.2", receipt: "3", note: "", reason: "",
            lines: [line(9, -1, lot: "L1"), line(9, 1, lot: "L3"), line(18, -1, lot: "S2")])
        _ = try await connector.push(push, dry: false)
        _ = try await desk.connector().push(push, dry: false)
        let server = desk.server
        #expect(
            server.stock(product: 9, lot: "L1", place: 3) == 2 && server.stock(product: 9, lot: "L3", place: 3) == 1)
        #expect(server.stock(product: 18, lot: "S2", place: 3) == 0)
        push.key = "quai/correction/3.3"
        push.lines[0].lot = nil
        let fault = await trytonFault { _ = try await connector.push(push, dry: false) }
        #expect(fault?.kind == .rule && fault?.sentence.contains("which of them changed by -1") == true)
    }

    @Test func aReceiptThatIsNotDoneOrGoneCannotBeCorrected() async throws {
        let desk = TrytonDesk("8.2")
        let draft = await trytonFault { _ = try await desk.connector().push(Pushes.correction(), dry: false) }
        #expect(draft?.kind == .conflict && draft?.sentence.contains("is draft there") == true)
        var push = Pushes.correction()
        push.receipt = "99"
        #expect(await trytonFault { _ = try await desk.connector().push(push, dry: false) }?.kind == .gone)
    }

    @Test func aDryRunWritesNothing() async throws {
        let desk = try await desk("8.2")
        let plan = try await desk.connector().push(Pushes.correction(), dry: true).plan
        #expect(plan.count == 7 && plan.allSatisfy(\.isWrite) && desk.server.count("stock.shipment.in") == 3)
    }

    // MARK: Damage

    @Test func damagedGoodsGoToTheirPlaceOrAreSaid() async throws {
        let desk = TrytonDesk("8.2")
        var push = Pushes.short(desk.server)
        push.lines[0].damaged = 3
        let without = try await desk.connector().push(push, dry: false)
        #expect(without.sentence?.hasSuffix("no place is named for them: 3 [A1] Article 1.") == true)
        let connector = desk.connector(damaged: "Lost")
        let with = try await connector.push(push, dry: false)
        #expect(with.sentence?.hasSuffix("Set aside as damaged at Lost: 3 [A1] Article 1.") == true)
        _ = try await connector.push(push, dry: false)
        #expect(desk.server.stock(product: 1, place: 3) == 47 && desk.server.stock(product: 1, place: 4) == 3)
        push.lines[0].damaged = 51
        #expect(await trytonFault { _ = try await connector.push(push, dry: false) }?.kind == .rule)
        #expect(try await desk.connector(damaged: "Nowhere").probe().remarks.count == 1)
    }

    @Test(arguments: [("7.0", false), ("8.2", false), ("8.2", true)])
    func whatIsDamagedAfterwardsGoesToItsPlaceAndBack(series: String, usesKey: Bool) async throws {
        let desk = try await desk(series, usesKey)
        var push = CorrectionPush(
            key: "quai/correction/1.2", receipt: "1", note: "", reason: "", lines: [], damaged: [line(1, 3)])
        let fault = await trytonFault { _ = try await desk.connector(usesKey: usesKey).push(push, dry: false) }
        #expect(fault?.kind == .rule && fault?.sentence.contains("[erp] damaged") == true)
        let before = desk.server.stock(product: 1, place: 3)
        for _ in 0..<2 {
            let connector = desk.connector(usesKey: usesKey, damaged: "Lost")
            #expect(try await connector.push(push, dry: false).id == "1")
            #expect(desk.server.stock(product: 1, place: 3) == before - 3)
            #expect(desk.server.stock(product: 1, place: 4) == 3)
        }
        // One of them is whole after all.
        (push.key, push.damaged) = ("quai/correction/1.3", [line(1, -1)])
        _ = try await desk.connector(usesKey: usesKey, damaged: "Lost").push(push, dry: false)
        #expect(desk.server.stock(product: 1, place: 3) == before - 2)
        #expect(desk.server.stock(product: 1, place: 4) == 1 + 1)
    }

    @Test(arguments: ["7.0", "8.2"])
    func damageIsToldBehindWhatElseChanged(series: String) async throws {
        let desk = try await desk(series)
        var push = Pushes.correction()
        push.damaged = [line(1, 3)]
        for _ in 0..<2 { _ = try await desk.connector(damaged: "Lost").push(push, dry: false) }
        let server = desk.server
        #expect(server.stock(product: 1, place: 3) == 53 && server.stock(product: 1, place: 4) == 3)
        #expect(server.stock(product: 2, place: 3) == 35)
    }

    // MARK: Articles without a GTIN

    @Test func articlesWithoutAGTINComeWithTheCatalogueAndAreFoundByTheirCode() async throws {
        let desk = TrytonDesk("8.2")
        desk.change {
            $0.addBare("Vis 6x40", code: "VIS-6x40", label: "HOUSE-7")
            let bare = $0.addBare("Chute")
            $0.lay(21, 8, at: TrytonServer.storage)
            $0.lay(bare, 4, at: TrytonServer.storage)
        }
        let connector = desk.connector()
        let found = try await connector.products(after: nil).items.filter { $0.gtins.isEmpty }
        #expect(found.map(\.reference) == ["VIS-6x40", nil] && found.first?.codes == ["HOUSE-7"])
        let push = TransferPush(
            key: "quai/move/bare", from: "Storage", to: "A-01",
            lines: [
                TransferPush.Line(product: nil, gtin: "#VIS-6x40", quantity: 3),
                TransferPush.Line(product: nil, gtin: "#erp:22", quantity: 1),
            ])
        _ = try await connector.push(push, dry: false)
        #expect(desk.server.stock(product: 21, place: TrytonServer.bin) == 3)
        #expect(desk.server.stock(product: 22, place: TrytonServer.bin) == 1)
        var other = push
        (other.key, other.lines[0].gtin) = ("quai/move/other", "#NO-1")
        let fault = await trytonFault { _ = try await connector.push(other, dry: false) }
        #expect(fault?.sentence == "The server knows no article with code NO-1.")
    }
}
