import Model

/// What an EPC's bits say under the GS1 Tag Data Standard (TDS 1.13 and 2.x, §14). Unknown or malformed is an
/// error with a reason, never a guess.
public struct EPC: Equatable, Sendable {
    /// An application identifier with its value, such as `01` and a GTIN.
    public struct Element: Equatable, Sendable {
        public var ai: String
        public var value: String

        public init(_ ai: String, _ value: String) {
            self.ai = ai
            self.value = value
        }
    }

    public struct Unreadable: Error, Equatable, Sendable {
        public var reason: String

        init(_ reason: String) { self.reason = reason }

        public init(text reason: String) { self.reason = reason }
    }

    /// The parts of its URIs; put together only where somebody asks.
    enum Naming: Equatable, Sendable {
        case parts(filter: UInt64, family: String, [String])
        case given(tag: String?, identity: String?)
    }

    private let bytes: [UInt8]
    /// Such as `sgtin-96`.
    public var scheme: String
    private let naming: Naming
    /// The GS1 element string, in order; empty for GID, DoD and ADI.
    public var elements: [Element]
    /// The brand's own host of Digital Links, in "++" schemes.
    public var host: String?

    init(_ bytes: [UInt8], _ scheme: String, _ naming: Naming, _ elements: [Element] = []) {
        self.bytes = bytes
        self.scheme = scheme
        self.naming = naming
        self.elements = elements
    }

    init(_ bytes: [UInt8], _ scheme: String, tag: String?, identity: String?, _ elements: [Element] = []) {
        self.init(bytes, scheme, .given(tag: tag, identity: identity), elements)
    }

    public var hex: String { Hex.string(bytes) }

    /// Nil for the "+" schemes, which have no tag URI.
    public var tagURI: String? {
        switch naming {
        case .parts(let filter, _, let parts): "urn:epc:tag:\(scheme):\(filter).\(EPC.joined(parts))"
        case .given(let tag, _): tag.map { "urn:epc:tag:\(scheme):\($0)" }
        }
    }

    /// Nil where the standard defines none (the "+" schemes in a general company prefix's absence).
    public var pureIdentity: String? {
        switch naming {
        case .parts(_, let family, let parts): "urn:epc:id:\(family):\(EPC.joined(parts))"
        case .given(_, let identity): identity.map { "urn:epc:id:\($0)" }
        }
    }

    private static func joined(_ parts: [String]) -> String { parts.map(escape).joined(separator: ".") }

    public func value(_ ai: String) -> String? { elements.first { $0.ai == ai }?.value }

    public var gtin: String? { value("01") }
    public var sscc: String? { value("00") }
    /// The item's own number, whatever its scheme calls it.
    public var serial: String? { value("21") ?? value("8011") }

    /// GS1 Digital Link; nil for schemes that are not GS1's.
    public var digitalLink: String? {
        guard let first = elements.first else { return nil }
        let qualifiers = [first.ai, "21", "254", "8011"]
        let path = elements.filter { qualifiers.contains($0.ai) }
        let query = elements.filter { !qualifiers.contains($0.ai) }.map { "\($0.ai)=\(EPC.percent($0.value))" }
        return "https://\(host ?? "id.gs1.org")" + path.map { "/\($0.ai)/\(EPC.percent($0.value))" }.joined()
            + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    }

    public init(_ bytes: [UInt8]) throws(Unreadable) {
        guard let header = bytes.first else { throw Unreadable("empty") }
        guard bytes.count <= TagID.limit else { throw Unreadable("longer than a tag can hold") }
        if let scheme = EPC.partitioned[header] {
            self = try EPC.decode(scheme, bytes)
        } else if let scheme = EPC.plus[header] {
            self = try EPC.decodePlus(scheme, bytes)
        } else {
            self = try EPC.decodeOther(header, bytes)
        }
    }

    /// Characters that a URI cannot hold as they are (TDS 1.13 §6.3.1).
    static func escape(_ text: String) -> String {
        guard text.utf8.contains(where: { !(0x30...0x39).contains($0) }) else { return text }
        return text.reduce(into: "") { out, character in
            if "\"%&/<>?#".contains(character), let byte = character.asciiValue {
                out += "%\(Hex.string([byte]))"
            } else {
                out.append(character)
            }
        }
    }

    /// For a path of a Digital Link: everything but unreserved characters is escaped (RFC 3986).
    static func percent(_ text: String) -> String {
        text.utf8.reduce(into: "") { out, byte in
            let plain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-._~!'()*+,:;=".utf8.contains(byte)
            out += plain ? String(UnicodeScalar(byte)) : "%\(Hex.string([byte]))"
        }
    }

    /// SGTIN-96 from its parts, as label printers write it; nil where a part does not fit.
    public static func sgtin96(gtin: String, companyDigits: Int, serial: UInt64, filter: UInt64 = 1) -> [UInt8]? {
        let digits = gtin.compactMap(\.wholeNumberValue)
        guard GS1.isGTIN(gtin), digits.count == 14, (6...12).contains(companyDigits), serial < 1 << 38 else {
            return nil
        }
        let partition = 12 - companyDigits
        let company = digits[1..<1 + companyDigits].reduce(UInt64(0)) { $0 * 10 + UInt64($1) }
        let item = ([digits[0]] + digits[(1 + companyDigits)..<13]).reduce(UInt64(0)) { $0 * 10 + UInt64($1) }
        var bits: [Bool] = []
        for (value, count) in [
            (0x30, 8), (filter, 3), (UInt64(partition), 3), (company, companyBits[partition]),
            (item, 44 - companyBits[partition]),
            (serial, 38),
        ] as [(UInt64, Int)] {
            for index in (0..<count).reversed() { bits.append(value >> UInt64(index) & 1 == 1) }
        }
        return stride(from: 0, to: 96, by: 8).map { start in
            bits[start..<start + 8].reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
        }
    }
}
