import Settings
import Testing

@testable import EdgeAgent

/// What somebody who can write an agent's configuration may do with it.
struct ManagedPolicyTests {
    static func parse(_ text: String) throws -> AgentConfiguration {
        try AgentConfiguration(parsing: "version = 1\n" + text, file: "test")
    }

    static let gate = """
        [reader.gate]
        driver = "barcode"
        port = "pty:/tmp/gate"
        zone = "dock-1"

        """
    static let exchange = """
        [phone.pbx]
        driver = "freeswitch-esl"
        address = "tcp:10.0.4.2:8021"
        secret = "file:/etc/quai/pbx"

        """
    static let feed = """
        [phone.feed]
        driver = "jsonl"
        address = "listen:0.0.0.0:7070"
        secret = "credential:feed"

        """

    /// The own file: a reader, an exchange, a script that pushes calls; `downlink` is what it allows beside.
    static func policy(_ downlink: String = "", uplink: String = "") throws -> ManagedPolicy {
        ManagedPolicy(
            own: try parse(
                """
                agent = "dock"
                site = "lyon"
                state = "/var/lib/dock"
                [downlink]
                configuration = true
                \(downlink)
                [uplink]
                broker = "mqtt://127.0.0.1:2883"
                password = "credential:mqtt"
                \(uplink)

                """ + gate + exchange + feed))
    }

    static func problem(_ text: String, allowed downlink: String = "") throws -> String? {
        try policy(downlink).problem(with: parse(text))
    }

    // MARK: what works

    @Test func whatTheOwnFileSaysMayBeSaidAgainInAnotherZone() throws {
        let text = ManagedPolicyTests.gate.replacing("dock-1", with: "dock-7")
        #expect(try ManagedPolicyTests.problem(text + ManagedPolicyTests.exchange + ManagedPolicyTests.feed) == nil)
        #expect(try ManagedPolicyTests.problem("") == nil)
    }

    @Test func readersOnSerialLinesMayCome() throws {
        for port in ["/dev/ttyUSB0", "/dev/ttyACM1", "/dev/serial/by-id/usb-x", "/dev/serial/by-path/pci-0:14.0-usb"] {
            let text = "[reader.a]\ndriver = \"m100\"\nport = \"\(port)\""
            #expect(try ManagedPolicyTests.problem(text) == nil, "\(port)")
        }
    }

    @Test func whoTheAgentIsAndWhereItDeliversStaysItsOwn() throws {
        let policy = try ManagedPolicyTests.policy()
        let text = """
            agent = "evil"
            site = "paris"
            state = "/tmp"
            [buffer]
            budget-mib = 1
            [downlink]
            configuration = true
            broker = true
            hosts = ["evil.example"]
            """
        let managed = try ManagedPolicyTests.parse(text)
        #expect(policy.problem(with: managed) == nil)
        let used = policy.effective(managed)
        #expect(used.agent == "dock" && used.site == "lyon" && used.state == "/var/lib/dock" && used.budget == nil)
        #expect(used.uplink.broker == "mqtt://127.0.0.1:2883" && used.uplink.password == "credential:mqtt")
        #expect(!used.downlink.mayMoveBroker && used.downlink.hosts.isEmpty)
    }

    // MARK: secrets

    /// A stranger's address and another file of this machine: the agent would say what stands in it.
    @Test func aSecretIsNotShownToAStranger() throws {
        let text = """
            [uplink]
            broker = "mqtt://127.0.0.1:2883"
            [phone.x]
            driver = "freeswitch-esl"
            address = "tcp:127.0.0.1:4444"
            secret = "file:/tmp/unrelated-0600"
            """
        let problem = try #require(try ManagedPolicyTests.problem(text))
        #expect(problem.hasPrefix("x: ") && problem.contains("hosts under [downlink]"))
        // Nor where the host is allowed.
        let allowed = try #require(try ManagedPolicyTests.problem(text, allowed: "hosts = [\"127.0.0.1\"]"))
        #expect(allowed.hasPrefix("x: ") && allowed.contains("file:/tmp/unrelated-0600"))
    }

