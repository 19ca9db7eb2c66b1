import Devices
import Drivers
import Model
import TestSupport
import Testing

/// Messages, capabilities, configuration and connections.
extension LLRPDeviceTests {
    // MARK: capabilities and configuration

    /// LLRP 1.0.1 §9.2 and §15.2.1.1.
    @Test func capabilitiesHoldWhatTheStandardMakesMandatory() throws {
        let client = Client()
        let all = Part.list(try #require(client.ask(1, [0])).body)
        #expect(all.map(\.type) == [287, 137, 142, 143, 327])
        let general = all[1].body
        let length = Int(general[12]) << 8 | Int(general[13])
        let inside = Part.list(general.dropFirst(14 + length)).map(\.type)
        #expect(Set(inside) == [139, 149, 141, 140])
        #expect(inside.filter { $0 == 140 }.count == 4 && inside.filter { $0 == 149 }.count == 4)
        #expect(all[2].body.count == 24)
        let band = try #require(Part.list(all[3].body.dropFirst(4)).first)
        #expect(band.type == 144)
        let table = Part.list(band.body)
        #expect(Set(table.map(\.type)) == [145, 146, 328])
        // Fixed frequencies, and modes of 28 bytes each.
        let frequencies = try #require(table.first { $0.type == 146 })
        #expect(frequencies.body[0] == 0 && Part.list(frequencies.body.dropFirst()).map(\.type) == [148])
        let modes = Part.list(try #require(table.first { $0.type == 328 }).body)
        #expect(!modes.isEmpty && modes.allSatisfy { $0.type == 329 && $0.body.count == 28 })
        for (wanted, type) in [(1, 137), (2, 142), (3, 143), (4, 327)] as [(UInt8, UInt16)] {
            #expect(Part.list(try #require(client.ask(1, [wanted])).body).map(\.type) == [287, type])
        }
        #expect(LLRPDeviceTests.code(client.ask(1, [5])) == 101)
        #expect(LLRPDeviceTests.code(client.ask(1)) == 101)
    }

    @Test func aReaderForAmericaHops() throws {
        let client = Client(LLRPDevice(band: .america))
        let regulatory = Part.list(try #require(client.ask(1, [3])).body)[1].body
        #expect(regulatory.prefix(4) == [0x03, 0x48, 0, 1])
        let frequencies = try #require(Part.list(Part.list(regulatory.dropFirst(4))[0].body).first { $0.type == 146 })
        let hops = Part.list(frequencies.body.dropFirst())
        #expect(frequencies.body[0] == 0x80 && hops.map(\.type) == [147] && hops[0].body.count == 4 + 50 * 4)
    }

    @Test func configurationIsShownAsItWasSet() throws {
        let client = Client()
        let all = Part.list(try #require(client.ask(2, [0, 0, 0, 0, 0, 0, 0])).body).map(\.type)
        #expect(Set(all) == [287, 218, 221, 222, 244, 237, 239, 217, 220, 225, 219, 226])
        #expect(all.filter { $0 == 222 }.count == 4)
        let settings =
            LLRPDeviceTests.keepalive(2500) + LLRPDeviceTests.part(226, [0x80])
            + LLRPDeviceTests.part(222, [0, 2] + LLRPDeviceTests.part(224, [0, 0, 0, 3, 0, 1]))
        #expect(LLRPDeviceTests.code(client.ask(3, [0] + settings)) == 0)
        let keepalive = Part.list(try #require(client.ask(2, [0, 0, 8, 0, 0, 0, 0])).body)
        #expect(keepalive.dropFirst() == [Part(type: 220, body: [1, 0, 0, 0x09, 0xC4])])
        let antenna = Part.list(try #require(client.ask(2, [0, 2, 3, 0, 0, 0, 0])).body)
        #expect(antenna.count == 2)
        #expect(Part.list(antenna[1].body.dropFirst(2)).contains(Part(type: 224, body: [0, 0, 0, 3, 0, 1])))
        // A bad part changes nothing.
        let bad =
            LLRPDeviceTests.keepalive(100)
            + LLRPDeviceTests.part(222, [0, 2] + LLRPDeviceTests.part(224, [0, 0, 0, 3, 0, 9]))
        #expect(LLRPDeviceTests.code(client.ask(3, [0] + bad)) == 100)
        #expect(client.ask(2, [0, 0, 8, 0, 0, 0, 0])?.body.suffix(5) == [1, 0, 0, 0x09, 0xC4])
        // What is longer than its fields is shown with those alone.
        let long = LLRPDeviceTests.part(223, [0, 1] + [UInt8](repeating: 0, count: 65_000))
        #expect(LLRPDeviceTests.code(client.ask(3, [0] + LLRPDeviceTests.part(222, [0, 2] + long))) == 0)
        #expect(
            Part.list(try #require(client.ask(2, [0, 2, 3, 0, 0, 0, 0])).body)[1].body.dropFirst(2).prefix(6)
                == [0, 223, 0, 6, 0, 1])
        // Back to what the factory set.
        #expect(LLRPDeviceTests.code(client.ask(3, [0x80])) == 0)
        #expect(client.ask(2, [0, 0, 8, 0, 0, 0, 0])?.body.suffix(5) == [0, 0, 0, 0, 0])
    }

    // MARK: messages

    /// Question, its body, and what answers it; on a reader that has ROSpec 1 and AccessSpec 1.
    static let dialogues: [(UInt16, [UInt8], UInt16)] = [
        (1, [0], 11), (2, [0, 0, 0, 0, 0, 0, 0], 12), (3, [0], 13), (14, [], 4), (20, roSpec(2), 30),
        (21, number(1), 31), (21, number(0), 31), (22, number(1), 32), (23, number(1), 33), (24, number(1), 34),
        (25, number(1), 35), (26, [], 36), (40, accessSpec(2, bank: 2, words: 6), 50), (41, number(0), 51),
        (41, number(1), 51), (42, number(1), 52), (43, number(1), 53), (44, [], 54), (46, [], 56), (47, [2], 57),
        (1023, [0, 0, 0x65, 0x1A, 21, 0, 0, 0, 0], 1023),
    ]

    @Test(arguments: dialogues.indices)
    func everyMessageOfTheStandardIsAnswered(index: Int) {
        let (type, body, reply) = LLRPDeviceTests.dialogues[index]
        let client = Client()
        #expect(LLRPDeviceTests.code(client.ask(20, LLRPDeviceTests.roSpec(start: LLRPDeviceTests.null))) == 0)
        if type != 24 { client.ask(24, LLRPDeviceTests.number(1)) }
        client.ask(40, LLRPDeviceTests.accessSpec(1, bank: 2, words: 6))
        let answer = client.ask(type, body, version: type == 46 || type == 47 ? 2 : 1)
        #expect(answer?.type == reply)
        let status = (answer?.body).map {
            type == 46 ? Array($0.dropFirst(2)) : type == 1023 ? Array($0.dropFirst(5)) : $0
        }
        #expect(Part.list(status ?? []).first == Part(type: 287, body: [0, 0, 0, 0]))
    }

    @Test func whatIsNotThereIsRefusedWithItsPlace() {
        let client = Client()
        for type in [21, 22, 23, 24, 25, 41, 42, 43] as [UInt16] {
            let answer = client.ask(type, LLRPDeviceTests.number(7))
            #expect(answer?.type == type + 10 && LLRPDeviceTests.code(answer) == 101)
        }
        // A ROSpec without an AISpec, one that is there already, one that begins enabled, one with an antenna too many.
        #expect(LLRPDeviceTests.code(client.ask(20, LLRPDeviceTests.roSpec(parts: []))) == 100)
        #expect(LLRPDeviceTests.code(client.ask(20, LLRPDeviceTests.roSpec())) == 0)
        #expect(LLRPDeviceTests.code(client.ask(20, LLRPDeviceTests.roSpec())) == 100)
        var enabled = LLRPDeviceTests.roSpec(2)
        enabled[9] = 1
        #expect(LLRPDeviceTests.code(client.ask(20, enabled)) == 100)
        #expect(
            LLRPDeviceTests.code(client.ask(20, LLRPDeviceTests.roSpec(3, parts: [([5], LLRPDeviceTests.never)])))
                == 100)
        // Starting what is not enabled.
        #expect(LLRPDeviceTests.code(client.ask(22, LLRPDeviceTests.number(1))) == 101)
    }

    @Test func unknownMessagesAndVersionsAreAnsweredWithAnError() {
        let client = Client()
        for (type, version, code) in [(99, 1, 109), (63, 1, 112), (30, 1, 112), (1, 3, 110), (1, 2, 110)]
            as [(UInt16, UInt8, Int)]
        {
            let answer = client.ask(type, [0], version: version)
            #expect(answer?.type == 100 && LLRPDeviceTests.code(answer) == code, "\(type)")
            // Of an unknown version in that version (LLRP 1.0.1 §14.1.1).
            #expect(answer?.version == (code == 110 ? version : 1))
        }
        // Neither these nor an error are answered.
        #expect(client.ask(72) == nil && client.ask(100) == nil)
        #expect(client.ask(1, [0])?.type == 11)
    }

    @Test func aReaderOf101KnowsNoVersions() {
        let client = Client(LLRPDevice(versions: 1...1))
        for (type, version) in [(46, 2), (47, 2), (46, 1)] as [(UInt16, UInt8)] {
            let answer = client.ask(type, [2], version: version)
            #expect(answer?.type == 100 && answer?.version == version && LLRPDeviceTests.code(answer) == 110)
        }
        #expect(client.ask(1, [0])?.type == 11)
    }

    @Test func afterTheVersionIsAgreedOnlyThatOneIsSpoken() {
        let client = Client()
        #expect(client.ask(46, version: 2)?.body.prefix(2) == [1, 2])
        #expect(LLRPDeviceTests.code(client.ask(47, [2], version: 2)) == 0)
        #expect(client.ask(1, [0], version: 2)?.type == 11)
        #expect(LLRPDeviceTests.code(client.ask(1, [0])) == 110)
        client.reconnect()
        #expect(client.ask(1, [0])?.type == 11)
    }

    // MARK: keepalive, hold, clients

    @Test func keepalivesComeAtThePeriodThatWasAsked() {
        let client = Client()
        client.pass(.seconds(30))
        #expect(client.messages(62).isEmpty)
        client.ask(3, [0] + LLRPDeviceTests.keepalive(700))
        client.pass(.seconds(7))
        #expect(client.messages(62).count == 10)
        // It stays set for the next connection, and is turned off as it was turned on.
        client.reconnect()
        client.pass(.milliseconds(1400))
        #expect(client.messages(62).count == 12)
        client.ask(3, [0] + LLRPDeviceTests.part(220, [0, 0, 0, 0, 0]))
        client.pass(.seconds(30))
        #expect(client.messages(62).count == 12)
        #expect(LLRPDeviceTests.code(client.ask(3, [0] + LLRPDeviceTests.keepalive(0))) == 100)
    }

    @Test func settingSomethingElseHoldsNoReports() {
        let client = Client()
        client.ask(3, [0] + LLRPDeviceTests.keepalive(10_000))
        client.ask(20, LLRPDeviceTests.roSpec())
        client.ask(24, LLRPDeviceTests.number(1))
        client.show(LLRPDeviceTests.tags)
        client.pass(.seconds(1))
        #expect(client.reports.count > 10)
    }

    /// LLRP 1.0.1 §12.2.6.4: the hold concerns the next connection, until its client says that he is ready.
    @Test func whatIsHeldComesWhenTheNextClientIsReady() {
        let client = Client()
        client.ask(3, [0] + LLRPDeviceTests.part(226, [0x80]))
        client.ask(20, LLRPDeviceTests.roSpec())
        client.ask(24, LLRPDeviceTests.number(1))
        client.show(LLRPDeviceTests.tags)
        client.pass(.seconds(1))
        let before = client.reports.count
        #expect(before > 10)
        _ = client.device.handle(.closed, at: client.now)
        client.pass(.seconds(1))
        client.hear(client.device.handle(.opened, at: client.now))
        client.pass(.seconds(1))
        #expect(client.reports.count == before && client.events(256).count == 2)
        #expect(client.ask(26)?.type == 36)
        client.ask(64)
        #expect(client.reports.count > before * 2)
        let released = client.reports.count
        client.pass(.seconds(1))
        #expect(client.reports.count > released)
        // Held for too long, the oldest stay and the loss is told.
        _ = client.device.handle(.closed, at: client.now)
        client.show((0..<200).map { TagID(.epcGen2, [0x30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, UInt8($0)]) })
        client.pass(.seconds(10))
        client.hear(client.device.handle(.opened, at: client.now))
        client.ask(64)
        #expect(client.events(251).count == 1)
    }

    @Test func withoutAHoldWhatPassesWhileNobodyListensIsLost() {
        let client = Client()
        client.ask(20, LLRPDeviceTests.roSpec())
        client.ask(24, LLRPDeviceTests.number(1))
        _ = client.device.handle(.closed, at: client.now)
        client.show(LLRPDeviceTests.tags, lasting: .seconds(1))
        client.pass(.seconds(2))
        client.hear(client.device.handle(.opened, at: client.now))
        client.ask(64)
        client.pass(.seconds(1))
        #expect(client.reports.isEmpty)
    }

    @Test func aSecondClientIsSentAwayAndTheFirstReadsOn() {
        var line = DeviceTests.Conversation(.llrp, LLRPDevice(), settings: SessionSettings(name: "dev"))
        line.pass(.seconds(1))
        #expect(line.conditions.last == .ready && line.device.turnsAway)
        let (told, reaction) = line.device.turnAway(at: line.now)
        var bytes = told
        guard case .frame(let message)? = LLRPMessage.take(from: &bytes) else {
            Issue.record("nothing was said")
            return
        }
        #expect(message.version == 1 && Part.list(Part.list(message.body)[0].body)[1] == Part(type: 256, body: [0, 2]))
        let heard = line.session.handle(.bytes(reaction.send), at: line.now)
        #expect(heard.restart == nil && heard.condition == nil)
        line.perform(.present([DeviceTests.tag], lasting: .seconds(1)))
        line.pass(.seconds(1))
        #expect(line.tags.first?.id == DeviceTests.tag)
    }

    // MARK: hostile clients

    @Test func aLengthThatNoMessageHasEndsTheConnection() {
        var device = LLRPDevice()
        _ = device.handle(.opened, at: .zero)
        let reaction = device.handle(.bytes([4, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 9]), at: .zero)
        var bytes = reaction.send
        guard case .frame(let message)? = LLRPMessage.take(from: &bytes) else {
            Issue.record("nothing was said")
            return
        }
        #expect(message.type == 100 && message.id == 9 && reaction.restart != nil)
        // It says that it closes.
        #expect(bytes.suffix(4) == [0x01, 0x01, 0, 4])
        _ = device.handle(.closed, at: .zero)
        _ = device.handle(.opened, at: .zero)
        #expect(!device.handle(.bytes(LLRPMessage(1, id: 1, [0]).bytes), at: .zero).send.isEmpty)
    }

    /// Every message with any bytes in it, cut anywhere: an answer, never an end.
    @Test func nothingAClientSaysStopsTheReader() {
        var random = SeededRandom(seed: 20_261_127)
        let client = Client()
        client.show(LLRPDeviceTests.tags, lasting: .seconds(100_000))
        for _ in 0..<3000 {
            let (type, body, _) = LLRPDeviceTests.dialogues.randomElement(using: &random)!
            var damaged = body
            for _ in 0..<Int.random(in: 0...3, using: &random) where !damaged.isEmpty {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(
                    in: .min ... .max, using: &random)
            }
            if Bool.random(using: &random) {
                damaged = Array(damaged.prefix(Int.random(in: 0...damaged.count, using: &random)))
            }
            client.ask(type == 14 || type == 47 ? 24 : type, damaged)
            client.now = client.now + .milliseconds(60)
            client.hear(client.device.handle(.tick, at: client.now))
        }
        #expect(client.ask(1, [0])?.type == 11)
    }
}
