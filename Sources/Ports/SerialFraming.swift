/// How a byte is framed on a serial line; 8N1 from the factory almost everywhere, 7E1 on some scanners.
public struct SerialFraming: Equatable, Sendable {
    public enum Parity: String, Sendable, CaseIterable {
        case none, even, odd, mark, space
    }

    /// 7 or 8.
    public var dataBits: Int
    public var parity: Parity
    /// 1 or 2.
    public var stopBits: Int

    public init(dataBits: Int = 8, parity: Parity = .none, stopBits: Int = 1) {
        self.dataBits = dataBits
        self.parity = parity
        self.stopBits = stopBits
    }

    /// Such as `7E1`.
    public var text: String { "\(dataBits)\(parity.rawValue.first?.uppercased() ?? "N")\(stopBits)" }
}
