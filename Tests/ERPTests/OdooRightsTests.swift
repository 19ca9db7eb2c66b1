import ERP
import ERPPeers
import Model
import Testing

/// Missing rights and other languages.
struct OdooRightsTests {
    static let series = [14, 15, 16, 17, 18, 19]

    @Test(arguments: series)
    func whatTheUserMayNotDoIsNamedByTheProbe(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            server.deny(["write"], on: "stock.quant", to: "manager")
            server.deny(["create"], on: "stock.scrap", to: "manager")
            server.forbid(["stock.picking"], to: "manager")
        }
        let connector = desk.connector()
        let remarks = try await connector.probe().remarks
        for remark in [
            "User manager may not read stock.picking: no expected receipts.",
            "User manager may not write stock.quant: no stock takes.",
            "User manager may not create stock.scrap: no damaged goods.",
        ] {
            #expect(remarks.contains(remark))
        }
        #expect(!remarks.contains { $0.contains("product.product") })
        // Asked once.
        let calls = await desk.server.calls.count
        _ = try await connector.probe()
        #expect(await desk.server.calls.count == calls)
        #expect(
            !(await desk.server.calls.contains { $0.hasSuffix(series >= 18 ? "check_access_rights" : "has_access") }))
    }

    @Test(arguments: series)
    func whoMayDoAllHasNoRemarks(series: Int) async throws {
        let remarks = try await OdooDesk(series).connector().probe().remarks
        #expect(remarks.filter { !$0.contains("API key") }.isEmpty)
        let gateway = try await OdooDesk(series).connector("gateway").probe().remarks
        #expect(gateway.contains { $0.contains("Inventory / Administrator") } == (series <= 17))
    }

    @Test(arguments: series)
    func aPullWithoutTheRightIsAFaultAndNoEmptyList(series: Int) async throws {
        for lang in ["en_US", "fr_FR"] {
            let desk = OdooDesk(series) { $0.speak(lang, to: "clerk") }
            let fault = await OdooDesk.fault { () async throws(ERPFault) in
                try await desk.connector("clerk").openReceipts()
            }
            #expect(fault?.kind == .right)
            #expect(fault?.sentence.contains("(stock.picking)") == true)
            #expect(fault?.sentence.hasPrefix(lang == "fr_FR" ? "Vous n'êtes pas" : "You are not") == true)
        }
    }

    @Test(arguments: series)
    func namesComeInTheUsersLanguage(series: Int) async throws {
        let desk = OdooDesk(series) { server in
            server.speak("fr_FR", to: "manager")
            server.translate(product: 20, "fr_FR", "Détecteur de mouvement")
        }
        let connector = desk.connector()
        #expect(try await connector.products(after: nil).items.last?.description == "Détecteur de mouvement")
        #expect(try await connector.stock(at: "WH/Stock").last?.description == "[DM180] Détecteur de mouvement")
        let requests = await desk.peer.requests.map { $0.body?.description ?? "" }
        #expect(requests.contains { $0.contains("\"lang\":\"fr_FR\"") })
    }

    /// "L'objet helpdesk.ticket n'existe pas !"
    @Test(arguments: series)
    func aModelThatIsNotThereIsNoFaultInAnyLanguage(series: Int) async throws {
        for absent in [
            ["helpdesk.ticket", "crm.lead"], ["helpdesk.ticket", "crm.lead", "project.task", "sale.order"],
        ] {
            let desk = OdooDesk(series, absent: Set(absent)) { $0.speak("fr_FR", to: "manager") }
            let card = try await desk.connector(secret: "manager-secret").card(of: String(desk.server.firstCustomer))
            #expect((card.tickets == nil) == (absent.count > 2) && (card.orders == nil) == (absent.count > 2))
        }
        let desk = OdooDesk(series, absent: ["product.packaging", "product.uom", "stock.picking"]) {
            $0.speak("fr_FR", to: "manager")
        }
        let connector = desk.connector(secret: "manager-secret")
        #expect(try await connector.products(after: nil).items.count == 20)
        let fault = await OdooDesk.fault { () async throws(ERPFault) in try await connector.openReceipts() }
        #expect(fault?.kind == .unsupported)
    }
}
