import Devices
import Foundation
import Model
import Platform
import Rig
import TestSupport
import Testing

/// What a card offers beside the name, in a real browser: it lies beside the work, and nothing moves for it.
@Suite(.serialized)
struct DeskComfortTests {
    /// Somebody at telephone 101, signed in, on the page of calls.
    private func browser(_ stand: Stand, language: String = "en") throws -> Browser {
        try RoadTests().waitForServer(stand)
        let browser = try Browser(language: language)
        try browser.size(1280)
        try browser.open("http://127.0.0.1:\(stand.httpPort)/calls")
        try browser.type("Camille Roy", into: "#who")
        try browser.click("form button")
        try browser.wait("document.querySelector('#live')")
        try browser.wait(
            "fetch('/api/v1/gateways').then((answer) => answer.json()).then((list) => list[0]?.status?.devices?.every((device) => device.state === 'ready'))"
        )
        try browser.type("101", into: "#extension")
        try browser.evaluate("document.querySelector('#extension').form.requestSubmit()")
        try browser.wait("document.querySelector('#release')")
        return browser
    }

    /// Where the page's own things stand.
    private static let places = """
        JSON.stringify([scrollY, ...['main', 'h1', '#number', '#search', 'main button'].map((name) =>
        document.querySelector(name)?.getBoundingClientRect().top ?? null)])
        """

    @Test(.timeLimit(.minutes(3)))
    func nothingMovesWhenACardComesOrGoes() throws {
        let road = try CallRoadTests.Road("comfort")
        defer { road.stand.stop() }
        let browser = try browser(road.stand)
        for (width, page, language) in [
            (1280, "receiving", "en"), (400, "receiving", "fr"), (1280, "calls", "fr"), (400, "calls", "en"),
        ] {
            try browser.size(width)
            try browser.evaluate("document.querySelector('#tab-\(page)').click()")
            if try browser.evaluate("document.documentElement.lang").text != language { try browser.click("#language") }
            try browser.wait("document.querySelector('h1')")
            let before = try browser.evaluate(DeskComfortTests.places).text
            road.pbx.call(
                .init(
                    from: "0199001234", to: "0123456701", desks: ["101", "102"], answer: ("102", .seconds(2)),
                    talk: .zero))
            try browser.wait("document.querySelector('.card.ringing .who')", seconds: 8)
            #expect(try browser.evaluate(DeskComfortTests.places).text == before, "\(page) at \(width)")
            // The whole card lies in sight, with the number that was dialled and the line it came by.
            let box = "document.querySelector('.card.ringing').getBoundingClientRect()"
            #expect(try browser.evaluate("\(box).bottom <= innerHeight && \(box).right <= innerWidth").truth == true)
            #expect(try browser.text(".card .came").contains("01 23 45 67 01"))
            #expect(try browser.text(".card .came").contains("pbx"))
            try browser.screenshot("card-beside-\(page)-\(language)-\(width)")
            try browser.wait("!document.querySelector('.card.ringing')", seconds: 10)
            #expect(try browser.evaluate(DeskComfortTests.places).text == before, "\(page) at \(width)")
        }
        // A small card is opened where it lies, and what is written in it goes on when the call ends.
        try browser.size(400)
        try browser.evaluate("document.querySelector('#tab-receiving').click()")
        road.pbx.call(
            .init(
                from: "0199001234", to: "0123456701", desks: ["101"], answer: ("101", .seconds(1)), talk: .seconds(4)))
        try browser.wait("document.querySelector('.card.talking')", seconds: 8)
        #expect(try browser.evaluate("document.querySelector('.card .more').offsetHeight").integer == 0)
        try browser.click(".card .unfold")
        try browser.wait("document.querySelector('.card .more').offsetHeight > 0")
        try browser.evaluate("document.querySelector('.card textarea').focus()")
        try browser.type("wants", into: ".card textarea")
        try browser.wait("document.querySelector('.card.over textarea')?.value === 'wants'", seconds: 10)
        #expect(browser.errors == [])
    }

