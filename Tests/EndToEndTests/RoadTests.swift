import Devices
import Foundation
import Glibc
import Identifiers
import Model
import Platform
import Rig
import SQLite
import TestSupport
import Testing

/// The whole road with real processes: pty → agent → mosquitto → centre → browser.
@Suite(.serialized)
struct RoadTests {
    static var binaries: String {
        // The test runner lies beside the programs.
        let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        for candidate in [Fixture.root + "/.build/debug", (path as NSString).deletingLastPathComponent]
        where FileManager.default.fileExists(atPath: candidate + "/edge-agent") { return candidate }
        return Fixture.root + "/.build/debug"
    }

    static func stand(_ name: String) throws -> Stand {
        let folder = "/tmp/quai-e2e-\(getpid())-\(name)"
        try? FileManager.default.removeItem(atPath: folder)
        return try Stand(folder: folder, binaries: binaries)
    }

    static func run(_ program: String, _ arguments: [String]) throws -> (code: Int32, output: String) {
        let log = "/tmp/quai-e2e-\(getpid())-\(UInt32.random(in: .min ... .max)).log"
        defer { unlink(log) }
        let child = try ChildProcess("\(binaries)/\(program)", arguments, log: log)
        let code = child.wait()
        return (code, (try? String(contentsOfFile: log, encoding: .utf8)) ?? "")
    }

    static func tags(_ gtin: String, _ serials: ClosedRange<UInt64>) -> [TagID] {
        serials.map { TagID(.epcGen2, EPC.sgtin96(gtin: gtin, companyDigits: 6, serial: $0)!) }
    }

