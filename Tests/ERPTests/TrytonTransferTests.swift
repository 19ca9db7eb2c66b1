import ERPPeers
import Model
import Testing

@testable import ERP

/// Goods put away: internal shipments against the stand-in, which keeps the rules that were tried on a real 8.2.
struct TrytonTransferTests {
    private let bin = TrytonServer.bin
    private let storage = TrytonServer.storage

    private func desk(_ series: String = "8.2", _ quantity: Int64 = 20) -> TrytonDesk {
        var server = TrytonServer(series: series)
        server.lay(5, quantity, at: storage)
        server.lay(18, 1, lot: "S1", at: storage)
        return TrytonDesk(server)
    }

    @Test(arguments: [("7.0", false), ("8.0", false), ("8.2", false), ("8.2", true)])
    func whatIsPutAwayMovesAndTheSumStays(series: String, usesKey: Bool) async throws {
        let desk = desk(series)
        let connector = desk.connector(usesKey: usesKey)
        guard case .done(_, let words) = try await connector.push(Pushes.transfer, dry: false) else { return }
        #expect(words == "Internal shipment 1 is done: 2 lines from Storage to A-01.")
        #expect(desk.server.stock(product: 5, place: bin) == 12 && desk.server.stock(product: 5, place: storage) == 8)
        #expect(desk.server.stock(product: 18, lot: "S1", place: bin) == 1)
        let trail = desk.server.trail.count
        _ = try await connector.push(Pushes.transfer, dry: false)
        #expect(!desk.server.trail[trail...].contains { $0.contains("internal.") && !$0.contains("search_read") })
        var other = Pushes.transfer
        other.lines[0].quantity = 8
        #expect(await trytonFault { _ = try await connector.push(other, dry: false) }?.kind == .conflict)
        #expect(desk.server.stock(product: 5, place: bin) == 12)
    }

    @Test func tooLittleAtTheSourceIsAConflictWithNothingWritten() async {
        let desk = desk("8.2", 11)
        let fault = await trytonFault { _ = try await desk.connector().push(Pushes.transfer, dry: false) }
        #expect(fault?.kind == .conflict)
        #expect(fault?.sentence == "[A5] Article 5: 12 were moved, but the server has only 11 at Storage.")
        #expect(desk.server.count("stock.shipment.internal") == 0)
    }

    @Test func whatIsReservedIsNotTakenAndWorksOnceItIsFree() async throws {
        let desk = desk()
        desk.change { $0.reserveByHand(5, 15, at: storage) }
        let fault = await trytonFault { _ = try await desk.connector().push(Pushes.transfer, dry: false) }
        #expect(fault?.kind == .conflict && fault?.sentence.contains("Article 5: not enough of it is free") == true)
        // What waits for a person reserves nothing.
        #expect(desk.server.state("stock.shipment.internal", 1) == "draft")
        desk.change { $0.lay(5, 15, at: storage) }
        _ = try await desk.connector().push(Pushes.transfer, dry: false)
        #expect(desk.server.stock(product: 5, place: bin) == 12 && desk.server.count("stock.shipment.internal") == 1)
    }

    @Test func anotherBinsGoodsAreNotTaken() async throws {
        var server = TrytonServer(series: "8.2")
        server.lay(3, 10, at: storage)
        server.reserveByHand(3, 4, at: storage)
        let desk = TrytonDesk(server)
        // 40 lie in A-01, below the source: the server would take the rest from there.
        let push = TransferPush(
            key: "quai/move/2", from: "Storage", to: "Input",
            lines: [TransferPush.Line(product: "3", gtin: "", quantity: 9)])
        let fault = await trytonFault { _ = try await desk.connector().push(push, dry: false) }
        #expect(fault?.kind == .conflict)
        #expect(desk.server.stock(product: 3, place: bin) == 40 && desk.server.stock(product: 3, place: storage) == 10)
        #expect(desk.server.state("stock.shipment.internal", 1) == "draft")
    }

    @Test func aLotIsAskedForAndMustBeThere() async {
        let desk = desk()
        var push = Pushes.transfer
        push.lines[2].lot = nil
        let fault = await trytonFault { _ = try await desk.connector().push(push, dry: false) }
        #expect(fault?.kind == .rule && fault?.sentence.contains("which of them were moved") == true)
        push.lines[2].lot = "S9"
        let other = await trytonFault { _ = try await desk.connector().push(push, dry: false) }
        #expect(other?.kind == .conflict && other?.sentence.contains("no lot S9") == true)
        #expect(desk.server.count("stock.lot") == 1)
    }

    @Test func whatWasCancelledThereIsTold() async throws {
        let desk = desk()
        desk.change { $0.reserveByHand(5, 15, at: storage) }
        _ = try? await desk.connector().push(Pushes.transfer, dry: false)
        var server = desk.server
        try server.cancelTransferByHand(1)
        server.lay(5, 15, at: storage)
        desk.server = server
        let fault = await trytonFault { _ = try await desk.connector().push(Pushes.transfer, dry: false) }
        #expect(fault?.kind == .conflict && fault?.sentence.contains("was cancelled there") == true)
    }

    @Test func twoZonesOfOnePlaceMoveNothing() async throws {
        let desk = desk()
        var push = Pushes.transfer
        push.to = "Storage"
        guard case .done(_, let words) = try await desk.connector().push(push, dry: false) else { return }
        #expect(words.contains("one place") && desk.server.count("stock.shipment.internal") == 0)
    }

    @Test func aDryRunOfAPutAwayShowsItsFourSteps() async throws {
        let desk = desk()
        guard case .planned(let plan) = try await desk.connector().push(Pushes.transfer, dry: true) else { return }
        #expect(plan.count == 4 && plan.allSatisfy(\.isWrite) && desk.server.count("stock.shipment.internal") == 0)
    }
}
