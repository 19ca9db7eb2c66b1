import Broker
import Certificates
import Foundation
import Glibc
import Model
import Platform
import Rig
import TestSupport
import Testing

@testable import EdgeAgent
@testable import IngestServer

/// From nothing to a gateway that is acknowledged: setup, a real broker with what it wrote, the centre, invitations, agents that join, one that
/// is revoked.
@Suite(.serialized)
struct JoinRoadTests {
    /// Ends TLS before the centre's port, as a proxy does.
    private static let terminator = """
        import asyncio, ssl, sys
        listen, target, cert, key = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        async def pump(a, b):
            try:
                while data := await a.read(65536):
                    b.write(data)
                    await b.drain()
            except OSError:
                pass
            finally:
                b.close()
        async def serve(r, w):
            far, near = await asyncio.open_connection("127.0.0.1", target)
            await asyncio.gather(pump(r, near), pump(far, w))
        async def main():
            server = await asyncio.start_server(serve, "127.0.0.1", listen, ssl=context)
            await server.serve_forever()
        asyncio.run(main())
        """

    private let folder = "/tmp/quai-e2e-\(getpid())-join"
    private var root: String { "\(folder)/centre" }
    private var configuration: String { "\(root)/etc/quai/ingest.toml" }

    private func setup(_ port: UInt16, _ broker: UInt16, _ more: [String] = []) throws -> (code: Int32, output: String)
    {
        try RoadTests.run(
            "edge-ingest",
            [
                "setup", "--root", root, "--yes", "--name", "Maison Müller", "--host", "localhost", "--port", "\(port)",
                "--broker-port", "\(broker)", "--administrator", "chef", "--examples", Fixture.root + "/packaging",
            ] + more)
    }

    private func join(_ name: String, _ url: String, _ token: String, _ more: [String] = []) throws -> (
        code: Int32, output: String
    ) {
        try RoadTests.run(
            "edge-agent", ["join", url, "--token", token, "--root", "\(folder)/\(name)", "--seconds", "60"] + more)
    }

