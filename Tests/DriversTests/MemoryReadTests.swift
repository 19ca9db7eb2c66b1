import Devices
import Model
import Testing

@testable import Drivers

/// TID and user memory that a site asks for.
struct MemoryReadTests {
    private static func settings(_ memory: [MemoryRead]) -> SessionSettings {
        var settings = SessionSettings(name: "dev")
        settings.memory = memory
        return settings
    }

    @Test func memoryIsReadWithEachSighting() {
        var line = DeviceTests.Conversation(
            .llrp, LLRPDevice(), settings: MemoryReadTests.settings([MemoryRead(.tid), MemoryRead(.user)]))
        line.pass(.seconds(1))
        #expect(line.conditions.last == .ready)
        line.perform(.present([DeviceTests.tag], lasting: .seconds(1)))
        line.pass(.seconds(1))
        #expect(!line.tags.isEmpty && line.noise == 0)
        // What the simulated tags have.
        #expect(line.tags.allSatisfy { $0.tid == Hex.bytes("E280110520004E4000001A85")! })
        #expect(line.tags.allSatisfy { $0.userMemory == [UInt8](repeating: 0, count: 8) })
        // With the AccessSpec's number, and with nothing lost of what stands without it.
        #expect(line.tags.allSatisfy { $0.antenna == 1 && $0.rssiDBm != nil && $0.crcIsValid == true })
        // Only ours is ever deleted.
        #expect(line.script.filter { $0.hasPrefix("> 0829") }.allSatisfy { $0.hasSuffix("51554149") })
        let goodbye = Hex.string(line.session.handle(.closing, at: line.now).send)
        #expect(goodbye.contains("08290000000E"))
    }

    /// Nobody asked: no message about AccessSpecs goes out.
    @Test func withoutAWishNothingChanges() {
        var line = DeviceTests.Conversation(.llrp, LLRPDevice(), settings: SessionSettings(name: "dev"))
        line.pass(.seconds(1))
        #expect(!line.script.contains { $0.hasPrefix("> 0828") || $0.hasPrefix("> 0829") })
    }

    /// More words than the tag has: the tag is told all the same.
    @Test func aTagThatHasLessComesWithout() {
        var line = DeviceTests.Conversation(
            .llrp, LLRPDevice(), settings: MemoryReadTests.settings([MemoryRead(.tid), MemoryRead(.user, words: 31)]))
        line.pass(.seconds(1))
        line.perform(.present([DeviceTests.tag], lasting: .seconds(1)))
        line.pass(.seconds(1))
        #expect(line.tags.first?.tid?.count == 12 && line.tags.first?.userMemory == nil)
    }

    /// The wish is gone from the file: the former AccessSpec of our number goes, another program's stays.
    @Test func aFormerAccessSpecGoes() {
        var first = DeviceTests.Conversation(
            .llrp, LLRPDevice(), settings: MemoryReadTests.settings([MemoryRead(.tid)]))
        first.pass(.seconds(1))
        var device = first.device
        let other = LLRPMessage(40, id: 9, version: 2, LLRPDeviceTests.accessSpec(1, bank: 2, words: 2)).bytes
        _ = device.handle(.bytes(other), at: first.now)
        _ = device.handle(.closed, at: first.now)
        var second = DeviceTests.Conversation(.llrp, device, settings: SessionSettings(name: "dev"))
        second.pass(.seconds(1))
        #expect(second.conditions.last == .ready)
        let list = Hex.string(second.device.handle(.bytes(Hex.bytes("082C0000000A000000FF")!), at: second.now).send)
        #expect(list.contains("00CF") && list.contains("00000001") && !list.contains("51554149"))
    }

    /// A reader that knows no AccessSpecs reads EPCs, and says what it does not.
    @Test func aReaderThatRefusesReadsTheEPC() {
        var session = Driver.llrp.session(MemoryReadTests.settings([MemoryRead(.tid)]))
        var now = Instant.zero
        _ = session.handle(.opened, at: now)
        var (asked, conditions, faults): ([UInt16], [Condition], [String]) = ([], [], [])
        func hear(_ bytes: [UInt8]) -> [UInt8] {
            let reaction = session.handle(.bytes(bytes), at: now)
            if let condition = reaction.condition { conditions.append(condition) }
            for case .fault(let fault) in reaction.observations { faults.append(fault.code) }
            return reaction.send
        }
        var sent = hear(Hex.bytes("043F00000020000003E900F600160081000C0000000000000001010000060000")!)
        let good: [UInt8] = [0x01, 0x1F, 0, 8, 0, 0, 0, 0]
        // 109: an unsupported message.
        let bad: [UInt8] = [0x01, 0x1F, 0, 8, 0, 109, 0, 0]
        while !sent.isEmpty, asked.count < 20, case .frame(let question)? = LLRPMessage.take(from: &sent) {
            asked.append(question.type)
            let isUnknown = (40...44).contains(question.type) || question.type == 46
            now = now + .milliseconds(1)
            sent = hear(
                LLRPMessage(
                    isUnknown ? 100 : LLRPMessage.Kind.reply(to: question.type), id: question.id, version: 1,
                    isUnknown ? bad : good
                ).bytes)
        }
        #expect(asked.suffix(4) == [20, 41, 40, 24])
        #expect(conditions.last == .ready && faults == ["memory-unsupported"])
    }

    @Test func fastIDOfImpinjIsATID() {
        // TagReportData: EPC of 96 bits, then maker 25882, subtype 55: six words.
        let body = Hex.bytes("00F0002B8D3074257BF7194E4000001A8503FF001A0000651A000000370006E28011052000111122223333")!
        let (tags, unread) = LLRPReport.tags(body[...])
        #expect(unread == 0 && tags.first?.tid == Hex.bytes("E28011052000111122223333")!)
    }

    /// Results of operations that are not ours, that failed, or that end early are left.
    @Test func onlyOurGoodResultsCount() {
        #expect(LLRPAccess.result(Hex.bytes("005155000112AB")![...])?.data == [0x12, 0xAB])
        for wrong in ["00000100011234", "015155000112AB", "005155000212AB", "0051550000", "00", ""] {
            #expect(LLRPAccess.result(Hex.bytes(wrong)![...]) == nil)
        }
    }

    @Test func whatIsReadIsWrittenAsWordsOfABank() {
        #expect(MemoryRead("tid") == MemoryRead(.tid, words: 6) && MemoryRead("user:8") == MemoryRead(.user, words: 8))
        for wrong in ["", "epc", "user:", "user:0", "user:32", "user:+4", "tid:6:1", "TID"] {
            #expect(MemoryRead(wrong) == nil)
        }
    }
}
