import Drivers
import Glibc
import Logging
import Model
import Platform
import Ports
import TestSupport
import Testing

@testable import EdgeAgent

/// A configuration that is read again while the agent runs.
struct ReloadTests {
    private static let text = """
        version = 1
        agent = "lyon"
        [discovery]
        enabled = false
        [reader.dock]
        driver = "m100"
        port = "/dev/ttyNONE0"
        zone = "dock"
        [reader.gate]
        driver = "rdm6300"
        port = "/dev/ttyNONE1"
        [phone.pbx]
        driver = "asterisk-ami"
        address = "tcp:127.0.0.1:9"
        user = "quai"
        """

    private func parsed(_ text: String) throws -> AgentConfiguration {
        try AgentConfiguration(parsing: text, file: "agent.toml")
    }

    @Test func onlyWhatIsWrittenOtherwiseHasChanged() throws {
        let was = try parsed(ReloadTests.text)
        #expect(was.changes(to: was).isEmpty)
        // Order, spaces and remarks say nothing.
        let same =
            ReloadTests.text.replacing("[discovery]\nenabled = false\n", with: "")
            + "\n# hello\n[discovery]\nenabled   = false\n"
        #expect(was.changes(to: try parsed(same)).isEmpty)
        let next = ReloadTests.text.replacing("zone = \"dock\"", with: "zone = \"west\"")
            .replacing("[reader.gate]", with: "[reader.door]")
        #expect(
            was.changes(to: try parsed(next))
                == ConfigurationChanges(added: ["door"], changed: ["dock"], removed: ["gate"]))
        let light = ReloadTests.text.replacing("enabled = false", with: "enabled = true")
        #expect(
            was.changes(to: try parsed("log-level = \"debug\"\n" + light))
                == ConfigurationChanges(light: ["discovery", "log-level"]))
        let other =
            ReloadTests.text.replacing("agent = \"lyon\"", with: "agent = \"nice\"")
            + "\n[uplink]\nbroker = \"mqtt://other\"\n"
        let changes = was.changes(to: try parsed(other))
        #expect(changes == ConfigurationChanges(others: ["agent", "uplink"]))
        #expect(changes.words == "for the whole agent agent, uplink")
    }

    @Test func devicesThatChangedAreReplacedAndOthersNotTouched() throws {
        var template = Array("/tmp/quai-reload-XXXXXX".utf8CString)
        let folder = String(cString: try #require(mkdtemp(&template)))
        defer { for name in ["state", ""] { ReloadTests.remove("\(folder)/\(name)") } }
        let file = "\(folder)/agent.toml"
        func write(_ text: String) throws {
            try Files.write(Array(("state = \"\(folder)/state\"\n" + text).utf8), to: file)
        }
        try write(ReloadTests.text)
        var logger = Logger(label: "reload") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        let agent = try Agent(configuration: try AgentConfiguration.load(file), downlink: nil, logger: logger)
        let ended = Locked(false)
        startThread("fleet") { [fleet = agent.fleet] in
            fleet.run()
            ended.change { $0 = true }
        }
        defer {
            agent.fleet.stop()
            _ = ended.wait(timeout: 20_000) { $0 ? true : nil }
        }
        _ = agent.fleet.state.wait { $0.running.count == 3 ? true : nil }
        let before = agent.fleet.pumps
        #expect(agent.reload(file) == .same)

        try write(ReloadTests.text + "\nzone = [1]\n")
        guard case .refused(let mistakes) = agent.reload(file) else {
            Issue.record("a bad file was taken")
            return
        }
        #expect(mistakes.contains { $0.hasPrefix("\(file):") }, "\(mistakes)")
        #expect(agent.findings.with { $0.entries.map(\.finding.kind) }.contains(.configurationRefused))
        #expect(agent.fleet.pumps.map(ObjectIdentifier.init) == before.map(ObjectIdentifier.init), "nothing is touched")

        try write(
            ReloadTests.text.replacing("zone = \"dock\"", with: "zone = \"west\"")
                .replacing("[reader.gate]", with: "[reader.door]"))
        #expect(
            agent.reload(file) == .devices(ConfigurationChanges(added: ["door"], changed: ["dock"], removed: ["gate"])))
        let after = agent.fleet.pumps
        #expect(after.map(\.device.name) == ["dock", "door", "pbx"])
        #expect(after.first?.device.rules.zone == "west" && after.first !== before.first)
        #expect(after.last === before.last, "the exchange's connection is not cut")
        #expect(!agent.findings.with { $0.entries.map(\.finding.kind) }.contains(.configurationRefused))
        #expect(agent.health.stages.keys.contains("door") && !agent.health.stages.keys.contains("gate"))

        try write(ReloadTests.text.replacing("agent = \"lyon\"", with: "agent = \"nice\""))
        guard case .startAgain(let changes) = agent.reload(file) else {
            Issue.record("it did not start again")
            return
        }
        #expect(changes.others == ["agent"])
    }

    /// What an exchange was told to do when its section changes, or goes.
    @Test func commandsUnderWayEndInAWord() throws {
        let folder = TemporaryFolder()
        let run = try CallMemoryTests.Run(folder, from: Clocks.now)
        let told = Locked<[CommandProgress]>([])
        func pump(_ name: String = "pbx", driver: Driver = .asteriskAMI) -> DevicePump {
            let device = AgentConfiguration.Device(
                name: name, driver: driver, address: .tcp(host: "127.0.0.1", port: 9),
                rules: Presence.Rules(zone: "pbx", departure: .seconds(3)), settings: SessionSettings(name: name))
            return DevicePump(
                device: device, hint: Claims.Hint(remembered: nil, scores: [:], speed: .none, mayAsk: true),
                in: run.surroundings { json in CommandProgress(json: json).map { one in told.change { $0.append(one) } }
                }
            ) { _ in }
        }
        func dial(_ id: String) -> Command {
            Command(
                id: id, action: .dial(extension: "101", number: "0123", display: nil, device: nil), issued: 0, ttl: 60)
        }
        let (former, next) = (pump(), pump())
        former.journal.begun.with { $0 = [dial("A")] }
        // What it never began, the next one does.
        former.post(.command(dial("B"), until: Clocks.now + .seconds(60)))
        #expect(former.handOver(to: next).map(\.id) == ["A"] && told.with { $0.isEmpty })
        #expect(next.takeMail().count == 1)
        // An exchange that is never reached cannot say it.
        var loop = DevicePump.Loop(
            stage: .talking(.asteriskAMI, Driver.asteriskAMI.session(SessionSettings(name: "pbx"))),
            settings: SessionSettings(name: "pbx"), nextOpen: Clocks.now,
            reopening: Reopening(isTelephone: true, seed: 1))
        next.recall([dial("A")], &loop)
        next.doubt(&loop, at: Clocks.now)
        #expect(told.with { $0.isEmpty } && next.journal.begun.with { $0.map(\.id) } == ["A"])
        next.doubt(&loop, at: Clocks.now + DevicePump.recallPatience + .seconds(1))
        #expect(told.with { $0 } == [CommandProgress(id: "A", state: .unknown, cause: "pbx was not reached since")])
        #expect(next.journal.begun.with { $0.isEmpty } && loop.doubtful == nil)
        // The section went, or is a reader's now.
        told.with { $0 = [] }
        next.journal.begun.with { $0 = [dial("C")] }
        next.post(.command(dial("D"), until: Clocks.now + .seconds(60)))
        #expect(next.handOver(to: pump(driver: .rdm6300)).isEmpty)
        #expect(told.with { $0.map(\.id) } == ["D", "C"] && told.with { $0.map(\.state) } == [.failed, .unknown])
    }

    private static func remove(_ folder: String) {
        for name in Files.list(folder) { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }
}
