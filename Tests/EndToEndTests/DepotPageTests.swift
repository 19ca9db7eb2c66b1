import Devices
import Foundation
import Glibc
import Model
import Platform
import Rig
import TestSupport
import Testing

/// The page that an agent shows at the depot, with real processes: what is kept while the centre is away.
@Suite(.serialized)
struct DepotPageTests {
    /// The state, once it is so; the last one where it does not become so within 15 seconds.
    @discardableResult
    private func wait(_ page: PageClient, until isSo: (JSON) -> Bool) -> JSON {
        var last = JSON.null
        for _ in 0..<150 {
            last = (try? page.request("GET", "/status.json")) ?? .null
            if isSo(last) { return last }
            usleep(100_000)
        }
        Issue.record("the page says: \(last)")
        return last
    }

    private func isSaved(_ text: String, _ status: JSON) -> Bool {
        (status["reads"]?.list ?? []).contains { $0["text"]?.text == text && $0["refused"] == nil }
    }

    @Test
    func thePageSaysWhatIsKeptWhileTheCentreIsAway() throws {
        let stand = try RoadTests.stand("depot-page")
        defer { stand.stop() }
        let gate = try stand.add("gate", "barcode")
        let port = Sockets.freePort()
        try stand.writeConfiguration(
            readers: [("gate", "barcode", "dock-1")], extra: "[local]\nlisten = \"127.0.0.1:\(port)\"")
        try stand.startBroker()
        try stand.startIngest()
        try stand.startAgent()
        let page = try PageClient(anonymousAt: port)
        let well = wait(page) { status in
            status["uplink"]?["delivering"]?.truth == true
                && status["devices"]?.list?.first?["state"]?.text == "ready"
        }
        #expect(well["agent"]?.text == "dock" && well["site"]?.text == "lyon")
        gate.perform(.scan("BL-2026-0001"))
        wait(page) { self.isSaved("BL-2026-0001", $0) && $0["buffer"]?["pending"]?.integer == 0 }

        // The centre is gone: scans are kept, and said to be.
        stand.ingest?.killHard()
        wait(page) { $0["uplink"]?["delivering"]?.truth == false }
        gate.perform(.scan("BL-2026-0002"))
        wait(page) { self.isSaved("BL-2026-0002", $0) && $0["buffer"]?["pending"]?.integer ?? 0 > 0 }

        let browser = try Browser(language: "fr")
        try browser.size(400)
        try browser.open("http://127.0.0.1:\(port)/")
        try browser.wait("document.querySelector('#head').innerText.startsWith('Scannez : tout est gardé ici')")
        try browser.wait("document.querySelector('#reads').innerText.includes('BL-2026-0002')")
        #expect(try browser.evaluate("document.querySelector('#say').dataset.level").text == "calm")
        #expect(try browser.evaluate("document.documentElement.scrollWidth").integer ?? 9999 <= 400)
        try browser.screenshot("depot-fr-400")
        try browser.click("#language")
        try browser.wait("document.querySelector('#head').innerText.startsWith('Scan: everything is kept here')")

        // It is back, and has everything.
        try stand.startIngest()
        wait(page) {
            $0["uplink"]?["delivering"]?.truth == true && $0["buffer"]?["pending"]?.integer == 0
        }
        try browser.wait("document.querySelector('#say').dataset.level === 'good'")
        #expect(browser.errors == [])

        // The agent stops: nothing is promised any more.
        stand.agent?.killHard()
        try browser.wait("document.querySelector('#say').dataset.level === 'alarm'")
    }

    /// Goods are counted at the depot against what the centre said last, and the centre comes to the same when it is back.
    @Test
    func aDeliveryIsCountedWhileTheCentreIsAway() throws {
        let stand = try RoadTests.stand("depot-goods")
        defer { stand.stop() }
        let gate = try stand.add("gate", "barcode")
        let portal = try stand.add("dock-left", "m100")
        let port = Sockets.freePort()
        try stand.writeConfiguration(
            readers: [("gate", "barcode", "dock-1"), ("dock-left", "m100", "dock-1")],
            extra: "[local]\nlisten = \"127.0.0.1:\(port)\"\nscan = true\ndecide = true")
        let deliveries = Fixture.root + "/simulators/scenarios/deliveries.csv"
        #expect(
            try RoadTests.run(
                "edge-ingest", ["import", "deliveries", deliveries, "--config", "\(stand.folder)/ingest.toml"]
            ).code == 0)
        try stand.startBroker()
        try stand.startIngest()
        try stand.startAgent()
        let page = try PageClient(anonymousAt: port)
        wait(page) { status in
            let devices = status["devices"]?.list ?? []
            return status["uplink"]?["delivering"]?.truth == true && devices.count == 2
                && devices.allSatisfy { $0["state"]?.text == "ready" }
        }
        let gtin = "03608439390616"
        let boss = try PageClient(port: stand.httpPort, name: "Nadia")
        try boss.request(
            "POST", "/api/v1/users",
            .object([
                ("name", "Camille"), ("password", "une phrase assez longue"), ("pin", "471147"), ("rights", ["users"]),
            ]))
        gate.perform(.scan("BL-2026-0117"))
        portal.perform(.present(RoadTests.tags(gtin, 1...5), lasting: .seconds(1)))
        // What the centre has counted comes back within its pause.
        goods(page, gtin) { $0?["counted"]?.integer == 5 && $0?["here"] == nil }
        stand.ingest?.killHard()
        wait(page) { $0["uplink"]?["delivering"]?.truth == false }
        portal.perform(.present(RoadTests.tags(gtin, 4...8), lasting: .seconds(1)))
        goods(page, gtin) { $0?["counted"]?.integer == 8 && $0?["here"]?.integer == 3 }
        // Somebody types in the page itself.
        let token = try #require(try page.request("GET", "/status.json")["scan"]?["token"]?.text)
        let lamp = "03608439390623"
        let scan = #"{"key":"0123456789","zone":"dock-1","text":"\#(lamp)"}"#
        let headers = [("Origin", "http://127.0.0.1:\(port)"), ("X-Quai-Token", token)]
        #expect(try page.request("POST", "/scan", text: scan, headers: headers)["saved"]?.truth == true)
        goods(page, lamp) { $0?["counted"]?.integer == 1 && $0?["here"]?.integer == 1 }