    @Test(.timeLimit(.minutes(5)))
    func aDeliveryIsReceivedAndAClientCalls() throws {
        let stand = try RoadTests.stand("road")
        defer { stand.stop() }
        let gate = try stand.add("gate", "barcode")
        let portal = try stand.add("dock-left", "m100")
        try stand.add("badge", "rdm6300")
        let door = try stand.add("door", "llrp")
        let pbx = try stand.addPBX()
        try stand.writeConfiguration(
            readers: [
                ("gate", "barcode", "dock-1"), ("dock-left", "m100", "dock-1"), ("badge", "rdm6300", "staff-door"),
                ("door", "llrp", "store"),
            ], ingest: "[team.counter]\nextensions = [\"102\"]\nsupervisors = [\"Camille Roy\"]")
        let scenarios = Fixture.root + "/simulators/scenarios"
        #expect(
            try RoadTests.run(
                "edge-ingest",
                ["import", "deliveries", "\(scenarios)/deliveries.csv", "--config", "\(stand.folder)/ingest.toml"]
            ).code == 0)
        #expect(
            try RoadTests.run(
                "edge-ingest",
                ["import", "parties", "\(scenarios)/clients.csv", "--config", "\(stand.folder)/ingest.toml"]
            ).code == 0)
        try stand.startBroker()
        try stand.startIngest()
        try stand.startAgent()
        try waitForServer(stand)

        let browser = try Browser(language: "fr")
        try browser.size(1280)
        try browser.open("http://127.0.0.1:\(stand.httpPort)/")
        try browser.type("Camille Roy", into: "#who")
        try browser.screenshot("sign-in-fr-1280")
        try browser.click("form button")
        try browser.wait("document.querySelector('#live')")
        try browser.wait("document.body.innerText.includes('BL-2026-0117')")

        // A scanner that nobody listens to yet says nothing.
        try browser.wait(
            "fetch('/api/v1/gateways').then((answer) => answer.json()).then((list) => list[0]?.status?.devices?.length === 5 "
                + "&& list[0].status.devices.every((device) => device.state === 'ready'))")

        // Receiving: the note opens the delivery by itself; a tag read many times counts once.
        gate.perform(.scan("BL-2026-0117"))
        try browser.wait("document.querySelector('#tile-expected')?.innerText.includes('20')")
        portal.perform(.present(RoadTests.tags("03608439390616", 1...12), lasting: .seconds(3)))
        try browser.wait("document.querySelector('#tile-received b').innerText === '12'")
        portal.perform(.present(RoadTests.tags("03608439390616", 1...12), lasting: .seconds(1)))
        portal.perform(
            .present(
                RoadTests.tags("03608439390623", 1...6) + RoadTests.tags("03608439390661", 77...77),
                lasting: .seconds(2)))
        try browser.wait(
            "document.querySelector('#tile-received b').innerText === '18' && document.querySelector('#tile-extra b').innerText === '1'"
        )
        portal.perform(.present([TagID(.epcGen2, Hex.bytes("E28011606000020471A2B3C4")!)], lasting: .seconds(1)))
        try browser.wait("document.querySelector('#tile-unknown b').innerText === '1'")
        #expect(try browser.evaluate("document.documentElement.dataset.lastSound").text == "unknown")
        #expect(try browser.text("#tile-missing b") == "2")
        try browser.screenshot("receiving-fr-1280")
        try browser.dark(true)
        try browser.screenshot("receiving-fr-1280-dark")
        try browser.dark(false)
        try browser.size(400)
        try browser.screenshot("receiving-fr-400")
        try browser.click("#language")
        try browser.wait("document.querySelector('#tile-missing span').innerText === 'Missing'")
        try browser.screenshot("receiving-en-400")
        try browser.size(1280)
        try browser.screenshot("receiving-en-1280")

        try callsArriveAndAreMade(browser, pbx)

        // Gateways: what each antenna reads, live.
        door.perform(.pass(RoadTests.tags("03608439390630", 1...20), antennas: [1, 2], lasting: .seconds(20)))
        door.perform(.antenna(3, connected: false))
        try browser.evaluate("document.querySelector('a[href=\"/gateways\"]').click()")
        try browser.wait(
            "document.querySelector('[data-gateway=dock]') && document.body.innerText.includes('M100 26dBm')")
        try browser.wait("document.querySelectorAll('.antenna meter').length >= 3")
        try browser.wait("document.body.innerText.includes('l’antenne 3 est débranchée')")
        for (width, language) in [(1280, "en"), (400, "en"), (400, "fr"), (1280, "fr")] {
            try browser.size(width)
            if try browser.evaluate("document.documentElement.lang").text != language { try browser.click("#language") }
            try browser.screenshot("gateways-\(language)-\(width)")
        }

        // Close: who and when are kept, the result can be exported.
        try browser.evaluate("document.querySelector('a[href=\"/receiving\"]').click()")
        try browser.click("#close")
        try browser.wait("document.querySelector('dialog[open]')")
        try browser.screenshot("close-fr-1280")
        try browser.click("#short-later")
        try browser.click("#extra-accept")
        try browser.click("#unknown-ignore")
        try browser.screenshot("close-decided-fr-1280")
        try browser.click("#close-now")
        try browser.wait("document.body.innerText.includes('Clôturée par Camille Roy')")
        let csv =
            try browser.evaluate("fetch(document.querySelector('a[download]').href).then((answer) => answer.text())")
            .text ?? ""
        #expect(csv.contains("BL-2026-0117;Rexel France;03608439390623;Interrupteur va-et-vient blanc;8;6;2;0"))
        #expect(csv.contains("03608439390661"))
        #expect(browser.errors == [])
    }

    private func callsArriveAndAreMade(_ browser: Browser, _ pbx: PBXServer) throws {
        try browser.evaluate("document.querySelector('a[href=\"/calls\"]').click()")
        try browser.type("101", into: "#extension")
        try browser.screenshot("calls-empty-en-1280")
        try browser.evaluate("document.querySelector('#extension').form.requestSubmit()")
        try browser.wait("document.body.innerText.includes('Give back')")
        // A known client rings; the card opens by itself and follows the call.
        pbx.call(
            .init(
                from: "0199001234", name: "DUPONT SARL", to: "0123456701", desks: ["101"], answer: ("101", .seconds(2)),
                talk: .seconds(2)))
        try browser.wait("document.querySelector('.card.ringing .who')?.innerText === 'Hélène Dupont'", seconds: 5)
        #expect(try browser.evaluate("document.title").text?.contains("Hélène Dupont") == true)
        try browser.screenshot("call-ringing-en-1280")
        try browser.wait("document.querySelector('.card.talking')")
        // A letter goes to the note; what is written saves itself and stays while the card is drawn anew.
        let key = { (key: String) in
            "document.dispatchEvent(new KeyboardEvent('keydown', { key: '\(key)', bubbles: true }))"
        }
        try browser.evaluate(key("n"))
        try browser.wait("document.activeElement?.tagName === 'TEXTAREA'")
        try browser.type("wants 3 pallets on Friday", into: ".card textarea")
        try browser.wait("document.querySelector('.card .note [role=status]').innerText === 'Saved'", seconds: 5)
        try browser.size(400)
        try browser.screenshot("call-talking-en-400")
        try browser.size(1280)
        try browser.wait("document.querySelector('.card.over')")
        #expect(
            try browser.evaluate("document.querySelector('.card textarea').value").text == "wants 3 pallets on Friday")
        // Out of the field, then out of the card.
        try browser.evaluate("document.querySelector('.card textarea').blur()")
        try browser.evaluate(key("Escape"))
        try browser.wait("!document.querySelector('.card')")
        // Two clients share this number: the person chooses. Nobody answers: it waits in the list.
        pbx.call(.init(from: "0465710101", to: "0123456701", desks: ["101"], patience: .seconds(3)))
        try browser.wait("document.querySelector('.card.ringing .plain li:nth-child(2)')", seconds: 5)
        try browser.screenshot("call-several-en-1280")
        try browser.wait("document.querySelector('#missed li')")
        try browser.click("[id^=take-]")
        try browser.wait("document.querySelector('#missed').innerText.includes('yours')")
        try browser.type("pallets", into: "#search")
        try browser.wait(
            "document.querySelectorAll('#history li').length === 1 && document.querySelector('#history').innerText.includes('Friday')"
        )
        try browser.click("#why summary")
        try browser.wait("document.querySelector('#why tbody tr')?.innerText.includes('shown: QuaiTest')")
        try browser.screenshot("calls-en-1280")
        try browser.type("", into: "#search")
        // A withheld number is nowhere on the page, although the exchange sends it.
        pbx.call(.init(from: "0612340052", to: "0123456701", desks: ["101"], patience: .seconds(2), isPrivate: true))
        try browser.wait("document.querySelector('.card.ringing .who')?.innerText === 'Number withheld'", seconds: 5)
        #expect(
            try browser.evaluate(
                "document.body.innerHTML.includes('0612340052') || document.body.innerHTML.includes('06 12 34 00 52')"
            ).truth == false)
        // Somebody unknown: the number is already in the form.
        pbx.call(
            .init(
                from: "0553012345", name: "<script>alert(1)</script>", to: "0123456701", desks: ["101"],
                answer: ("101", .seconds(2)), talk: .seconds(4)))
        try browser.wait(
            "[...document.querySelectorAll('.card')].some((card) => card.querySelector('input[name=number]')?.value === '05 53 01 23 45')",
            seconds: 5)
        try browser.size(400)
        try browser.screenshot("call-unknown-en-400")
        try browser.click("#language")
        try browser.wait("document.querySelector('h1')?.innerText === 'Appels'")
        try browser.screenshot("calls-fr-400")
        try browser.size(1280)
        try browser.screenshot("calls-fr-1280")
        // A supervisor sees the team's calls as they run; a call of the history tells what became of it.
        pbx.call(
            .init(
                from: "0199001234", to: "0123456702", desks: ["102"], answer: ("102", .seconds(1)), talk: .seconds(30)))
        try browser.wait("document.querySelector('#watched')?.innerText.includes('avec 102')")
        for (width, language) in [(1280, "fr"), (400, "fr"), (400, "en"), (1280, "en")] {
            try browser.size(width)
            if try browser.evaluate("document.documentElement.lang").text != language { try browser.click("#language") }
            try browser.screenshot("calls-team-\(language)-\(width)")
            try browser.click("#history li:last-child [id^=write-]")
            try browser.wait("document.querySelector('dialog[open] textarea')")
            try browser.screenshot("call-details-\(language)-\(width)")
            try browser.click("dialog[open] button.main")
            try browser.wait("!document.querySelector('dialog')")
            // In a field it would be text.
            try browser.evaluate("document.activeElement?.blur()")
            try browser.evaluate(key("?"))
            try browser.wait("document.querySelector('dialog[open] dl')")
            try browser.screenshot("keys-\(language)-\(width)")
            try browser.click("dialog[open] button.main")
            try browser.wait("!document.querySelector('dialog')")
        }
        try browser.click("#language")
        // Click to call: own telephone first, then theirs.
        try browser.type("01 45 67 00 02", into: "#number")
        try browser.evaluate("document.querySelector('#number').form.requestSubmit()")
        try browser.wait("document.querySelector('#dial')?.innerText.includes('Votre téléphone sonne')", seconds: 5)
        try browser.wait("document.querySelector('#dial')?.innerText.includes('En ligne')", seconds: 10)
        try browser.screenshot("dial-fr-1280")
        // Emergency numbers are not dialled by a click.
        try browser.wait("document.querySelector('#number')")
        try browser.type("112", into: "#number")
        try browser.evaluate("document.querySelector('#number').form.requestSubmit()")
        try browser.wait("document.querySelector('.toast.bad')", seconds: 5)
    }

    func waitForServer(_ stand: Stand) throws {
        let end = Clocks.now + .seconds(30)
        while Clocks.now < end {
            if let descriptor = Sockets.connect(port: stand.httpPort) {
                close(descriptor)
                return
            }
            usleep(20_000)
        }
        throw Browser.Failure(description: "the centre does not start; see \(stand.folder)/ingest.log")
    }

    @Test(.timeLimit(.minutes(5)), arguments: [UInt64(11), 12])
    func killsChangeNothing(seed: UInt64) throws {
        let result = try RoadTests.run(
            "edge-sim", ["torture", "--seed", String(seed), "--cycles", "20", "--binaries", RoadTests.binaries])
        #expect(result.code == 0, "\(result.output)")
        #expect(result.output.contains("lost 0, twice 0, invented 0"))
    }
}
