public import Model

/// Who a trace is: 16 bytes, never all zero (W3C Trace Context, 3.2.2.3).
public struct TraceID: Hashable, Sendable {
    public let high: UInt64
    public let low: UInt64

    public init?(high: UInt64, low: UInt64) {
        guard high != 0 || low != 0 else { return nil }
        (self.high, self.low) = (high, low)
    }

    /// Of what is known by words: the same words give the same trace.
    public init(of words: String) { self = TraceStream(words).id(0) }

    fileprivate init(mixing base: UInt64, _ number: UInt64) {
        high = Mixed.word(base ^ Mixed.word(number))
        low = max(1, Mixed.word(high &+ base))
    }

    /// 32 lower-case digits.
    public var hex: String { Hex.word(high).lowercased() + Hex.word(low).lowercased() }
    /// The span under which all others of a record lie.
    public var root: SpanID { SpanID(Mixed.word(high ^ low)) }
}

/// 8 bytes, never all zero.
public struct SpanID: Hashable, Sendable {
    public let word: UInt64

    public init(_ word: UInt64) { self.word = max(1, word) }

    public var hex: String { Hex.word(word).lowercased() }

    /// One below it, by its place: repeated, the same.
    public func child(_ place: Int) -> SpanID { SpanID(Mixed.word(word &+ UInt64(clamping: place + 1))) }
}

/// A record's key without its number: what the traces of its records are made of. Both ends can compute it.
///
///     base = FNV-1a, 64 bits, of "AGENT/EPOCH/LANE", the epoch as 16 upper-case digits
///     high = mix(base ^ mix(seq)), low = mix(high + base), with mix the end of SplitMix64
public struct TraceStream: Sendable {
    private let base: UInt64

    public init(agent: String, epoch: UInt64, lane: Lane) {
        self.init("\(agent)/\(Hex.word(epoch))/\(lane.rawValue)")
    }

    fileprivate init(_ words: String) {
        base = words.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    public func id(_ seq: UInt64) -> TraceID { TraceID(mixing: base, seq) }
}

/// SplitMix64's finaliser (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
private enum Mixed {
    static func word(_ word: UInt64) -> UInt64 {
        var word = word &+ 0x9e37_79b9_7f4a_7c15
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }
}

/// Which traces are kept: a share of them, by their last 56 bits alone, so that everybody who asks decides the same
/// (OpenTelemetry, TraceState: Probability Sampling, "Rejection threshold").
public struct Sampling: Equatable, Sendable {
    /// Below it a trace is not kept; 2^56 keeps none.
    private let threshold: UInt64

    /// 0…1.
    public init(share: Double) { threshold = UInt64((1 - min(1, max(0, share))) * Double(UInt64(1) << 56)) }

    public func takes(_ id: TraceID) -> Bool { id.low & (1 << 56 - 1) >= threshold }
}

/// What one program tells the next of a trace: `00-TRACE-SPAN-FLAGS` (W3C Trace Context, 3.2).
public struct TraceParent: Equatable, Sendable {
    public var trace: TraceID
    public var span: SpanID
    public var isSampled: Bool

    public init(trace: TraceID, span: SpanID, isSampled: Bool) {
        (self.trace, self.span, self.isSampled) = (trace, span, isSampled)
    }

    /// Nil for what is none. A later version may say more behind a further `-`.
    public init?(_ text: String) {
        let bytes = Array(text.utf8.prefix(56))
        guard bytes.count >= 55, bytes[2] == 0x2d, bytes[35] == 0x2d, bytes[52] == 0x2d,
            let version = TraceParent.word(bytes[0..<2]), version != 0xff,
            version == 0 ? text.utf8.count == 55 : bytes.count == 55 || bytes[55] == 0x2d,
            let high = TraceParent.word(bytes[3..<19]), let low = TraceParent.word(bytes[19..<35]),
            let trace = TraceID(high: high, low: low), let span = TraceParent.word(bytes[36..<52]), span != 0,
            let flags = TraceParent.word(bytes[53..<55])
        else { return nil }
        self.init(trace: trace, span: SpanID(span), isSampled: flags & 1 == 1)
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        var word: UInt64 = 0
        for byte in bytes {
            // Upper-case digits are none here.
            guard let digit = Hex.digit(byte), byte < 0x41 || byte > 0x46 else { return nil }
            word = word << 4 | UInt64(digit)
        }
        return word
    }

    public var text: String { "00-\(trace.hex)-\(span.hex)-0\(isSampled ? 1 : 0)" }
}
