import Devices
import Drivers
import Model
import Testing

/// Each driver against the simulated other side, in virtual time: a conversation without a line.
struct DeviceTests {
    /// Both sides of one line, and what the product's side said.
    struct Conversation {
        var session: any Session
        var device: any SimulatedDevice
        var now = Instant.milliseconds(1_000_000)
        var seen: [Observation] = []
        var conditions: [Condition] = []
        var noise = 0
        var script: [String] = []
        var packet: Int?
        private var sessionDue: Instant?
        private var deviceDue: Instant?

        init(
            _ driver: Driver, _ device: any SimulatedDevice, settings: SessionSettings,
            session former: (any Session)? = nil
        ) {
            session = former ?? driver.session(settings)
            self.device = device
            packet = driver.isPacketed ? HIDKeyboardDevice.reportSize : nil
            // A device on the network greets whoever connects; on a serial line it does not know.
            let greeting = device.isSpokenTo ? self.device.handle(.opened, at: now) : Reaction()
            take(session.handle(.opened, at: now))
            hear(greeting)
        }

        mutating func perform(_ act: DeviceAct) { hear(device.perform(act, at: now)) }

        mutating func pass(_ time: Duration) {
            let end = now + time
            while let next = [sessionDue, deviceDue].compactMap(\.self).min(), next <= end {
                now = max(now, next)
                if let due = deviceDue, due <= now {
                    deviceDue = nil
                    hear(device.handle(.tick, at: now))
                }
                if let due = sessionDue, due <= now { take(session.handle(.tick, at: now)) }
            }
            now = end
        }

        private mutating func hear(_ reaction: Reaction) {
            if let due = reaction.deadline { deviceDue = min(deviceDue ?? due, due) }
            guard !reaction.send.isEmpty else { return }
            let size = packet ?? reaction.send.count
            for start in stride(from: 0, to: reaction.send.count, by: size) {
                let piece = Array(reaction.send[start..<min(start + size, reaction.send.count)])
                script.append("< " + Hex.string(piece))
                take(session.handle(.bytes(piece), at: now))
            }
        }

        private mutating func take(_ reaction: Reaction) {
            seen += reaction.observations
            noise += reaction.noise
            if let condition = reaction.condition { conditions.append(condition) }
            sessionDue = reaction.deadline
            guard !reaction.send.isEmpty else { return }
            script.append("> " + Hex.string(reaction.send))
            hear(device.handle(.bytes(reaction.send), at: now))
        }

        var tags: [TagRead] { seen.compactMap { if case .tag(let read) = $0 { read } else { nil } } }
    }

    static let tag = TagID(.epcGen2, Hex.bytes("3074257BF7194E4000001A85")!)

    /// Set up, ready, and a tag that comes is told with its strength.
    @Test(arguments: DeviceCatalog.names)
    func everyDriverUnderstandsItsDevice(name: String) throws {
        let driver = try #require(Driver.named(name))
        var settings = SessionSettings(name: "dev", powerDBm: 20)
        settings.antennas = name == "llrp" ? [1, 2] : []
        var line = Conversation(driver, DeviceCatalog.device(named: name)!, settings: settings)
        line.pass(.seconds(2))
        #expect(line.conditions.last == .ready)
        let scanner = driver.kind == .scanner
        let tag =
            switch name {
            case "wl134": TagID(.raw, Hex.bytes("80003E9CBE991A14")!)
            case "rdm6300", "7941e": TagID(.em4100, [0x0C, 0x00, 0x06, 0x21, 0xA5])
            case "pcsc", "pn532": TagID(.iso14443a, [0x04, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0x80])
            default: DeviceTests.tag
            }
        line.perform(scanner ? .scan("BL-2026-0117") : .present([tag], lasting: .seconds(1)))
        line.pass(.seconds(2))
        if scanner {
            let text: Observation =
                name == "barcode" ? .barcode(Barcode(symbology: "]C0", text: "BL-2026-0117")) : .key("BL-2026-0117")
            #expect(line.seen == [text])
        } else {
            #expect(line.tags.first?.id == tag)
            #expect(line.tags.allSatisfy { $0.id == tag && $0.crcIsValid != false })
        }
        #expect(line.noise == 0)
    }

    /// The refusal is told once; then one read follows the other.
    @Test func aModuleThatRefusesToStreamIsReadByHand() {
        var line = Conversation(
            .thingmagic, ThingMagicDevice(refusesStreaming: true), settings: SessionSettings(name: "dev", region: .eu))
        line.pass(.seconds(2))
        line.perform(.present([DeviceTests.tag], lasting: .seconds(2)))
        line.pass(.seconds(4))
        let faults = line.seen.compactMap { if case .fault(let fault) = $0 { fault } else { nil } }
        #expect(faults.map(\.code) == ["command-refused"] && faults.first?.text.contains("2F") == true)
        #expect(line.conditions.last == .ready && line.noise == 0)
        #expect(line.tags.count >= 5)
        #expect(line.tags.allSatisfy { $0.id == DeviceTests.tag && $0.antenna == 1 && $0.crcIsValid == true })
    }

