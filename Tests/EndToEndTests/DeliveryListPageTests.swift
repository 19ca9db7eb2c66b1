import Model
import Platform
import Rig
import TestSupport
import Testing

/// Receiving with a thousand deliveries: short, searched, and reached by key.
@Suite(.serialized)
struct DeliveryListPageTests {
    @Test(.timeLimit(.minutes(3)))
    func aThousandDeliveriesAreAShortPage() throws {
        let stand = try RoadTests.stand("thousand")
        defer { stand.stop() }
        try stand.writeConfiguration(readers: [])
        try stand.startBroker()
        try stand.startIngest()
        try RoadTests().waitForServer(stand)
        let browser = try Browser(language: "en")
        try browser.size(1280, 800)
        try browser.open("http://127.0.0.1:\(stand.httpPort)/receiving")
        try browser.type("Camille Roy", into: "#who")
        try browser.click("form button")
        try browser.wait("document.querySelector('#live')")
        // Twenty are six days late, ten are of today, the rest comes next year.
        let report = try browser.evaluate(
            """
            (() => {
              const day = (n) => { const at = new Date(Date.now() + n * 86400000); return [at.getFullYear(), String(at.getMonth() + 1).padStart(2, '0'), String(at.getDate()).padStart(2, '0')].join('-'); };
              const rows = Array.from({ length: 1000 }, (_, n) => ['BL-' + n, ['Rexel', 'Sonepar'][n % 2], '03608439390616', 'Disjoncteur', 2, n < 20 ? day(-6) : n < 30 ? day(0) : day(300)].join(';'));
              return fetch('/api/v1/import/deliveries', { method: 'POST', headers: { 'Content-Type': 'text/csv' }, body: ['delivery_note;supplier;gtin;description;quantity;expected', ...rows].join('\\n') }).then((answer) => answer.text());
            })()
            """
        ).text
        #expect(report?.contains("\"accepted\":1000") == true, "\(report ?? "")")
        try browser.wait("document.querySelector('#group-late li')")
        for width in [1280, 400] {
            try browser.size(width, 800)
            #expect(try browser.evaluate("document.querySelectorAll('.deliveries li').length").integer ?? 999 <= 60)
            #expect(try browser.evaluate("document.documentElement.scrollHeight").integer ?? 99_999 < 7000)
            #expect(
                try browser.evaluate("document.documentElement.scrollWidth <= innerWidth").truth == true,
                "nothing is wider than the screen")
            try browser.screenshot("thousand-deliveries-\(width)")
        }
        try browser.size(1280, 800)
        #expect(try browser.text("#group-late li").contains("6 days late"))
        #expect(try browser.text("#group-title-late").contains("20"))
        #expect(
            try browser.evaluate("document.querySelector('#fold-later').getAttribute('aria-expanded')").text == "false")
        // What comes later is asked for when it is unfolded, page by page.
        try browser.click("#fold-later")
        try browser.wait("document.querySelectorAll('#group-later li').length === 30")
        try browser.click("#more-later")
        try browser.wait("document.querySelectorAll('#group-later li').length === 60")
        try browser.click("#fold-later")
        // Searched at the centre while somebody types; who types goes on typing.
        try browser.type("sonepar bl-77", into: "#delivery-search")
        try browser.wait("document.querySelectorAll('.deliveries li').length === 6")
        #expect(try browser.evaluate("document.activeElement.id").text == "delivery-search")
        try browser.type("nobody", into: "#delivery-search")
        try browser.click("#clear-filters")
        try browser.wait("document.querySelector('#group-late li')")
        try browser.click("#only-late")
        try browser.wait(
            "!document.querySelector('#group-today') && document.querySelectorAll('#group-late li').length === 20")
        // The first link of the page leads to the work.
        try browser.click("#group-late li button")
        try browser.wait("document.querySelector('#delivery h1')?.innerText.startsWith('BL-')")
        try browser.click("#skip")
        #expect(try browser.evaluate("document.activeElement.id").text == "delivery")
        #expect(browser.errors == [])
    }
}
