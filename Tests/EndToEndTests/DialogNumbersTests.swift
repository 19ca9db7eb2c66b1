import Model
import Rig
import TestSupport
import Testing

/// Six digits with their separators and three decimals in every dialog where somebody decides by a number: measured in a real browser.
@Suite(.serialized)
struct DialogNumbersTests {
    static let widths = [360, 400, 640, 1024, 1280]

    /// A page, and what is touched there until the dialog is open. What begins with `file` is brought to that button.
    static let dialogs: [(page: String, steps: [String])] = [
        ("receiving", ["#close"]), ("receiving", ["#line-0"]), ("receiving", ["#line-0", "#do-adjust"]),
        ("receiving", ["#line-0", "#do-refuse"]), ("receiving", ["#line-0", "#do-lot"]),
        ("receiving", ["file #import"]), ("stocktake", ["#take-1", "#line-0"]),
        ("stocktake", ["#take-1", "#line-0", "#do-adjust"]), ("stocktake", ["#take-1", "#take-post"]),
        ("find?ref=product:03608439390616", ["#edit-product"]),
    ]

    private static func script(ringing: Bool) -> String {
        "globalThis.ringing = \(ringing);\n"
            + Fixture.text("WebTests/answers.js").replacing("export const answers", with: "const answers")
            + Fixture.text("EndToEndTests/large.js") + Fixture.text("EndToEndTests/dialogs.js")
    }

    private func begin(_ name: String, _ language: String, ringing: Bool) throws -> (Stand, Browser, String) {
        let stand = try RoadTests.stand("\(name)-\(language)")
        do {
            try stand.writeConfiguration(readers: [], ingest: "[zone.dock-1]\nkind = \"dock\"\n")
            try stand.startBroker()
            try stand.startIngest()
            try RoadTests().waitForServer(stand)
            let browser = try Browser(language: language)
            try browser.prepare(DialogNumbersTests.script(ringing: ringing))
            try browser.size(1280)
            let address = "http://127.0.0.1:\(stand.httpPort)"
            try browser.open("\(address)/")
            try browser.type("Camille Roy", into: "#who")
            try browser.click("form button")
            try browser.wait("document.querySelector('#import')")
            return (stand, browser, address)
        } catch {
            stand.stop()
            throw error
        }
    }

    private func measure(_ browser: Browser, _ what: String) throws {
        for width in DialogNumbersTests.widths {
            try browser.size(width)
            try browser.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            let wrong = try browser.evaluate(Fixture.text("EndToEndTests/numbers.js"))
            #expect(wrong.list?.isEmpty == true, "\(what) \(width): \(wrong)")
        }
    }

    @Test(arguments: ["fr", "en"])
    func everyNumberOfADialogIsWhole(language: String) throws {
        let (stand, browser, address) = try begin("dialogs", language, ringing: false)
        defer { stand.stop() }
        for (page, steps) in DialogNumbersTests.dialogs {
            try browser.size(1280)
            try browser.open("\(address)/\(page)")
            try browser.wait("document.querySelector('#tabs a')")
            for step in steps {
                guard step.hasPrefix("file ") else {
                    try browser.wait("document.querySelector('\(step)')?.disabled === false")
                    try browser.click(step)
                    continue
                }
                try browser.wait("document.querySelector('\(step.dropFirst(5))')")
                try browser.evaluate(
                    """
                    (() => { const files = new DataTransfer(); files.items.add(new File(["a;b"], "bl-123456.csv"));
                      const field = document.querySelector("\(step.dropFirst(5)) + input"); field.files = files.files;
                      field.dispatchEvent(new Event("change")); return true; })()
                    """)
            }
            try browser.wait("document.querySelector('dialog[open]')?.innerText.length > 20")
            let name = "\(language) \(page) \(steps.joined(separator: " "))"
            // What is folded away is measured, too.
            try browser.evaluate("for (const one of document.querySelectorAll('dialog details')) one.open = true")
            try measure(browser, name)
        }
        #expect(browser.errors.isEmpty, "\(browser.errors)")
    }

    @Test(arguments: ["fr", "en"])
    func everyNumberOfACardIsWhole(language: String) throws {
        let (stand, browser, address) = try begin("card-numbers", language, ringing: true)
        defer { stand.stop() }
        for page in ["receiving", "calls"] {
            try browser.size(1280)
            try browser.open("\(address)/\(page)")
            try browser.wait("document.querySelector('.card .who')")
            try measure(browser, "\(language) card beside \(page)")
            guard page == "receiving" else { continue }
            try browser.click("#ringing .card [aria-expanded=false]")
            try browser.wait("document.querySelector('#ringing .card.opened')")
            try measure(browser, "\(language) opened card beside \(page)")
        }
        #expect(browser.errors.isEmpty, "\(browser.errors)")
    }
}