    /// Another connection may find another module, or newer firmware: it is asked to stream first.
    @Test func aModuleThatRefusedIsAskedAgainAfterAReconnection() {
        var line = Conversation(
            .thingmagic, ThingMagicDevice(refusesStreaming: true), settings: SessionSettings(name: "dev", region: .eu))
        line.pass(.seconds(2))
        _ = line.session.handle(.closed, at: line.now)
        var again = Conversation(
            .thingmagic, ThingMagicDevice(), settings: SessionSettings(name: "dev", region: .eu), session: line.session)
        again.pass(.seconds(2))
        #expect(again.conditions.last == .ready)
        #expect(
            again.script.contains { $0.hasPrefix("> FF102F000001") }
                && !again.script.contains { $0.hasPrefix("> FF002A") })
    }

    @Test func aForkliftPassesTwoAntennasInOrder() {
        var settings = SessionSettings(name: "dev")
        settings.antennas = [1, 2]
        var line = Conversation(.llrp, LLRPDevice(versions: 1...1), settings: settings)
        line.pass(.seconds(1))
        line.perform(.pass([DeviceTests.tag], antennas: [2, 1], lasting: .seconds(2)))
        line.pass(.seconds(3))
        let antennas = line.tags.compactMap(\.antenna)
        #expect(antennas.first == 2 && antennas.last == 1 && antennas == antennas.sorted(by: >))
        #expect(line.tags.compactMap(\.rssiDBm).max()! > -50)
    }

    /// A reader that was left reading is not told again; what it kept meanwhile arrives.
    @Test func aReaderThatHeldItsReportsGivesThemAfterALostConnection() {
        var device: any SimulatedDevice = LLRPDevice()
        var first = Conversation(.llrp, device, settings: SessionSettings(name: "dev"))
        first.pass(.seconds(1))
        device = first.device
        _ = device.handle(.closed, at: first.now)
        _ = device.perform(.present([DeviceTests.tag], lasting: .milliseconds(200)), at: first.now)
        for step in 1...10 { _ = device.handle(.tick, at: first.now + .milliseconds(Int64(step) * 50)) }
        var second = Conversation(.llrp, device, settings: SessionSettings(name: "dev"))
        #expect(second.tags.map(\.id).contains(DeviceTests.tag))
        #expect(!second.script.contains { $0.hasPrefix("> 0815") })
        second.pass(.seconds(1))
        #expect(second.conditions.last == .ready)
    }

    /// Its goodbye is answered before the line goes; a reader that does not answer is waited for no longer than a second.
    @Test func theEndOfAConnectionIsAwaited() {
        var line = Conversation(.llrp, LLRPDevice(), settings: SessionSettings(name: "dev"))
        line.pass(.seconds(1))
        let goodbye = line.session.handle(.closing, at: line.now)
        #expect(goodbye.lingers == line.now + .seconds(1))
        // A report on its way is taken; the last answer ends the wait.
        let answer = line.device.handle(.bytes(goodbye.send), at: line.now).send
        #expect(line.session.handle(.bytes(Array(answer.dropLast(18))), at: line.now).lingers != nil)
        #expect(line.session.handle(.bytes(Array(answer.suffix(18))), at: line.now).lingers == nil)
    }

    /// ROSpec 1 is what other programs take; theirs is neither deleted nor taken for ours, wherever it stands in the list.
    @Test func anotherProgramsROSpecStays() {
        var device = LLRPDevice()
        let greeting = device.handle(.opened, at: .zero)
        #expect(!greeting.send.isEmpty)
        // ADD_ROSPEC 1 in LLRP 1.0.1, never enabled; then the connection goes.
        let theirs =
            "0414000000500000000800b1004600000001000000b2001200b300050100b60009000000000000b700180001000000b80009"
            + "000000000000ba000700010100ed001201000100ee000b1680015c0005c0"
        _ = device.handle(.bytes(Hex.bytes(theirs)!), at: .zero)
        _ = device.handle(.closed, at: .zero)
        var line = Conversation(.llrp, device, settings: SessionSettings(name: "dev"))
        line.pass(.seconds(1))
        #expect(line.conditions.last == .ready)
        #expect(line.script.filter { $0.hasPrefix("> 0815") }.allSatisfy { $0.hasSuffix("51554149") })
        let list = line.device.handle(.bytes(Hex.bytes("081a0000000a000000ff")!), at: line.now).send
        #expect(Hex.string(list).contains("00B1004600000001"))
        #expect(Hex.string(list).contains("51554149"))
        // Reconnected, ours is found behind theirs.
        var kept = line.device
        _ = kept.handle(.closed, at: line.now)
        var again = Conversation(.llrp, kept, settings: SessionSettings(name: "dev"))
        again.pass(.seconds(1))
        #expect(again.conditions.last == .ready && !again.script.contains { $0.hasPrefix("> 0814") })
    }

    @Test func aReaderMadeForAmericaIsRefusedInEurope() {
        var settings = SessionSettings(name: "dev", region: .us)
        settings.antennas = [1]
        var line = Conversation(.llrp, LLRPDevice(), settings: settings)
        line.pass(.seconds(1))
        guard case .failing(let code, _)? = line.conditions.last else {
            Issue.record("not refused")
            return
        }
        #expect(code == "region-forbidden")
    }
}
