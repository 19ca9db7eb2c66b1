import Depot
import Glibc
import Model
import Platform
import Rig
import Settings
import TestSupport
import Testing

@testable import IngestServer

/// What a configuration that is read again changes.
@Suite(.serialized)
struct ReloadTests {
    private static func written(_ text: String) throws -> [String: String] {
        try SettingsReader(text: "version = 1\n" + text, file: "ingest.toml").written
    }

    /// Changed, taken up by, waiting.
    private static func change(_ last: String, _ now: String, start: String? = nil) throws -> ConfigurationChange {
        ConfigurationChange(start: try written(start ?? last), last: try written(last), now: try written(now))
    }

    @Test func whatIsWrittenIsComparedKeyByKey() throws {
        let text = "[a]\nlist = [\"x\", \"y\"]\nempty = []\n[b.c]\nnumber = 1\nyes = true\n"
        #expect(
            try Self.written(text) == [
                "version": "1", "a.list": "[a.list.0=\"x\",a.list.1=\"y\",", "a.empty": "[", "b.c.number": "1",
                "b.c.yes": "true",
            ])
    }

    @Test func onlyWhatChangedIsMadeAnew() throws {
        let base = """
            [http]
            hosts = "a"
            certificate = "/c"
            key = "/k"
            [broker]
            url = "mqtt://a"
            [epcis]
            url = "https://a"
            gln = "1"
            """
        func becomes(_ old: String, _ new: String) throws -> ConfigurationChange {
            try Self.change(base, base.replacing(old, with: new))
        }
        let same = try Self.change(base, "# a remark\n" + base)
        #expect(same.keys.isEmpty && same.parts.isEmpty && same.waiting.isEmpty)
        let cases: [(String, String, ConfigurationChange.Part, String)] = [
            ("hosts = \"a\"", "hosts = \"a b\"", .names, "[http] hosts"),
            ("hosts = \"a\"", "hosts = \"a\"\nproxies = [\"10.0.0.1\"]", .names, "[http] proxies"),
            ("/c", "/d", .certificate, "[http] certificate"), ("mqtt://a", "mqtts://a", .broker, "[broker] url"),
            ("[broker]", "[syslog]\naddress = \"udp://a:1\"\n[broker]", .syslog, "[syslog] address"),
            ("https://a", "https://b", .repository, "[epcis] url"),
        ]
        for (old, new, part, key) in cases {
            let change = try becomes(old, new)
            #expect(change.parts == [part] && change.keys == [key] && change.waiting.isEmpty, "\(new)")
        }
        for (old, new, key) in [
            ("hosts = \"a\"", "hosts = \"a\"\nport = 8443", "[http] port"),
            ("[broker]", "[team.sales]\nextensions = [\"1\"]\n[broker]", "[team.sales] extensions"),
            ("gln = \"1\"", "gln = \"2\"", "[epcis] gln"),
        ] {
            let change = try becomes(old, new)
            #expect(change.parts.isEmpty && change.waiting == [key], "\(new)")
        }
    }

    @Test func whatWaitsWaitsUntilTheStartOrUntilItIsTakenBack() throws {
        let (start, other) = ("state = \"/a\"\n", "state = \"/b\"\n")
        #expect(try Self.change(start, other).waiting == ["state"])
        #expect(try Self.change(other, other, start: start).waiting == ["state"])
        #expect(try Self.change(other, start, start: start).waiting == [])
        // TLS begins and ends with a start; so does a repository's follower.
        let pages = "[http]\ncertificate = \"/c\"\nkey = \"/k\"\n"
        #expect(try Self.change("", pages).waiting == ["[http] certificate", "[http] key"])
        #expect(try Self.change(pages, "").parts == [])
        #expect(try Self.change("", "[epcis]\nurl = \"https://a\"\n").waiting == ["[epcis] url"])
    }

    @Test func whereAnAddressLeadsIsKnown() throws {
        func target(_ url: String) -> String? {
            Probes.target(of: url).map { "\($0.host) \($0.port) \($0.isEncrypted)" }
        }
        #expect(target("https://e.example/epcis") == "e.example 443 true")
        #expect(target("http://[::1]:8080/a") == "::1 8080 false")
        #expect(target("smtps://mail:4650") == "mail 4650 true" && target("tls://logs") == "logs 6514 true")
        #expect(target("udp://logs:514") == nil && target("nonsense") == nil)
        // Nobody listens there; nothing is named.
        let named = try IngestConfiguration(
            parsing: "version = 1\n[syslog]\naddress = \"tcp://127.0.0.1:1\"\n", file: "ingest.toml")
        #expect(Probes.unreached(named).map(\.subject) == ["[syslog]"])
        #expect(Probes.unreached(IngestConfiguration()).isEmpty)
    }

    @Test func anOlderNameIsUnderstoodAndTold() throws {
        func read(_ text: String) throws -> IngestConfiguration {
            try IngestConfiguration(parsing: "version = 1\n" + text, file: "ingest.toml")
        }
        let older = try read("[calls]\nretention-days = 90\n")
        #expect(older.retention[.calls] == 90 && older.renamed.count == 1)
        #expect(older.renamed.first?.contains("[retention] calls") == true)
        #expect(try read("[retention]\ncalls = 90\n").renamed.isEmpty)
    }

    /// The table in the documentation is this one.
    @Test func theDocumentationSaysWhatIsTakenUp() throws {
        let page = String(decoding: try Files.read("docs/reference/configuration.md"), as: UTF8.self)
        let section = page.components(between: "## Read again", and: "\n## ")
        for (key, _) in ConfigurationChange.table {
            let parts = key.split(separator: ".")
            #expect(
                section.contains("[\(parts[0])]") && section.contains("`\(parts.last!)`")
                    || section.contains("`[\(key)]`"), "\(key)")
        }
    }

    /// Each secret that the papers name as a credential is given to a service.
    @Test func systemdGivesEachSecretOfThePapers() throws {
        var named: Set<String> = []
        for folder in ["docs/how-to", "docs/reference", "docs/tutorials", "packaging/debian"] {
            for file in Files.list(folder) {
                guard let bytes = try? Files.read("\(folder)/\(file)") else { continue }
                let text = String(decoding: bytes, as: UTF8.self)
                named.formUnion(text.matches(of: /credential:([a-z0-9-]+)/).map { String($0.output.1) })
            }
        }
        let units = try ["edge-ingest", "edge-agent"].map {
            String(decoding: try Files.read("systemd/\($0).service"), as: UTF8.self)
        }
        #expect(named.count >= 10)
        for name in named { #expect(units.contains { $0.contains("LoadCredential=\(name)\n") }, "\(name)") }
    }

    @Test
    func aBadFileIsRefusedAndAGoodOneTakenWhilePagesAreServed() throws {
        let centre = try HostileTests.Centre("reload")
        defer { centre.stand.stop() }
        let file = "\(centre.stand.folder)/ingest.toml"
        let good = String(decoding: try Files.read(file), as: UTF8.self)
        let pid = try #require(centre.stand.ingest?.pid)
        let (taken, refused) = (
            "quai_ingest_reloads_total{result=\"taken\"}", "quai_ingest_reloads_total{result=\"refused\"}"
        )
        try Files.write(Array((good + "\n[surprise]\nx = 1\n").utf8), to: file)
        kill(pid, SIGHUP)
        try centre.until { (try? centre.metric(refused)) == 1 }
        let log = String(decoding: try Files.read("\(centre.stand.folder)/ingest.log"), as: UTF8.self)
        #expect(log.contains("ingest.toml:") && log.contains("unknown key \"surprise\""))
        // A user of the broker's: the connection is made anew, nothing else; a team waits.
        let other = good.replacing("[broker]", with: "[broker]\nuser = \"quai\"") + "\n[team.a]\nextensions = [\"1\"]\n"
        try Files.write(Array(other.utf8), to: file)
        kill(pid, SIGHUP)
        try centre.until { (try? centre.metric(taken)) == 1 }
        #expect(try centre.metric("quai_ingest_restart_waiting") == 1)
        try centre.until {
            let log = (try? Files.read("\(centre.stand.folder)/ingest.log")).map { String(decoding: $0, as: UTF8.self) }
            // Up, down as its settings changed, and up again.
            return log?.contains("broker answers again") == true
        }
        #expect(centre.stand.ingest?.isRunning == true)
    }
}

extension String {
    fileprivate func components(separatedBy text: String) -> [Substring] {
        split(separator: text, omittingEmptySubsequences: false)
    }

    fileprivate func components(between begin: String, and end: String) -> Substring {
        guard let from = firstRange(of: begin)?.upperBound else { return "" }
        return self[from...].prefix(upTo: self[from...].firstRange(of: end)?.lowerBound ?? endIndex)
    }
}
