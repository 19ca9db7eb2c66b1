import ERPPeers
import Model
import Testing

@testable import ERP

private let everySeries = ["7.0", "8.0", "8.2"]

/// The flows against the stand-in of each series.
struct TrytonTests {
    // MARK: Signing in

    @Test(arguments: everySeries)
    func theServerIsFoundAndSignedInOnce(series: String) async throws {
        let desk = TrytonDesk(series)
        let connector = desk.connector()
        let version = try await connector.probe()
        #expect(version.product == "tryton" && version.door == "session")
        #expect(version.series.hasPrefix(series))
        _ = try await connector.parties(after: nil)
        #expect(desk.server.logins == 1)
        // Version, login, preferences, rights; parties.
        #expect(desk.server.requests == (series == "7.0" ? 6 : 5))
    }

    @Test(arguments: everySeries, [false, true])
    func aRightThatIsMissingIsNamedWithItsModel(series: String, usesKey: Bool) async throws {
        if usesKey, series == "7.0" { return }
        let desk = TrytonDesk(series)
        desk.change { $0.forbiddenModels = ["stock.shipment.in", "purchase.purchase"] }
        let connector = desk.connector(usesKey: usesKey)
        let remarks = try await connector.probe().remarks
        #expect(
            remarks.contains(
                "The user may not read, write, create stock.shipment.in (expected goods): a group is missing."))
        #expect(remarks.contains { $0.contains("may not read purchase.purchase") })
        let fault = await trytonFault { _ = try await connector.openReceipts() }
        #expect(fault?.kind == .right && fault?.sentence.hasPrefix("stock.shipment.in, the right to read: ") == true)
        // Given meanwhile, it is no remark any more, and is not asked for again.
        desk.change { $0.forbiddenModels = [] }
        #expect(try await !connector.probe().remarks.contains { $0.contains("may not") })
        let requests = desk.server.requests
        _ = try await connector.probe()
        #expect(desk.server.requests == requests)
    }

    @Test func aServerWithoutPurchasesAndLotsIsAskedForTheRest() async throws {
        let desk = TrytonDesk("8.2")
        desk.change { server in
            server.missingModels = ["purchase.purchase", "stock.lot"]
            server.forbiddenModels = ["stock.inventory"]
        }
        let remarks = try await desk.connector().probe().remarks
        #expect(remarks == ["The user may not read, write, create stock.inventory (stock takes): a group is missing."])
    }

    @Test func callsThatStartTogetherSignInOnce() async throws {
        let desk = TrytonDesk("8.2")
        let connector = desk.connector()
        async let one = connector.products(after: nil)
        async let two = connector.parties(after: nil)
        async let three = connector.card(of: "5")
        _ = try await (one, two, three)
        #expect(desk.server.logins == 1)
    }

    @Test(arguments: everySeries)
    func wrongCredentialsAreTriedOnce(series: String) async {
        let desk = TrytonDesk(series)
        let connector = desk.connector(secret: "wrong")
        for _ in 0..<10 { #expect(await trytonFault { _ = try await connector.probe() }?.kind == .credentials) }
        #expect(desk.server.logins == 1)
    }

    @Test func aKeyThatIsRefusedIsTriedOnceAndBefore8ThereAreNone() async {
        let desk = TrytonDesk("8.2")
        let connector = desk.connector(usesKey: true, secret: "wrong")
        for _ in 0..<3 { #expect(await trytonFault { _ = try await connector.probe() }?.kind == .credentials) }
        #expect(desk.server.requests == 3)
        let old = TrytonDesk("7.0").connector(usesKey: true)
        #expect(await trytonFault { _ = try await old.probe() }?.kind == .unsupported)
    }

    @Test(arguments: everySeries)
    func aMissingDatabaseIsNotBlamedOnThePassword(series: String) async {
        let desk = TrytonDesk(series)
        desk.change { $0.hasDatabase = false }
        #expect(await trytonFault { _ = try await desk.connector().probe() }?.kind == .gone)
    }

    @Test func aBarredUserWaitsLongerEachTime() async {
        let desk = TrytonDesk("8.2")
        for _ in 0..<5 { _ = try? await desk.connector(secret: "wrong").probe() }
        let connector = desk.connector()
        let first = await trytonFault { _ = try await connector.probe() }
        let waits = [first, await trytonFault { _ = try await connector.probe() }]
        #expect(waits.map { $0?.kind } == [.busy, .busy] && waits.map { $0?.retryAfter } == [30, 60])
    }

    @Test(arguments: everySeries, 3...9)
    func aSessionThatEndsInTheMiddleIsRenewed(series: String, at: Int) async throws {
        let desk = TrytonDesk(series)
        desk.change { $0.troubles = [at: .sessionEnded] }
        let push = Pushes.short(desk.server)
        _ = try await desk.connector().push(push, dry: false)
        #expect(desk.server.stock(product: 1, place: TrytonServer.storage) == 50)
        #expect(desk.server.logins <= 3)
    }

    @Test func aSessionThatEndsTwiceIsARefusal() async {
        let desk = TrytonDesk("8.2")
        desk.change { $0.troubles = [4: .sessionEnded, 7: .sessionEnded] }
        #expect(await trytonFault { _ = try await desk.connector().parties(after: nil) }?.kind == .credentials)
    }

    // MARK: Reading

    @Test(arguments: everySeries, [false, true])
    func articlesPartiesAndReceiptsAreRead(series: String, usesKey: Bool) async throws {
        if usesKey, series == "7.0" { return }
        let connector = TrytonDesk(series).connector(usesKey: usesKey)
        let products = try await connector.products(after: nil)
        #expect(products.items.count == 20 && products.next == nil)
        #expect(products.items[0].gtins == [TrytonServer.gtin(1)] && products.items[0].unit == "u")
        #expect(products.items.filter { $0.tracking == .lot }.map(\.id) == ["9", "10", "18"])
        let parties = try await connector.parties(after: nil)
        #expect(parties.items.first { $0.id == "5" }?.numbers == ["+33 1 99 00 12 34", "06 39 98 12 34"])
        #expect(parties.items.first { $0.id == "5" }?.path == "/#depot/model/party.party/5")
        let receipts = try await connector.openReceipts()
        #expect(receipts.map(\.name) == ["1", "2", "3"])
        #expect(
            receipts[0].references == ["BL-2026-0001", "PO-BL-2026-0001", "1"] && receipts[0].supplier == "Sonedis Lyon"
                && receipts[0].expectedOn == "2026-11-22")
        #expect(receipts[0].lines.map(\.quantity) == [60, 40, 10])
        #expect(receipts[2].lines.map(\.tracking) == [.lot, .lot, .lot])
        #expect(receipts[0].lines[0].gtin == TrytonServer.gtin(1))
    }

    @Test func aCallerIsFoundInThreeSteps() async throws {
        let connector = TrytonDesk("8.2").connector()
        let exact = try await connector.parties(e164: "+33199001234", national: "01 99 00 12 34")
        #expect(exact.map(\.id) == ["5"] && !exact[0].isGuess)
        let national = try await connector.parties(e164: "+33639985005", national: "06 39 98 50 05")
        #expect(national.map(\.id) == ["6"] && !national[0].isGuess)
        let guess = try await connector.parties(e164: "+262639985005", national: "")
        #expect(guess.map(\.id) == ["6"] && guess[0].isGuess)
        #expect(try await connector.parties(e164: "+33123456789", national: "01 23 45 67 89").isEmpty)
    }

    @Test func aCardLeavesOutWhatIsMissingOrForbidden() async throws {
        let desk = TrytonDesk("8.2")
        let whole = try await desk.connector().card(of: "5")
        #expect(whole.orders?.first?.amount == "232.60 EUR" && whole.orders?.first?.date == "2026-11-19")
        #expect(whole.invoices?.count == 1 && whole.balance == "232.60" && whole.tickets == nil)
        desk.change {
            $0.missingModels = ["sale.sale"]
            $0.forbiddenModels = ["account.invoice"]
        }
        let rest = try await desk.connector().card(of: "5")
        #expect(rest.orders == nil && rest.invoices == nil && rest.balance == "232.60")
        desk.change { $0.troubles = [$0.requests + 4: .lost, $0.requests + 5: .lost, $0.requests + 6: .lost] }
        #expect(await trytonFault { _ = try await desk.connector().card(of: "5") }?.kind == .unknownOutcome)
    }

    // MARK: Stock takes, calls, clients

    @Test(arguments: everySeries, [false, true])
    func aStockTakeBooksWhatIsThereNow(series: String, usesKey: Bool) async throws {
        if usesKey, series == "7.0" { return }
        let desk = TrytonDesk(series)
        _ = try await desk.connector(usesKey: usesKey).push(Pushes.take, dry: false)
        #expect(desk.server.stock(product: 3, place: TrytonServer.bin) == 38)
        #expect(desk.server.stock(product: 18, lot: "S7", place: TrytonServer.bin) == 1)
        _ = try await desk.connector(usesKey: usesKey).push(Pushes.take, dry: false)
        #expect(desk.server.count("stock.inventory") == 1)
        var other = Pushes.take
        other.lines[0].counted += 1
        let late = await trytonFault { _ = try await desk.connector(usesKey: usesKey).push(other, dry: false) }
        #expect(late?.kind == .conflict)
        #expect(desk.server.stock(product: 3, place: TrytonServer.bin) == 38)
    }

    @Test(arguments: [false, true])
    func whatWasNotCountedStaysUnlessAPersonSaidThatNothingElseIsThere(isComplete: Bool) async throws {
        let desk = TrytonDesk("8.2")
        desk.change { $0.lay(5, 7, at: TrytonServer.bin) }
        var take = Pushes.take
        take.isComplete = isComplete
        _ = try await desk.connector().push(take, dry: false)
        #expect(desk.server.stock(product: 5, place: TrytonServer.bin) == (isComplete ? 0 : 7))
        #expect(desk.server.stock(product: 3, place: TrytonServer.bin) == 38)
    }

    /// The process dies before it writes the note, or before it confirms.
    @Test(arguments: [11, 14])
    func whatMovesAfterTheLinesAreWrittenStaysMoved(death: Int) async throws {
        let desk = TrytonDesk("8.2")
        // Four pieces come in, which nobody here knows of.
        desk.die(before: death)
        _ = try? await desk.connector().push(Pushes.take, dry: false)
        desk.die()
        #expect(desk.server.count("stock.inventory") == 1 && desk.server.state("stock.inventory", 1) == "draft")
        desk.change { $0.lay(3, 4, at: TrytonServer.bin) }
        _ = try await desk.connector().push(Pushes.take, dry: false)
        #expect(desk.server.stock(product: 3, place: TrytonServer.bin) == 42)
        #expect(desk.server.count("stock.inventory") == 1)
    }

    @Test(arguments: [11, 14])
    func newFiguresGoIntoTheDraftThatIsThere(death: Int) async throws {
        let desk = TrytonDesk("8.2")
        desk.die(before: death)
        _ = try? await desk.connector().push(Pushes.take, dry: false)
        desk.die()
        desk.change { $0.lay(3, 4, at: TrytonServer.bin) }
        var take = Pushes.take
        take.lines[0].movedSince += 4
        _ = try await desk.connector().push(take, dry: false)
        #expect(desk.server.stock(product: 3, place: TrytonServer.bin) == 42)
        #expect(desk.server.count("stock.inventory") == 1)
    }

    @Test(arguments: everySeries)
    func aNumberThatIsNoTelephoneIsKeptAsSomethingElse(series: String) async throws {
        let desk = TrytonDesk(series)
        guard case .done(let id, let words) = try await desk.connector().push(Pushes.party, dry: false) else { return }
        #expect(words.contains("+33639981299") && !words.contains("+33465710044"))
        let all = try await desk.connector().parties(after: nil)
        #expect(all.items.first { $0.id == id }?.numbers == ["+33465710044", "+33639981299"])
        #expect(desk.server.count("party.party") == 7)
    }
}
