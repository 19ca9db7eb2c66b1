import Drivers
import Model
import Testing

struct ListeningReaderTests {
    private func tags(_ name: String, _ hex: String) -> [TagRead] {
        var session = Driver.named(name)!.session(SessionSettings())
        _ = session.handle(.opened, at: .zero)
        return session.handle(.bytes(Hex.bytes(hex)!), at: .zero).observations.compactMap {
            if case .tag(let read) = $0 { read } else { nil }
        }
    }

    @Test func aCFFrameTellsAntennaAndStrength() throws {
        let read = try #require(tags("chafon-cf", "CF0000011200FD8A01000CE280691500004020ED9648B35750").first)
        #expect(read.id.hex == "E280691500004020ED9648B3" && read.antenna == 1 && read.rssiDBm == -63)
    }

    @Test func whatACFFrameSaysIsWrittenAsItIsRead() {
        let frame = ChafonCFFrame(ChafonCFFrame.inventory, [0, 0xFE, 0x0C, 2, 5, 2, 0x12, 0x34])
        var bytes = frame.bytes
        #expect(ChafonCFFrame.take(from: &bytes) == .frame(frame) && bytes.isEmpty)
        #expect(frame.tag?.antenna == 2)
    }

    /// The manual's frames have the CRC's high byte first, the one that was printed of an active reader its low byte.
    @Test(arguments: ["CFFF000200E761", "CF00000201009EEA", "CFFF00720017A5", "CF0000710100F156"])
    func eitherOrderOfTheCRCIsTaken(hex: String) {
        var bytes = Hex.bytes(hex)!
        guard case .frame(let frame)? = ChafonCFFrame.take(from: &bytes) else {
            Issue.record("\(hex) is no frame")
            return
        }
        #expect(bytes.isEmpty)
        var swapped = frame.bytes
        swapped.swapAt(swapped.count - 1, swapped.count - 2)
        #expect(ChafonCFFrame.take(from: &swapped) == .frame(frame))
    }

    /// 38 bits of number and 10 of country; a longer one is no ISO 11784 code, though its checksums hold.
    @Test func anAnimalsTagIsItsISO11784Code() {
        let frame = WL134Frame(number: 123_456_789_012, country: 250)
        #expect(tags("wl134", Hex.string(frame.bytes)).map(\.id) == [TagID(.raw, Hex.bytes("80003E9CBE991A14")!)])
        var bytes = frame.bytes
        bytes[10] = UInt8(ascii: "F")
        let sum = bytes[1..<27].reduce(0, ^)
        (bytes[27], bytes[28]) = (sum, ~sum)
        #expect(tags("wl134", Hex.string(bytes)).isEmpty)
    }

    @Test func a7941NamesTheKindOfCard() {
        #expect(tags("7941e", "020A022E00B6D7B5F203").map(\.id.scheme) == [.em4100])
        #expect(tags("7941e", "0209016B3D12D69A03").map(\.id.scheme) == [.iso14443a])
        #expect(tags("7941e", "020901084433225503").map(\.isRandom) == [true])
        #expect(tags("7941e", "020A0200000000000803").isEmpty)
    }

    /// Who talks by himself is recognised by a good frame and by nothing less.
    @Test(arguments: [
        ("chafon-cf", "CF0000011200FD8A01000CE280691500004020ED9648B35750"), ("7941e", "020A022E00B6D7B5F203"),
    ])
    func aGoodFrameIsRecognisedAndADamagedOneIsNot(name: String, hex: String) {
        var bytes = Hex.bytes(hex)!
        let others = Driver.catalog.filter { $0.kind == .reader && $0.name != name }
        guard case .certain? = Driver.named(name)?.recognise?(bytes) else {
            Issue.record("not recognised")
            return
        }
        for driver in others { if case .certain? = driver.recognise?(bytes) { Issue.record("\(driver.name) too") } }
        bytes[5] ^= 1
        #expect(Driver.named(name)?.recognise?(bytes) == Evidence.none)
    }
}