    @Test(arguments: [
        ("tcp:10.0.4.2:8021", "tcp:10.0.4.2:9999"), ("freeswitch-esl", "asterisk-ami"), ("phone.pbx", "phone.other"),
        ("file:/etc/quai/pbx", "file:/etc/quai/other"), ("file:/etc/quai/pbx", "credential:mqtt"),
    ])
    func aSecretStaysWithItsDeviceDriverAndAddress(_ old: String, _ new: String) throws {
        let text = ManagedPolicyTests.exchange.replacing(old, with: new)
        #expect(try ManagedPolicyTests.problem(text) != nil)
    }

    @Test func aSecretIsNotLeftOut() throws {
        let text = ManagedPolicyTests.feed.replacing("secret = \"credential:feed\"", with: "")
        #expect(try ManagedPolicyTests.problem(text)?.contains("name it here too") == true)
    }

    @Test(arguments: ["channel = \"&system(id)%\"", "context = \"abroad\"", "user = \"root\""])
    func whatIsSaidWithALoginStaysTheOwnFiles(_ line: String) throws {
        #expect(try ManagedPolicyTests.problem(ManagedPolicyTests.exchange + line)?.hasPrefix("pbx: ") == true)
    }

    @Test func textsHoldNoLinesOfTheirOwn() throws {
        let text = """
            [phone.modem]
            driver = "modem"
            address = "/dev/ttyACM0"
            number = "01\\r\\nATD112"
            """
        #expect(try ManagedPolicyTests.problem(text)?.contains("control characters") == true)
    }

    // MARK: the broker

    @Test(arguments: [
        "broker = \"mqtt://evil.example:1883\"", "user = \"x\"", "password = \"file:/etc/quai/pbx\"",
        "authority = \"/tmp/ca\"", "certificate = \"/tmp/c\"", "key = \"/tmp/k\"",
    ])
    func theBrokerStaysTheOwnFiles(_ line: String) throws {
        let problem = try #require(try ManagedPolicyTests.problem("[uplink]\n\(line)"))
        #expect(problem.hasPrefix("[uplink]: ") && problem.contains("broker = true"))
    }

    @Test func theBrokerMayMoveWhereTheOwnFileSaysSo() throws {
        let policy = try ManagedPolicyTests.policy("broker = true")
        let other = try ManagedPolicyTests.parse("[uplink]\nbroker = \"mqtts://new.example:8883\"")
        #expect(policy.problem(with: other) == nil)
        #expect(policy.effective(other).uplink.broker == "mqtts://new.example:8883")
        // Not with another secret of this machine.
        let thief = try ManagedPolicyTests.parse(
            "[uplink]\nbroker = \"mqtt://evil.example:1883\"\npassword = \"file:/etc/quai/pbx\"")
        #expect(policy.problem(with: thief)?.contains("password") == true)
    }

    // MARK: ports

    @Test(arguments: ["tcp:evil.example:5084", "tls:evil.example:5084"])
    func anotherHostIsReachedOnlyWhereTheOwnFileAllowsIt(_ port: String) throws {
        let text = "[reader.far]\ndriver = \"llrp\"\nport = \"\(port)\""
        #expect(try ManagedPolicyTests.problem(text)?.hasPrefix("far: ") == true)
        #expect(try ManagedPolicyTests.problem(text, allowed: "hosts = [\"Evil.Example\"]") == nil)
        #expect(try ManagedPolicyTests.problem(text.replacing("evil.example", with: "10.0.4.2")) == nil)
    }

    @Test func anotherDoorIsOpenedOnlyWhereTheOwnFileAllowsIt() throws {
        let text = "[phone.door]\ndriver = \"jsonl\"\naddress = \"listen:0.0.0.0:7171\""
        #expect(try ManagedPolicyTests.problem(text)?.hasPrefix("door: ") == true)
        #expect(try ManagedPolicyTests.problem(text, allowed: "hosts = [\"0.0.0.0\"]") == nil)
    }

