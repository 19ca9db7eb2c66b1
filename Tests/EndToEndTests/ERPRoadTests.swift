import Devices
import ERP
import ERPPeers
import Foundation
import Model
import Platform
import Rig
import TestSupport
import Testing

/// From the dock to the ERP with real processes, against an Odoo that keeps its own rules.
@Suite(.serialized)
struct ERPRoadTests {
    private final class Peer: Sendable {
        let server = Locked(OdooServer(series: 17))
        let isSilent = Locked(false)
        let isPage = Locked(false)
        /// Whether what writes waits for its answer, and how often it did.
        let held = Locked((isOn: false, count: 0))
        let front: ERPFront

        init() throws {
            let (server, isPage, held) = (server, isPage, held)
            front = try #require(
                ERPFront(port: 0) { request in
                    if isPage.with({ $0 }) {
                        return ERPReply(
                            status: 502, headers: ["content-type": "text/html"],
                            body: Array(
                                "<html><h1>Bad Gateway</h1>\(String(repeating: "x", count: 180_000))</html>".utf8))
                    }
                    let reply = server.with { $0.answer(request) }
                    held.change { if $0.isOn { $0.count += 1 } }
                    _ = held.wait(timeout: 20_000) { $0.isOn ? nil : () }
                    return reply
                })
        }
    }

    private func until(_ what: String, seconds: Int = 30, _ holds: () throws -> Bool) throws {
        let end = Clocks.now + .seconds(Int64(seconds))
        while Clocks.now < end {
            if (try? holds()) == true { return }
            usleep(50_000)
        }
        Issue.record("never came: \(what)")
    }

    private func client(_ stand: Stand) throws -> PageClient {
        for _ in 0..<200 {
            if let client = try? PageClient(port: stand.httpPort, name: "Nadia") { return client }
            usleep(50_000)
        }
        return try PageClient(port: stand.httpPort, name: "Nadia")
    }

    @Test(.timeLimit(.minutes(4)))
    func whatTheDockDecidesIsInTheERPOnce() throws {
        let peer = try Peer()
        defer { peer.front.stop() }
        let stand = try RoadTests.stand("erp")
        defer { stand.stop() }
        let gate = try stand.add("gate", "barcode")
        let pbx = try stand.addPBX()
        try Files.write(Array("gateway-secret\n".utf8), to: "\(stand.folder)/erp-secret", mode: 0o600)
        try stand.writeConfiguration(
            readers: [("gate", "barcode", "dock-1")],
            ingest: """
                [zone.dock-1]
                kind = "dock"
                [zone.shelf]
                kind = "store"
                erp-location = "A-01"
                [erp]
                kind = "odoo"
                url = "http://127.0.0.1:\(peer.front.port)"
                database = "depot"
                user = "gateway"
                secret = "file:\(stand.folder)/erp-secret"
                calls-per-second = 500
                """)
        try stand.startBroker()
        try stand.startIngest()
        try stand.startAgent()
        var page = try client(stand)
        func deliveries() throws -> [JSON] { try page.request("GET", "/api/v1/deliveries")["deliveries"]?.list ?? [] }
        func job(_ kind: String, _ subject: String) throws -> JSON? {
            try page.request("GET", "/api/v1/erp/jobs").list?.first {
                $0["kind"]?.text == kind && $0["subject"]?.text == subject
            }
        }
        // Four receipts are announced there; the articles and clients are known here.
        try until("receipts") { try deliveries().filter { $0["source"] == "erp" }.count == 4 }
        let breaker = OdooServer.gtin(1)
        #expect(try page.request("GET", "/api/v1/products/\(breaker)")["cartons"]?.list?.first?["quantity"] == 10)
        let first = try #require(
            try deliveries().first { delivery in
                try page.request("GET", "/api/v1/deliveries/\(delivery["id"]?.integer ?? 0)")["lines"]?.list?.contains {
                    $0["gtin"]?.text == "0\(breaker)" && $0["expected"] == 60
                } ?? false
            })
        let id = try #require(first["id"]?.integer)
        #expect(page.waitForDevices(2, milliseconds: 20_000))
        try page.request("POST", "/api/v1/deliveries/\(id)/open", .object([("zone", "dock-1")]))
        // A carton of ten and two pieces are scanned, thirty-eight counted by hand: ten are missing.
        for text in [OdooServer.gtin(1, width: 14), breaker, breaker] {
            let before = try page.request("GET", "/api/v1/deliveries/\(id)")["received"]?.integer ?? 0
            gate.perform(.scan(text))
            try until("scan of \(text)") {
                try page.request("GET", "/api/v1/deliveries/\(id)")["received"]?.integer ?? 0 > before
            }
        }
        try page.request(
            "POST", "/api/v1/deliveries/\(id)/decisions",
            .object([("kind", "adjust"), ("gtin", .string(breaker)), ("quantity", 38), ("reason", "counted by hand")]))
        #expect(throws: PageClient.Failure.self, "what is missing must be decided") {
            try page.request("POST", "/api/v1/deliveries/\(id)/close")
        }
        let stockBefore = peer.server.with { $0.onHand(product: 1) }
        try page.request(
            "POST", "/api/v1/deliveries/\(id)/close", .object([("short", "later"), ("reason", "the lorry was full")]))
        // The centre dies at once, and comes back.
        stand.ingest?.killHard()
        try stand.startIngest()
        page = try client(stand)
        try until("the reception in the ERP") { try job("reception", String(id))?["state"] == "done" }
        let remote = try #require(try job("reception", String(id))?["remote"]?.text.flatMap { Int64($0) })
        peer.server.with { server in
            #expect(server.state(ofReceipt: remote) == "done")
            #expect(server.onHand(product: 1) == stockBefore + 50)
            #expect(server.backorder(of: remote)?[1] == 10)
        }
        let detail = try page.request(
            "GET", "/api/v1/erp/jobs/\(try #require(job("reception", String(id))?["id"]?.integer))")
        #expect(detail["who"] == "Nadia" && detail["reason"] == "the lorry was full")
        #expect(detail["calls"]?.list?.contains { $0["written"] == true } == true)
        #expect(!detail.description.contains("gateway-secret"))
        #expect(try page.text("/api/v1/deliveries/\(id)/export.csv").contains("0\(breaker)"))
        #expect(try page.text("/api/v1/deliveries/\(id)/export.pdf").hasPrefix("%PDF"))
        #expect(try page.text("/api/v1/deliveries/\(id)/export.xlsx").hasPrefix("PK"))

        // The server before it answers with a page: the dock goes on, the count waits, and arrives when it is back.
        peer.isPage.with { $0 = true }
        let take = try page.request(
            "POST", "/api/v1/takes", .object([("zone", "shelf"), ("blind", false)]))
        let takeID = try #require(take["id"]?.integer)
        try page.request(
            "POST", "/api/v1/takes/\(takeID)/decisions",
            .object([("kind", "adjust"), ("gtin", .string(breaker)), ("quantity", 7)]))
        try page.request("POST", "/api/v1/takes/\(takeID)/review")
        try page.request("POST", "/api/v1/takes/\(takeID)/post", .object([("complete", false)]))
        // The count waits for what the ERP had when it began, for which a server is asked that does not answer.
        try until("no ERP") { try page.request("GET", "/api/v1/erp")["state"] == "unreachable" }
        #expect(try job("take", String(takeID))?["fault"] == "after")
        #expect(try job("take", String(takeID))?["sentence"]?.text.map { $0.count < 320 } == true)
        peer.isPage.with { $0 = false }
        let takeJob = try #require(try job("take", String(takeID))?["id"]?.integer)
        try page.request("POST", "/api/v1/erp/jobs/\(takeJob)/retry")
        // On 17 only a manager may apply a count: the server's own sentence, for a person.
        try until("the refusal") { try job("take", String(takeID))?["state"] == "dead" }
        let dry = try page.request("POST", "/api/v1/erp/jobs/\(takeJob)/dry")
        #expect(dry["calls"]?.list?.isEmpty == false && !dry.description.contains("gateway-secret"))

        // A client rings: the name at once, then what the ERP knows; what is written becomes a note there.
        try page.request("PUT", "/api/v1/me/extension", .object([("extension", "101")]))
        try page.follow()
        defer { page.disconnect() }
        pbx.call(
            .init(from: "0199001234", to: "0123456701", desks: ["101"], answer: ("101", .seconds(1)), talk: .seconds(3))
        )
        let card = try #require(
            page.wait(milliseconds: 20_000) { $0["type"] == "call" && $0["data"]?["mine"]?.text == "ringing" }?.json)
        #expect(
            card["data"]?["parties"]?.list?.first?["company"]?.text == "Boulangerie Martin"
                || card["data"]?["parties"]?.list?.first?["name"]?.text == "Boulangerie Martin")
        let affairs = try #require(
            page.wait(milliseconds: 10_000) { $0["type"] == "client" && $0["data"]?["erp"]?["state"]?.text == "fresh" }?
                .json)
        #expect(affairs["data"]?["erp"]?["orders"]?.list?.isEmpty == false)
        let call = try #require(card["data"]?["call"]?.text)
        try page.request(
            "POST", "/api/v1/calls/note",
            .object([("call", .string(call)), ("base", 0), ("note", "wants three pallets on Friday")]))
        try until("a push that waits for the last word") { try job("call", call)?["state"] == "waiting" }
        let note = try #require(try job("call", call)?["id"]?.integer)
        // Another configuration while that push waits for its answer: it is told once, by the connection that began it.
        peer.held.change { $0.isOn = true }
        try page.request("POST", "/api/v1/erp/jobs/\(note)/retry")
        try until("a request under way") { peer.held.with { $0.count > 0 } }
        let file = "\(stand.folder)/ingest.toml"
        let text = String(decoding: try Files.read(file), as: UTF8.self)
        try Files.write(
            Array(
                (text.replacing("calls-per-second = 500", with: "calls-per-second = 400")
                    + "\n[zone.dock-7]\nkind = \"dock\"\n[team.sales]\nextensions = [\"101\"]\n").utf8), to: file)
        kill(try #require(stand.ingest?.pid), SIGHUP)
        try until("the new dock") {
            try page.request("GET", "/api/v1/session/how")["stations"]?.list?.contains("dock-7") == true
        }
        #expect(try page.request("GET", "/api/v1/erp")["state"] == "ok", "the page and its session go on")
        peer.held.change { $0.isOn = false }
        try until("the note in the ERP") { try job("call", call)?["state"] == "done" }
        peer.server.with { server in
            let notes = server.notes(ofPartner: server.firstCustomer)
            #expect(notes.filter { $0.contains("three pallets") }.count == 1, "\(notes)")
        }
        // The new connection looks for all of it anew.
        try until("another look") { try page.request("GET", "/api/v1/erp")["pulled"]?["products"]?.integer ?? 0 > 0 }
    }
}
