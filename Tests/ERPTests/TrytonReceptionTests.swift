import ERPPeers
import Model
import Testing

@testable import ERP

private let everySeries = ["7.0", "8.0", "8.2"]

/// Receptions against the stand-in of each series.
struct TrytonReceptionTests {
    @Test(arguments: everySeries, [false, true])
    func aShortReceiptTakesSixCallsAndLeavesTheRestToCome(series: String, usesKey: Bool) async throws {
        if usesKey, series == "7.0" { return }
        let desk = TrytonDesk(series)
        let connector = desk.connector(usesKey: usesKey)
        _ = try await connector.openReceipts()
        let before = desk.server.requests
        guard case .done("1", _) = try await connector.push(Pushes.short(desk.server), dry: false) else {
            Issue.record("not done")
            return
        }
        #expect(desk.server.requests - before == 6)
        #expect(desk.server.stock(product: 1, place: TrytonServer.storage) == 50)
        #expect(desk.server.stock(product: 2, place: TrytonServer.storage) == 40)
        #expect(desk.server.stillToCome == [1: 10, 4: 10])
    }

    @Test(arguments: everySeries)
    func whatWillNotComeIsGivenUp(series: String) async throws {
        let desk = TrytonDesk(series)
        _ = try await desk.connector().push(Pushes.short(desk.server, backorder: false), dry: false)
        #expect(desk.server.stillToCome.isEmpty)
        #expect(desk.server.stock(product: 1, place: TrytonServer.storage) == 50)
    }

    @Test(arguments: everySeries, [false, true])
    func lotsAreFoundOrMadeAndLinesAreCut(series: String, usesKey: Bool) async throws {
        if usesKey, series == "7.0" { return }
        let desk = TrytonDesk(series)
        let push = Pushes.tracked(desk.server)
        _ = try await desk.connector(usesKey: usesKey).push(push, dry: false)
        for (product, lot, quantity) in [(9, "L1", 3), (9, "L2", 3), (10, "M1", 4), (18, "S1", 1), (18, "S2", 1)]
            as [(Int64, String, Double)]
        {
            #expect(desk.server.stock(product: product, lot: lot, place: TrytonServer.storage) == quantity, "\(lot)")
        }
        #expect(desk.server.count("stock.lot") == 5 && desk.server.stillToCome.isEmpty)
    }

    @Test(arguments: everySeries)
    func aLotThatIsMissingIsTheServersRule(series: String) async {
        let desk = TrytonDesk(series)
        var push = Pushes.tracked(desk.server)
        push.lines[0].lots = []
        let fault = await trytonFault { _ = try await desk.connector().push(push, dry: false) }
        #expect(fault?.kind == .rule && fault?.sentence.contains("must provide a stock lot") == true)
    }

    @Test(arguments: everySeries)
    func whatWasTakenInAtTheDockIsNotAskedForAgain(series: String) async throws {
        let desk = TrytonDesk(series)
        var push = Pushes.blind
        push.accepted = []
        _ = try await desk.connector().push(push, dry: false)
        #expect(desk.server.stock(product: 8, place: TrytonServer.storage) == 12)
        #expect(desk.server.stock(product: 18, lot: "S9", place: TrytonServer.storage) == 1)
        #expect(desk.server.count("stock.shipment.in") == 4)
        var over = Pushes.short(desk.server)
        over.lines[0].quantity = 70
        over.lines[1].quantity = 41
        over.lines.append(ReceptionPush.Line(line: nil, product: nil, gtin: TrytonServer.gtin(8), quantity: 3))
        _ = try await desk.connector().push(over, dry: false)
        #expect(desk.server.stock(product: 1, place: TrytonServer.storage) == 70)
        #expect(desk.server.stock(product: 2, place: TrytonServer.storage) == 41)
        #expect(desk.server.stock(product: 8, place: TrytonServer.storage) == 15)
        // People there see why more came than was ordered.
        #expect(desk.server.count("ir.note") == 1)
    }

    @Test func overRESTWhatNobodyOrderedIsRefusedBeforeAnythingIsWritten() async {
        for push in [Pushes.blind, Pushes.excess(TrytonServer(series: "8.2"))] {
            let desk = TrytonDesk("8.2")
            let fault = await trytonFault { _ = try await desk.connector(usesKey: true).push(push, dry: false) }
            #expect(fault?.kind == .rule && fault?.sentence.contains("user and password in place of the key") == true)
            #expect(desk.server.count("stock.shipment.in") == 3 && desk.server.count("stock.lot") == 0)
        }
    }

    @Test func goodsThatSomebodyElseReceivedAsWellNeedAYes() async throws {
        let desk = TrytonDesk("8.2")
        let push = Pushes.short(desk.server)
        // Another receipt of the same order line is done meanwhile.
        desk.change { $0.deliverByHand(line: 1, 60) }
        let fault = await trytonFault { _ = try await desk.connector().push(push, dry: false) }
        #expect(fault?.kind == .rule && fault?.sentence.hasSuffix(" [warning.check_move_quantity]") == true)
        #expect(desk.server.stock(product: 1, place: TrytonServer.storage) == 0)
        var accepted = push
        accepted.accepted = fault.flatMap { ERPFault.warning(in: $0.sentence) }.map { [$0] } ?? []
        _ = try await desk.connector().push(accepted, dry: false)
        #expect(desk.server.stock(product: 1, place: TrytonServer.storage) == 50)
    }

