import Depot
import Glibc
import Logging
import Model
import Platform
import Rig
import ServiceLifecycle
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
            ("[broker]", "[tracing]\nsample = 0.5\n[broker]", .tracing, "[tracing] sample"),
            ("gln = \"1\"", "gln = \"2\"", .repository, "[epcis] gln"),
            ("[broker]", "[team.sales]\nextensions = [\"1\"]\n[broker]", .rules, "[team.sales] extensions"),
            ("[broker]", "[zone.a]\nkind = \"dock\"\n[broker]", .rules, "[zone.a] kind"),
            ("[broker]", "[retention]\ncalls = 9\n[broker]", .rules, "[retention] calls"),
            ("[broker]", "[channel.ntfy]\nserver = \"https://a\"\n[broker]", .channels, "[channel.ntfy] server"),
            ("[broker]", "[webhooks]\nplain-http = true\n[broker]", .webhooks, "[webhooks] plain-http"),
            ("[broker]", "[erp]\nkind = \"odoo\"\n[broker]", .erp, "[erp] kind"),
            ("[broker]", "[exchange]\nfolder = \"/a\"\n[broker]", .exchange, "[exchange] folder"),
            ("[http]", "log-level = \"debug\"\n[http]", .log, "log-level"),
        ]
        for (old, new, part, key) in cases {
            let change = try becomes(old, new)
            #expect(change.parts == [part] && change.keys == [key] && change.waiting.isEmpty, "\(new)")
        }
        for (old, new, key) in [
            ("hosts = \"a\"", "hosts = \"a\"\nport = 8443", "[http] port"),
            ("[http]", "region = \"BE\"\n[http]", "region"),
            ("[broker]", "[people]\nbadge-pin = true\n[broker]", "[people] badge-pin"),
            ("[broker]", "[events]\nmqtt = true\n[broker]", "[events] mqtt"),
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
        // TLS begins and ends with a start.
        let pages = "[http]\ncertificate = \"/c\"\nkey = \"/k\"\n"
        #expect(try Self.change("", pages).waiting == ["[http] certificate", "[http] key"])
        #expect(try Self.change(pages, "").parts == [])
        // A connector tells the ERP in the files' place, and they in its.
        let files = "[exchange]\nfolder = \"/a\"\n"
        #expect(try Self.change(files, files + "[erp]\nkind = \"odoo\"\n").parts == [.erp, .exchange])
    }

    /// What waits by name does not hold before the next start, whatever the file says; all else does.
    @Test func whatWaitsIsHeldAsItWasAtTheStart() throws {
        func read(_ text: String) throws -> IngestConfiguration {
            try IngestConfiguration(parsing: "version = 1\n" + text, file: "ingest.toml")
        }
        let start = try read("state = \"/a\"\n[http]\nport = 1\n[zone.a]\nkind = \"dock\"\n")
        let next = try read(
            """
            state = "/b"
            instance = "other"
            region = "BE"
            log-format = "json"
            log-level = "debug"
            [http]
            port = 2
            address = "::1"
            hosts = "a"
            web-root = "/w"
            certificate = "/c"
            key = "/k"
            redirect-port = 80
            [phones]
            outside-prefix = "0"
            [site.lyon]
            outside-prefix = "9"
            [people]
            badge-pin = true
            [sign-in]
            address = "https://a"
            [zone.b]
            kind = "store"
            [team.c]
            extensions = ["1"]
            [retention]
            calls = 9
            [erp]
            kind = "odoo"
            url = "https://erp"
            user = "u"
            secret = "file:/s"
            """)
        let held = next.held(since: start)
        #expect(held.state == "/a" && held.instance == "centre" && held.logFormat == .text)
        #expect(held.port == 1 && held.address == "127.0.0.1" && held.web == nil && held.redirectPort == nil)
        #expect(held.pages == nil && held.plan == start.plan && held.sites.isEmpty)
        #expect(!held.people.badgeAsksPIN && held.signIn.address == nil)
        #expect(held.hosts == ["a"] && Set(held.zones.keys) == ["b"] && held.teams.map(\.name) == ["c"])
        #expect(held.retention[.calls] == 9 && held.erp?.user == "u" && held.logLevel == "debug")
        // Told is what is so.
        let change = ConfigurationChange(start: start.written, last: start.written, now: next.written)
        for key in change.waiting {
            let place = key.filter { $0 != "[" && $0 != "]" }.replacing(" ", with: ".")
            #expect(ConfigurationChange.waits.contains { place.hasPrefix($0) } || place.hasPrefix("http."), "\(key)")
        }
        #expect(change.parts == [.names, .rules, .erp, .log])
    }

    @Test func theNextOneBeginsWhenTheFormerHasEnded() async throws {
        struct Worker: Service {
            var number: Int
            var told: Locked<[String]>

            func run() async throws {
                told.change { $0.append("begins \(number)") }
                try? await Task.sleep(for: .seconds(1000))
                // What is under way is finished, whoever does not want to wait for it.
                await Task { for _ in 0..<100 { await Task.yield() } }.value
                told.change { $0.append("ends \(number)") }
            }
        }
        let told = Locked<[String]>([])
        let replaceable = Replaceable(IngestConfiguration(), logger: Logger(label: "test")) { configuration in
            configuration.port == 0 ? nil : Worker(number: configuration.port, told: told)
        }
        let running = Task { try await replaceable.run() }
        func until(_ count: Int) async { while told.with({ $0.count }) < count { await Task.yield() } }
        await until(1)
        for (port, count) in [(9, 3), (0, 4), (7, 5)] {
            var next = IngestConfiguration()
            next.port = port
            replaceable.replace(next)
            await until(count)
        }
        running.cancel()
        _ = await running.result
        #expect(
            told.with { $0 } == ["begins 8080", "ends 8080", "begins 9", "ends 9", "begins 7", "ends 7"])
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
        for key in ConfigurationChange.table.map(\.key) + ConfigurationChange.waits {
            let parts = key.split(separator: ".")
            #expect(
                section.contains("[\(parts[0])]") && section.contains("`\(parts.last!)`")
                    || section.contains("`[\(key)]`") || section.contains("`\(key)`")
                    || section.contains("`[\(key)."), "\(key)")
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
        // A user of the broker's: the connection is made anew; rules are taken in their turn, and another plan of numbers waits.
        let other =
            good.replacing("[broker]", with: "[broker]\nuser = \"quai\"")
            + "\n[team.a]\nextensions = [\"1\"]\n[site.lyon]\noutside-prefix = \"0\"\n[exchange]\nfolder = \"\(centre.stand.folder)\"\n"
            + "[feed.shop]\nsecret = \"credential:nobodys\"\n"
        #expect(try centre.metric("quai_ingest_exchange_waiting_files") == -1)
        try Files.write(Array(other.utf8), to: file)
        kill(pid, SIGHUP)
        try centre.until { (try? centre.metric(taken)) == 1 }
        #expect(try centre.metric("quai_ingest_restart_waiting") == 1)
        #expect(try centre.metric("quai_ingest_exchange_waiting_files") == 0, "files are exchanged from now on")
        try centre.until {
            let log = (try? Files.read("\(centre.stand.folder)/ingest.log")).map { String(decoding: $0, as: UTF8.self) }
            // Up, down as its settings changed, and up again.
            let isTold =
                log?.contains("a secret cannot be read") == true && log?.contains("section=[feed.shop]") == true
            return isTold && log?.contains("broker answers again") == true
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