        // And decides: by the right PIN, by a wrong one; the same twice.
        let id = try #require(try page.request("GET", "/goods.json")["open"]?.list?.first?["id"]?.integer)
        func decide(_ key: String, _ kind: String, _ quantity: Int64, pin: String) throws -> Bool? {
            let body = JSON.object([
                ("key", .string(key)), ("delivery", .int(id)), ("zone", "dock-1"), ("kind", .string(kind)),
                ("name", "Camille"), ("pin", .string(pin)), ("gtin", .string(gtin)), ("quantity", .int(quantity)),
            ])
            return try page.request("POST", "/decide", text: body.description, headers: headers)["saved"]?.truth
        }
        #expect(try decide("decision-1", "count", 11, pin: "471147") == true)
        #expect(try decide("decision-1", "count", 11, pin: "471147") == true)
        #expect(try decide("decision-2", "damaged", 2, pin: "998877") == true)
        goods(page, gtin) { $0?["counted"]?.integer == 11 }
        stand.agent?.killHard()
        for file in try FileManager.default.subpathsOfDirectory(atPath: stand.folder) {
            // Not lines to devices, which would wait for something to read.
            let path = "\(stand.folder)/\(file)"
            let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
            guard type == .typeRegular else { continue }
            let bytes = FileManager.default.contents(atPath: path) ?? Data()
            for pin in ["471147", "998877"] { #expect(bytes.range(of: Data(pin.utf8)) == nil, "\(pin) in \(file)") }
        }
        try stand.startAgent()

        try stand.startIngest()
        goods(page, gtin) { $0?["counted"]?.integer == 11 && $0?["here"] == nil }
        goods(page, lamp) { $0?["counted"]?.integer == 1 && $0?["here"] == nil }
        // A name alone is believed no more: somebody has a password now.
        let camille = try PageClient(port: stand.httpPort, name: "Camille", password: "une phrase assez longue")
        let proposal = try #require(
            try camille.request("GET", "/api/v1/deliveries/\(id)")["proposals"]?.list?.first)
        #expect(proposal["who"] == "Camille" && proposal["why"] == "refused" && proposal["quantity"] == 2)
        let number = try #require(proposal["id"]?.integer)
        let done = try camille.request(
            "POST", "/api/v1/deliveries/\(id)/proposals/\(number)", .object([("accept", true)]))
        #expect(done["proposals"]?.list?.isEmpty == true && done["damaged"]?.integer == 2)
        let said = (done["decisions"]?.list ?? []).compactMap { $0["who"]?.text }
        #expect(said == ["Camille", "Camille"])
    }

    /// Waits until the line of the delivery that is open is so, for 20 seconds.
    private func goods(_ page: PageClient, _ gtin: String, until isSo: (JSON?) -> Bool) {
        var last: JSON?
        for _ in 0..<200 {
            let open = (try? page.request("GET", "/goods.json"))?["open"]?.list?.first
            last = open?["list"]?.list?.first { $0["gtin"]?.text == gtin }
            if isSo(last) { return }
            usleep(100_000)
        }
        Issue.record("the page says: \(last?.description ?? "nothing")")
    }

    @Test
    func namesOfOthersAndOtherPathsAreRefused() throws {
        let stand = try RoadTests.stand("depot-door")
        defer { stand.stop() }
        try stand.add("gate", "barcode")
        let port = Sockets.freePort()
        try stand.writeConfiguration(
            readers: [("gate", "barcode", "dock-1")], extra: "[local]\nlisten = \"127.0.0.1:\(port)\"")
        try stand.startAgent()
        let page = try PageClient(anonymousAt: port)
        wait(page) { $0["agent"]?.text == "dock" }
        let requests = [
            ("GET /status.json HTTP/1.1\r\nHost: evil.example\r\n", "421"),
            ("GET /status.json HTTP/1.1\r\n", "400"), ("GET /../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n", "404"),
            ("POST /status.json HTTP/1.1\r\nHost: 127.0.0.1\r\n", "405"),
        ]
        for (request, status) in requests {
            let descriptor = try #require(Sockets.connect(port: port))
            defer { close(descriptor) }
            let bytes = Array((request + "Connection: close\r\n\r\n").utf8)
            _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            var buffer = [UInt8](repeating: 0, count: 64)
            let count = read(descriptor, &buffer, buffer.count)
            #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).hasPrefix("HTTP/1.1 \(status) "))
        }
        #expect(stand.agent?.isRunning == true)
    }
}