    @Test func aYesIsForItsKindAloneAndHoldsWhateverRecordsItIsOf() async throws {
        let desk = TrytonDesk("8.2")
        desk.change { $0.warnings = ["supplier_blocked": "Sonedis is blocked."] }
        var push = Pushes.short(desk.server)
        push.lines[0].quantity = 70
        push.accepted = ["done"]
        let fault = await trytonFault { _ = try await desk.connector().push(push, dry: false) }
        #expect(fault?.sentence == "Sonedis is blocked. [warning.supplier_blocked]")
        #expect(fault.flatMap { ERPFault.warning(in: $0.sentence) } == "warning.supplier_blocked")
        #expect(desk.server.stock(product: 1, place: TrytonServer.storage) == 0)
        // A yes of before carries the hash of other records.
        push.accepted = ["1af3c08d77b2e4f6a1.supplier_blocked"]
        _ = try await desk.connector().push(push, dry: false)
        #expect(desk.server.stock(product: 1, place: TrytonServer.storage) == 70)
        #expect(TrytonError.kind(ofWarning: "stock.shipment.in,7.late_delivery_12") == "late_delivery")
    }

    @Test(arguments: everySeries)
    func aReceiptThatIsDoneIsComparedAndNotDoneAgain(series: String) async throws {
        let desk = TrytonDesk(series)
        let push = Pushes.short(desk.server)
        _ = try await desk.connector().push(push, dry: false)
        let trail = desk.server.trail.count
        _ = try await desk.connector().push(push, dry: false)
        #expect(!desk.server.trail[trail...].contains { $0.contains(".receive") || $0.contains(".write") })
        var other = push
        other.lines[0].quantity = 51
        let fault = await trytonFault { _ = try await desk.connector().push(other, dry: false) }
        #expect(fault?.kind == .conflict && fault?.sentence.contains("50 there, 51 received here") == true)
        #expect(desk.server.stock(product: 1, place: TrytonServer.storage) == 50)
    }

    @Test(arguments: everySeries)
    func somebodyElseWasFaster(series: String) async throws {
        let desk = TrytonDesk(series)
        let push = Pushes.short(desk.server)
        try desk.server.receiveByHand(1)
        let fault = await trytonFault { _ = try await desk.connector().push(push, dry: false) }
        #expect(fault?.kind == .conflict && fault?.sentence.contains("60 there, 50 received here") == true)
        let second = TrytonDesk(series)
        second.change { $0.cancelByHand(1) }
        let cancelled = await trytonFault { _ = try await second.connector().push(push, dry: false) }
        #expect(cancelled?.kind == .conflict && cancelled?.sentence.contains("was cancelled there") == true)
    }

    @Test func aWriteInBetweenIsNoticedAndReadAgain() async throws {
        let desk = TrytonDesk("8.2")
        let push = Pushes.short(desk.server)
        // Version, login, preferences, lots, shipment; then the write.
        desk.change { $0.troubles = [6: .meddling] }
        _ = try await desk.connector().push(push, dry: false)
        #expect(desk.server.stock(product: 1, place: TrytonServer.storage) == 50)
        #expect(desk.server.trail.filter { $0.contains("in.write") }.count == 2)
        let stubborn = TrytonDesk("8.2")
        stubborn.change { $0.troubles = [6: .meddling, 8: .meddling] }
        #expect(await trytonFault { _ = try await stubborn.connector().push(push, dry: false) }?.kind == .conflict)
        #expect(stubborn.server.stock(product: 1, place: TrytonServer.storage) == 0)
    }

    @Test func aDeliveryNoteThatIsThereAlreadyIsAConflict() async {
        let desk = TrytonDesk("8.2")
        var push = Pushes.blind
        push.note = "BL-2026-0001"
        let fault = await trytonFault { _ = try await desk.connector().push(push, dry: false) }
        #expect(fault?.kind == .conflict && desk.server.count("stock.shipment.in") == 3)
    }

    @Test func nothingReceivedIsNothingPushed() async {
        let desk = TrytonDesk("8.2")
        var push = Pushes.short(desk.server)
        for index in push.lines.indices { push.lines[index].quantity = 0 }
        #expect(await trytonFault { _ = try await desk.connector().push(push, dry: false) }?.kind == .rule)
        #expect(desk.server.state("stock.shipment.in", 1) == "draft")
    }

    @Test func aDryRunWritesNothingAndShowsNoSecret() async throws {
        let desk = TrytonDesk("8.2")
        let connector = desk.connector()
        let moves = desk.server.count("stock.move")
        var requests: [ERPRequest] = []
        let outcomes = [
            try await connector.push(Pushes.tracked(desk.server), dry: true),
            try await connector.push(Pushes.blind, dry: true),
            try await connector.push(Pushes.take, dry: true), try await connector.push(Pushes.call, dry: true),
            try await connector.push(Pushes.party, dry: true),
        ]
        for case .planned(let planned) in outcomes { requests += planned }
        #expect(requests.count == 4 + 4 + 3 + 1 + 1 && requests.allSatisfy(\.isWrite))
        #expect(!requests.flatMap(\.headers).contains { $0.name == "Authorization" })
        #expect(desk.server.count("stock.move") == moves && desk.server.count("stock.lot") == 0)
        #expect(desk.server.count("ir.note") == 0 && desk.server.count("stock.inventory") == 0)
    }
}
