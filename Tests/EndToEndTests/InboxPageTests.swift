import Model
import Platform
import Rig
import TestSupport
import Testing

/// The bell and what is behind it, in two browsers of one person.
@Suite(.serialized)
struct InboxPageTests {
    @Test
    func whatIsToldIsTheSameInEveryBrowserOfAPerson() throws {
        let stand = try RoadTests.stand("inbox")
        defer { stand.stop() }
        try stand.writeConfiguration(readers: [])
        try stand.startBroker()
        try stand.startIngest()
        try RoadTests().waitForServer(stand)
        let (first, second) = (try Browser(language: "en"), try Browser(language: "fr"))
        for browser in [first, second] {
            try browser.size(1280, 800)
            try browser.open("http://127.0.0.1:\(stand.httpPort)/receiving")
            try browser.type("Camille Roy", into: "#who")
            try browser.click("form button")
            try browser.wait("document.querySelector('#live') && document.querySelector('#bell')")
        }
        for text in ["Hello", "Once more"] {
            _ = try first.evaluate(
                """
                fetch('/api/v1/inbox/test', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"text":"\(text)"}' }).then((answer) => answer.status)
                """)
        }
        for browser in [first, second] {
            try browser.wait("document.querySelector('#bell .count')?.textContent === '2'")
            try browser.click("#bell")
            try browser.wait("document.querySelectorAll('#inbox-unread li').length === 2")
        }
        #expect(try first.text("#inbox-unread li").contains("Announcement: Once more"), "the newest stands first")
        #expect(try second.text("#inbox-unread li").contains("Annonce : Once more"))
        for width in [1280, 400] {
            try first.size(width, 800)
            #expect(
                try first.evaluate(
                    "document.querySelector('dialog').scrollWidth <= document.querySelector('dialog').clientWidth + 1"
                ).truth == true, "nothing is wider than the dialog at \(width)")
            try first.screenshot("inbox-\(width)")
        }
        try first.size(1280, 800)
        // By key: the second is marked as read.
        _ = try first.evaluate("document.querySelector('#inbox-unread li').focus()")
        try first.press("ArrowDown")
        try first.press("r")
        for browser in [first, second] {
            try browser.wait("document.querySelector('#bell .count')?.textContent === '1'")
            try browser.wait("document.querySelectorAll('#inbox-read li').length === 1")
        }
        #expect(try second.text("#inbox-read li").contains("Hello"))
        // What is put off waits for nobody.
        _ = try second.evaluate(
            """
            (() => {
              const later = document.querySelector('#inbox-unread select');
              later.value = later.options[1].value;
              later.dispatchEvent(new Event('change'));
            })()
            """)
        for browser in [first, second] { try browser.wait("!document.querySelector('#bell .count')") }
        try first.click("#inbox-clear")
        for browser in [first, second] { try browser.wait("document.querySelector('#inbox-none')") }
        #expect(first.errors == [] && second.errors == [])
    }
}
