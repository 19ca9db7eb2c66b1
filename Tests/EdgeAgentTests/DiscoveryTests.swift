import Drivers
import Glibc
import Settings
import Testing

@testable import EdgeAgent
@testable import Ports

/// What may be asked, what is left alone, and how a line is set.
struct DiscoveryTests {
    private func configuration(_ text: String) throws -> AgentConfiguration {
        try AgentConfiguration(parsing: "version = 1\n" + text, file: "a.toml")
    }

    private func problems(_ text: String) -> [String] {
        do {
            _ = try configuration(text)
            return []
        } catch { return (error as? Problems)?.list.map(\.description) ?? ["\(error)"] }
    }

    private func line(
        _ vendor: UInt16, _ product: UInt16, serial: String? = nil, title: String = "", path: String = "/dev/ttyUSB0"
    ) -> Ports.Attachment {
        Ports.Attachment(
            kind: .serial, vendor: vendor, product: product, serial: serial, place: "1-2", interface: 0, title: title,
            address: .serial(path: path))
    }

    @Test func whatIsNamedIsLeftAlone() throws {
        let text = """
            [discovery]
            ignore = ["0403:6001", "A50285BI", "/dev/serial/by-id/gps"]
            """
        let discovery = try configuration(text).discovery
        func isIgnored(_ line: Ports.Attachment) -> Bool {
            discovery.isIgnored(line) { $0 == "/dev/serial/by-id/gps" ? "/dev/ttyUSB7" : $0 }
        }
        #expect(isIgnored(line(0x0403, 0x6001)) && isIgnored(line(0x1A86, 0x7523, serial: "A50285BI")))
        #expect(isIgnored(line(0x1A86, 0x7523, path: "/dev/ttyUSB7")))
        #expect(!isIgnored(line(0x1A86, 0x7523, serial: "A50285BJ")))
    }

    @Test func onlyWhatIsNamedIsLookedAt() throws {
        let discovery = try configuration("[discovery]\nonly = [\"usb:1A86:7523\"]").discovery
        #expect(!discovery.isIgnored(line(0x1A86, 0x7523)) { $0 })
        #expect(discovery.isIgnored(line(0x10C4, 0xEA60)) { $0 })
        #expect(discovery.isNamed(line(0x1A86, 0x7523)) { $0 } && !discovery.isNamed(line(0x10C4, 0xEA60)) { $0 })
    }

    @Test func aListThatNamesNothingIsSaid() {
        let text = "[discovery]\nignore = [\"1a86:75\", \"abc\"]\nonly = [\"/etc/passwd\"]"
        let said = problems(text)
        #expect(said.count == 3 && said.allSatisfy { $0.contains("USB ids such as") && $0.contains("not \"") })
        // A sign is no hex digit.
        for signed in ["+1a8:7523", "1a86:-523"] {
            #expect(problems("[discovery]\nignore = [\"\(signed)\"]").count == 1)
            #expect(problems("[discovery]\nkeyboards = [\"\(signed)\"]").count == 1)
        }
        let both = problems("[discovery]\nignore = [\"1a86:7523\"]\nonly = [\"1A86:7523\"]")
        #expect(both.count == 1 && both[0].contains("both name 1a86:7523"))
    }

    /// A GPS receiver, a UPS, a printer: their USB ids are no reader's bridges.
    @Test func onlyBridgesThatReadersAreBuiltWithAreAsked() {
        #expect(line(0x1A86, 0x7523).mayBeReader && line(0x10C4, 0xEA60).mayBeReader)
        #expect(line(0x0403, 0x6015).mayBeReader && line(0x067B, 0x2303).mayBeReader)
        #expect(!line(0x1546, 0x01A7, title: "u-blox GNSS receiver").mayBeReader)
        #expect(!line(0x051D, 0x0002, title: "Smart-UPS").mayBeReader && !line(0x04B8, 0x0202).mayBeReader)
        #expect(line(0x0525, 0xA4A7, title: "USB serial reader").mayBeReader)
    }