    /// Hung up, sent on, given to a client, and to be called back: what is pressed on the card happens at the exchange.
    @Test(.timeLimit(.minutes(3)), arguments: [Exchange.Dialect.asterisk, .freeSWITCH])
    func whatIsPressedOnTheCardHappens(dialect: Exchange.Dialect) throws {
        let stand = try RoadTests.stand("acts-\(dialect.rawValue)")
        defer { stand.stop() }
        let pbx = try stand.addPBX(dialect)
        try stand.writeConfiguration(
            readers: [],
            ingest: """
                [phones]
                internal-plan = "^[1-8][0-9][0-9]$"
                [calls]
                card-url = "https://crm.example/?tel={e164}&who={name}&ext={extension}"
                """)
        try stand.startBroker()
        try stand.startIngest()
        try stand.startAgent()
        let browser = try browser(stand, language: "fr")
        try browser.evaluate(
            "fetch('/api/v1/parties', {method: 'POST', body: JSON.stringify({name: 'Hélène Dupont', company: 'Dupont', numbers: ['0199001234']})})"
        )
        // Somebody unknown: searched among the clients, chosen, taken back, chosen again.
        func call(_ from: String) {
            pbx.call(
                .init(
                    from: from, to: "0123456701", desks: ["101"], answer: ("101", .seconds(1)), talk: .seconds(600)))
        }
        call("0553012345")
        try browser.wait("document.querySelector('.card.talking details.attach')", seconds: 8)
        #expect(
            try browser.evaluate("document.querySelector('.card [id^=link-]').href").text
                == "https://crm.example/?tel=%2B33553012345&who=&ext=101")
        for round in 0...1 {
            try browser.evaluate("document.querySelector('.card details.attach').open = true")
            try browser.type("dup", into: ".card details.attach input")
            try browser.wait("document.querySelector('.card details.attach [role=option]')")
            // The card is drawn anew meanwhile, as each event does: what was found stays where it is.
            try browser.evaluate(
                "document.querySelector('.card.talking').dataset.former = ''; fetch('/api/v1/calls/note', {method: 'POST', body: JSON.stringify({call: document.querySelector('.card.talking').dataset.call, base: \(round), note: `${\(round)}`})})"
            )
            try browser.wait("document.querySelector('.card.talking:not([data-former])')")
            try browser.click(".card details.attach [role=option]")
            try browser.wait("document.querySelector('.card .who')?.innerText === 'Hélène Dupont'", seconds: 5)
            try browser.click(".card [id^=undo-]")
            try browser.wait("document.querySelector('.card details.attach')", seconds: 5)
        }
        try browser.screenshot("card-acts-fr-1280")
        // Emergency numbers are nobody's to be sent to; a colleague is.
        // Drawn anew meanwhile, a click is for nobody: who sees no field clicks again.
        let (field, button) = (".card .transfer input", ".card [id^=transfer-]")
        let opens =
            "document.querySelector('\(field)') || (document.querySelector('\(button)')?.click(), false)"
        try browser.wait(opens)
        try browser.type("112", into: ".card .transfer input")
        try browser.evaluate("document.querySelector('.card .transfer').requestSubmit()")
        try browser.wait("document.querySelector('.toast.bad')", seconds: 5)
        // What was refused is put right where it was written.
        try browser.wait("document.querySelector('\(field)')?.value === '112'", seconds: 5)
        try browser.type("104", into: ".card .transfer input")
        try browser.evaluate("document.querySelector('.card .transfer').requestSubmit()")
        try browser.wait("document.querySelector('.asked-act')?.innerText.includes('Transféré à 104')", seconds: 8)
        #expect(pbx.ledger.last?.transfers == ["blind"])
        try browser.wait("document.querySelector('.card.over')", seconds: 8)
        // To be called back at a time: at once, so that it is told now.
        try browser.click(".card [id^=remind-]")
        try browser.click("#remind15")
        try browser.wait("document.querySelector('#reminders li')", seconds: 5)
        try browser.screenshot("reminders-fr-1280")
        try browser.evaluate(
            "fetch('/api/v1/calls').then((answer) => answer.json()).then((all) => fetch('/api/v1/reminders', {method: 'POST', body: JSON.stringify({call: all.reminders[0].call, due: Date.now() + 500})}))"
        )
        try browser.wait("document.querySelector('.strip.reminder')", seconds: 8)
        try browser.evaluate("document.querySelector('#tab-receiving').click()")
        try browser.wait("document.querySelector('#ringing .strip.reminder')")
        for (width, language) in [(400, "fr"), (1280, "en")] {
            try browser.size(width)
            if try browser.evaluate("document.documentElement.lang").text != language { try browser.click("#language") }
            try browser.screenshot("reminder-due-\(language)-\(width)")
        }
        try browser.click(".strip.reminder [id^=due-done-]")
        try browser.wait("!document.querySelector('.strip.reminder')", seconds: 5)
        try browser.evaluate("document.querySelector('#tab-calls').click()")
        try browser.click("[id^=reminder-undo-]")
        try browser.wait("document.querySelector('.strip.reminder')", seconds: 5)
        // A ringing telephone refuses.
        call("0465710101")
        try browser.click(".card.ringing [id^=hangup-]")
        try browser.wait("!document.querySelector('.card.ringing')", seconds: 8)
        #expect(browser.errors == [])
    }
}
