import Devices
import Model
import Testing

@testable import Drivers

/// Frames that begin with RF, and RED RCP.
struct RFTests {
    /// Power in dBm (4.0.3) or in hundredths (4.0.1): as the reader tells it, so it is told.
    @Test(arguments: [true, false])
    func powerIsSetAsTheReaderTellsIt(isShort: Bool) throws {
        var line = DeviceTests.Conversation(
            .rfTLV, RFTLVDevice(isShort: isShort), settings: SessionSettings(name: "dev", powerDBm: 25))
        line.pass(.seconds(1))
        #expect(line.conditions.last == .ready)
        let faults = line.seen.filter { if case .fault = $0 { true } else { false } }
        #expect(faults.isEmpty && line.script.contains { $0.contains(isShort ? "2602" + "0119" : "2603" + "0109C4") })
    }

    /// Another address on the bus than 0: who speaks by himself has told his.
    @Test func anAddressIsLearnt() throws {
        var session = Driver.rfTLV.session(SessionSettings(name: "dev"))
        _ = session.handle(.opened, at: .zero)
        let notice = RFTLVFrame(.notice, 0x80, [0x50, 4, 1, 2, 0xE2, 0x80], address: 0x0102)
        let told = session.handle(.bytes(notice.bytes), at: .zero)
        #expect(told.observations == [.tag(TagRead(id: TagID(.epcGen2, [0xE2, 0x80])))])
        let again = session.handle(.tick, at: .milliseconds(400)).send
        #expect(Hex.string(again).hasPrefix("5246000102" + "40"))
    }

    @Test func aStrengthThatNoReceiverMeasuresIsLeft() {
        func strength(_ byte: UInt8) -> Double? {
            RFTLVFrame(.notice, 0x80, [0x50, 7, 1, 2, 0xE2, 0x80, 5, 1, byte]).tags.first?.rssiDBm
        }
        #expect(strength(0xC3) == -61 && strength(0x99) == nil && strength(0x26) == nil)
    }

    /// A length that runs over the end costs what stands behind it, never what stood before.
    @Test func aTagThatLiesAboutItsLengthIsLeft() {
        #expect(RFTLVFrame(.notice, 0x80, [0x50, 4, 1, 2, 0xE2, 0x80, 0x50, 99, 1]).tags.count == 1)
        #expect(RFTLVFrame(.notice, 0x80, [0x50, 4, 1, 9, 0xE2, 0x80]).tags.isEmpty)
        #expect(RFTLVFrame(.notice, 0x80, []).tags.isEmpty)
    }

    /// BB begins the frames of two families; each leaves the other's.
    @Test func aPacketOfOneFamilyIsNoneOfAnother() {
        let rcp = Hex.bytes("BB0222000E3000E2000016601601551580753D7E5C46")!
        let m100 = Hex.bytes("BB02220011C9340030751FEB705C5904E3D50D703A76EF7E")!
        #expect(Driver.m100.recognise?(rcp) == Evidence.none && Driver.rcp.recognise?(m100) == Evidence.none)
        #expect(Driver.rcp.recognise?(rcp) != Evidence.none && Driver.m100.recognise?(m100) != Evidence.none)
        // Our own questions come back from a loop.
        #expect(Driver.rcp.recognise?(RCPFrame(.command, 3, [0]).bytes) == Evidence.none)
        #expect(Driver.rfTLV.recognise?(RFTLVFrame(.command, 0x40).bytes) == Evidence.none)
    }

    /// The PC says how long the EPC is; what stands behind it is not part of it.
    @Test func thePCDecidesTheLength() {
        #expect(RCPFrame(.notice, 0x22, [0x10, 0, 0xE2, 0x80, 0x11, 0x06, 0xAA]).tag?.id.hex == "E2801106")
        #expect(RCPFrame(.notice, 0x22, [0x00, 0]).tag == nil && RCPFrame(.notice, 0x22, [0x00, 0, 1, 2]).tag == nil)
    }

    @Test func powerThatCannotBeSetIsSaid() {
        var line = DeviceTests.Conversation(.rcp, RCPDevice(), settings: SessionSettings(name: "dev", powerDBm: 20))
        line.pass(.seconds(1))
        let faults = line.seen.compactMap { if case .fault(let fault) = $0 { fault.code } else { nil } }
        #expect(faults == ["power-unsupported"] && line.conditions.last == .ready)
    }
}
