import Glibc
import Model
import Rig
import TestSupport
import Testing

/// Help is a page: read by whoever cannot sign in, reached from each page, left by "back". The bar leads everywhere at every width.
@Suite(.serialized)
struct HelpPageTests {
    private static let pages = ["receiving", "stocktake", "find", "clients", "calls", "erp", "gateways", "audit"]

    @Test
    func eachPageLeadsToItsHowToAndBack() throws {
        let stand = try RoadTests.stand("help")
        defer { stand.stop() }
        try stand.writeConfiguration(readers: [])
        try stand.startBroker()
        try stand.startIngest()
        try RoadTests().waitForServer(stand)
        let site = "http://127.0.0.1:\(stand.httpPort)"
        let browser = try Browser(language: "fr")
        try browser.size(1280)
        // An address that is mistyped leads in, too.
        try browser.open("\(site)/reception")
        try browser.wait("document.querySelector('#who')")
        // Nobody is signed in: the way in has its help, and that leads to all of it.
        try browser.open("\(site)/")
        try browser.click("#help-signin a")
        try browser.wait("location.pathname === '/help/signin' && document.querySelector('#guide h1')")
        #expect(try browser.text("#guide h1") == "S’identifier")
        #expect(try browser.evaluate("document.title").text == "S’identifier · Aide · Quai")
        try browser.click("#language")
        try browser.wait("document.querySelector('#guide h1')?.innerText === 'Sign in'")
        try browser.click("#language")
        try browser.click("#help-all")
        try browser.wait("document.querySelectorAll('#guide li a').length >= 15")
        #expect(try browser.evaluate("location.pathname").text == "/help/")
        try browser.evaluate("history.back()")
        try browser.wait("document.querySelector('#guide h1')?.innerText === 'S’identifier'")
        // A name that is none shows all of it.
        try browser.open("\(site)/help/none")
        try browser.wait("document.querySelector('#guide .notice') && document.querySelector('#guide li a')")
        // Signed in, from each page there and back.
        try browser.open("\(site)/receiving")
        try browser.type("Camille Roy", into: "#who")
        try browser.click("form button")
        try browser.wait("document.querySelector('#live')")
        for page in HelpPageTests.pages {
            try browser.open("\(site)/\(page)")
            try browser.click("#help-\(page) a")
            try browser.wait("location.pathname === '/help/\(page)' && document.querySelector('#guide ol li')")
            #expect(try browser.evaluate("document.querySelector('#help-open')?.pathname").text == "/\(page)")
            try browser.evaluate("history.back()")
            try browser.wait("location.pathname === '/\(page)' && document.querySelector('#help-\(page)')")
        }
        // On paper stands the how-to alone.
        try browser.open("\(site)/help/stocktake")
        try browser.wait("document.querySelector('#guide ol li')")
        try browser.screenshot("help-fr-1280")
        #expect(browser.errors == [])
    }

    /// Every place of the bar that is wrong at this width.
    private static func wrong(_ width: Int) -> String {
        """
        (() => {
          const bar = document.querySelector('.bar'), tabs = document.querySelector('#tabs'), frame = tabs.getBoundingClientRect();
          const shown = [...bar.querySelectorAll('button, a')].filter((one) => one.offsetParent && one.getBoundingClientRect().width > 0);
          const cut = shown.filter((one) => { const box = one.getBoundingClientRect(); return tabs.contains(one) ? box.left < frame.left - 1 || box.right > frame.right + 1 : box.left < -1 || box.right > innerWidth + 1; });
          return [
            bar.offsetHeight > \(width > 1240 ? 70 : 120) && `it is ${bar.offsetHeight} px high`,
            document.documentElement.scrollWidth > innerWidth && 'the page is wider than the screen',
            cut.some((one) => !tabs.contains(one)) && 'a button is out of sight',
            cut.length > 0 && !tabs.dataset.more && 'tabs are out of sight without a sign',
            cut.length === 0 && tabs.dataset.more && 'a sign without a cause',
            \(width) <= 820 && shown.filter((one) => one.offsetHeight < 44 || one.offsetWidth < 28).map((one) => `${one.id} is too small`).join(),
          ].filter(Boolean).join(', ');
        })()
        """
    }

    @Test(arguments: ["fr", "en"])
    func theBarIsTwoLinesAtMostAndSaysWhereMoreOfItIs(language: String) throws {
        let stand = try RoadTests.stand("bar-\(language)")
        defer { stand.stop() }
        try stand.writeConfiguration(readers: [], ingest: "[zone.dock-1]\nkind = \"dock\"\n")
        try stand.startBroker()
        try stand.startIngest()
        try RoadTests().waitForServer(stand)
        let browser = try Browser(language: language)
        try browser.size(1280)
        try browser.open("http://127.0.0.1:\(stand.httpPort)/dock/dock-1")
        try browser.type("Camille Roy", into: "#who")
        try browser.click("form button")
        try browser.wait("document.querySelector('#live') && document.querySelectorAll('#tabs a').length === 8")
        for width in [360, 400, 640, 820, 821, 1024, 1240, 1280, 1920] {
            try browser.size(width)
            try browser.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            let wrong = try browser.evaluate(HelpPageTests.wrong(width)).text
            #expect(wrong == "", "\(language) \(width): \(wrong ?? "")")
            if width == 360 { try browser.screenshot("bar-\(language)-360") }
        }
        // Who is signed in and at which dock stands there at the smallest; the rest is in the account.
        try browser.size(360)
        #expect(try browser.text("#me").contains("Camille"))
        #expect(try browser.text("#here").contains("dock-1"))
        try browser.click("#me")
        try browser.click("#account-language")
        try browser.wait("document.documentElement.lang === '\(language == "fr" ? "en" : "fr")'")
        try browser.click("#me")
        try browser.click("#account-sign-out")
        try browser.wait("document.querySelector('#who')")
        #expect(browser.errors == [])
    }
}
