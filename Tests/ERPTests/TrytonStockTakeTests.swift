import ERPPeers
import Model
import Testing

@testable import ERP

/// Stock takes by difference, and what the server has, against the stand-in; what it does was tried on a real 8.2.
struct TrytonStockTakeTests {
    private static let doors = [("7.0", false), ("8.0", false), ("8.2", false), ("8.2", true)]
    private let bin = TrytonServer.bin

    private func line(
        _ product: Int, _ counted: Quantity, begin: Quantity?, told: Quantity = 0, moved: Quantity = 0,
        lot: String? = nil
    ) -> StockTakePush.Line {
        StockTakePush.Line(
            product: nil, gtin: TrytonServer.gtin(product), lot: lot, counted: counted, expected: begin ?? 0,
            movedSince: moved, begin: begin, told: told)
    }

    private func push(
        _ desk: TrytonDesk, usesKey: Bool = false, complete: Bool = false, _ lines: [StockTakePush.Line]
    ) async throws -> String {
        let take = StockTakePush(key: "quai/take/5", location: "A-01", lines: lines, isComplete: complete)
        guard case .done(_, let words) = try await desk.connector(usesKey: usesKey).push(take, dry: false) else {
            return ""
        }
        return words
    }

    @Test(arguments: doors)
    func whatAPlaceHasIsToldByArticleAndLot(series: String, usesKey: Bool) async throws {
        let desk = TrytonDesk(series)
        desk.change { server in
            server.lay(18, 1, lot: "S1", at: bin)
            server.lay(18, 1, lot: "S2", at: bin)
            server.lay(7, 9, at: TrytonServer.storage)
        }
        let connector = desk.connector(usesKey: usesKey)
        let stock = try await connector.stock(at: "A-01")
        #expect(stock.map(\.product) == ["3", "18", "18"] && stock.map(\.quantity) == [40, 1, 1])
        #expect(stock.map(\.lot) == [nil, "S1", "S2"] && stock[0].gtin == TrytonServer.gtin(3))
        #expect(try await connector.stock(at: "Storage").map(\.quantity) == [9])
        #expect(await trytonFault { _ = try await connector.stock(at: "Z-99") }?.kind == .rule)
    }

    @Test(arguments: doors)
    func whatOthersMovedSinceTheBeginningStays(series: String, usesKey: Bool) async throws {
        let desk = TrytonDesk(series)
        desk.change { $0.lay(3, 6, at: bin) }
        let words = try await push(desk, usesKey: usesKey, [line(3, 38, begin: 40)])
        #expect(desk.server.stock(product: 3, place: bin) == 44)
        #expect(words.contains("Others moved meanwhile, and it stays: [A3] Article 3 +6."))
    }

    @Test func whatWeToldSinceTheBeginningIsNotCountedTwice() async throws {
        let desk = TrytonDesk("8.2")
        desk.change { $0.lay(3, 10, at: bin) }
        let words = try await push(desk, [line(3, 40, begin: 40, told: 10, moved: 10)])
        #expect(desk.server.stock(product: 3, place: bin) == 50 && words.hasSuffix("1 lines."))
    }

    @Test func aCountWithoutDifferenceChangesNothing() async throws {
        let desk = TrytonDesk("8.2")
        desk.change { $0.lay(3, -15, at: bin) }
        _ = try await push(desk, [line(3, 40, begin: 40)])
        #expect(desk.server.stock(product: 3, place: bin) == 25)
    }

    @Test func whatIsMovedWhileThePushRunsStays() async throws {
        for call in 8...16 {
            let desk = TrytonDesk("8.2")
            desk.die(before: call)
            _ = try? await push(desk, [line(3, 38, begin: 40)])
            desk.die()
            desk.change { $0.lay(3, 4, at: bin) }
            _ = try await push(desk, [line(3, 38, begin: 40)])
            #expect(desk.server.stock(product: 3, place: bin) == 42, "before call \(call)")
            #expect(desk.server.count("stock.inventory") == 1)
        }
    }

