import Glibc
import Model
import Rig
import TestSupport
import Testing

/// Six digits with their separators and three decimals, on every page, in both languages and at every width: measured in a real browser.
@Suite(.serialized)
struct NumbersPageTests {
    static let widths = [360, 400, 640, 800, 1024, 1280, 1920, 2560]
    static let pages = [
        "receiving", "stocktake", "find", "find?ref=product:03608439390616", "clients", "calls", "erp", "gateways",
        "audit",
    ]

    @Test(.timeLimit(.minutes(6)), arguments: ["fr", "en"])
    func everyNumberIsWhole(language: String) throws {
        let stand = try RoadTests.stand("numbers-\(language)")
        defer { stand.stop() }
        try stand.writeConfiguration(readers: [], ingest: "[zone.dock-1]\nkind = \"dock\"\n")
        try stand.startBroker()
        try stand.startIngest()
        try RoadTests().waitForServer(stand)
        let browser = try Browser(language: language)
        try browser.prepare(
            Fixture.text("WebTests/answers.js").replacing("export const answers", with: "const answers")
                + Fixture.text("EndToEndTests/large.js"))
        let measure = Fixture.text("EndToEndTests/numbers.js")
        try browser.size(1280)
        try browser.open("http://127.0.0.1:\(stand.httpPort)/")
        try browser.type("Camille Roy", into: "#who")
        try browser.click("form button")
        try browser.wait("document.querySelector('#import')")
        for page in NumbersPageTests.pages {
            try browser.open("http://127.0.0.1:\(stand.httpPort)/\(page)")
            try browser.wait(
                "document.querySelector('#tabs a') && document.querySelector('main').innerText.length > 20")
            if page == "receiving" { try browser.wait("document.querySelector('.tile .fit')") }
            if page == "stocktake" { try browser.click(".deliveries button") }
            for width in NumbersPageTests.widths {
                try browser.size(width)
                // Two frames: laid out, and what waits for a frame as well.
                try browser.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
                let wrong = try browser.evaluate(measure)
                #expect(wrong.list?.isEmpty == true, "\(language) \(page) \(width): \(wrong)")
            }
        }
        #expect(browser.errors.isEmpty)
    }

    /// 1280 px of a tablet of ten inches are 216 mm wide: 15 mm are 89 px. A digit is 0.7 em high at least.
    @Test(.timeLimit(.minutes(3)))
    func onAWallADigitIsFifteenMillimetresHighAndTheWidthIsUsed() throws {
        let stand = try RoadTests.stand("wall")
        defer { stand.stop() }
        try stand.writeConfiguration(readers: [], ingest: "[zone.dock-1]\nkind = \"dock\"\n")
        try stand.startBroker()
        try stand.startIngest()
        try RoadTests().waitForServer(stand)
        let browser = try Browser(language: "fr")
        try browser.prepare(
            Fixture.text("WebTests/answers.js").replacing("export const answers", with: "const answers")
                + Fixture.text("EndToEndTests/large.js"))
        try browser.size(1280, 800)
        try browser.open("http://127.0.0.1:\(stand.httpPort)/dock/dock-1/kiosk")
        try browser.type("Camille Roy", into: "#who")
        try browser.click("form button")
        try browser.wait("document.querySelector('#kiosk-count')")
        for (width, height) in [(1280, 800), (1920, 1080), (2560, 1440)] {
            try browser.size(width, height)
            try browser.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            let size = try browser.evaluate(
                "parseFloat(getComputedStyle(document.querySelector('#kiosk-count')).fontSize)")
            #expect((size.double ?? 0) * 0.7 >= 90)
            #expect(try browser.evaluate("document.querySelector('#kiosk').clientWidth").integer == Int64(width))
            let wrong = try browser.evaluate(Fixture.text("EndToEndTests/numbers.js"))
            #expect(wrong.list?.isEmpty == true, "\(width): \(wrong)")
        }
        try browser.screenshot("kiosk-fr-2560")
    }

    /// What the centre's thread at the broker knows, the dock is told.
    @Test(.timeLimit(.minutes(3)))
    func aBrokerThatIsGoneOrFrozenIsShownAtTheDockWithinSeconds() throws {
        let stand = try RoadTests.stand("health")
        defer { stand.stop() }
        try stand.writeConfiguration(readers: [], ingest: "[zone.dock-1]\nkind = \"dock\"\n")
        try stand.startBroker()
        try stand.startIngest()
        try RoadTests().waitForServer(stand)
        let browser = try Browser(language: "fr")
        try browser.open("http://127.0.0.1:\(stand.httpPort)/dock/dock-1")
        try browser.type("Camille Roy", into: "#who")
        try browser.click("form button")
        let link = "document.querySelector('#health [data-part=link]')?.dataset.level"
        try browser.wait("\(link) === 'good'")
        // The centre has heard itself once: before, its silence says nothing.
        usleep(3_000_000)
        stand.broker?.send(19)
        try browser.wait("\(link) === 'wait'", seconds: 8)
        #expect(try browser.text("#health").contains("Scannez"))
        stand.broker?.send(18)
        try browser.wait("\(link) === 'good'")
        // The centre itself, frozen: the page asks, and says that nobody answers.
        stand.ingest?.send(19)
        try browser.wait("\(link) === 'wait'", seconds: 8)
        stand.ingest?.send(18)
        try browser.wait("\(link) === 'good'")
    }
}