    /// The address and the token of a line.
    private func invite(_ name: String) throws -> (url: String, token: String) {
        let said = try RoadTests.run(
            "edge-ingest", ["agent", "invite", name, "--site", "lyon", "--config", configuration])
        let words = said.output.split(whereSeparator: \.isWhitespace).map(String.init)
        try #require(
            said.code == 0 && words.count == 5 && words[0] == "edge-agent" && words[3] == "--token", "\(said.output)")
        return (words[2], words[4])
    }

    private func walk(_ name: String, broker: UInt16) throws -> RoadTest.Outcome {
        let files = JoinFiles(root: "\(folder)/\(name)")
        var options = try #require(BrokerOptions(url: "mqtts://localhost:\(broker)", clientID: "\(name)-test"))
        (options.authority, options.certificate, options.key) = (files.authority, files.certificate, files.key)
        return RoadTest(options: options, agent: name).walk(patience: .seconds(60))
    }

    private func waitFor(_ port: UInt16) {
        for _ in 0..<1200 where isFree(Int(port), on: "127.0.0.1") { usleep(50_000) }
    }

    @Test func aCentreIsSetUpAndGatewaysJoin() throws {
        try? FileManager.default.removeItem(atPath: folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (port, broker, secure) = (Sockets.freePort(), Sockets.freePort(), Sockets.freePort())

        // Tried first, nothing is written; then all is, and once.
        #expect(try setup(port, broker, ["--dry-run"]).output.contains("would make"))
        #expect(!Files.exists(root))
        let first = try setup(port, broker)
        #expect(first.code == 0 && first.output.contains("password"), "\(first.output)")
        let again = try setup(port, broker)
        #expect(again.code == 0 && again.output.contains("nothing was changed"), "\(again.output)")
        let place = SetupPlace(root: root)
        #expect(FileLook(place.identity("centre.key"))?.mode == 0o600)
        let checked = try RoadTests.run("edge-ingest", ["check", "--config", configuration])
        #expect(checked.code == 0, "\(checked.output)")

        // The broker that setup wrote, as another user would not be let into this folder.
        let own = String(decoding: try Files.read(place.broker), as: UTF8.self)
        try Files.write(Array("\(own)\nuser root\n".utf8), to: "\(folder)/mosquitto.conf")
        let path = Files.exists("/usr/sbin/mosquitto") ? "/usr/sbin/mosquitto" : "mosquitto"
        let mosquitto = try ChildProcess(path, ["-c", "\(folder)/mosquitto.conf"], log: "\(folder)/mosquitto.log")
        defer { mosquitto.killHard() }
        let ingest = try ChildProcess(
            "\(RoadTests.binaries)/edge-ingest", ["run", "--config", configuration], log: "\(folder)/ingest.log")
        defer { ingest.killHard() }
        try Files.write(Array(JoinRoadTests.terminator.utf8), to: "\(folder)/terminator.py")
        let proxy = try ChildProcess(
            "/usr/bin/python3",
            [
                "\(folder)/terminator.py", "\(secure)", "\(port)", place.broker("broker.crt"),
                place.broker("broker.key"),
            ],
            log: "\(folder)/proxy.log")
        defer { proxy.killHard() }
        for door in [port, broker, secure] { waitFor(door) }

        let one = try invite("lyon-1")
        let joined = try join("lyon-1", one.url, one.token)
        #expect(joined.code == 0 && joined.output.contains("has acknowledged"), "\(joined.output)")
        // Through TLS: the token names whom to believe. Where the centre itself speaks TLS, that is the same road.
        let two = try invite("lyon-2")
        let over = SetupTexts.knowsTLS ? two.url : "https://localhost:\(secure)"
        let second = try join("lyon-2", over, two.token)
        #expect(second.code == 0 && second.output.contains("has acknowledged"), "\(second.output)")

        // What goes wrong has a sentence.
        let used = try join("thief", one.url, one.token)
        #expect(used.code == 2 && used.output.contains("has been used"), "\(used.output)")
        #expect(try join("lyon-1", one.url, one.token).output.contains("--again"))
        let flipped = String(two.token.dropLast()) + (two.token.hasSuffix("0") ? "1" : "0")
        let stranger = try join("stranger", over, flipped)
        #expect(stranger.output.contains("is not the centre that made this token"), "\(stranger.output)")
        let nobody = try join("nobody", "https://localhost:\(Sockets.freePort())", two.token)
        #expect(nobody.code == 2 && nobody.output.contains("no way to the centre"), "\(nobody.output)")

        // Renewed by the same key, when it is time; the new one is good at once.
        let renewal = try #require(Renewal(try AgentConfiguration.load("\(folder)/lyon-2/etc/quai/agent.toml")))
        let former = try #require(renewal.files.present)
        #expect(renewal.look(at: Clocks.wall) == .early)
        guard case .renewed = renewal.look(at: former.renewal) else {
            Issue.record("\(renewal.look(at: former.renewal))")
            return
        }
        #expect(renewal.files.present?.serial != former.serial && JoinFiles.text(renewal.files.former) == former.pem)

        // Revoked: the broker lets it in no more, and the other one still.
        let list = place.broker("revoked.crl")
        let revoked = try RoadTests.run(
            "edge-ingest", ["agent", "revoke", "lyon-1", "--list", list, "--config", configuration])
        #expect(revoked.output.contains("is revoked"), "\(revoked.output)")
        kill(mosquitto.pid, SIGHUP)
        var outcome = RoadTest.Outcome.acknowledged
        for _ in 0..<100 where outcome == .acknowledged || outcome == .noCentre {
            outcome = try walkOnce("lyon-1", broker)
        }
        guard case .brokerSilent = outcome else {
            Issue.record("it is let in: \(outcome)")
            return
        }
        #expect(try walk("lyon-2", broker: broker) == .acknowledged)
        #expect(renewalOf("lyon-1") != .early)
    }

    /// The authority is replaced while a gateway works; another one was away, and joins again.
    @Test func anAuthorityIsReplacedWithoutAGap() throws {
        try? FileManager.default.removeItem(atPath: folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (port, broker) = (Sockets.freePort(), Sockets.freePort())
        #expect(try setup(port, broker).code == 0)
        let place = SetupPlace(root: root)
        let own = String(decoding: try Files.read(place.broker), as: UTF8.self)
        try Files.write(Array("\(own)\nuser root\n".utf8), to: "\(folder)/mosquitto.conf")
        func start() throws -> ChildProcess {
            let path = Files.exists("/usr/sbin/mosquitto") ? "/usr/sbin/mosquitto" : "mosquitto"
            let made = try ChildProcess(path, ["-c", "\(folder)/mosquitto.conf"], log: "\(folder)/mosquitto.log")
            waitFor(broker)
            return made
        }
        var mosquitto = try start()
        defer { mosquitto.killHard() }
        func restart() throws {
            mosquitto.killHard()
            mosquitto = try start()
        }
        let ingest = try ChildProcess(
            "\(RoadTests.binaries)/edge-ingest", ["run", "--config", configuration], log: "\(folder)/ingest.log")
        defer { ingest.killHard() }
        waitFor(port)
        func authority(_ words: String...) throws -> (code: Int32, output: String) {
            try RoadTests.run("edge-ingest", ["authority"] + words + ["--config", configuration])
        }
        for name in ["lyon-1", "lyon-2"] {
            let line = try invite(name)
            let joined = try join(name, line.url, line.token)
            #expect(joined.code == 0, "\(joined.output)")
        }
        let former = try place.authority.authority().certificate

        // Here the broker is started by hand: rotate stops before anything is signed, and goes on when it is told.
        let first = try authority("rotate")
        #expect(first.code == 1 && first.output.contains("--broker-ready"), "\(first.output)")
        let files = JoinFiles(root: "\(folder)/lyon-2")
        let renewal = try #require(Renewal(try AgentConfiguration.load("\(folder)/lyon-2/etc/quai/agent.toml")))
        #expect(renewal.look(at: Clocks.wall) == .early && renewal.signer == former.mark)
        try restart()
        let begun = try authority("rotate", "--broker-ready")
        #expect(begun.code == 0 && begun.output.contains("Quai 2"), "\(begun.output)")
        #expect(try authority("rotate").output.contains("0 of 2 gateways"))

        // It asks by itself, and the broker believes both.
        guard case .renewed = renewal.look(at: Clocks.wall) else {
            Issue.record("\(renewal.look(at: Clocks.wall))")
            return
        }
        #expect(renewal.believed.count == 2 && renewal.signer != former.mark && renewal.look(at: Clocks.wall) == .early)
        for name in ["lyon-1", "lyon-2"] { #expect(try walk(name, broker: broker) == .acknowledged) }
        // As openssl sees it: with the broker's bundle and its lists.
        for who in [files.certificate, "\(folder)/lyon-1/var/lib/quai-agent/identity/agent.crt"] {
            let judged = ChildProcess.run(
                "/usr/bin/openssl",
                [
                    "verify", "-CAfile", place.broker("authority.crt"), "-crl_check", "-CRLfile",
                    place.broker("revoked.crl"), who,
                ], log: "\(folder)/openssl.log")
            #expect(judged == 0, "\(who)")
        }

        // Nobody says yet that they carry it: they are named, and nothing is forgotten.
        let refused = try authority("finish")
        #expect(refused.code == 1 && refused.output.contains("lyon-1"), "\(refused.output)")
        #expect(try authority("finish", "--force").output.contains("--broker-ready"))
        try restart()
        let done = try authority("finish", "--force", "--broker-ready")
        #expect(done.code == 0 && done.output.contains("the only authority"), "\(done.output)")
        #expect(try walk("lyon-2", broker: broker) == .acknowledged)
        #expect(renewal.look(at: Clocks.wall) == .trusts(1) && renewal.look(at: Clocks.wall) == .early)
        #expect(try walk("lyon-2", broker: broker) == .acknowledged)

        // Who was away is let in no more, until it joins again.
        let away = try walkOnce("lyon-1", broker)
        #expect(away != .acknowledged && away != .noCentre, "\(away)")
        let line = try invite("lyon-1")
        var again = try join("lyon-1", line.url, line.token, ["--again"])
        // The pages look at their certificate now and then.
        for _ in 0..<60 where again.code != 0 {
            sleep(1)
            again = try join("lyon-1", line.url, line.token, ["--again"])
        }
        #expect(again.code == 0 && again.output.contains("has acknowledged"), "\(again.output)")
        #expect(try place.authority.believed().count == 1 && place.authority.authority().certificate != former)
    }

    /// One try, short: who is refused is refused at once.
    private func walkOnce(_ name: String, _ broker: UInt16) throws -> RoadTest.Outcome {
        let files = JoinFiles(root: "\(folder)/\(name)")
        var options = try #require(BrokerOptions(url: "mqtts://localhost:\(broker)", clientID: "\(name)-test"))
        (options.authority, options.certificate, options.key) = (files.authority, files.certificate, files.key)
        return RoadTest(options: options, agent: name).walk(patience: .seconds(3))
    }

    private func renewalOf(_ name: String) -> Renewal.Outcome {
        guard let own = try? AgentConfiguration.load("\(folder)/\(name)/etc/quai/agent.toml"),
            let renewal = Renewal(own),
            let present = renewal.files.present
        else { return .early }
        return renewal.look(at: present.renewal)
    }
}
