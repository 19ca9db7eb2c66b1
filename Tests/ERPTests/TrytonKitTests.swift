import ERPPeers
import Model
import Testing

@testable import ERP

/// Kits of module product_kit (product.py, purchase.py), against the stand-in, which does what a real 8.2 did.
struct TrytonKitTests {
    static let series = ["7.0", "8.0", "8.2"]
    private let bin = TrytonServer.bin
    private let storage = TrytonServer.storage

    /// Article 21, two of article 3 and one of article 5; shipment 4 announces four of it.
    private func server(_ series: String) -> TrytonServer {
        var server = TrytonServer(series: series)
        let kit = server.addKit("Kit", [(3, 2), (5, 1)])
        server.announceKits(2, "BL-KIT", kit: kit, 4)
        return server
    }

    private static func kits(_ count: Quantity, damaged: Quantity = 0) -> ReceptionPush.Line {
        ReceptionPush.Line(line: nil, product: nil, gtin: TrytonServer.gtin(21), quantity: count, damaged: damaged)
    }

    /// As the centre tells it: what was announced and not scanned by its own code is 0.
    private func push(
        _ server: TrytonServer, _ kits: ReceptionPush.Line, receipt: String? = "4", backorder: Bool = true,
        own: Quantity = 0
    ) -> ReceptionPush {
        var lines = receipt == nil ? [] : server.lines(of: 4).map { Pushes.line($0, 0) }
        if own > 0 { lines[0].quantity = own }
        lines.append(kits)
        return ReceptionPush(
            key: "quai/reception/21", receipt: receipt, note: receipt == nil ? "BL-77" : "BL-KIT", supplier: "2",
            lines: lines,
            backorder: backorder)
    }

    @Test(arguments: series)
    func aKitsOwnCodeMeansItsPartsOnceWhateverBreaks(series: String) async throws {
        let fresh = server(series)
        let push = push(fresh, TrytonKitTests.kits(3))
        func wrong(_ server: TrytonServer) -> Bool {
            server.stock(product: 3, place: storage) != 6 || server.stock(product: 5, place: storage) != 3
                || server.stillToCome != [3: 2, 5: 1]
        }
        let calm = TrytonDesk(fresh)
        _ = try await calm.connector().push(push, dry: false)
        #expect(!wrong(calm.server))
        for call in 1...(calm.server.requests - fresh.requests) {
            for isAfter in [false, true] {
                let desk = TrytonDesk(fresh)
                if isAfter { desk.die(after: call) } else { desk.die(before: call) }
                _ = try? await desk.connector().push(push, dry: false)
                desk.die()
                _ = try await desk.connector().push(push, dry: false)
                #expect(!wrong(desk.server), "\(series), died \(isAfter ? "after" : "before") call \(call)")
            }
        }
    }

    @Test func aKitAndItsPartsScannedByThemselvesAreOneSum() async throws {
        let fresh = server("8.2")
        let desk = TrytonDesk(fresh)
        // One piece of article 3 by its own code, and three kits.
        _ = try await desk.connector().push(push(fresh, TrytonKitTests.kits(3), own: 1), dry: false)
        #expect(desk.server.stock(product: 3, place: storage) == 7)
        #expect(desk.server.stillToCome == [3: 1, 5: 1])
    }

    @Test func kitsThatNeverComeAreGivenUpByTheirParts() async throws {
        let fresh = server("8.2")
        let desk = TrytonDesk(fresh)
        _ = try await desk.connector().push(push(fresh, TrytonKitTests.kits(3), backorder: false), dry: false)
        #expect(desk.server.stillToCome.isEmpty && desk.server.ignoredMoves == 2)
    }