    @Test func aSerialLineIsSetAsTheSiteSays() throws {
        let text = """
            [reader.scale]
            driver = "barcode"
            port = "/dev/ttyUSB0"
            baud = 115200
            parity = "even"
            data-bits = 7
            stop-bits = 2
            """
        let device = try #require(try configuration(text).devices.first)
        #expect(device.baud == 115200 && device.framing == SerialFraming(dataBits: 7, parity: .even, stopBits: 2))
        #expect(device.framing.text == "7E2" && device.claimSpeed == .fixed(115200))
        #expect(problems("[reader.a]\nport = \"/dev/ttyUSB0\"\nbaud = 12\nstop-bits = 3\nparity = \"7\"").count == 3)
        let far = problems("[reader.a]\ndriver = \"m100\"\nport = \"tcp:10.0.0.9:4001\"\nbaud = 9600")
        #expect(far.count == 1 && far[0].contains("serial server"))
    }

    @Test(arguments: [
        ("AU", Region.au), ("JP", .jp), ("BR", .br), ("IN", .in), ("TW", .tw), ("NZ", .nz), ("CN", .cn900), ("KR", .kr),
        ("CA", .us), ("MX", .us), ("ZA", .eu), ("FR", .eu),
    ])
    func aCountryHasItsRegion(code: String, region: Region) throws {
        let text = "country = \"\(code)\"\n[reader.a]\nport = \"/dev/ttyUSB0\""
        #expect(try configuration(text).devices.first?.settings.region == region)
        // Whoever knows that its own setting is lawful may keep it.
        #expect(try configuration(text + "\nregion = \"own\"").devices.first?.settings.region == .own)
    }

    @Test func withoutACountryThereIsNoRegionAndAnUnknownOneIsRefusedWithTheList() throws {
        let device = try configuration("[reader.a]\nport = \"/dev/ttyUSB0\"").devices.first
        #expect(device != nil && device?.settings.region == nil)
        let remark = try configuration("[reader.a]\nport = \"/dev/ttyUSB0\"").regionRemark
        #expect(remark?.contains("country = \"FR\"") == true)
        #expect(try configuration("country = \"FR\"\n[reader.a]\nport = \"/dev/ttyUSB0\"").regionRemark == nil)
        #expect(try configuration("[reader.a]\ndriver = \"barcode\"\nport = \"/dev/ttyUSB0\"").regionRemark == nil)
        let said = problems("country = \"XX\"")
        #expect(said.count == 1 && said[0].contains("AU, ") && said[0].contains("ZA"))
        let region = problems("[reader.a]\nport = \"/dev/ttyUSB0\"\nregion = \"mars\"")
        #expect(region.count == 1 && region[0].contains("jp"))
    }

    /// ModemManager hears of the lines that are ours, and of no other bridge of the same kind.
    @Test func rulesNameOnlyLinesThatAreOurs() throws {
        #expect(!Driver.udevRules().contains("ID_MM_"))
        let text = """
            [discovery]
            only = ["A50285BI"]
            [reader.a]
            port = "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0"
            [reader.b]
            port = "/dev/ttyUSB3"
            """
        let keys = ["usb:10C4:EA60:0001", "usb:1A86:7523:@1-2.3", "/dev/ttyUSB3", "usb:1A86:7523:\"; RUN", "usb:x"]
        let lines = try configuration(text).claimedLines(remembered: keys)
        #expect(
            lines == [
                #"IMPORT{builtin}="usb_id", ENV{ID_SERIAL}=="1a86_USB_Serial""#, #"KERNEL=="ttyUSB3""#,
                #"ATTRS{serial}=="A50285BI""#,
                #"ATTRS{idVendor}=="10c4", ATTRS{idProduct}=="ea60", ATTRS{serial}=="0001""#,
                #"KERNELS=="1-2.3", ATTRS{idVendor}=="1a86", ATTRS{idProduct}=="7523""#,
            ])
        let rules = Driver.udevRules(claimed: lines)
        #expect(rules.contains(#"KERNEL=="ttyUSB3", ENV{ID_MM_DEVICE_IGNORE}="1""#))
    }

    /// The centre may not have opened what this machine's own file leaves alone.
    @Test func theCentreMayNotTakeWhatIsLeftAlone() throws {
        let own = try configuration("[discovery]\nignore = [\"0403:6001\"]\nonly = [\"1a86:7523\"]")
        let managed = try configuration("[discovery]\nignore = [\"10c4:ea60\"]")
        let discovery = ManagedPolicy(own: own).effective(managed).discovery
        #expect(discovery.ignore == [.usb("10c4:ea60"), .usb("0403:6001")] && discovery.only == [.usb("1a86:7523")])
    }
}
