import ERP
import ERPPeers
import Model
import Testing

/// Probe, lists, callers and cards against the stand-in.
struct OdooReadingTests {
    static let series = [14, 15, 16, 17, 18, 19]

    @Test(arguments: series)
    func theProbeFindsTheDoorAndSignsInOnce(series: Int) async throws {
        let desk = OdooDesk(series)
        let connector = desk.connector()
        let version = try await connector.probe()
        #expect(version.series == "\(series).0")
        #expect(version.door == (series >= 19 ? "json2" : "jsonrpc"))
        _ = try await connector.probe()
        _ = try await connector.openReceipts()
        let calls = await desk.server.calls
        #expect(calls.filter { $0 == "common.authenticate" }.count == (series >= 19 ? 0 : 1))
        #expect(calls.prefix(while: { !$0.hasSuffix("search_read") }).count == (series >= 19 ? 3 : 5))
    }

    @Test func aPasswordInPlaceOfAKeyGoesThroughTheOlderDoor() async throws {
        let desk = OdooDesk(19)
        #expect(try await desk.connector(secret: "manager-secret").probe().door == "jsonrpc")
        #expect(try await OdooDesk(17).connector(secret: "manager-key").probe().door == "jsonrpc")
    }

    @Test func aServerWithOneDatabaseNamesIt() async throws {
        let desk = OdooDesk(17)
        let connector = OdooConnector(
            database: nil, user: "gateway", secret: "gateway-secret", wire: desk.peer.wire, today: { "2026-11-22" })
        #expect(try await connector.probe().series == "17.0")
    }

    @Test(arguments: series)
    func aRefusedPasswordIsNotTriedAgain(series: Int) async throws {
        let desk = OdooDesk(series)
        let connector = desk.connector(secret: "wrong")
        for _ in 0..<3 {
            let fault = await OdooDesk.fault { () async throws(ERPFault) in try await connector.probe() }
            #expect(fault?.kind == .credentials)
        }
        let fault = await OdooDesk.fault { () async throws(ERPFault) in try await connector.openReceipts() }
        #expect(fault?.kind == .credentials)
        // A wrong key is tried once at each of the doors of 19.
        #expect(await desk.server.refusals == (series >= 19 ? 2 : 1))
    }

    @Test(arguments: series)
    func aPasswordThatChangesIsNotTriedAgainEither(series: Int) async throws {
        let desk = OdooDesk(series)
        let connector = desk.connector()
        _ = try await connector.probe()
        await desk.peer.change { $0.changePassword(of: "manager", to: "other") }
        for _ in 0..<3 {
            let fault = await OdooDesk.fault { () async throws(ERPFault) in try await connector.openReceipts() }
            #expect(fault?.kind == .credentials)
        }
        #expect(await desk.server.refusals == 1)
        #expect(try await desk.connector(secret: "other").openReceipts().count == 4)
    }

    @Test func concurrentCallersSignInOnce() async throws {
        let desk = OdooDesk(17)
        let connector = desk.connector()
        async let one = connector.openReceipts()
        async let other = connector.products(after: nil)
        async let third = connector.probe()
        _ = try await (one, other, third)
        #expect(await desk.server.calls.filter { $0 == "common.authenticate" }.count == 1)
    }

    @Test func aServerWithoutStockStillHasClients() async throws {
        let desk = OdooDesk(17, absent: ["stock.move.line", "stock.picking", "helpdesk.ticket", "crm.lead"])
        let connector = desk.connector()
        #expect(try await connector.probe().remarks.isEmpty == false)
        #expect(try await connector.parties(after: nil).items.count == 10)
        let fault = await OdooDesk.fault { () async throws(ERPFault) in try await connector.openReceipts() }
        #expect(fault?.kind == .unsupported)
    }

    // MARK: Lists

    @Test(arguments: series)
    func productsComeWithTheirCartons(series: Int) async throws {
        let page = try await OdooDesk(series).connector().products(after: nil)
        #expect(page.next == nil)
        #expect(page.items.count == 20)
        let first = page.items[0]
        #expect(first.gtins == ["0" + OdooServer.gtin(1)])
        #expect(first.reference == "DJ16C" && first.description == "Disjoncteur 16A courbe C" && first.unit == "Units")
        #expect(first.packagings == [.init(gtin: OdooServer.gtin(1, width: 14), quantity: 10)])
        #expect(page.items[8].tracking == .lot && page.items[17].tracking == .serial)
    }

    @Test func manyProductsComeInPagesAndNoneTwice() async throws {
        let desk = OdooDesk(19) { server in
            for index in 0..<405 {
                server.addProduct("Article", code: "A\(index)", barcode: OdooServer.gtin(1000 + index))
            }
        }
        let connector = desk.connector()
        var ids: [String] = []
        var cursor: String?
        repeat {
            let page = try await connector.products(after: cursor)
            ids += page.items.map(\.id)
            cursor = page.next
        } while cursor != nil
        #expect(ids.count == 425 && Set(ids).count == 425)
    }

