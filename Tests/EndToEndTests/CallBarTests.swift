import Devices
import Model
import Platform
import Rig
import TestSupport
import Testing

/// A call beside the work: a bar at the edge that moves nothing, takes no keyboard, and opens when somebody taps it.
@Suite(.serialized)
struct CallBarTests {
    /// Where the thumb goes and what is being typed.
    private static let state = """
        JSON.stringify([scrollY, document.activeElement.id, document.activeElement.value ?? '',
        ...['#close', '#find-field', '#delivery-search', 'h1'].map((name) =>
        document.querySelector(name)?.getBoundingClientRect().top ?? null)])
        """

    @Test(.timeLimit(.minutes(3)))
    func twoCallsStackAndTheWorkStaysWhereItIs() throws {
        let road = try CallRoadTests.Road("bar")
        defer { road.stand.stop() }
        try RoadTests().waitForServer(road.stand)
        let browser = try Browser(language: "en")
        try browser.size(1280)
        try browser.open("http://127.0.0.1:\(road.stand.httpPort)/receiving")
        try browser.type("Camille Roy", into: "#who")
        try browser.click("form button")
        try browser.wait("document.querySelector('#live')")
        try browser.evaluate(
            "fetch('/api/v1/me/extension', {method: 'PUT', body: JSON.stringify({extension: '101'})})")
        try browser.evaluate(
            "fetch('/api/v1/deliveries/blind', {method: 'POST', body: JSON.stringify({zone: 'dock-1', supplier: 'Rexel', note: 'BAR'})})"
        )
        try browser.wait("document.querySelector('#close')")
        for (width, page) in [(1280, "receiving"), (400, "receiving"), (1280, "find"), (400, "find")] {
            try browser.size(width)
            try browser.evaluate("document.querySelector('#tab-\(page)').click()")
            if page == "find" { try browser.type("disj", into: "#find-field") }
            if page == "receiving" { try browser.evaluate("document.querySelector('#close').focus()") }
            let before = try browser.evaluate(CallBarTests.state).text
            for caller in ["0199001234", "0553012345"] {
                road.pbx.call(
                    .init(
                        from: caller, to: "0123456701", desks: ["101"], answer: ("101", .seconds(20)), talk: .zero))
            }
            try browser.wait("document.querySelectorAll('#ringing .card').length === 2", seconds: 8)
            let beside = try browser.evaluate(CallBarTests.state).text
            #expect(beside == before, "\(page) at \(width)")
            // Small, one above the other, within the screen.
            let boxes = "[...document.querySelectorAll('#ringing .card')].map((one) => one.getBoundingClientRect())"
            #expect(
                try browser.evaluate(
                    "\(boxes).every((box) => box.height < 190 && box.bottom <= innerHeight && box.right <= innerWidth)"
                ).truth == true, "\(page) at \(width)")
            #expect(try browser.evaluate("\(boxes)[0].bottom <= \(boxes)[1].top").truth == true)
            // A tap opens it, and the work stays where it is all the same.
            #expect(try browser.evaluate("document.querySelector('#ringing .card .more').offsetHeight").integer == 0)
            try browser.click("#ringing .card .brief")
            try browser.wait("document.querySelector('#ringing .card .more').offsetHeight > 0")
            #expect(try browser.evaluate(CallBarTests.state).text == before, "\(page) at \(width), opened")
            try browser.screenshot("call-bar-\(page)-\(width)")
            for _ in 1...2 { try browser.click("#ringing .card [id^=dismiss-]") }
            try browser.wait("!document.querySelector('#ringing .card')")
            #expect(try browser.evaluate(CallBarTests.state).text == before, "\(page) at \(width), gone")
        }
        #expect(browser.errors == [])
    }
}
