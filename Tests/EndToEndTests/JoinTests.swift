import Certificates
import Glibc
import Model
import Platform
import Ports
import TestSupport
import Testing

@testable import Depot
@testable import EdgeAgent
@testable import IngestServer

/// The values of setting up and of joining.
struct JoinTests {
    private let folder = TemporaryFolder()

    // MARK: the centre

    @Test func theBrokersFileIsThePackagedOneWithThisSitesFiles() throws {
        let example = String(decoding: Fixture.bytes(at: Fixture.root + "/packaging/mosquitto.conf"), as: UTF8.self)
        let texts = SetupTexts(place: SetupPlace(), host: "centre.example")
        let lines = texts.broker(example: example).split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
        let files = ["cafile", "crlfile", "certfile", "keyfile", "acl_file"]
        #expect(
            lines.filter { line in files.contains { line.hasPrefix("\($0) ") } } == [
                "cafile /etc/mosquitto/certs/quai-authority.crt", "crlfile /etc/mosquitto/certs/quai-revoked.crl",
                "certfile /etc/mosquitto/certs/quai-broker.crt", "keyfile /etc/mosquitto/certs/quai-broker.key",
                "acl_file /etc/mosquitto/quai.acl",
            ])
        for line in ["listener 8883", "require_certificate true", "tls_version tlsv1.3", "allow_anonymous false"] {
            #expect(lines.contains(line))
        }
    }

    @Test(arguments: ["centre.example", "2001:db8::7", "192.0.2.7"]) func whatSetupWritesIsRead(host: String) throws {
        var place = SetupPlace()
        place.root = "/tmp/a \"b\""
        let texts = SetupTexts(place: place, host: host, port: 8443, brokerPort: 8884)
        let read = try IngestConfiguration(parsing: texts.dropIn, file: "10-setup.toml")
        #expect(read.broker == "mqtts://localhost:8884" && read.port == 8443 && read.state == place.home)
        #expect(read.certificate == place.identity("centre.crt") && read.authority == place.authority.certificate)
        let bracketed = SetupTexts.bracketed(host)
        #expect(read.hosts == [bracketed] && read.enrolment?.broker == "mqtts://\(bracketed):8884")
        // Without HTTPS nothing is opened to others.
        #expect(read.isLoopback == !texts.hasTLS && texts.url.hasPrefix(texts.hasTLS ? "https://" : "http://localhost"))
        let other = SetupTexts(
            place: SetupPlace(), host: host,
            other: .init(url: "mqtts://mq.example:8883", authority: "/a", certificate: "/c", key: "/k"))
        let theirs = try IngestConfiguration(parsing: other.dropIn, file: "10-setup.toml")
        #expect(
            theirs.broker == "mqtts://mq.example:8883" && theirs.key == "/k"
                && theirs.enrolment?.broker == theirs.broker)
        #expect(other.firewall.isEmpty != other.hasTLS)
    }

    @Test func hostsAreNamesOrAddresses() {
        #expect(
            SetupHost.clean("Centre.Example") == "centre.example" && SetupHost.clean("[2001:DB8::7]") == "2001:db8::7")
        for wrong in ["", "a b", "https://a", "a:8080", "-a", "a..b", "é.fr", "a,DNS:evil"] {
            #expect(SetupHost.clean(wrong) == nil, "\(wrong)")
        }
    }

    @Test func whatAnAdministratorChangedIsLeft() throws {
        let path = folder.path + "/a.toml"
        var first = SetupFiles(isDry: false)
        try first.put(path, "a = 1\n")
        #expect(first.outcomes.map(\.outcome) == [.made])
        var again = SetupFiles(isDry: false)
        try again.put(path, "a = 1\n")
        #expect(again.outcomes.map(\.outcome) == [.same] && !again.hasChanged)
        // A newer version writes something else: nobody had touched it.
        try again.put(path, "a = 2\n")
        #expect(again.outcomes.last?.outcome == .renewed)
        try Files.write(try Files.read(path) + Array("b = 3\n".utf8), to: path)
        let changed = try Files.read(path)
        var third = SetupFiles(isDry: false)
        try third.put(path, "a = 4\n")
        #expect(third.outcomes.map(\.outcome) == [.left("\(path).setup")] && !third.hasChanged)
        #expect(try Files.read(path) == changed && Files.exists("\(path).setup"))
        var dry = SetupFiles(isDry: true)
        try dry.put(folder.path + "/none", "x")
        #expect(dry.outcomes.map(\.outcome) == [.made] && !Files.exists(folder.path + "/none"))
    }

    @Test func setupFollowsTheStateThatTheConfigurationNames() throws {
        var place = SetupPlace()
        #expect(place.home == "/var/lib/quai-ingest")
        #expect(place.follow(state: "/srv/quai/") && place.authority.path == "/srv/quai/authority")
        #expect(!place.follow(state: "quai") && place.home == "/srv/quai")
        // Below a root it writes the whole path itself, and finds it again.
        var tried = SetupPlace(root: "/tmp/try")
        #expect(tried.follow(state: "/srv/quai") && tried.home == "/tmp/try/srv/quai")
        #expect(tried.follow(state: tried.home) && tried.home == "/tmp/try/srv/quai")
        func written(_ text: String) throws -> String? {
            try IngestConfiguration(parsing: "version = 1\n" + text, file: "ingest.toml").writtenState
        }
        #expect(try written("") == nil && written("state = \"/a\"") == "/a")
    }

    /// Made once, and made anew for another host or near its end; the authority stays.
    @Test func certificatesAreMadeAnewWhereTheyMustBe() throws {
        let place = SetupPlace(root: folder.path, state: "/state")
        let now: Int64 = 1_796_000_000_000
        func make(_ host: String, at now: Int64) throws -> (server: Certificate, outcomes: [SetupFiles.Outcome]) {
            var files = SetupFiles(isDry: false)
            try files.folder(place.brokerFolder, mode: 0o755)
            let made = SetupCertificates(place: place, firm: "Maison", host: host, now: now)
            let authority = try made.authority(&files)
            try made.lists(authority, &files, forBroker: true)
            try made.pair(
                .server, named: host, place.broker("broker.crt"), place.broker("broker.key"), mode: 0o640,
                .init(), authority, &files)
            return (
                try #require(Certificate(try AuthorityFolder.text(place.broker("broker.crt")))),
                files.outcomes.map(\.outcome)
            )
        }
        let first = try make("a.example", at: now)
        let keyMode = FileLook(place.authority.key)?.mode
        #expect(first.server.isFor("a.example") && first.server.isFor("localhost") && keyMode == 0o600)
        let again = try make("a.example", at: now + 1000)
        #expect(again.server == first.server && again.outcomes.allSatisfy { $0 == .same })
        let other = try make("b.example", at: now + 2000)
        #expect(other.server.isFor("b.example") && !other.server.isFor("a.example"))
        let late = try make("b.example", at: now + 800 * 86_400_000)
        let authority = try place.authority.authority().certificate
        #expect(late.server.serial != other.server.serial && late.server.isSigned(by: authority))
    }

    /// Wherever it is interrupted somebody can sign, and the same step goes on from there.
    @Test func anAuthorityIsReplacedStepByStep() throws {
        let folder = AuthorityFolder(path: folder.path + "/authority")
        let rotation = AuthorityRotation(folder: folder)
        let now: Int64 = 1_796_000_000_000
        try Files.makeFolder(folder.path)
        let (first, key) = try Authority.fresh(named: "Maison Quai", at: now)
        try Files.write(Array(key.pem.utf8), to: folder.key)
        try Files.write(Array(first.certificate.pem.utf8), to: folder.certificate)
        let asked = try #require(SigningRequest(try PrivateKey.fresh().request(named: "x")))
        func signs(_ authority: Certificate, isNew: Bool = true) throws -> Bool {
            let pem = try folder.sign(asked, agent: "a", isNew: isNew, at: now).pem
            return try #require(Certificate(pem)).isSigned(by: authority)
        }
        #expect(try rotation.stage == .none && rotation.since == nil && signs(first.certificate))

        // Killed after the key alone, and made whole by the same step.
        try Files.write(Array(key.pem.utf8), to: folder.nextKey)
        #expect(try rotation.stage == .none && signs(first.certificate))
        try rotation.make(named: AuthorityRotation.name(after: "Maison Quai"), at: now)
        let next = try #require(try folder.next()).certificate
        #expect(next.name == "Maison Quai 2" && AuthorityRotation.name(after: next.name) == "Maison Quai 3")
        #expect(
            AuthorityRotation.firm(of: next.name) == "Maison" && AuthorityRotation.firm(of: "Maison Quai") == "Maison")
        #expect(FileLook(folder.nextKey)?.mode == 0o600)
        // The broker is told of both; nothing is signed by the new one before.
        #expect(try rotation.stage == .made && signs(first.certificate) && rotation.both().count == 2)
        try rotation.make(named: "another", at: now)
        #expect(try folder.next()?.certificate == next)

        try rotation.begin()
        #expect(try rotation.stage == .overlap && signs(next) && rotation.winner().certificate == next)
        // Who knows nothing of it gets what it believes; tokens and the pages stay with the former.
        #expect(try signs(first.certificate, isNew: false) && folder.authority().certificate == first.certificate)
        #expect(try folder.believed().map(\.name) == ["Maison Quai", "Maison Quai 2"])
        try folder.writeList([.init(serial: "AB", agent: "a", key: "k", made: 1, ends: now, revoked: 2)], at: now)
        #expect(
            try AuthorityFolder.text(folder.list).split(separator: "\n").count { $0.hasPrefix("-----BEGIN X509 CRL") }
                == 2)

        // What the former signed, and lies where nobody makes it anew, is named before it is refused.
        let elsewhere = "\(folder.path)/elsewhere.crt"
        let store = try Store(path: "\(folder.path)/db")
        let site = AuthoritySite(
            rotation: rotation, store: store, desk: EnrolmentDesk(store), days: 30, now: now,
            used: [("[http]", elsewhere), ("[broker]", "\(folder.path)/none.crt")])
        for isNew in [true, false] {
            try Files.write(Array(try folder.sign(asked, agent: "a", isNew: isNew, at: now).pem.utf8), to: elsewhere)
            #expect(try site.strays(besides: next) == (isNew ? [] : ["[http] \(elsewhere)"]))
        }

        #expect(try folder.mark() == next.mark)
        try rotation.turn()
        #expect(try folder.mark() == first.certificate.mark)
        #expect(
            try rotation.stage == .back && signs(first.certificate)
                && rotation.winner().certificate == first.certificate)
        unlink(folder.back)

        // Killed between the key and the certificate.
        try Files.write(try Files.read(folder.nextKey), to: folder.key)
        #expect(try rotation.stage == .overlap && signs(next) && rotation.winner().certificate == next)
        try rotation.end()
        #expect(try rotation.stage == .none && signs(next) && folder.believed() == [next])
        for path in [folder.nextKey, folder.nextCertificate, folder.back] { #expect(!Files.exists(path)) }

        // Taken back, before and after the last file.
        try rotation.make(named: "Maison Quai 3", at: now)
        try rotation.begin()
        try rotation.turn()
        try Files.write(Array(next.pem.utf8), to: folder.certificate)
        #expect(try rotation.stage == .back && signs(next))
        try rotation.end()
        #expect(try rotation.stage == .none && folder.believed() == [next] && signs(next))
    }

    @Test func whoHasComeIsCounted() throws {
        let now: Int64 = 1_796_000_000_000
        let day: Int64 = 86_400_000
        let winner = try Authority.fresh(named: "Maison Quai 2", at: now).authority.certificate
        func given(_ agent: String, made: Int64 = now, revoked: Int64? = nil) -> EnrolmentTable.Given {
            .init(serial: agent, agent: agent, key: agent, made: made, ends: now + day, revoked: revoked)
        }
        func row(_ name: String, _ mark: String?, seen: Int64) -> GatewayTable.AgentRow {
            .init(
                name: name, online: true,
                status: .object([("uplink", .object([("authority", mark.map(JSON.string))]))]), seen: seen, since: seen,
                applied: 0, rejected: 0, skipped: 0)
        }
        let carriers = AuthorityRotation.carriers(
            [given("a"), given("b"), given("c"), given("d"), given("e"), given("gone", revoked: 1)],
            [
                row("a", winner.mark, seen: now), row("b", "0123456789abcdef", seen: now), row("c", nil, seen: now),
                row("d", "0123456789abcdef", seen: now - 31 * day), row("other", nil, seen: now),
            ], of: winner, at: now)
        let view = AuthorityView(
            stage: .overlap, believed: [winner], next: winner, winner: winner, since: now, carriers: carriers,
            invited: ["f"], days: 30, now: now)
        #expect(view.waiting.map(\.agent) == ["b", "c"] && view.lost.map(\.agent) == ["d", "e"])
        #expect(view.lines.contains("1 of 5 gateways carry \(winner.mark)"))
        #expect(view.lines.contains("missing: b, c (does not say: upgrade it)"))
        // Afterwards: who says another one, and who says nothing and has nothing of this one, or is too old to have been given it.
        let cut = AuthorityRotation.carriers(
            [
                given("a", made: 1), given("b", made: 1), given("c", made: 1), given("e", made: 1), given("e"),
                given("f"),
            ],
            [
                row("a", winner.mark, seen: now), row("b", "0123456789abcdef", seen: now), row("c", nil, seen: now),
                row("f", nil, seen: now),
            ],
            of: winner, at: now)
        #expect(cut.filter { $0.isCutOff(by: winner) }.map(\.agent) == ["b", "c", "f"])
        #expect(view.losses.count == 2 && view.json["gateways"]?.list?.count == 5)
    }

    /// The newest of each agent counts, and a revoked one no more.
    @Test func anAgentsCertificateNearItsEndIsAFinding() {
        let day: Int64 = 86_400_000
        func given(_ agent: String, ends: Int64, revoked: Int64? = nil) -> EnrolmentTable.Given {
            EnrolmentTable.Given(serial: "1", agent: agent, key: "k", made: 0, ends: ends, revoked: revoked)
        }
        var picture = Picture(now: 100 * day, version: "1")
        picture.certificates = Probes.agents([
            given("a", ends: 300 * day), given("a", ends: 110 * day), given("b", ends: 110 * day),
            given("c", ends: 110 * day, revoked: 1),
        ])
        let found = picture.findings.filter { $0.kind == .certificateEnds }
        #expect(found.map(\.subject) == ["agent b"])
    }

    @Test func whoAsksTooOftenWaits() {
        var pace = EnrolmentPace()
        for number in 0..<EnrolmentPace.ofSource { #expect(pace.pause("a", at: Int64(number)) == nil) }
        #expect(pace.pause("a", at: 100) == 600 && pace.pause("b", at: 100) == nil)
        #expect(pace.pause("a", at: EnrolmentPace.window) == nil)
        for number in 0..<2 * EnrolmentPace.ofAll { _ = pace.pause("s\(number)", at: EnrolmentPace.window) }
        #expect(pace.pause("new", at: EnrolmentPace.window + 1) == 600)
        // A clock that was set back locks nobody out.
        #expect(pace.pause("new", at: 5) == nil)
    }

    @Test func aCodeForATerminalIsSquareEnough() throws {
        let lines = TerminalCode.lines("https://centre.example:8080")
        #expect(lines.count == (lines.first?.count ?? 0) / 2 + lines.first!.count % 2 && lines.count > 12)
        #expect(TerminalCode.lines(String(repeating: "x", count: 500)).isEmpty)
    }

    // MARK: the agent

    @Test func aCentresAnswerIsReadOrRefused() throws {
        let good = CentreAnswer(Array("HTTP/1.1 201 Created\r\nA: b\r\n\r\n{\"agent\":\"a\"}".utf8))
        #expect(good?.status == 201 && good?.body["agent"]?.text == "a" && good?.problem == nil)
        let bad = CentreAnswer(Array("HTTP/1.1 409 Conflict\r\n\r\n{\"code\":\"token-used\",\"detail\":\"No.\"}".utf8))
        #expect(bad?.problem?.code == "token-used" && bad?.problem?.detail == "No.")
        #expect(CentreAnswer(Array("HTTP/1.1 502 Bad\r\n\r\n<html>".utf8))?.problem?.code == "502")
        for text in [
            "", "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200", "HTTP/1.1 abc x\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n",
        ] {
            #expect(CentreAnswer(Array(text.utf8)) == nil, "\(text)")
        }
        #expect(
            CentreAnswer(Array("HTTP/1.1 200 OK\r\n\r\n".utf8) + [UInt8](repeating: 32, count: CentreAnswer.limit))
                == nil)
    }

    @Test func aTokenCrossesNoNetworkInClear() throws {
        #expect(try CentreAddress("https://centre.example").port == 443)
        let six = try CentreAddress("https://[2001:db8::7]:8080/")
        #expect(six.host == "2001:db8::7" && six.port == 8080 && six.authority == "[2001:db8::7]:8080")
        for wrong in [
            "centre.example", "ftp://a", "https://", "https://a/b", "https://u@a", "https://a:0", "https://a b",
        ] {
            #expect(throws: CentreAddress.Wrong.form) { try CentreAddress(wrong) }
        }
        #expect(throws: CentreAddress.Wrong.plain) { try CentreDoor(CentreAddress("http://centre.example:8080")) }
        _ = try CentreDoor(CentreAddress("http://127.0.0.1:8080"))
    }

    @Test func whatJoiningWritesIsRead() throws {
        var moved = JoinFiles(root: "/tmp/a")
        moved.follow(state: "/tmp/a/srv/quai")
        #expect(moved.key == "/tmp/a/srv/quai/identity/agent.key")
        moved.follow(state: nil)
        #expect(moved.state == "/srv/quai")
        let files = JoinFiles(root: "/tmp/a \"b\"")
        let text = files.dropIn(agent: "lyon-1", site: "lyon", broker: "mqtts://c:8883", url: "https://c:8080")
        let read = try AgentConfiguration(parsing: text, file: "10-join.toml")
        #expect(read.agent == "lyon-1" && read.site == "lyon" && read.uplink.broker == "mqtts://c:8883")
        #expect(
            read.uplink.key == files.key && read.uplink.centre == "https://c:8080"
                && read.uplink.authority == files.authority)
        // The agent renews what it was given, and nothing else.
        #expect(Renewal(read)?.centre == "https://c:8080")
        var other = read
        other.uplink.certificate = "/etc/ssl/own.crt"
        #expect(Renewal(other) == nil)
    }
}
