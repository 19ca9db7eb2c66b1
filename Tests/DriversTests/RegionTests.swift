import Devices
import Drivers
import Model
import Testing

/// Where a reader transmits: as the site says, as it is set itself, or not at all.
struct RegionTests {
    private func line(_ name: String, _ region: Region?) -> DeviceTests.Conversation {
        var line = DeviceTests.Conversation(
            Driver.named(name)!, DeviceCatalog.device(named: name)!,
            settings: SessionSettings(name: "dev", region: region))
        line.pass(.seconds(3))
        return line
    }

    private func sent(_ line: DeviceTests.Conversation) -> String {
        line.script.filter { $0.hasPrefix(">") }.joined(separator: " ")
    }

    private static let commands = ["m100": "BB0007", "a0": "0178", "thingmagic": "FF0197", "uhfreader": "FF22"]

    @Test(arguments: ["m100", "a0", "thingmagic", "uhfreader", "llrp"])
    func nobodySetsARegionThatNobodyChose(name: String) {
        for region in [nil, .own] as [Region?] {
            let line = line(name, region)
            #expect(line.conditions.last == .ready)
            if let command = RegionTests.commands[name] {
                #expect(!sent(line).contains(command), "\(sent(line))")
                #expect(sent(self.line(name, .eu)).contains(command))
            }
        }
    }

    @Test func eachTableHasItsRegions() {
        #expect(sent(line("a0", .au)).contains("A006FF78012C36") || sent(line("a0", .au)).contains("A0060178012C36"))
        #expect(sent(line("uhfreader", .br)).contains("06FF2231 99".replacing(" ", with: "")))
        #expect(
            sent(line("thingmagic", .tw)).contains("FF019713") && sent(line("thingmagic", .jp)).contains("FF019705"))
        #expect(sent(line("m100", .us)).contains("BB0007000102"))
    }

    @Test(arguments: [
        ("m100", Region.jp), ("a0", .kr), ("uhfreader", .jp), ("thingmagic", .br), ("rcp", .au), ("rf-tlv", .eu),
    ])
    func aRegionThatTheReaderHasNotIsSaid(name: String, region: Region) {
        let line = line(name, region)
        let faults = line.seen.compactMap { if case .fault(let fault) = $0 { fault.code } else { nil } }
        #expect(faults.contains("region-unsupported"))
        if let command = RegionTests.commands[name] { #expect(!sent(line).contains(command)) }
    }

    /// A module that forgets its region without power must not transmit before somebody says where it is.
    @Test func aModuleWithoutARegionWaitsForTheCountry() {
        var session = Driver.thingmagic.session(SessionSettings(name: "dev"))
        var now = Instant.zero
        var reaction = session.handle(.opened, at: now)
        var sent: [UInt8] = []
        for _ in 0..<40 {
            sent += reaction.send
            var answers: [UInt8] = []
            var bytes = reaction.send
            while let step = ThingMagicFrame.take(from: &bytes, isCommand: true) {
                guard case .frame(let frame) = step else { continue }
                answers += ThingMagicFrame(frame.op, status: 0, frame.op == 0x67 ? [0] : []).bytes
            }
            if case .failing(let code, let text)? = reaction.condition {
                #expect(code == Condition.noCountry && text.contains("country ="))
                #expect(!Hex.string(sent).contains("2F000001"))
                return
            }
            if answers.isEmpty, let due = reaction.deadline { now = due }
            reaction = session.handle(answers.isEmpty ? .tick : .bytes(answers), at: now)
        }
        Issue.record("it never waited")
    }

    @Test func anLLRPReaderOfAnotherStandardIsUsedWhereItIsLawful() {
        // The simulated one is made for Europe.
        #expect(line("llrp", .in).conditions.last == .ready)
        for region in [Region.au, .jp, .br, .tw] {
            guard
                case .failing("region-forbidden", let text)? = line("llrp", region).conditions.first(where: {
                    if case .failing = $0 { true } else { false }
                })
            else {
                Issue.record("\(region)")
                continue
            }
            #expect(text.contains("region = \"own\""))
        }
    }
}
