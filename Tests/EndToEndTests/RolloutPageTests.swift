import Depot
import Glibc
import Model
import Platform
import Rig
import TestSupport
import Testing

/// A version is brought to gateways by keys (from field to field: packaging/pages/axe), and what stops it is said, in both languages and widths.
@Suite(.serialized)
struct RolloutPageTests {
    @Test func aRollOutIsSteeredByKeys() throws {
        let stand = try RoadTests.stand("rollout")
        defer { stand.stop() }
        try stand.writeConfiguration(readers: [])
        try stand.startBroker()
        try stand.startIngest()
        try RoadTests().waitForServer(stand)
        let store = try Store(path: "\(stand.folder)/ingest/ingest.db")
        func say(_ name: String, _ update: String = "") throws {
            let status = try JSON(
                parsing: Array(
                    #"{"v":1,"online":true,"site":"lyon","version":"0.1.0","update":{"allowed":true\#(update)}}"#.utf8))
            _ = try GatewayDesk(store).hear(
                GatewayStatus(json: status).json, of: name, clockOffset: 0, at: Clocks.wall)
        }
        for name in ["dock-1", "dock-2"] { try say(name) }
        let (french, english) = (try Browser(language: "fr"), try Browser(language: "en"))
        for browser in [french, english] {
            try browser.size(1280, 800)
            try browser.open("http://127.0.0.1:\(stand.httpPort)/gateways")
            try browser.type("Camille Roy", into: "#who")
            try browser.click("form button")
            try browser.wait("document.querySelector('#gateway-rollout')")
            _ = try browser.evaluate("document.querySelector('#gateway-rollout').focus()")
            try browser.press("Enter")
            try browser.wait("document.activeElement.id === 'rollout-version'")
        }
        try look(french, "none")
        // Not key by key: so fast types a scanner alone.
        try english.type("0.1.1", into: "#rollout-version")
        try english.press("Enter")
        try english.wait("document.querySelector('#rollout-standing')?.dataset.state === 'running'")
        try english.wait("document.querySelector('[data-member=\"dock-1\"]').innerText.includes('asked')")
        // What changes takes nobody's place away.
        try english.wait("document.activeElement.id === 'rollout-pause'")
        try english.press("Enter")
        try english.wait("document.activeElement.id === 'rollout-resume'")
        try say("dock-1", #","state":"running","command":"\#(try command(store))""#)
        _ = try english.evaluate("document.querySelector('#rollout-back').focus()")
        try english.press("Enter")
        try english.wait("document.querySelectorAll('dialog').length === 2")
        try english.press("Enter")
        try english.wait("document.querySelector('dialog').innerText.includes('installing it just now')")
        // It fails in the pause: that stops it, and the place on the button is kept.
        _ = try english.evaluate("document.querySelector('#rollout-resume').focus()")
        try say(
            "dock-1",
            #","state":"failed","command":"\#(try command(store))","code":"disk","reason":"150 MiB must be free""#)
        try english.wait("document.querySelector('#rollout-standing').dataset.state === 'stopped'")
        try english.wait("document.activeElement.id === 'rollout-resume'")
        #expect(try english.text("[data-member='dock-1']").contains("The machine could not install it (disk: 150 MiB"))
        try look(english, "stopped")
        try french.click(".sheet-head button")
        try french.wait("!document.querySelector('dialog')")
        try french.click("#gateway-rollout")
        try french.wait("document.querySelector('#rollout-standing')?.dataset.state === 'stopped'")
        try look(french, "stopped")
        #expect(french.errors == [] && english.errors.filter { !$0.contains("409") } == [])
    }

    private func command(_ store: Store) throws -> String {
        try #require(try store.rollouts.last()?.rollout.members.first?.command)
    }

    /// Nothing is wider than the dialog.
    private func look(_ browser: Browser, _ name: String) throws {
        let language = try browser.evaluate("document.documentElement.lang").text ?? ""
        for width in [400, 1280] {
            try browser.size(width, 800)
            try browser.wait(
                "document.querySelector('dialog').scrollWidth <= document.querySelector('dialog').clientWidth + 1")
            try browser.screenshot("rollout-\(name)-\(language)-\(width)")
        }
    }
}