    @Test func whatArrivesDamagedOfAKitIsPutAsideByItsParts() async throws {
        let fresh = server("8.2")
        let desk = TrytonDesk(fresh)
        _ = try await desk.connector(damaged: "Lost").push(push(fresh, TrytonKitTests.kits(3, damaged: 1)), dry: false)
        #expect(
            desk.server.stock(product: 3, place: storage) == 4 && desk.server.stock(product: 5, place: storage) == 2)
    }

    @Test func kitsThatNobodyAnnouncedAreReceivedByTheirParts() async throws {
        let fresh = server("8.2")
        let desk = TrytonDesk(fresh)
        _ = try await desk.connector().push(push(fresh, TrytonKitTests.kits(2), receipt: nil), dry: false)
        #expect(
            desk.server.stock(product: 3, place: storage) == 4 && desk.server.stock(product: 5, place: storage) == 2)
    }

    @Test func oneMoreAndOneFewerAreCorrectedByTheirParts() async throws {
        let fresh = server("8.2")
        let desk = TrytonDesk(fresh)
        _ = try await desk.connector().push(push(fresh, TrytonKitTests.kits(3)), dry: false)
        func correct(_ change: Quantity, _ number: Int) -> CorrectionPush {
            CorrectionPush(
                key: "quai/correction/21.\(number)", receipt: "4", note: "BL-KIT", reason: "counted again",
                lines: [.init(line: nil, product: nil, gtin: TrytonServer.gtin(21), change: change)])
        }
        _ = try await desk.connector().push(correct(1, 2), dry: false)
        #expect(desk.server.stock(product: 3, place: storage) == 8 && desk.server.stillToCome.isEmpty)
        _ = try await desk.connector().push(correct(-2, 3), dry: false)
        #expect(
            desk.server.stock(product: 3, place: storage) == 4 && desk.server.stock(product: 5, place: storage) == 2)
    }

    @Test(arguments: series)
    func aKitThatIsPutAwayMovesItsParts(series: String) async throws {
        var fresh = server(series)
        fresh.lay(3, 10, at: storage)
        fresh.lay(5, 10, at: storage)
        let desk = TrytonDesk(fresh)
        let push = TransferPush(
            key: "quai/move/21", from: "Storage", to: "A-01",
            lines: [.init(product: "21", gtin: TrytonServer.gtin(21), quantity: 4)])
        for _ in 0..<2 { _ = try await desk.connector().push(push, dry: false) }
        #expect(desk.server.stock(product: 3, place: bin) == 48 && desk.server.stock(product: 5, place: bin) == 4)
    }

    @Test func aKitIsNotCountedButItsParts() async throws {
        let desk = TrytonDesk(server("8.2"))
        func take(_ counted: Quantity) -> StockTakePush {
            StockTakePush(
                key: "quai/take/21", location: "A-01",
                lines: [
                    .init(product: nil, gtin: TrytonServer.gtin(21), counted: counted, expected: 0, begin: 0),
                    .init(product: nil, gtin: TrytonServer.gtin(3), counted: 38, expected: 40, begin: 40),
                ])
        }
        let fault = await trytonFault { _ = try await desk.connector().push(take(2), dry: false) }
        #expect(fault?.kind == .rule)
        #expect(
            fault?.sentence
                == "Kit is a kit in Tryton (2 [A3] Article 3, 1 [A5] Article 5): it has no stock of its own, count its parts."
        )
        #expect(desk.server.stock(product: 3, place: bin) == 40)
        _ = try await desk.connector().push(take(0), dry: false)
        #expect(desk.server.stock(product: 3, place: bin) == 38)
    }

    @Test func aKitThatCannotBeTakenApartIsRefusedWithItsParts() async throws {
        var fresh = server("8.2")
        let tracked = fresh.addKit("Borne", [(18, 1), (3, 2)])
        let fixed = fresh.addKit("Lot", [(3, 2)], fixed: true)
        let empty = fresh.addKit("Vide", [])
        let desk = TrytonDesk(fresh)
        for (kit, count, words) in [
            (tracked, 1, "[A18] Article 18 is kept by lot or serial number, receive its parts."),
            (fixed, 1, "does not depend on how many kits there are, receive its parts."),
            (empty, 1, "nothing is said of what is in it, receive its parts."),
            (21, Quantity("0.5") ?? 0, "0.5 of [A5] Article 5 cannot be written, receive its parts."),
        ] as [(Int64, Quantity, String)] {
            let line = ReceptionPush.Line(line: nil, product: String(kit), gtin: "", quantity: count)
            let push = ReceptionPush(key: "quai/reception/22", receipt: "4", note: "", lines: [line])
            let fault = await trytonFault { _ = try await desk.connector().push(push, dry: false) }
            #expect(fault?.kind == .rule && fault?.sentence.hasSuffix(words) == true, "\(fault?.sentence ?? "")")
        }
        #expect(desk.server.state("stock.shipment.in", 4) == "draft")
    }

    @Test func aKitWhosePartsMayNotBeSeenIsRefusedByName() async throws {
        var fresh = server("8.2")
        fresh.forbiddenModels = ["product.component"]
        let desk = TrytonDesk(fresh)
        let fault = await trytonFault {
            _ = try await desk.connector().push(push(fresh, TrytonKitTests.kits(1)), dry: false)
        }
        #expect(fault?.kind == .right)
        #expect(fault?.sentence.hasPrefix("Kit is a kit in Tryton, and the user may not") == true)
        #expect(desk.server.state("stock.shipment.in", 4) == "draft")
    }

    @Test func kitsComeWithTheCatalogue() async throws {
        let desk = TrytonDesk(server("8.2"))
        let items = try await desk.connector().products(after: nil).items
        #expect(items.last?.id == "21" && items.last?.gtins == [TrytonServer.gtin(21)])
    }
}