    @Test func aServerWithoutPackagingsHasNone() async throws {
        let page = try await OdooDesk(17, absent: ["product.packaging"]).connector().products(after: nil)
        #expect(page.items.allSatisfy { $0.packagings.isEmpty })
    }

    @Test(arguments: series)
    func openReceiptsComeInFewCalls(series: Int) async throws {
        let desk = OdooDesk(series)
        let connector = desk.connector()
        _ = try await connector.probe()
        await desk.peer.change { $0.forgetCounts() }
        let receipts = try await connector.openReceipts()
        #expect(await desk.server.calls.count == 4)
        #expect(receipts.map(\.name) == (1...4).map { "WH/IN/0000\($0)" })
        #expect(receipts[0].references == ["P00001", "PO-REF-1001"])
        #expect(receipts[0].supplier == "Sonedis Lyon" && receipts[0].expectedOn == "2026-11-21")
        #expect(
            receipts[0].path
                == (series >= 18 ? "/odoo/stock.picking/1" : "/web#id=1&model=stock.picking&view_type=form"))
        #expect(receipts[2].lines.map(\.tracking) == [.lot, .lot, .serial])
        #expect(
            receipts[0].lines[0]
                == .init(
                    id: "19", product: "1", gtin: "0" + OdooServer.gtin(1), description: "Disjoncteur 16A courbe C",
                    quantity: 60, reference: "DJ16C"))
        // The articles are known now.
        _ = try await connector.openReceipts()
        #expect(await desk.server.calls.count == 7)
    }

    // MARK: Who calls

    @Test(arguments: series)
    func aCallerIsFoundByTheNumberHoweverItIsStored(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            server.addContact("Luc Martin", phone: "04.65.71.99.01", of: server.firstCustomer)
        }
        let connector = desk.connector()
        let martin = try await connector.parties(e164: "+33199001234", national: "01 99 00 12 34")
        #expect(martin.map(\.company) == ["Boulangerie Martin"])
        #expect(martin.map(\.isGuess) == [false])
        let luc = try await connector.parties(e164: "+33465719901", national: "0465719901")
        #expect(luc.map { [$0.company, $0.name] } == [["Boulangerie Martin", "Luc Martin"]])
        // The fiction block is no valid number: found as it was typed, or by its last digits.
        let petit = try await connector.parties(e164: "+33639985005", national: "06 39 98 50 05")
        #expect(petit.map(\.company) == ["Menuiserie Petit"])
        let abroad = try await connector.parties(e164: "+33639985005", national: "")
        #expect(abroad.map(\.isGuess) == [true])
        #expect(try await connector.parties(e164: "+33465710000", national: "04 65 71 00 00").isEmpty)
        #expect(try await connector.parties(e164: "+12", national: "12").isEmpty)
    }

    @Test(arguments: series)
    func aCallerIsFoundWithoutTheTelephoneModule(series: Int) async throws {
        let desk = OdooDesk(series) { $0.removePhoneModule() }
        let connector = desk.connector()
        #expect(try await connector.parties(e164: "+33199001234", national: "0199001234").map(\.isGuess) == [false])
        #expect(try await connector.parties(e164: "+33261916006", national: "0261916006").map(\.isGuess) == [false])
        #expect(try await connector.parties(e164: "+33465714004", national: "0465714004").map(\.isGuess) == [true])
    }

    // MARK: Cards

    @Test(arguments: series)
    func aCardShowsOrdersInvoicesAndTasks(series: Int) async throws {
        let desk = OdooDesk(series) { server in server.addContact("Luc Martin", phone: "1", of: server.firstCustomer) }
        let party = await desk.server.firstCustomer
        let connector = desk.connector()
        let contact = party + 7
        for id in [party, contact] {
            let card = try await connector.card(of: String(id))
            #expect(card.orders?.map(\.name) == ["S00002 (CMD-2026-02)", "S00001 (DEV-2026-01)"])
            #expect(card.orders?.first?.amount == "267.49 EUR" && card.orders?.first?.date == "2026-11-21")
            #expect(card.invoices == [])
            #expect(card.tickets?.map(\.name) == ["Hublot en panne"])
            #expect(card.balance == "0.00")
        }
        let clinic = try await connector.card(of: String(party + 1))
        #expect(clinic.invoices?.map(\.amount) == ["812.50 EUR"])
        #expect(clinic.invoices?.map(\.state) == ["overdue"])
        let fault = await OdooDesk.fault { () async throws(ERPFault) in try await connector.card(of: "999") }
        #expect(fault?.kind == .gone)
    }

    @Test func aCardLeavesOutWhatTheServerLacksOrForbids() async throws {
        let desk = OdooDesk(17, absent: ["helpdesk.ticket", "crm.lead", "project.task", "account.move"]) { server in
            server.forbid(["sale.order"], to: "manager")
        }
        let party = await desk.server.firstCustomer
        let card = try await desk.connector().card(of: String(party))
        #expect(card.orders == nil && card.invoices == nil && card.tickets == nil)
        #expect(card.balance == "0.00")
    }
}