    @Test(arguments: [
        "/dev/../etc/shadow", "/dev/sda", "/dev/tty1", "/dev/tty", "/dev/serial/by-id/../../sda", "/dev/mem",
        "pty:/run/some.sock", "pty:/etc/shadow", "/dev/input/event0",
    ])
    func aFileIsNoReader(_ port: String) throws {
        let text = "[reader.file]\ndriver = \"barcode\"\nport = \"\(port)\""
        #expect(try ManagedPolicyTests.problem(text)?.hasPrefix("file: ") == true)
    }

    @Test func aProgramStandsInTheOwnFileAlone() throws {
        let text = "[reader.gate]\ndriver = \"exec\"\nport = \"exec:/bin/sh /tmp/gate\""
        #expect(try ManagedPolicyTests.problem(text)?.contains("exec:/bin/sh may only stand") == true)
    }

    @Test func nobodyListensToTheKeyboardOnWhichPeopleType() throws {
        let wedge = "[reader.wedge]\ndriver = \"hid-keyboard\"\nport = \"usb:046D:C31C\""
        #expect(try ManagedPolicyTests.problem(wedge)?.contains("046d:c31c") == true)
        let found = "[discovery]\nkeyboards = [\"046d:c31c\"]"
        #expect(try ManagedPolicyTests.problem(found)?.contains("046d:c31c") == true)
        // A reader's own id, which no keyboard has.
        #expect(try ManagedPolicyTests.problem(wedge.replacing("046D:C31C", with: "08FF:0009")) == nil)
    }

    // MARK: the own file

    @Test func hostsAreNamesWithoutPorts() throws {
        for host in ["pbx:5038", "tcp://pbx", "", "*", "[::1]"] {
            #expect(throws: Problems.self) { try ManagedPolicyTests.policy("hosts = [\"\(host)\"]") }
        }
        let policy = try ManagedPolicyTests.policy("hosts = [\"fd00::1\", \"PBX\"]")
        #expect(policy.own.downlink.hosts == ["fd00::1", "pbx"])
    }
}

/// What `check` says of a good file.
struct WarningTests {
    private func warnings(_ text: String) throws -> [String] {
        try ManagedPolicyTests.parse(text).warnings.filter { !$0.contains("experimental") }
    }

    @Test func whatTravelsInClearToAnotherHostIsSaid() throws {
        #expect(try warnings("[uplink]\nbroker = \"mqtt://127.example:1883\"").count == 1)
        let password = try warnings("[uplink]\nbroker = \"mqtt://10.0.0.1:1883\"\npassword = \"credential:m\"")
        #expect(password.count == 1 && password[0].contains("password"))
        for driver in ["asterisk-ami", "freeswitch-esl", "csta"] {
            let text = "[phone.p]\ndriver = \"\(driver)\"\nextensions = [\"201\"]\naddress = "
            #expect(try warnings(text + "\"tcp:10.0.0.1:5038\"").count == 1, "\(driver)")
            #expect(try warnings(text + "\"tcp:127.0.0.1:5038\"").isEmpty, "\(driver)")
            #expect(try warnings(text + "\"tls:10.0.0.1:5039\"").isEmpty, "\(driver)")
        }
        for broker in ["mqtt://127.0.0.1:1883", "mqtt://[::1]:1883", "mqtt://localhost", "mqtts://10.0.0.1:8883"] {
            #expect(try warnings("[uplink]\nbroker = \"\(broker)\"\npassword = \"credential:m\"").isEmpty, "\(broker)")
        }
    }

    @Test func anOpenDoorForCallsIsSaid() throws {
        let text = "[phone.p]\ndriver = \"jsonl\"\naddress = \"listen:0.0.0.0:7070\"\n"
        #expect(try warnings(text).count == 1)
        #expect(try warnings(text + "secret = \"credential:p\"").isEmpty)
        #expect(try warnings(text.replacing("0.0.0.0", with: "127.0.0.1")).isEmpty)
    }
}
