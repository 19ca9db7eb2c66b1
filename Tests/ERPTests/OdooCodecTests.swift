import ERPPeers
import Model
import Testing

@testable import ERP

/// The small parts that need no server.
struct OdooCodecTests {
    @Test func theFormsOfAGTINAreAllThatAreStored() {
        #expect(GTINForm.all("09521321000018") == ["09521321000018", "9521321000018"])
        #expect(GTINForm.all("9521321000018") == ["09521321000018", "9521321000018"])
        #expect(GTINForm.all("00000012345670") == ["00000012345670", "0000012345670", "000012345670", "12345670"])
        #expect(GTINForm.all("12345670").last == "12345670")
        #expect(GTINForm.fourteen("123") == nil && GTINForm.fourteen("95213210000A8") == nil)
    }

    @Test func theSeriesIsReadFromWhateverTheServerSays() {
        #expect(["17.0", "saas~17.2", "16.0+e", "19.0"].map { OdooConnector.major(of: $0) } == [17, 17, 16, 19])
        #expect(OdooConnector.major(of: "master") == nil)
    }

    @Test func moneyAndQuantitiesArePlainText() {
        #expect(
            [267.49, 575, 0.1, -3.5, 0].map { OdooNumber.money($0) } == ["267.49", "575.00", "0.10", "-3.50", "0.00"])
        #expect(OdooNumber.text(40) == "40" && OdooNumber.text(12.5) == "12.5")
        #expect(OdooText.html("a < b & \"c\"\nd") == "a &lt; b &amp; &#34;c&#34;<br>d")
    }

    @Test(arguments: [
        ("odoo.exceptions.AccessDenied", "Access Denied", ERPFault.Kind.credentials),
        ("odoo.exceptions.UserError", "Object helpdesk.ticket doesn't exist", .unsupported),
        ("odoo.exceptions.UserError", "Only a stock manager can validate an inventory adjustment.", .right),
        ("builtins.ValueError", "Invalid field 'mobile' on model 'res.partner'", .unsupported),
        ("builtins.AttributeError", "The method does not exist", .unsupported),
        ("psycopg2.errors.SerializationFailure", "could not serialize access", .busy),
        ("psycopg2.OperationalError", "connection to \"10.0.0.5\", port 5432 failed", .busy),
        ("psycopg2.OperationalError", "host 10.0.0.5: database \"x\" does not exist", .unsupported),
        ("psycopg2.errors.LockNotAvailable", "could not obtain lock", .busy),
    ])
    func everyClassOfErrorIsKnown(name: String, message: String, kind: ERPFault.Kind) {
        let data = JSON.object([("name", .string(name)), ("message", .string(message)), ("debug", "Traceback")])
        let fault = OdooAnswer.fault(data, status: 200)
        #expect(fault.kind == kind)
        // The database's text tells host and port.
        #expect(!fault.sentence.contains("10.0.0.5") && !fault.sentence.contains("Traceback"))
    }

    @Test(arguments: [
        (500, "text/html", "<html>", ERPFault.Kind.unknownOutcome), (502, "text/html", "<html>", .unknownOutcome),
        (503, "text/html", "<html>", .busy), (429, "", "", .busy), (301, "", "", .foreign),
        (404, "text/html", "<html>", .foreign), (200, "text/plain", "hello", .foreign),
        (200, "application/json", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[{\"id", .foreign),
        (200, "application/json", "{\"ok\":true}", .foreign),
    ])
    func everyStatusIsKnown(status: Int, type: String, body: String, kind: ERPFault.Kind) {
        let reply = ERPReply(status: status, headers: ["content-type": type], body: Array(body.utf8))
        let fault = #expect(throws: ERPFault.self) { try OdooAnswer.result(of: reply, door: .jsonrpc(uid: 1)) }
        #expect(fault?.kind == kind)
    }

    @Test func anAbsentResultIsNull() throws {
        let reply = ERPReply(status: 200, body: Array("{\"jsonrpc\":\"2.0\",\"id\":1}".utf8))
        #expect(try OdooAnswer.result(of: reply) == .null)
        #expect(JSON.bool(false).odooText == nil && JSON.bool(false).odooID == nil && JSON.bool(false).odooIDs.isEmpty)
        let link: JSON = [7, "Sonedis Lyon"]
        #expect(link.odooID == 7 && link.odooName == "Sonedis Lyon")
    }

    @Test func anUnknownDatabaseIsSaidWithoutItsHost() async throws {
        let desk = OdooDesk(17)
        let connector = OdooConnector(
            database: "other", user: "gateway", secret: "gateway-secret", wire: desk.peer.wire, today: { "2026-11-22" })
        let fault = await OdooDesk.fault { () async throws(ERPFault) in try await connector.probe() }
        #expect(fault?.kind == .unsupported && fault?.sentence == "Odoo does not know this database.")
    }

    /// Lines of one move with several lots, lines left over, and lines that an earlier push wrote.
    @Test func commandsReuseTheLinesThatAreThere() throws {
        let fields = JSON.object([
            ("quantity", true), ("picked", true), ("lot_id", .object([("relation", "stock.lot")])),
        ])
        let names = try #require(OdooNames(lines: fields, pickings: .object([("move_ids", true)])))
        func line(_ id: Int64, lot: JSON = false, picked: Bool = false, move: Int64 = 5) throws -> OdooLine {
            let record = JSON.object([
                ("id", .int(id)), ("product_id", [9, "Cable"]), ("move_id", [.int(move), "M"]),
                ("quantity", .number(2)),
                ("picked", .bool(picked)), ("lot_id", false), ("lot_name", lot), ("location_id", [1, "V"]),
                ("location_dest_id", [2, "S"]), ("product_uom_id", [1, "Units"]), ("state", "assigned"),
                ("tracking", "lot"), ("picking_id", [3, "WH/IN/3"]),
            ])
            return try #require(OdooLine(record, names))
        }
        let lines = try [line(1), line(2, lot: "B", picked: true), line(3), line(4, picked: true, move: 6)]
        let picking = try #require(OdooPicking(id: 3, lines: lines))
        let push = ReceptionPush(
            key: "k", receipt: "3", note: "",
            lines: [
                .init(
                    line: "5", product: "9", gtin: "", quantity: 6,
                    lots: [.init(number: "A", quantity: 1), .init(number: "B", quantity: 3)])
            ])
        let reception = try OdooReception(push, moves: [try #require(OdooMove(lines[0]))], articles: [:])
        let key = OdooReception.LotKey(product: 9, name: "A")
        let commands = try reception.commands(picking, names, lots: [key: 77])
        #expect(
            commands.map { $0.description } == [
                "[1,1,{\"quantity\":1,\"picked\":true,\"lot_id\":77}]",
                "[1,2,{\"quantity\":3,\"picked\":true,\"lot_name\":\"B\"}]", "[1,3,{\"quantity\":2,\"picked\":true}]",
                "[1,4,{\"picked\":false}]",
            ])
    }

    @Test func theStandInReadsDomains() throws {
        let server = OdooServer(series: 17)
        func count(_ domain: [JSON]) throws -> Int {
            var server = server
            let door = OdooDoor(kind: .jsonrpc(uid: 7), database: "depot", secret: "manager-secret")
            let reply = server.answer(door.request(.search("product.product", domain, ["name"])))
            return try OdooAnswer.result(of: try #require(reply)).list?.count ?? 0
        }
        #expect(try count([]) == 20)
        #expect(try count([.clause("name", "like", "cable")]) == 0)
        #expect(try count([.clause("name", "ilike", "cable")]) == 3)
        #expect(try count(["|", .clause("id", "=", 1), .clause("barcode", "=", .string(OdooServer.gtin(2)))]) == 2)
        #expect(try count(["!", .clause("tracking", "=", "none"), .clause("uom_id.name", "=", "Units")]) == 5)
        #expect(throws: ERPFault.self) { try count([.clause("nothing", "=", 1)]) }
    }
}
