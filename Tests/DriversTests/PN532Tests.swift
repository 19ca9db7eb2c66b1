import Devices
import Drivers
import Model
import Testing

struct PN532Tests {
    @Test(arguments: ["DEADBEEF", "04A1B2C3D4E580", "04112233445566778899"])
    func aCardOfEveryLengthIsRead(uid: String) {
        let tag = TagID(.iso14443a, Hex.bytes(uid)!)
        var line = DeviceTests.Conversation(.pn532, PN532Device(), settings: SessionSettings())
        line.perform(.present([tag], lasting: .seconds(1)))
        line.pass(.seconds(1))
        #expect(line.conditions.last == .ready && line.noise == 0)
        #expect(Set(line.tags.map(\.id)) == [tag] && line.tags.allSatisfy { !$0.isRandom })
    }

    @Test func aTelephoneDrawsItsNumberAnew() {
        var line = DeviceTests.Conversation(.pn532, PN532Device(), settings: SessionSettings())
        line.perform(.present([TagID(.iso14443a, [0x08, 1, 2, 3])], lasting: .seconds(1)))
        line.pass(.milliseconds(500))
        #expect(line.tags.first?.isRandom == true)
    }

    /// A line that gives back what it is sent is no chip, nor is one that only acknowledges.
    @Test func anEchoOrAnAckIsNoReader() {
        let driver = Driver.pn532
        #expect(
            driver.recognise?(PN532Frame.wakeUp + PN532Frame.command(PN532Frame.Code.firmware, []).bytes)
                == Evidence.none)
        #expect(driver.recognise?(PN532Frame.ack.bytes) == Evidence.none)
        guard case .certain? = driver.recognise?(PN532Frame.ack.bytes + PN532Frame.answer(3, [0x32, 1, 6, 7]).bytes)
        else {
            Issue.record("not recognised")
            return
        }
    }

    @Test(arguments: [PN532Frame.ack, .nack, .error, .command(0x4A, [1, 0]), .answer(0x4B, [0]), .answer(0x15, [])])
    func everyFrameIsReadAsItIsWritten(frame: PN532Frame) {
        var bytes = frame.bytes
        #expect(PN532Frame.take(from: &bytes) == .frame(frame) && bytes.isEmpty)
    }

    /// Counts and lengths from outside that reach beyond the frame give fewer cards, never a trap.
    @Test func aShortListOfCardsIsReadAsFarAsItGoes() {
        let whole = PN532Frame.answer(0x4B, [9, 1, 0, 4, 0x20, 4, 1, 2, 3, 4, 0xFF, 1])
        var session = Driver.pn532.session(SessionSettings())
        _ = session.handle(.opened, at: .zero)
        let seen = session.handle(.bytes(whole.bytes), at: .zero).observations
        #expect(seen.map(\.words) == ["tag 01020304"])
    }
}
