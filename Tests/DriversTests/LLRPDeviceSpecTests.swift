import Devices
import Drivers
import Model
import Testing

/// ROSpecs and AccessSpecs at work.
extension LLRPDeviceTests {
    @Test func aROSpecWithoutATriggerWaitsForItsStart() {
        let client = Client()
        client.ask(3, [0] + LLRPDeviceTests.part(244, LLRPDeviceTests.part(245, [0, 2, 0x80])))
        client.show(LLRPDeviceTests.tags)
        client.ask(20, LLRPDeviceTests.roSpec(start: LLRPDeviceTests.null))
        #expect(client.states() == [1: 0])
        client.ask(24, LLRPDeviceTests.number(1))
        client.pass(.seconds(1))
        #expect(client.states() == [1: 1] && client.reports.isEmpty)
        #expect(LLRPDeviceTests.code(client.ask(22, LLRPDeviceTests.number(1))) == 0)
        client.pass(.seconds(1))
        #expect(client.states() == [1: 2] && client.reports.count == 60)
        #expect(LLRPDeviceTests.code(client.ask(23, LLRPDeviceTests.number(1))) == 0)
        client.pass(.seconds(1))
        #expect(client.states() == [1: 1] && client.reports.count == 60)
        client.ask(25, LLRPDeviceTests.number(0))
        #expect(client.states() == [1: 0])
        client.ask(21, LLRPDeviceTests.number(0))
        #expect(client.states() == [:])
        // Its beginning and its end were told.
        #expect(client.events(249).map { $0[0] } == [0, 1])
    }

    /// A duration ends it; an immediate trigger begins it again, a periodic one at its time.
    @Test func startAndStopTriggersAreObeyed() {
        let client = Client()
        client.ask(3, [0] + LLRPDeviceTests.part(244, LLRPDeviceTests.part(245, [0, 2, 0x80])))
        client.show(LLRPDeviceTests.tags)
        client.ask(20, LLRPDeviceTests.roSpec(ends: [1, 0, 0, 0, 200], trigger: 2, count: 0))
        client.ask(24, LLRPDeviceTests.number(1))
        client.pass(.milliseconds(1000))
        // Each time one report at the end, of all tags, counted: 200 ms are four rounds.
        #expect(client.events(249).map { $0[0] }.prefix(4) == [0, 1, 0, 1])
        #expect(client.reports.count == 5 && client.reports.allSatisfy { $0.count == 3 })
        #expect(Part.list(client.reports[0][0].body).last == Part(type: 8, body: [0, 4]))
        client.ask(21, LLRPDeviceTests.number(1))
        let before = client.reports.count
        // Every second, from 500 ms on, for 100 ms.
        let periodic = LLRPDeviceTests.part(
            179, [2] + LLRPDeviceTests.part(180, [0, 0, 0x01, 0xF4, 0, 0, 0x03, 0xE8]))
        client.ask(20, LLRPDeviceTests.roSpec(2, start: periodic, ends: [1, 0, 0, 0, 100], trigger: 2, count: 0))
        client.ask(24, LLRPDeviceTests.number(2))
        client.pass(.milliseconds(499))
        #expect(client.states() == [2: 1])
        client.pass(.milliseconds(51))
        #expect(client.states() == [2: 2])
        client.pass(.milliseconds(2500))
        #expect(client.reports.count == before + 3)
    }

    /// With a date, and with an offset from when it was added that is past when it is enabled.
    @Test func periodsCountFromTheirDate() {
        let client = Client(LLRPDevice(epoch: 1000))
        // The reader's clock shows 1005 s: at 1007 s, every second.
        let date = LLRPDeviceTests.part(128, [0, 0, 0, 0, 0x3C, 0x05, 0x99, 0xC0])
        let dated = LLRPDeviceTests.part(179, [2] + LLRPDeviceTests.part(180, [0, 0, 0, 0, 0, 0, 0x03, 0xE8] + date))
        client.ask(20, LLRPDeviceTests.roSpec(start: dated, ends: [1, 0, 0, 0, 100]))
        client.ask(24, LLRPDeviceTests.number(1))
        client.pass(.milliseconds(1999))
        #expect(client.states() == [1: 1])
        client.pass(.milliseconds(2))
        #expect(client.states() == [1: 2])
        client.ask(21, LLRPDeviceTests.number(1))
        let counted = LLRPDeviceTests.part(
            179, [2] + LLRPDeviceTests.part(180, [0, 0, 0x01, 0xF4, 0, 0, 0x03, 0xE8]))
        client.ask(20, LLRPDeviceTests.roSpec(start: counted, ends: [1, 0, 0, 0, 100]))
        client.pass(.milliseconds(800))
        client.ask(24, LLRPDeviceTests.number(1))
        client.pass(.milliseconds(699))
        #expect(client.states() == [1: 1])
        client.pass(.milliseconds(2))
        #expect(client.states() == [1: 2])
    }

