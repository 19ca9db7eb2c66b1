import Devices
import Foundation
import Model
import Platform
import Rig
import Testing

/// A ring scanner at a real browser: what it types is a scan at this screen's dock on every page, and nothing else.
@Suite(.serialized)
struct ScanPageTests {
    private static let gtin = "3608439390616"

    /// Somebody at dock-1, who has one delivery of 50 pieces.
    private func browser(_ stand: Stand) throws -> Browser {
        try RoadTests().waitForServer(stand)
        let browser = try Browser(language: "en")
        try browser.size(1280)
        try browser.open("http://127.0.0.1:\(stand.httpPort)/receiving")
        try browser.type("Camille Roy", into: "#who")
        try browser.click("form button")
        try browser.wait("document.querySelector('#live')")
        let csv = "delivery_note;supplier;gtin;description;quantity\\nLOTD-7;Rexel;\(ScanPageTests.gtin);Breaker;50\\n"
        try browser.evaluate("fetch('/api/v1/import/deliveries', {method: 'POST', body: '\(csv)'})")
        try browser.evaluate("localStorage.setItem('station', 'dock-1')")
        try browser.wait("document.querySelector('#delivery-1')")
        try browser.scan("LOTD-7")
        // The centre has answered: nothing of this scan waits.
        try browser.wait("document.querySelector('#scan-said')?.innerText.includes('LOTD-7 is open')")
        return browser
    }

    private static let received =
        "fetch('/api/v1/deliveries/1').then((answer) => answer.json()).then((one) => one.received)"

    @Test(.timeLimit(.minutes(3)))
    func aScannerScansOnEveryPageAndCallsNobody() throws {
        let road = try CallRoadTests.Road("wedge")
        defer { road.stand.stop() }
        let browser = try browser(road.stand)
        // Whatever asks to dial is remembered, and so is every button that is pressed.
        try browser.evaluate(
            """
            window.dialled = []; window.pressed = 0;
            const real = window.fetch;
            window.fetch = (path, more) => { if (/v1\\/calls$/.test(path) && more?.method === 'POST') dialled.push(more.body); return real(path, more); };
            addEventListener('click', (event) => { if (event.detail === 0 && event.isTrusted) pressed += 1; }, true); 0
            """)
        var count: Int64 = 0
        for page in ["receiving", "calls", "find", "gateways", "stocktake", "clients", "audit"] {
            try browser.evaluate("document.querySelector('#tab-\(page)').click()")
            try browser.wait("document.querySelector('main h1, main h2, main button, main input')")
            for focus in [
                "document.activeElement?.blur()", "document.querySelector('main button:not(:disabled)')?.focus()",
            ] {
                try browser.evaluate("\(focus); 0")
                try browser.scan(ScanPageTests.gtin, end: count % 2 == 0 ? "Enter" : "Tab")
                count += 1
                try browser.wait("\(ScanPageTests.received).then((n) => n === \(count))", seconds: 5)
                // A supplier's own code: unknown, in words, and nobody's telephone.
                try browser.scan("LOTD06123402\(String(count + 10))")
                try browser.wait("document.querySelector('#scan-said')?.innerText.includes('LOTD06123402')", seconds: 5)
                #expect(try browser.evaluate("location.pathname").text == "/\(page)")
            }
        }
        #expect(try browser.evaluate("JSON.stringify([dialled, pressed])").text == "[[],0]")
        #expect(road.pbx.ledger.isEmpty)
        // A search keeps what is scanned into it, a number to dial gets back what it held.
        try browser.evaluate("document.querySelector('#tab-find').click()")
        try browser.wait("document.querySelector('#find-field')")
        try browser.evaluate("document.querySelector('#find-field').focus()")
        try browser.scan(ScanPageTests.gtin)
        try browser.wait("document.querySelector('#found')")
        #expect(try browser.evaluate("document.querySelector('#find-field').value").text == ScanPageTests.gtin)
        try browser.evaluate("document.querySelector('#tab-calls').click()")
        try browser.type("01", into: "#number")
        try browser.scan(ScanPageTests.gtin)
        count += 1
        try browser.wait("\(ScanPageTests.received).then((n) => n === \(count))", seconds: 5)
        #expect(try browser.evaluate("document.querySelector('#number').value").text == "01")
        // A person's letter is a shortcut still, on this page.
        try browser.evaluate("document.activeElement.blur()")
        try browser.press("d")
        try browser.wait("document.activeElement?.id === 'number'", seconds: 5)
        try browser.evaluate("document.querySelector('#tab-receiving').click()")
        try browser.press("d")
        usleep(400_000)
        #expect(try browser.evaluate("location.pathname").text == "/receiving")
        #expect(try browser.evaluate("JSON.stringify(dialled)").text == "[]")
        #expect(browser.errors == [])
    }

    @Test(.timeLimit(.minutes(3)))
    func scansAreKeptWhileTheCentreIsAwayAndCountedOnce() throws {
        let stand = try RoadTests.stand("kept")
        defer { stand.stop() }
        try stand.writeConfiguration(readers: [], ingest: "")
        try stand.startBroker()
        try stand.startIngest()
        let browser = try browser(stand)
        // The browser has put the page aside.
        try browser.wait(
            "caches.open('quai-pages-1').then((store) => store.keys()).then((kept) => kept.some((one) => one.url.includes('/words-others-')))"
        )
        stand.ingest?.killHard()
        stand.ingest = nil
        try browser.wait("document.querySelector('.notice.bad')")
        for waiting in 1...3 {
            try browser.scan(ScanPageTests.gtin)
            try browser.wait("document.querySelector('#scan-waiting')?.innerText.includes('\(waiting) waiting')")
        }
        for (width, language) in [(1280, "en"), (400, "fr")] {
            try browser.size(width)
            if try browser.evaluate("document.documentElement.lang").text != language { try browser.click("#language") }
            try browser.screenshot("scans-kept-\(language)-\(width)")
        }
        // The page is read again from what the browser keeps of it; the scans are there still.
        try browser.open("http://127.0.0.1:\(stand.httpPort)/receiving")
        try browser.wait("document.querySelector('#scan-waiting')?.innerText.includes('3 en attente')")
        try stand.startIngest()
        try browser.wait("\(ScanPageTests.received).then((n) => n === 3)", seconds: 30)
        try browser.wait("!document.querySelector('#scan-waiting')")
        usleep(500_000)
        #expect(try browser.evaluate(ScanPageTests.received).integer == 3)
        #expect(browser.errors == [])
    }
}
