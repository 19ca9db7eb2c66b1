import Model
import Rig
import TestSupport
import Testing

/// Closing a delivery in a real browser: somebody has to sign, photos of the goods go with it. And whoever signs in elsewhere finds their
/// colours and language there.
@Suite(.serialized)
struct ClosingPageTests {
    private func begin(_ name: String, _ ingest: String) throws -> Stand {
        let stand = try RoadTests.stand(name)
        do {
            try stand.writeConfiguration(readers: [], ingest: "[zone.dock-1]\nkind = \"dock\"\n\(ingest)")
            try stand.startBroker()
            try stand.startIngest()
            try RoadTests().waitForServer(stand)
            return stand
        } catch {
            stand.stop()
            throw error
        }
    }

    private func signIn(_ stand: Stand, _ language: String) throws -> Browser {
        let browser = try Browser(language: language)
        try browser.size(1280)
        try browser.open("http://127.0.0.1:\(stand.httpPort)/")
        try browser.type("Camille Roy", into: "#who")
        try browser.click("form button")
        try browser.wait("document.querySelector('#import')")
        return browser
    }

    @Test
    func nothingIsClosedUnsignedAndPhotosGoWithIt() throws {
        let stand = try begin("closing", "[receiving]\nsignature = \"required\"\n")
        defer { stand.stop() }
        let browser = try signIn(stand, "en")
        let opened = try browser.evaluate(
            """
            fetch('/api/v1/deliveries/blind', {method: 'POST', headers: {'Content-Type': 'application/json'},
              body: JSON.stringify({zone: 'dock-1', supplier: 'Rexel', note: 'BL-9'})}).then((answer) => answer.json()).then((one) => one.id)
            """)
        let id = try #require(opened.integer)
        // The centre holds it, whatever a page does.
        let refused = try browser.evaluate(
            """
            fetch('/api/v1/deliveries/\(id)/close', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}'})
              .then((answer) => answer.json()).then((one) => one.code)
            """)
        #expect(refused.text == "signature-needed")
        try browser.open("http://127.0.0.1:\(stand.httpPort)/receiving?ref=\(id)")
        try browser.wait("document.querySelector('#close')?.disabled === false")
        try browser.click("#close")
        try browser.wait("document.querySelector('dialog #signature')?.open")
        // A picture, as a camera would give one.
        try browser.evaluate(
            """
            new Promise((done) => { const canvas = document.createElement("canvas"); canvas.width = canvas.height = 64;
              canvas.getContext("2d").fillRect(0, 0, 40, 40);
              canvas.toBlob((blob) => { const files = new DataTransfer(); files.items.add(new File([blob], "goods.png", { type: "image/png" }));
                const field = document.querySelector("#close-photos input[type=file]"); field.files = files.files;
                field.dispatchEvent(new Event("change")); done(true); }); })
            """)
        try browser.wait("document.querySelector('#close-photos canvas')")
        try browser.click("dialog button.main")
        try browser.wait("document.querySelector('dialog[open] .say-here')?.innerText.includes('sign')")
        #expect(try browser.evaluate("document.querySelectorAll('#close-photos canvas').length").integer == 1)
        try browser.size(400)
        try browser.screenshot("closing-photos-en-400")
        try browser.size(1280)
        try browser.type("Paul", into: "#sign-name")
        try browser.click("dialog[open] button.main")
        try browser.wait("document.querySelector('#goods-photos img')")
        #expect(try browser.text("main").contains("Signed by Paul"))
        #expect(browser.errors.isEmpty, "\(browser.errors)")
    }

    @Test
    func coloursAndLanguageAreThereOnTheNextMachine() throws {
        let stand = try begin("taste", "")
        defer { stand.stop() }
        let first = try signIn(stand, "fr")
        try first.click("#language")
        try first.wait("document.documentElement.lang === 'en'")
        try first.click("#me")
        try first.click("#theme-dark")
        try first.wait("document.documentElement.dataset.theme === 'dark'")
        try first.wait(
            "fetch('/api/v1/me').then((answer) => answer.json()).then((me) => me.theme === 'dark' && me.language === 'en')"
        )
        // Another browser is another machine.
        let second = try signIn(stand, "fr")
        try second.wait("document.documentElement.dataset.theme === 'dark' && document.documentElement.lang === 'en'")
        #expect(try second.text("#tabs").contains("Receiving"))
    }
}
