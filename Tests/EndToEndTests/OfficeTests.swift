import Devices
import ERPPeers
import Foundation
import Model
import Platform
import Rig
import TestSupport
import Testing

/// The pages of counting, finding, clients, ERP and people in a real browser, at both widths and in both languages.
@Suite(.serialized)
struct OfficeTests {
    @Test(.timeLimit(.minutes(4)))
    func theOfficeSeesWhatTheDockDoes() throws {
        let server = Locked(OdooServer(series: 19))
        let front = try #require(ERPFront(port: 0) { request in server.with { $0.answer(request) } })
        defer { front.stop() }
        let stand = try RoadTests.stand("office")
        defer { stand.stop() }
        let portal = try stand.add("dock-left", "m100")
        try Files.write(Array("gateway-secret\n".utf8), to: "\(stand.folder)/erp-secret", mode: 0o600)
        try stand.writeConfiguration(
            readers: [("dock-left", "m100", "shelf")],
            ingest: """
                [zone.shelf]
                kind = "store"
                [erp]
                kind = "odoo"
                url = "http://127.0.0.1:\(front.port)"
                database = "depot"
                user = "gateway"
                secret = "file:\(stand.folder)/erp-secret"
                calls-per-second = 500
                """)
        try stand.startBroker()
        try stand.startIngest()
        try stand.startAgent()
        try RoadTests().waitForServer(stand)

        let browser = try Browser(language: "fr")
        try browser.size(1280)
        try browser.open("http://127.0.0.1:\(stand.httpPort)/")
        try browser.type("Camille Roy", into: "#who")
        try browser.click("form button")
        try browser.wait("document.querySelector('#live')")
        try browser.wait(
            "fetch('/api/v1/gateways').then((answer) => answer.json()).then((list) => list[0]?.status?.devices?.every((device) => device.state === 'ready'))"
        )

        // A zone is counted: the portal reads, the page follows.
        try browser.evaluate(
            "fetch('/api/v1/takes', {method: 'POST', body: JSON.stringify({zone: 'shelf', blind: true})})")
        try browser.click("#tab-stocktake")
        try browser.click("#take-1")
        try browser.wait("document.querySelector('#total')")
        let tags = RoadTests.tags("03608439390616", 1...12)
        portal.perform(.present(tags, lasting: .seconds(600)))
        try browser.wait("document.querySelector('#total').innerText.includes('12')")
        for (width, language) in [(1280, "fr"), (400, "fr"), (400, "en"), (1280, "en")] {
            try browser.size(width)
            if try browser.evaluate("document.documentElement.lang").text != language { try browser.click("#language") }
            try browser.screenshot("take-\(language)-\(width)")
        }
        try browser.click("#take-review")
        try browser.wait("document.querySelector('#review')")
        try browser.screenshot("take-review-en-1280")

        // A tag is found by ear: the reader that sees it says how loud it is.
        try browser.open("http://127.0.0.1:\(stand.httpPort)/find?ref=tag:\(tags[0].hex)")
        try browser.click("#find-start")
        try browser.wait("document.querySelector('#finder')?.innerText.includes('shelf')", seconds: 10)
        try browser.screenshot("find-en-1280")

        for page in ["find", "clients", "erp", "audit"] {
            try browser.open("http://127.0.0.1:\(stand.httpPort)/\(page)")
            try browser.wait("document.querySelector('h1')")
            for (width, language) in [(1280, "en"), (400, "en"), (400, "fr"), (1280, "fr")] {
                try browser.size(width)
                if try browser.evaluate("document.documentElement.lang").text != language {
                    try browser.click("#language")
                }
                try browser.screenshot("\(page)-\(language)-\(width)")
            }
        }
        #expect(browser.errors == [])
    }

    /// The first password ends that names are believed; a PIN opens a dock for a day; wrong ones are counted.
    @Test(.timeLimit(.minutes(2)))
    func whoIsTrueOnceSomebodyHasAPassword() throws {
        let stand = try RoadTests.stand("people")
        defer { stand.stop() }
        try stand.writeConfiguration(readers: [])
        try stand.startBroker()
        try stand.startIngest()
        try RoadTests().waitForServer(stand)
        let boss = try PageClient(port: stand.httpPort, name: "Nadia")
        #expect(try boss.request("GET", "/api/v1/me")["openHouse"] == true)
        #expect(throws: PageClient.Failure.self, "too short") {
            try boss.request("POST", "/api/v1/users", .object([("name", "Camille"), ("password", "court")]))
        }
        try boss.request(
            "POST", "/api/v1/users",
            .object([
                ("name", "Camille"), ("password", "une phrase assez longue"), ("pin", "4711"), ("rights", ["users"]),
            ]))
        #expect(throws: PageClient.Failure.self, "a name alone is not believed any more") {
            try PageClient(port: stand.httpPort, name: "Nadia")
        }
        let anybody = try PageClient(anonymousAt: stand.httpPort)
        func signIn(_ fields: [(String, JSON?)]) -> String {
            do { return try anybody.request("POST", "/api/v1/session", .object(fields))["name"]?.text ?? "" } catch {
                return "\(error)"
            }
        }
        #expect(signIn([("name", "Camille"), ("password", "une phrase assez longue")]) == "Camille")
        let how = try anybody.request("GET", "/api/v1/session/how")
        #expect(how["names"] == false && how["people"]?.list?.count == 1)
        let id = how["people"]?.list?.first?["id"]
        #expect(signIn([("id", id), ("pin", "4711"), ("station", "dock-1")]) == "Camille")
        for _ in 0..<5 {
            #expect(signIn([("id", id), ("pin", "0815"), ("station", "dock-1")]).contains("sign-in-refused"))
        }
        #expect(signIn([("id", id), ("pin", "4711"), ("station", "dock-1")]).contains("too-many-tries"))
        // Nadia has a session still, and no right any more.
        #expect(throws: PageClient.Failure.self) { try boss.request("GET", "/api/v1/users") }
    }
}
