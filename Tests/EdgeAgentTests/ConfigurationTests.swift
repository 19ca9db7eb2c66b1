import Drivers
import Ports
import Settings
import TestSupport
import Testing

@testable import EdgeAgent

struct ConfigurationTests {
    @Test func everyMistakeIsReportedWithItsPlace() throws {
        let text = """
            version = 1
            agent = "Lyon Dock"
            [uplink]
            brocker = "mqtts://ingest.example:8883"
            [reader.dock]
            driver = "m1000"
            port = "/dev/ttyUSB0"
            power-dbm = "high"
            [phone.pbx]
            driver = "asterisk-ami"
            address = "tcp:127.0.0.1:5038"
            secret = "hunter2"
            """
        let problems = #expect(throws: Problems.self) { try AgentConfiguration(parsing: text, file: "agent.toml") }
        let readers = Driver.catalog.filter { $0.kind != .telephony }.map(\.name).joined(separator: ", ")
        #expect(
            problems?.list.map(\.description) == [
                #"agent.toml:2:1: "agent" must be 1 to 32 of a-z, 0-9 and -"#,
                #"agent.toml:4:1: unknown key "brocker" in [uplink]; did you mean "broker"?"#,
                #"agent.toml:6:1: "driver" must be one of \#(readers), not "m1000""#,
                #"agent.toml:8:1: "power-dbm" must be a number from 0.0 to 33.0"#,
                #"agent.toml:12:1: "secret" must be credential:NAME or file:PATH; a secret never stands in this file"#,
            ])
        // The secret itself is in no message.
        #expect(problems?.description.contains("hunter2") == false)
    }

    @Test func textThatIsNotTOMLSaysWhere() throws {
        let problems = #expect(throws: Problems.self) {
            try AgentConfiguration(parsing: "version = 1\nagent = \n", file: "a.toml")
        }
        #expect(problems?.list.first?.line == 2)
    }

    @Test func aGoodFileIsUnderstood() throws {
        let text = """
            version = 1
            agent = "lyon-dock-1"
            site = "lyon"
            [uplink]
            broker = "mqtts://ingest.example:8883"
            [reader.dock-left]
            driver = "m100"
            port = "/dev/serial/by-id/usb-x"
            zone = "dock-1"
            power-dbm = 26
            [phone.pbx]
            driver = "asterisk-ami"
            address = "tcp:[::1]:5038"
            user = "quai"
            secret = "credential:pbx"
            internal-plan = '^1\\d\\d$'
            """
        let configuration = try AgentConfiguration(parsing: text, file: "agent.toml")
        #expect(configuration.devices.map(\.name) == ["dock-left", "pbx"])
        #expect(configuration.devices[0].settings.powerDBm == 26 && configuration.devices[0].rules.zone == "dock-1")
        #expect(configuration.devices[1].address.description == "tcp:[::1]:5038")
    }

    @Test func everyReaderSettingIsUnderstood() throws {
        let text = """
            version = 1
            country = "FR"
            [discovery]
            zone = "dock"
            keyboards = ["05e0:1200"]
            [reader.portal]
            driver = "llrp"
            port = "listen:0.0.0.0:5084"
            antennas = [1, 2]
            entry-antennas = [1, 2]
            rssi-threshold-dbm = -62.5
            rssi-window = 6
            handover-db = 8
            repeat-seconds = 60
            zones = { 1 = "dock-1", 2 = "dock-2" }
            memory = ["tid", "user:8"]
            [reader.wedge]
            driver = "hid-keyboard"
            port = "usb:08FF:0009:A1"
            keyboard = "fr"
            group-separator = "|"
            scan-silence-ms = 80
            [reader.line]
            port = "/dev/ttyUSB3"
            beep = true
            terminators = ["EOT", "#"]
            [reader.sdk]
            driver = "exec"
            port = "exec:/usr/lib/feig/bridge --all"
            """
        let configuration = try AgentConfiguration(parsing: text, file: "agent.toml")
        let devices = Dictionary(uniqueKeysWithValues: configuration.devices.map { ($0.name, $0) })
        #expect(devices["portal"]?.settings.memory == [MemoryRead(.tid), MemoryRead(.user, words: 8)])
        let portal = try #require(devices["portal"]).rules
        #expect(portal.antennaZones == [1: "dock-1", 2: "dock-2"] && portal.entryAntennas == [1, 2])
        #expect(portal.thresholdDBm == -62.5 && portal.window == 6 && portal.handoverDB == 8)
        #expect(portal.repeatEvery == .seconds(60) && portal.departure == .seconds(3))
        let wedge = try #require(devices["wedge"])
        #expect(wedge.address == .usb(vendor: 0x08FF, product: 0x0009, serial: "A1"))
        #expect(wedge.settings.keyboardLayout == .fr && wedge.settings.groupSeparator == "|")
        let line = try #require(devices["line"])
        #expect(line.driver == nil && line.settings.terminators == [0x04, 0x23] && line.settings.beeps)
        #expect(devices["sdk"]?.address == .process(["/usr/lib/feig/bridge", "--all"]))
        #expect(configuration.usbIDs == ["05e0:1200", "08ff:0009"])
    }

    @Test func memoryThatNobodyCanReadIsRefused() {
        for (driver, memory) in [("llrp", #""epc""#), ("llrp", #"["tid", "tid"]"#), ("m100", #""tid""#)] {
            let text = """
                version = 1
                [reader.portal]
                driver = "\(driver)"
                port = "\(driver == "llrp" ? "tcp:10.0.0.7:5084" : "/dev/ttyUSB0")"
                memory = \(memory)
                """
            #expect(throws: (any Error).self) { try AgentConfiguration(parsing: text, file: "agent.toml") }
            let one = text.replacing(memory, with: #""tid""#).replacing("m100", with: "llrp")
                .replacing("/dev/ttyUSB0", with: "tcp:10.0.0.7:5084")
            #expect(throws: Never.self) { try AgentConfiguration(parsing: one, file: "agent.toml") }
        }
    }

    /// Who asks a reader over HTTP, or may post to us; the secret itself never stands in the file.
    @Test func readersThatSpeakHTTPHaveASecret() throws {
        func parsed(_ driver: String, _ port: String, _ lines: String) throws -> AgentConfiguration {
            try AgentConfiguration(
                parsing: "version = 1\n[reader.gate]\ndriver = \"\(driver)\"\nport = \"\(port)\"\n\(lines)\n",
                file: "agent.toml")
        }
        let both = "user = \"root\"\nsecret = \"file:/etc/quai/gate.secret\""
        for (driver, port) in [("impinj-iot", "tls:r700.local:443"), ("zebra-iotc", "listen:10.0.4.2:8085")] {
            let device = try #require(try parsed(driver, port, both).devices.first)
            #expect(device.settings.user == "root" && device.secret == "file:/etc/quai/gate.secret")
            #expect(device.settings.secret == nil)
            for wrong in ["user = \"root\"", "secret = \"file:/x\"", "user = \"root\"\nsecret = \"impinj\""] {
                #expect(throws: (any Error).self) { try parsed(driver, port, wrong) }
            }
        }
        #expect(throws: (any Error).self) { try parsed("llrp", "tcp:10.0.0.7:5084", both) }
        #expect(throws: (any Error).self) { try parsed("zebra-iotc", "tcp:10.0.0.7:8085", both) }
        // Its own preset has its own memory.
        #expect(throws: (any Error).self) { try parsed("impinj-iot", "tcp:10.0.0.7:80", "memory = \"tid\"") }
        _ = try parsed("impinj-iot", "tcp:10.0.0.7:80", "memory = \"tid\"\npower-dbm = 27")
    }

    /// A capture may be sent away: what proves who we are is blotted out, and nothing moves.
    @Test func aCaptureOfAReaderHoldsNoSecret() throws {
        #expect(Driver.impinjIoT.hasSecret && Driver.zebraIoT.hasSecret && !Driver.llrp.hasSecret)
        var transcript = Transcript()
        let text = "GET / HTTP/1.1\r\nAuthorization: Basic cm9vdDppbXBpbmo=\r\nHost: reader\r\n\r\n"
        transcript.lines = [.toDevice(Array(text.utf8)), .fromDevice(Array(text.utf8))]
        transcript.dropSecrets()
        let clean = text.replacing("Basic cm9vdDppbXBpbmo=", with: "xxxxx xxxxxxxxxxxxxxxx")
        #expect(transcript.lines == [.toDevice(Array(clean.utf8)), .fromDevice(Array(clean.utf8))])
    }

    @Test func aRegionThatTheCountryForbidsIsRefused() {
        let text = """
            version = 1
            country = "FR"
            [reader.a]
            driver = "m100"
            port = "/dev/ttyUSB0"
            region = "us"
            [reader.b]
            driver = "hid-pos"
            port = "/dev/ttyUSB1"
            [reader.c]
            port = "tcp:10.0.0.9"
            """
        let problems = #expect(throws: Problems.self) { try AgentConfiguration(parsing: text, file: "a.toml") }
        #expect(
            problems?.list.map(\.description) == [
                #"a.toml:6:1: "region" us may not be transmitted in FR, where eu is lawful"#,
                #"a.toml:9:1: "port" does not fit the driver hid-pos, which speaks over USB (usb:VVVV:PPPP)"#,
                #"a.toml:11:1: "port" must be \#(PortAddress.forms), not "tcp:10.0.0.9""#,
            ])
    }

    @Test func theDefaultsWork() throws {
        #expect(try AgentConfiguration.load(nil).uplink.broker == "mqtt://127.0.0.1:1883")
    }

    @Test func theGeneratedFilesAreCurrent() {
        let written = Fixture.bytes(at: Fixture.root + "/udev/60-quai.rules")
        #expect(String(decoding: written, as: UTF8.self) == Driver.udevRules(), "run make rules")
        let page = Fixture.bytes(at: Fixture.root + "/docs/reference/readers.md")
        #expect(String(decoding: page, as: UTF8.self) == Driver.readersPage, "run make rules")
    }
}