    @Test func reportsComeAfterSoManyTagsWithWhatWasAskedFor() throws {
        let client = Client()
        client.show(LLRPDeviceTests.tags)
        client.ask(20, LLRPDeviceTests.roSpec(count: 2, selector: [0x14, 0x80], memory: 0xC0))
        client.ask(24, LLRPDeviceTests.number(1))
        client.pass(.milliseconds(300))
        #expect(client.reports.allSatisfy { $0.count == 2 })
        let entry = Part.list(try #require(client.reports.first?.first).body)
        #expect(entry.map(\.type) == [13, 1, 6, 8, 12, 11])
        // Nothing but the EPC.
        client.ask(21, LLRPDeviceTests.number(0))
        client.ask(20, LLRPDeviceTests.roSpec(selector: [0, 0]))
        client.ask(24, LLRPDeviceTests.number(1))
        client.pass(.milliseconds(300))
        #expect(Part.list(try #require(client.reports.last?.first).body).map(\.type) == [13])
        // Everything, and an EPC of another length, and one of none.
        client.ask(21, LLRPDeviceTests.number(0))
        client.show([TagID(.epcGen2, [0xAA, 0xBB]), TagID(.epcGen2, [])])
        client.ask(20, LLRPDeviceTests.roSpec(count: 5, selector: [0xFF, 0xC0]))
        client.ask(24, LLRPDeviceTests.number(1))
        client.pass(.milliseconds(300))
        let last = try #require(client.reports.last)
        #expect(Part.list(last[0].body).map(\.type) == [13, 9, 14, 10, 1, 6, 7, 2, 4, 8])
        #expect(Part.list(last[3].body)[0] == Part(type: 241, body: [0, 16, 0xAA, 0xBB]))
        #expect(Part.list(last[4].body)[0] == Part(type: 241, body: [0, 0]))
    }

    /// EPCs that end in 1, and all but those.
    @Test func filtersChooseWhoAnswers() throws {
        let client = Client()
        client.show(LLRPDeviceTests.tags)
        // The last four bits of the EPC, behind CRC and PC.
        for (action, wanted) in [(0, 1), (1, 1), (3, 2), (4, 2), (2, 1), (5, 2)] as [(UInt8, Int)] {
            let filter = LLRPDeviceTests.part(
                331,
                [0] + LLRPDeviceTests.part(332, [0x40, 0, 124, 0, 4, 0x10])
                    + LLRPDeviceTests.part(334, [action]))
            let inventory = LLRPDeviceTests.part(222, [0, 0] + LLRPDeviceTests.part(330, [0] + filter))
            client.ask(21, LLRPDeviceTests.number(0))
            let answer = client.ask(
                20, LLRPDeviceTests.roSpec(trigger: 0, inventory: inventory))
            #expect(LLRPDeviceTests.code(answer) == 0)
            client.ask(24, LLRPDeviceTests.number(1))
            client.pass(.milliseconds(200))
            client.ask(60)
            #expect(try #require(client.reports.last).count == wanted, "action \(action)")
        }
    }

    @Test func withoutATriggerReportsAreAskedFor() {
        let client = Client()
        client.show(LLRPDeviceTests.tags)
        client.ask(20, LLRPDeviceTests.roSpec(trigger: 0))
        client.ask(24, LLRPDeviceTests.number(1))
        client.pass(.seconds(1))
        #expect(client.reports.isEmpty)
        #expect(client.ask(60)?.type == 61)
        #expect(client.reports.map(\.count) == [3])
        #expect(client.ask(60)?.body == [])
    }

    /// Two AISpecs, each with its antenna and its time.
    @Test func partsOfAROSpecComeOneAfterAnother() {
        let client = Client()
        client.show([LLRPDeviceTests.tags[0]], antennas: [1])
        client.show([LLRPDeviceTests.tags[1]], antennas: [2])
        client.ask(
            20,
            LLRPDeviceTests.roSpec(
                start: LLRPDeviceTests.null, parts: [([1], [1, 0, 0, 0, 200]), ([2], [1, 0, 0, 0, 100])], count: 0))
        client.ask(24, LLRPDeviceTests.number(1))
        client.ask(22, LLRPDeviceTests.number(1))
        client.pass(.seconds(1))
        let antennas = client.reports.map { $0.map { Part.list($0.body)[1].body } }
        #expect(antennas == [[[0, 1]], [[0, 2]]])
        #expect(client.states() == [1: 1])
    }

    @Test func theBetterPriorityGoesFirst() {
        let client = Client()
        client.ask(20, LLRPDeviceTests.roSpec(1, priority: 3))
        client.ask(20, LLRPDeviceTests.roSpec(2, start: LLRPDeviceTests.null, ends: [1, 0, 0, 0, 200], priority: 1))
        client.ask(20, LLRPDeviceTests.roSpec(3, start: LLRPDeviceTests.null, priority: 5))
        client.ask(24, LLRPDeviceTests.number(0))
        #expect(client.states() == [1: 2, 2: 1, 3: 1])
        #expect(LLRPDeviceTests.code(client.ask(22, LLRPDeviceTests.number(3))) == 401)
        #expect(LLRPDeviceTests.code(client.ask(22, LLRPDeviceTests.number(2))) == 0)
        #expect(client.states() == [1: 1, 2: 2, 3: 1])
        client.pass(.milliseconds(250))
        #expect(client.states() == [1: 2, 2: 1, 3: 1])
    }

    @Test func anAntennaWithoutItsCableReadsNothing() {
        let client = Client()
        client.ask(3, [0] + LLRPDeviceTests.part(244, LLRPDeviceTests.part(245, [0, 8, 0x80])))
        client.hear(client.device.perform(.antenna(1, connected: false), at: client.now))
        #expect(client.events(255) == [[0, 0, 1]])
        client.show(LLRPDeviceTests.tags)
        client.ask(20, LLRPDeviceTests.roSpec())
        client.ask(24, LLRPDeviceTests.number(1))
        client.pass(.seconds(1))
        #expect(client.reports.isEmpty)
        client.hear(client.device.perform(.antenna(1, connected: true), at: client.now))
        client.pass(.seconds(1))
        #expect(!client.reports.isEmpty)
    }

    @Test func anAccessSpecReadsMemoryAndEndsWhenItHasWorkedOften() throws {
        let client = Client()
        client.show([LLRPDeviceTests.tags[0]])
        client.ask(20, LLRPDeviceTests.roSpec(selector: [0x00, 0x40]))
        client.ask(24, LLRPDeviceTests.number(1))
        #expect(LLRPDeviceTests.code(client.ask(40, LLRPDeviceTests.accessSpec(4, bank: 2, words: 6, times: 2))) == 0)
        client.pass(.milliseconds(100))
        #expect(client.reports.flatMap { $0 }.allSatisfy { Part.list($0.body).map(\.type) == [13] })
        client.ask(42, LLRPDeviceTests.number(4))
        client.pass(.seconds(1))
        let read = client.reports.flatMap { $0 }.map { Part.list($0.body) }.filter { $0.contains { $0.type == 349 } }
        #expect(read.count == 2)
        #expect(try #require(read.first).map(\.type) == [13, 16, 349])
        // Good, operation 9, six words that begin as a TID does.
        #expect(try #require(read.first)[2].body.prefix(7) == [0, 0, 9, 0, 6, 0xE2, 0x80])
        #expect(Part.list(client.ask(44)?.body ?? []).map(\.type) == [287])
        // Beyond the end of a bank, and what is locked.
        for (bank, result) in [(3, 4), (0, 5)] as [(UInt8, UInt8)] {
            client.ask(40, LLRPDeviceTests.accessSpec(5, bank: bank, words: 60))
            client.ask(42, LLRPDeviceTests.number(5))
            client.pass(.milliseconds(100))
            let last = try #require(client.reports.last?.first)
            #expect(Part.list(last.body).last == Part(type: 349, body: [result, 0, 9, 0, 0]))
            client.ask(41, LLRPDeviceTests.number(5))
        }
    }
}
