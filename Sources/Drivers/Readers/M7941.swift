public import Model

extension Driver {
    /// 125 kHz and 13.56 MHz modules that send one binary frame a card. Source: 7941E data sheet, UART output.
    public static let m7941 = Driver(
        name: "7941e", title: "7941E and relatives, one binary frame a card (125 kHz, 13.56 MHz)", kind: .reader,
        line: .serial(baud: 9600),
        recognise: frames("a 7941E card frame", { M7941Frame.take(from: &$0) }),
        sealing: .frames({ M7941Frame.take(from: &$0) }) { bytes in
            bytes[bytes.count - 2] = bytes.dropFirst().dropLast(2).reduce(0, ^)
        },
        source: "7941E data sheet, UART output (herra/rfidtagsclone)",
        session: { _ in ListeningReader<M7941>() })
}

struct M7941: ListeningFamily {
    static func take(from bytes: inout [UInt8]) -> Framed<M7941Frame>? { M7941Frame.take(from: &bytes) }

    static func observation(of frame: M7941Frame) -> Observation? {
        var read = TagRead(id: frame.id)
        // ISO 14443-3: a four-byte number that begins with 08 is drawn anew at each tap.
        read.isRandom = frame.id.scheme == .iso14443a && frame.id.bytes.count == 4 && frame.id.bytes[0] == 0x08
        return .tag(read)
    }
}

// 02 0A 02 2E 00 B6 D7 B5 F2 03
// 0  1  2  3              8  9      head, length of all, type of card, number, xor from the length on, tail
public struct M7941Frame: Equatable, Sendable {
    public var id: TagID

    /// Nil asks for more bytes; anything returned has been removed from `bytes`.
    public static func take(from bytes: inout [UInt8]) -> Framed<M7941Frame>? {
        guard let start = bytes.firstIndex(of: 0x02) else { return .dropping(bytes.count, from: &bytes) }
        guard start == 0 else { return .dropping(start, from: &bytes) }
        guard bytes.count >= 3 else { return nil }
        // One length for each type that we know: what else begins so is no card.
        let scheme: TagID.Scheme
        switch (bytes[2], bytes[1]) {
        case (0x02, 10): scheme = .em4100
        case (0x01, 9), (0x03, 9), (0x01, 12), (0x03, 12): scheme = .iso14443a
        case (0x30, 13): scheme = .iso15693
        default: return .dropping(1, from: &bytes)
        }
        let length = Int(bytes[1])
        guard bytes.count >= length else { return nil }
        guard bytes[1..<length - 1].reduce(0, ^) == 0, bytes[length - 1] == 0x03,
            bytes[3..<length - 2].contains(where: { $0 != 0 })
        else { return .dropping(1, from: &bytes) }
        let frame = M7941Frame(id: TagID(scheme, Array(bytes[3..<length - 2])))
        bytes.removeFirst(length)
        return .frame(frame)
    }
}
