public import Model

extension Driver {
    /// 134.2 kHz modules for ISO 11784 tags (FDX-B). Source: WL-134 data sheet; Makuna/Rfid134; esphome, component wl_134.
    public static let wl134 = Driver(
        name: "wl134", title: "WL-134 and relatives, 134.2 kHz (ISO 11784/11785)", kind: .reader,
        line: .serial(baud: 9600),
        recognise: frames("a 134.2 kHz frame with both checksums good", { WL134Frame.take(from: &$0) }),
        source: "WL-134 data sheet; Makuna/Rfid134; esphome component wl_134",
        session: { _ in ListeningReader<WL134>() })
}

/// It sends a frame once when a tag comes, and again when the tag comes back.
struct WL134: ListeningFamily {
    static func take(from bytes: inout [UInt8]) -> Framed<WL134Frame>? { WL134Frame.take(from: &bytes) }

    static func observation(of frame: WL134Frame) -> Observation? { .tag(TagRead(id: frame.id)) }
}

/// 30 bytes, numbers in hexadecimal digits with the lowest first, both checksums in binary.
// 02 'B08AB91BA0' '4830' '0' '1' '0000' '000000' xor ~xor 03
// 0  1            11     15  16  17     21       27  28   29     number country data animal reserved reserved
public struct WL134Frame: Equatable, Sendable {
    public static let length = 30

    /// 38 bits.
    public var number: UInt64
    /// ISO 3166 numeric or a manufacturer's code from 900; 10 bits.
    public var country: UInt16
    public var hasData: Bool
    public var isAnimal: Bool

    public init(number: UInt64, country: UInt16, hasData: Bool = false, isAnimal: Bool = true) {
        self.number = number & 0x3F_FFFF_FFFF
        self.country = country & 0x3FF
        self.hasData = hasData
        self.isAnimal = isAnimal
    }

    /// The 64 bits of ISO 11784, table 1: animal 1, retagging and user 8, reserved 6, data 1, country 10, number 38.
    public var id: TagID {
        let code = (isAnimal ? 1 << 63 : 0) | (hasData ? 1 << 48 : 0) | UInt64(country) << 38 | number
        return TagID(.raw, (0..<8).map { UInt8(truncatingIfNeeded: code >> UInt64(56 - 8 * $0)) })
    }

    public var bytes: [UInt8] {
        let text =
            WL134Frame.digits(number, 10) + WL134Frame.digits(UInt64(country), 4) + [hasData ? 0x31 : 0x30]
            + [isAnimal ? 0x31 : 0x30] + [UInt8](repeating: 0x30, count: 10)
        let sum = text.reduce(0, ^)
        return [0x02] + text + [sum, ~sum, 0x03]
    }

    /// Nil asks for more bytes; anything returned has been removed from `bytes`.
    public static func take(from bytes: inout [UInt8]) -> Framed<WL134Frame>? {
        guard let start = bytes.firstIndex(of: 0x02) else { return .dropping(bytes.count, from: &bytes) }
        guard start == 0 else { return .dropping(start, from: &bytes) }
        for at in 1..<min(27, bytes.count) where Hex.digit(bytes[at]) == nil { return .dropping(1, from: &bytes) }
        guard bytes.count >= length else { return nil }
        let sum = bytes[1..<27].reduce(0, ^)
        let (number, country) = (value(bytes[1..<11]), value(bytes[11..<15]))
        // A number or country of more bits is no ISO 11784 code; an all-zero one is what a shorted line sends.
        guard bytes[27] == sum, bytes[28] == ~sum, bytes[29] == 0x03, number >> 38 == 0, country >> 10 == 0,
            number | country != 0
        else { return .dropping(1, from: &bytes) }
        let frame = WL134Frame(
            number: number, country: UInt16(country), hasData: bytes[15] == 0x31, isAnimal: bytes[16] == 0x31)
        bytes.removeFirst(length)
        return .frame(frame)
    }

    private static func digits(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { Array("0123456789ABCDEF".utf8)[Int(value >> UInt64(4 * $0) & 0xF)] }
    }

    private static func value(_ digits: ArraySlice<UInt8>) -> UInt64 {
        digits.reversed().reduce(0) { $0 << 4 | UInt64(Hex.digit($1) ?? 0) }
    }
}
