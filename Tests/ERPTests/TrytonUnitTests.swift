import ERPPeers
import Model
import Testing

@testable import ERP

/// Dozens and metres: the purchase's unit on the paper, the article's own here; as tried on a real 8.2.
struct TrytonUnitTests {
    private func push(_ receipt: ERPReceipt, _ quantities: [Quantity], backorder: Bool = true) -> ReceptionPush {
        ReceptionPush(
            key: "quai/reception/6", receipt: receipt.id, note: "BL-6",
            lines: zip(receipt.lines, quantities).map {
                ReceptionPush.Line(line: $0.id, product: $0.product, gtin: $0.gtin ?? "", quantity: $1)
            }, backorder: backorder)
    }

    private func dozens(_ series: String) async throws -> (TrytonDesk, ERPReceipt) {
        var server = TrytonServer(series: series)
        let id = server.announce(2, "BL-6", [(2, 5), (7, 2)], unit: 2)
        let desk = TrytonDesk(server)
        return (desk, try #require(try await desk.connector().openReceipts().first { $0.id == String(id) }))
    }

    @Test(arguments: ["7.0", "8.0", "8.2"])
    func dozensAreReceivedInPieces(series: String) async throws {
        let (desk, receipt) = try await dozens(series)
        #expect(receipt.lines.map(\.quantity) == [60, 24])
        _ = try await desk.connector().push(push(receipt, [60, 12]), dry: false)
        #expect(desk.server.stock(product: 2, place: TrytonServer.storage) == 60)
        #expect(desk.server.stock(product: 7, place: TrytonServer.storage) == 12)
        // A dozen is still to come.
        #expect(desk.server.stillToCome == [7: 12])
    }

    @Test func whatIsNoDozenIsWrittenInPiecesWithItsPrice() async throws {
        let (desk, receipt) = try await dozens("8.2")
        _ = try await desk.connector().push(push(receipt, [55, 24]), dry: false)
        #expect(desk.server.stock(product: 2, place: TrytonServer.storage) == 55)
        #expect(desk.server.stock(product: 7, place: TrytonServer.storage) == 24)
        _ = try await desk.connector().push(push(receipt, [55, 24]), dry: false)
        #expect(desk.server.stock(product: 2, place: TrytonServer.storage) == 55)
    }

    @Test func whatWillNotComeOfADozenIsGivenUp() async throws {
        let (desk, receipt) = try await dozens("8.2")
        _ = try await desk.connector().push(push(receipt, [55, 12], backorder: false), dry: false)
        #expect(desk.server.stillToCome.isEmpty)
        #expect(desk.server.stock(product: 2, place: TrytonServer.storage) == 55)
    }

    @Test func metresAndFeetHaveDecimals() async throws {
        var server = TrytonServer(series: "8.2")
        server.keepInMetres(8)
        let id = server.announce(2, "BL-7", [(8, 100)], unit: 4)
        let desk = TrytonDesk(server)
        let receipt = try #require(try await desk.connector().openReceipts().first { $0.id == String(id) })
        #expect(receipt.lines.map(\.quantity) == [Quantity("30.48")])
        let received = try #require(Quantity("25.05"))
        _ = try await desk.connector().push(push(receipt, [received]), dry: false)
        #expect(desk.server.stock(product: 8, place: TrytonServer.storage) == 25.05)
    }

    @Test func halfAPieceIsRefusedByName() async throws {
        let (desk, receipt) = try await dozens("8.2")
        let half = try #require(Quantity("0.5"))
        let fault = await trytonFault { _ = try await desk.connector().push(push(receipt, [half, 24]), dry: false) }
        #expect(fault?.kind == .rule && fault?.sentence.contains("Article 2 is kept in steps of 1.0 u") == true)
    }

    @Test func unitsAreConvertedAsTheServerDoes() {
        func unit(_ id: Int64, _ factor: Double, _ rate: Double, _ rounding: Double) -> TrytonUnit {
            TrytonUnit(
                .object([
                    ("id", .int(id)), ("factor", .number(factor)), ("rate", .number(rate)),
                    ("rounding", .number(rounding)),
                ]))
        }
        let (piece, dozen) = (unit(1, 1, 1, 1), unit(2, 12, 0.083333333333, 1))
        let (metre, foot, millimetre) = (
            unit(3, 1, 1, 0.01), unit(4, 0.3048, 3.280839895013, 0.01), unit(5, 0.001, 1000, 0.01)
        )
        #expect(dozen.convert(5, to: piece) == 60 && piece.convert(60, to: dozen) == 5)
        #expect(foot.convert(100, to: metre) == 30.48 && millimetre.convert(1234, to: metre) == 1.23)
        #expect(metre.convert(250.5, to: millimetre) == 250_500)
        #expect(metre.holds(250.55) && !metre.holds(250.555) && !piece.holds(0.5))
    }
}