    @Test func moreMissingThanIsLeftIsAConflictByName() async {
        let desk = TrytonDesk("8.2")
        desk.change { $0.lay(3, -38, at: bin) }
        let fault = await trytonFault { _ = try await push(desk, [line(3, 36, begin: 40)]) }
        #expect(fault?.kind == .conflict && fault?.sentence.contains("Article 3: 4 fewer") == true)
        #expect(desk.server.stock(product: 3, place: bin) == 2 && desk.server.count("stock.inventory") == 0)
    }

    @Test(arguments: doors)
    func theMissingSerialNumberGoesAndNoOther(series: String, usesKey: Bool) async throws {
        let desk = TrytonDesk(series)
        for serial in ["7001", "7002", "5551"] { desk.change { $0.lay(18, 1, lot: serial, at: bin) } }
        let lines = [("7001", 1, 1), ("7002", 0, 1), ("5551", 1, 1), ("9009", 1, 0), ("1234", 0, 0)].map {
            line(18, Quantity($0.1), begin: Quantity($0.2), lot: $0.0)
        }
        _ = try await push(desk, usesKey: usesKey, lines)
        for (serial, there) in [("7001", 1.0), ("7002", 0), ("5551", 1), ("9009", 1)] {
            #expect(desk.server.stock(product: 18, lot: serial, place: bin) == there, "\(serial)")
        }
        // What was not found and is not known there is not made.
        #expect(desk.server.count("stock.lot") == 4)
    }

    @Test func aDifferenceWithoutItsLotIsAskedFor() async throws {
        let desk = TrytonDesk("8.2")
        desk.change { $0.lay(18, 1, lot: "S1", at: bin) }
        let fault = await trytonFault { _ = try await push(desk, [line(18, 2, begin: 1)]) }
        #expect(fault?.kind == .rule && fault?.sentence.contains("Article 18 is kept by lot or serial number") == true)
        _ = try await push(desk, [line(18, 1, begin: 1)])
        #expect(desk.server.count("stock.inventory") == 0)
    }

    @Test func anUnknownArticleLeavesItsLineOutAndAQuestion() async throws {
        let desk = TrytonDesk("8.2")
        desk.change { $0.lay(5, 7, at: bin) }
        let stranger = StockTakePush.Line(product: nil, gtin: "04006381333931", counted: 3, expected: 0, begin: 0)
        let words = try await push(desk, complete: true, [line(3, 38, begin: 40), stranger])
        #expect(desk.server.stock(product: 3, place: bin) == 38)
        #expect(words.contains("Left out") && words.contains("04006381333931 (3 counted)"))
        // It may be one of those that nobody counted.
        #expect(desk.server.stock(product: 5, place: bin) == 7 && words.contains("nothing that was not counted"))
        let alone = TrytonDesk("8.2")
        #expect(await trytonFault { _ = try await push(alone, [stranger]) }?.kind == .rule)
    }

    @Test func aCompleteCountNamesWhatItSetsToZero() async throws {
        let desk = TrytonDesk("8.2")
        desk.change { server in
            server.lay(5, 7, at: bin)
            server.lay(18, 1, lot: "S1", at: bin)
        }
        let take = StockTakePush(
            key: "quai/take/5", location: "A-01", lines: [line(3, 38, begin: 40)], isComplete: true)
        guard case .planned(let plan) = try await desk.connector().push(take, dry: true) else { return }
        let named = "sets to 0: [A5] Article 5 (7); [A18] Article 18, lot S1 (1)"
        #expect(plan.contains { $0.summary.hasSuffix(named) }, "\(plan.map(\.summary))")
        #expect(desk.server.stock(product: 5, place: bin) == 7)
        let words = try await push(desk, complete: true, [line(3, 38, begin: 40)])
        #expect(desk.server.stock(product: 5, place: bin) == 0)
        #expect(desk.server.stock(product: 18, lot: "S1", place: bin) == 0)
        #expect(
            words.contains("Set to 0, because nobody counted them: [A5] Article 5 (7); [A18] Article 18, lot S1 (1)."))
    }
}
