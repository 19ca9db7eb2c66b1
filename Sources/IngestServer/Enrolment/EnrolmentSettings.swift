import Settings

/// `[enrolment]`: how agents become the centre's. Written by `edge-ingest setup`.
struct EnrolmentSettings: Sendable {
    /// Folder of the site's authority: `AuthorityFolder`.
    var authority: String
    /// Where agents reach the pages, and the broker.
    var url: String
    var broker: String

    /// Nil with what is wrong told to the section.
    init?(_ section: Section) {
        let named = ["authority", "url", "broker"].map { ($0, section.string($0)) }
        for (key, value) in named where value == nil { section.require(key, "edge-ingest setup writes it") }
        guard let authority = named[0].1, let url = named[1].1, let broker = named[2].1 else { return nil }
        if !url.hasPrefix("https://"), !url.hasPrefix("http://") { section.reject("url", "must be https://HOST:PORT") }
        if !broker.hasPrefix("mqtts://") { section.reject("broker", "must be mqtts://HOST:PORT") }
        (self.authority, self.url, self.broker) = (authority, url, broker)
    }

    /// What is typed at the gateway.
    func line(_ token: String) -> String { "edge-agent join \(url) --token \(token)" }
}
