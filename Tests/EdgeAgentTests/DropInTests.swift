import Platform
import Settings
import TestSupport
import Testing

@testable import EdgeAgent

/// A configuration in several files: `agent.toml`, then `agent.d/*.toml`.
struct DropInTests {
    private let folder = TemporaryFolder("drop-ins")
    private var main: String { "\(folder.path)/agent.toml" }

    private func write(_ files: [String: String]) throws {
        try Files.makeFolder("\(folder.path)/agent.d")
        for (name, text) in files { try Files.write(Array(text.utf8), to: "\(folder.path)/\(name)") }
    }

    @Test func theLastFileThatSaysAKeyCounts() throws {
        try write([
            "agent.toml": """
            version = 1
            site = "lyon"
            [uplink]
            broker = "mqtt://127.0.0.1:1883"
            user = "dock"
            [downlink]
            hosts = ["10.0.0.1", "10.0.0.2"]
            """,
            "agent.d/20-late.toml": "site = \"nice\"\n[downlink]\nhosts = [\"10.0.0.9\"]",
            "agent.d/10-early.toml": "site = \"paris\"\n[uplink]\nbroker = \"mqtts://centre.example\"",
            "agent.d/30-note.txt": "no TOML at all",
            "agent.d/.hidden.toml": "nor this",
        ])
        let configuration = try AgentConfiguration.load(main)
        #expect(configuration.site == "nice")
        #expect(configuration.uplink.broker == "mqtts://centre.example" && configuration.uplink.user == "dock")
        #expect(configuration.downlink.hosts == ["10.0.0.9"])
        #expect(
            configuration.files == [
                main, "\(folder.path)/agent.d/10-early.toml", "\(folder.path)/agent.d/20-late.toml",
            ])
    }

    @Test func aMistakeNamesItsFileAndLine() throws {
        try write([
            "agent.toml": "version = 1\nsiet = \"lyon\"",
            "agent.d/10-reader.toml": "\n[reader.a]\nport = \"/dev/ttyUSB0\"\ndriver = \"m100\"\npower-dbm = 99",
            "agent.d/20-uplink.toml": "[uplink]\nbroker = 7",
        ])
        let problems = #expect(throws: Problems.self) { try AgentConfiguration.load(main) }
        let places = problems?.list.map { "\($0.file.split(separator: "/").last ?? ""):\($0.line)" }
        #expect(places == ["agent.toml:2", "10-reader.toml:5", "20-uplink.toml:2"])
    }

    @Test func whatIsNoTOMLNamesItsFileToo() throws {
        try write(["agent.toml": "version = 1", "agent.d/10-torn.toml": "[uplink\n"])
        let problems = #expect(throws: Problems.self) { try AgentConfiguration.load(main) }
        #expect(problems?.list.map(\.file) == ["\(folder.path)/agent.d/10-torn.toml"])
    }

    @Test func aValueTakesThePlaceOfATable() throws {
        try write([
            "agent.toml": "version = 1\n[downlink]\nhosts = [\"10.0.0.1\"]",
            "agent.d/10.toml": "downlink = 3",
        ])
        let problems = #expect(throws: Problems.self) { try AgentConfiguration.load(main) }
        #expect(problems?.list.count == 1 && problems?.list.first?.file == "\(folder.path)/agent.d/10.toml")
    }

    @Test func aFileThatIsNotThereIsNamed() {
        let problems = #expect(throws: Problems.self) { try AgentConfiguration.load("\(folder.path)/none.toml") }
        #expect(problems?.description.contains("\(folder.path)/none.toml: No such file") == true)
    }

    @Test func theFileThatWasNamedIsRead() {
        #expect(ConfigurationFiles.find("/srv/a.toml", "agent") == "/srv/a.toml")
        #expect(ConfigurationFiles.folder(of: "/srv/a.toml") == "/srv/a.d")
        #expect(ConfigurationFiles.folder(of: "/srv/a") == "/srv/a.d")
    }
}
