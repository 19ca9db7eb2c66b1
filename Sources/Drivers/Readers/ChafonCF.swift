public import Model

extension Driver {
    /// Chafon's newer readers, whose frames begin with CF, as they report by themselves (active mode).
    /// Source: reelyactive/barnowl-chafon, `chafondecoder.js` and the frame in its README.
    public static let chafonCF = Driver(
        name: "chafon-cf", title: "Chafon readers with CF frames (CF591, CF661 and relatives), active mode",
        kind: .reader, line: .serial(baud: 115200),
        recognise: frames("a Chafon CF frame", { ChafonCFFrame.take(from: &$0) }) { (frame: ChafonCFFrame) in
            frame.address != 0xFF
        },
        sealing: .frames({ ChafonCFFrame.take(from: &$0) }) { bytes in
            bytes.replaceSubrange((bytes.count - 2)..., with: UHFReaderFrame.checksum(bytes.dropLast(2)).bigEndianBytes)
        },
        source: "reelyactive/barnowl-chafon, chafondecoder.js; UHF Prime Reader user manual, frame format",
        session: { _ in ListeningReader<ChafonCF>() })
}

/// Left as its owner set it: power, region and mode stay, and nothing is sent.
struct ChafonCF: ListeningFamily {
    static func take(from bytes: inout [UInt8]) -> Framed<ChafonCFFrame>? { ChafonCFFrame.take(from: &bytes) }

    static func observation(of frame: ChafonCFFrame) -> Observation? { frame.tag.map { .tag($0) } }
}

/// One frame; its CRC is the UHFReader's, over everything before it. Low byte first in the frame that barnowl-chafon prints,
/// high byte first by the manual and in the frames that others print: both are taken, and ours go as the manual says.
// CF 00 00 01 12 00 FD 8A 01 00 0C E2 80 69 15 00 00 40 20 ED 96 48 B3 57 50
// 0  1  2     4  5  6     8  9  10 11                                 23       head address command length data crc
public struct ChafonCFFrame: Equatable, Sendable {
    public static let inventory: UInt16 = 0x0001

    /// FF in a command to whoever listens.
    public var address: UInt8
    public var command: UInt16
    /// Status first, in an answer.
    public var data: [UInt8]

    public init(_ command: UInt16, _ data: [UInt8], address: UInt8 = 0) {
        self.address = address
        self.command = command
        self.data = data
    }

    public var bytes: [UInt8] {
        let framed = [0xCF, address, UInt8(command >> 8), UInt8(command & 0xFF), UInt8(data.count)] + data
        return framed + UHFReaderFrame.checksum(framed).bigEndianBytes
    }

    /// Nil asks for more bytes; anything returned has been removed from `bytes`.
    public static func take(from bytes: inout [UInt8]) -> Framed<ChafonCFFrame>? {
        guard let start = bytes.firstIndex(of: 0xCF) else { return .dropping(bytes.count, from: &bytes) }
        guard start == 0 else { return .dropping(start, from: &bytes) }
        guard bytes.count >= 5 else { return nil }
        let end = 5 + Int(bytes[4]) + 2
        guard bytes.count >= end else { return nil }
        let crc = UHFReaderFrame.checksum(bytes[..<(end - 2)])
        let sent = UInt16(bytes[end - 2]) << 8 | UInt16(bytes[end - 1])
        guard sent == crc || sent == crc.byteSwapped else { return .dropping(1, from: &bytes) }
        let frame = ChafonCFFrame(
            UInt16(bytes[2]) << 8 | UInt16(bytes[3]), Array(bytes[5..<end - 2]), address: bytes[1])
        bytes.removeFirst(end)
        return .frame(frame)
    }

    /// Status 00, RSSI (tenths of a dBm, signed), antenna (from 1), channel, EPC length, EPC. Nil when it is not exactly that.
    public var tag: TagRead? {
        guard command == ChafonCFFrame.inventory, data.count > 6, data[0] == 0 else { return nil }
        let length = Int(data[5])
        guard length > 0, length <= TagID.limit, length.isMultiple(of: 2), data.count == 6 + length else { return nil }
        let tenths = Int16(bitPattern: UInt16(data[1]) << 8 | UInt16(data[2]))
        return TagRead(
            id: TagID(.epcGen2, Array(data[6...])), rssiDBm: Double(tenths) / 10,
            antenna: data[3] > 0 ? Int(data[3]) : nil)
    }
}
