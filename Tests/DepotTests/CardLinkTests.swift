import Testing

@testable import Depot

/// Addresses of a site's own program: what may be written, and that no caller chooses where they lead.
struct CardLinkTests {
    private func problem(_ template: String) -> String? {
        do {
            _ = try CardLink(template)
            return nil
        } catch { return error.text }
    }

    @Test func placesAreFilledAndEncoded() throws {
        let link = try CardLink("https://crm.example/x?tel={e164}&n={national}&who={name}&id={call}&p={extension}#top")
        #expect(
            link.url(CardLink.sample)
                == "https://crm.example/x?tel=%2B33612340091&n=06%2012%2034%2000%2091&who=Dupont&id=dock%2Fpbx%2F1&p=101#top"
        )
        var values = CardLink.sample
        values[.name] = "Zoé & Cie/?#<script>\r\n{e164}"
        let who = try #require(try CardLink("http://crm/{name}").url(values))
        #expect(who == "http://crm/Zo%C3%A9%20%26%20Cie%2F%3F%23%3Cscript%3E%0D%0A%7Be164%7D")
    }

    @Test func aPageAboutNobodyIsNotOffered() throws {
        #expect(try CardLink("https://crm/?t={e164}").url([.call: "1"]) == nil)
        #expect(try CardLink("https://crm/?t={e164}").url([.e164: ""]) == nil)
        #expect(try CardLink("https://crm/?w={name}&c={call}").url([.call: "1"]) == "https://crm/?w=&c=1")
        #expect(try CardLink("https://crm/").url([:]) == "https://crm/")
    }

    @Test func aNameIsNoStepUp() throws {
        #expect(try CardLink("https://crm/a/{name}/b").url([.name: ".."]) == "https://crm/a//b")
        #expect(try CardLink("https://crm/a/{name}").url([.name: String(repeating: "x", count: 5000)])?.count == 142)
    }

    @Test(arguments: [
        "", "crm.example/{e164}", "javascript:alert(1)", "tel:{e164}", "file:///etc", "https:///x", "https://",
        "https://{name}/", "https://crm{e164}/", "https://user@crm/", "https://:80/", "https://crm/ x",
        "https://crm/\n",
        "https://crm/é", "https://crm/{phone}", "https://crm/{}", "https://crm/{e164", "https://crm/e164}",
        "https://crm/{{e164}}", "https://crm\\evil/", "https://crm/\"",
    ])
    func whatIsNoAddressIsSaid(_ template: String) { #expect(problem(template) != nil) }

    @Test func whatIsWrongIsNamed() {
        #expect(problem("https://crm/{phone}")?.contains("{phone}") == true)
        #expect(problem("https://crm/{phone}")?.contains("{e164}") == true)
        #expect(problem("https://crm/" + String(repeating: "x", count: 2000)) != nil)
        #expect(problem("HTTPS://crm.example:8443/x?{e164}") == nil)
        #expect(problem("http://[2001:db8::1]/{call}") == nil)
    }
}
