import Model
import Rig
import Testing

/// Files that people bring, in a real browser.
@Suite(.serialized)
struct ImportPageTests {
    @Test(.timeLimit(.minutes(3)))
    func aPersonSaysWhichColumnIsWhichOnce() throws {
        let stand = try RoadTests.stand("import")
        defer { stand.stop() }
        try stand.writeConfiguration(readers: [], ingest: "")
        try stand.startBroker()
        try stand.startIngest()
        try RoadTests().waitForServer(stand)
        let browser = try Browser(language: "fr")
        try browser.size(1280)
        try browser.open("http://127.0.0.1:\(stand.httpPort)/")
        try browser.type("Camille Roy", into: "#who")
        try browser.click("form button")
        try browser.wait("document.querySelector('#import')")

        let rows = """
            Avis;Code;Lot/Info;Pris\\n4711;3608439390616;Disjoncteur différentiel bipolaire très long;4\\n\
            4711;3608439390623;Câble;cinq\\n4711;3608439390999;Prise;3\\n
            """
        try bring(rows, named: "rexel-bl-4711.csv", to: browser)
        try browser.wait("document.querySelector('dialog .columns .missing')")
        try browser.screenshot("import-columns-fr-1280")
        try browser.size(400)
        try browser.screenshot("import-columns-fr-400")
        try choose("delivery_note", "Avis", in: browser)
        try choose("quantity", "Pris", in: browser)
        try browser.click("dialog button.main")
        try browser.wait(
            "[...document.querySelectorAll('dialog summary')].some((one) => one.innerText.includes('Quelle colonne'))")
        #expect(try browser.text("dialog").contains("refusées : 1"))
        try browser.screenshot("import-checked-fr-400")
        try browser.size(1280)
        try browser.screenshot("import-checked-fr-1280")
        // What was chosen wrongly is chosen anew, and the file read again.
        try browser.evaluate("document.querySelector('dialog').id = 'old'")
        try choose("description", "Lot/Info", in: browser)
        // The dialog of before goes, the one of the new reading comes.
        try browser.wait(
            "document.querySelector('dialog:not(#old) select[name=description]')?.value === 'Lot/Info' && !document.querySelector('#old')"
        )
        try browser.click("dialog button.main")
        try browser.wait("!document.querySelector('dialog')")
        try browser.wait("document.querySelector('main').innerText.includes('4711')")

        // The same file again, with another quantity: what stands there now beside what would.
        try bring(
            rows.replacing("différentiel bipolaire très long;4", with: "différentiel bipolaire très long;6"),
            named: "rexel-bl-4711.csv", to: browser)
        try browser.wait("document.querySelector('dialog .changes')")
        #expect(try browser.text("dialog .changes .now span") == "4" && browser.text("dialog .changes .next") == "6")
        #expect(try browser.text("dialog p.row").contains("Modifiées : 1"))
        #expect(try browser.text("dialog .reading summary").contains("point-virgule"))
        try browser.screenshot("import-changes-fr-1280")
        try browser.size(400)
        try browser.screenshot("import-changes-fr-400")
        // Read with another separator nothing of it is left, and the way back is in the same place.
        try browser.evaluate("document.querySelector('dialog').id = 'read'")
        try choose("separator", "tab", in: browser)
        try browser.wait("document.querySelector('dialog:not(#read) .missing')")
        try browser.evaluate("document.querySelector('dialog:not(#read)').id = 'lost'")
        try choose("separator", "semicolon", in: browser)
        try browser.wait("document.querySelector('dialog:not(#lost) .changes') && !document.querySelector('#lost')")
        try browser.size(1280)
        try browser.click("dialog .row button:not(.main)")
        try browser.wait("!document.querySelector('dialog')")

        // The next file of that supplier needs no word.
        try bring(rows.replacing("4711", with: "4712"), named: "rexel-bl-4712.csv", to: browser)
        try browser.wait("document.querySelector('dialog details')")
        #expect(try browser.evaluate("document.querySelector('dialog .missing')") == .null)
        try browser.click("dialog button.main")
        try browser.wait("document.querySelector('main').innerText.includes('4712')")
    }

    private func bring(_ text: String, named name: String, to browser: Browser) throws {
        try browser.evaluate(
            """
            (() => { const files = new DataTransfer(); files.items.add(new File(["\(text)"], "\(name)"));
              const field = document.querySelector("#import + input"); field.files = files.files;
              field.dispatchEvent(new Event("change")); return true; })()
            """)
    }

    private func choose(_ field: String, _ heading: String, in browser: Browser) throws {
        try browser.evaluate(
            """
            (() => { const choice = document.querySelector("dialog select[name=\(field)]"); choice.value = "\(heading)";
              choice.dispatchEvent(new Event("change")); return true; })()
            """)
    }
}
