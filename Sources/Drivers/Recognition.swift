import Model

/// A harmless question to an unknown line (docs/how-to/plug-in-a-reader.md).
public struct Probe: Equatable, Sendable {
    /// Its place in the order in which an unknown line is asked.
    public var step: Int
    public var baud: Int
    public var send: [UInt8]
    /// How long the answer may take.
    public var wait: Duration

    public init(step: Int, baud: Int, send: [UInt8], wait: Duration) {
        self.step = step
        self.baud = baud
        self.send = send
        self.wait = wait
    }
}

/// What bytes say about who sent them.
public enum Evidence: Equatable, Sendable {
    case none
    /// Could be this family and could be another.
    case likely(String)
    /// A checksum or a signature that nothing else makes.
    case certain(String)
}

extension Driver {
    /// Certain as soon as one frame with a good checksum is among the bytes.
    static func frames<Frame>(
        _ what: String, _ take: @escaping @Sendable (inout [UInt8]) -> Framed<Frame>?,
        where test: @escaping @Sendable (Frame) -> Bool = { _ in true }
    ) -> @Sendable ([UInt8]) -> Evidence {
        { bytes in
            var rest = bytes
            while let step = take(&rest) {
                if case .frame(let frame) = step, test(frame) { return .certain(what) }
            }
            return .none
        }
    }
}
