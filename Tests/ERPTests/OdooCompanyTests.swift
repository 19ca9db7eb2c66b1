import ERP
import ERPPeers
import Model
import Synchronization
import Testing

/// Several companies in one database, and rights that change while we run.
struct OdooCompanyTests {
    static let series = [14, 15, 16, 17, 18, 19]
    static let north = "Duret Nord SARL"

    private static func prepare(_ server: inout OdooServer) {
        let house = server.addWarehouse("Nord", code: "NORD", company: north)
        server.addReceipt(supplier: server.firstSupplier, origin: "P9", lines: [(1, 5)], type: house.receipts)
        server.move(product: 2, location: house.stock, by: 30)
    }

    private static func connector(
        _ desk: OdooDesk, company: String?, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) -> OdooConnector {
        OdooConnector(
            database: "depot", user: "manager", secret: desk.series >= 19 ? "manager-key" : "manager-secret",
            company: company, wire: desk.peer.wire, today: { "2026-11-22" }, now: now)
    }

    @Test(arguments: series)
    func everyCallSaysWhichCompanyItIsFor(series: Int) async throws {
        let desk = OdooDesk(series, OdooCompanyTests.prepare)
        let connector = OdooCompanyTests.connector(desk, company: OdooCompanyTests.north)
        let receipt = try #require(try await connector.openReceipts().first)
        #expect(receipt.references == ["P9"])
        // One place of that name is in each company.
        #expect(try await connector.stock(at: "Stock").map(\.quantity) == [30])
        let push = ReceptionPush(
            key: "quai/reception/20", receipt: receipt.id, note: "",
            lines: [.init(line: nil, product: "1", gtin: "", quantity: 5)])
        _ = try await connector.push(push, dry: false)
        let take = StockTakePush(
            key: "quai/take/20", location: "NORD/Stock",
            lines: [.init(product: "2", gtin: "", counted: 28, expected: 30, begin: 30)])
        let plan = try await connector.push(take, dry: true).plan
        #expect(series < 15 || plan.allSatisfy { $0.body?.description.contains("allowed_company_ids") == true })
        if series >= 15 { _ = try await connector.push(take, dry: false) }
        let bare = ["fields_get", "context_get", "check_access_rights", "has_access", "has_group"]
        let asked = await desk.peer.requests.filter { request in
            let text = "\(request.path) \(request.body?.description ?? "")"
            return text.contains("stock.") && !bare.contains { text.contains($0) } && !text.contains("create_backorder")
        }
        #expect(!asked.isEmpty)
        #expect(asked.allSatisfy { $0.body?.description.contains("\"allowed_company_ids\":[2]") == true })
    }

    @Test(arguments: series)
    func theReceiptOfAnotherCompanyIsNotOurs(series: Int) async throws {
        let desk = OdooDesk(series, OdooCompanyTests.prepare)
        let connector = OdooCompanyTests.connector(desk, company: OdooCompanyTests.north)
        let push = ReceptionPush(
            key: "quai/reception/21", receipt: "1", note: "",
            lines: [.init(line: nil, product: "1", gtin: "", quantity: 5)])
        let fault = await OdooDesk.fault { () async throws(ERPFault) in try await connector.push(push, dry: false) }
        #expect(fault?.kind == .gone)
        #expect(await desk.server.writes == 0)
    }

    @Test(arguments: series)
    func aCompanyThatTheUserMayNotSeeIsNamed(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            OdooCompanyTests.prepare(&server)
            server.employ("manager", by: [1])
        }
        let fault = await OdooDesk.fault { () async throws(ERPFault) in
            try await OdooCompanyTests.connector(desk, company: OdooCompanyTests.north).openReceipts()
        }
        #expect(fault?.kind == .rule && fault?.sentence.contains("no company “\(OdooCompanyTests.north)”") == true)
        #expect(try await OdooCompanyTests.connector(desk, company: nil).openReceipts().count == 4)
    }

    // MARK: Rights

    @Test(arguments: series)
    func aRightThatIsGivenLaterIsSeenWithoutARestart(series: Int) async throws {
        let desk = OdooDesk(series) { $0.forbid(["stock.picking", "stock.move.line"], to: "manager") }
        let connector = OdooCompanyTests.connector(desk, company: nil)
        let push = ReceptionPush(
            key: "quai/reception/22", receipt: "1", note: "",
            lines: [.init(line: "19", product: "1", gtin: "", quantity: 60)])
        #expect(try await connector.probe().remarks.contains { $0.contains("may not read stock.picking") })
        let fault = await OdooDesk.fault { () async throws(ERPFault) in try await connector.push(push, dry: false) }
        #expect(fault?.kind == .right)
        await desk.peer.change { $0.permitAll(to: "manager") }
        #expect(try await connector.push(push, dry: false).id == "1")
        #expect(try await connector.probe().remarks.allSatisfy { !$0.contains("may not") })
    }

    @Test(arguments: series)
    func aPullThatMissesARightHasTheRightsAskedAgain(series: Int) async throws {
        let desk = OdooDesk(series) { $0.forbid(["stock.picking"], to: "manager") }
        let connector = OdooCompanyTests.connector(desk, company: nil)
        #expect(try await connector.probe().remarks.contains { $0.contains("may not read stock.picking") })
        let fault = await OdooDesk.fault { () async throws(ERPFault) in try await connector.openReceipts() }
        #expect(fault?.kind == .right)
        await desk.peer.change { $0.permitAll(to: "manager") }
        #expect(try await connector.probe().remarks.allSatisfy { !$0.contains("may not") })
        #expect(try await connector.openReceipts().count == 4)
    }

    @Test(arguments: series)
    func whatMayBeDoneIsAskedAgainAfterAnHour(series: Int) async throws {
        let desk = OdooDesk(series) { $0.deny(["create"], on: "stock.scrap", to: "manager") }
        let clock = Clock()
        let connector = OdooCompanyTests.connector(desk, company: nil, now: { clock.now })
        let remark = "User manager may not create stock.scrap: no damaged goods."
        #expect(try await connector.probe().remarks.contains(remark))
        await desk.peer.change { $0.permitAll(to: "manager") }
        clock.pass(.seconds(3599))
        #expect(try await connector.probe().remarks.contains(remark))
        clock.pass(.seconds(2))
        #expect(try await !connector.probe().remarks.contains(remark))
    }

    private final class Clock: Sendable {
        private let instant = Mutex(ContinuousClock.now)

        var now: ContinuousClock.Instant { instant.withLock { $0 } }
        func pass(_ time: Duration) { instant.withLock { $0 += time } }
    }
}
