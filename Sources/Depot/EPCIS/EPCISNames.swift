import Identifiers
public import Model

/// What things, articles, places and papers are called in EPCIS: GS1 Digital Links at `id.gs1.org` where they have a GS1 key (EPCIS 2.0
/// §6.4; the length of a company prefix, which EPC URNs need, is never guessed), and otherwise names of this installation.
public struct EPCISNames: Equatable, Sendable {
    /// Begins every name of ours: `urn:quai:centre`.
    public var own: String
    /// The site's GLN; a zone is its extension (AI 254). Nil: zones have names of ours.
    public var gln: String?
    /// GLNs of single zones.
    public var zones: [String: String]

    public init(instance: String, gln: String? = nil, zones: [String: String] = [:]) {
        (own, self.gln, self.zones) = ("urn:quai:\(instance)", gln, zones)
    }

    static let links = "https://id.gs1.org"

    public func zone(_ zone: String) -> String {
        if let gln = zones[zone] { return "\(EPCISNames.links)/414/\(gln)" }
        guard let gln else { return "\(own):zone:\(EPCISNames.escaped(zone))" }
        return "\(EPCISNames.links)/414/\(gln)/254/\(EPCISNames.escaped(zone))"
    }

    public func delivery(_ note: String, of supplier: String) -> String {
        "\(own):delivery:\(EPCISNames.escaped(supplier)):\(EPCISNames.escaped(note))"
    }

    public func order(_ number: String) -> String { "\(own):order:\(EPCISNames.escaped(number))" }

    /// What the ERP calls the receipt.
    public func receipt(_ number: String) -> String { "\(own):receipt:\(EPCISNames.escaped(number))" }

    public func pallet(_ sscc: String) -> String { "\(EPCISNames.links)/00/\(sscc)" }

    /// An article, or a lot of it.
    public func article(_ code: String, lot: String? = nil) -> String {
        let lot = lot.flatMap { $0.isEmpty ? nil : $0 }
        guard GS1.isGTIN(code) else {
            let article = "\(own):article:\(EPCISNames.escaped(code))"
            return lot.map { "\(article):\(EPCISNames.escaped($0))" } ?? article
        }
        let article = "\(EPCISNames.links)/01/\(code)"
        return lot.map { "\(article)/10/\(EPCISNames.escaped($0))" } ?? article
    }

    /// A thing that was read: `tag:HEX`, `item:GTIN/SERIAL`, `sscc:…`; nil where it has no name of its own.
    public func thing(_ subject: String) -> String? {
        if subject.hasPrefix("sscc:") {
            return pallet(String(subject.dropFirst(5).prefix { $0 != "/" }))
        }
        if subject.hasPrefix("item:") {
            let parts = subject.dropFirst(5).split(separator: "/", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            return piece(String(parts[0]), String(parts[1]))
        }
        guard subject.hasPrefix("tag:"), let bytes = Hex.bytes(subject.dropFirst(4)) else { return nil }
        let epc = try? EPC(bytes)
        if let gtin = epc?.gtin, let serial = epc?.serial { return piece(gtin, serial) }
        if let sscc = epc?.sscc { return pallet(sscc) }
        return "\(own):tag:\(subject.dropFirst(4))"
    }

    private func piece(_ gtin: String, _ serial: String) -> String {
        guard GS1.isGTIN(gtin) else { return "\(article(gtin)):\(EPCISNames.escaped(serial))" }
        return "\(EPCISNames.links)/01/\(gtin)/21/\(EPCISNames.escaped(serial))"
    }

    /// How an amount of it is told: pieces without a unit, what nobody knows as pieces, too (EPCIS 2.0 §7.3.3.3).
    public static func unit(_ measure: Measure) -> String? { measure.isDivisible ? measure.code : nil }

    /// Unreserved characters of RFC 3986 stay, also those that a Digital Link may hold and CBV's hash escapes.
    public static func escaped(_ text: String) -> String {
        text.utf8.reduce(into: "") { out, byte in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-._~".utf8.contains(byte)
            out += isPlain ? String(UnicodeScalar(byte)) : "%\(Hex.string([byte]))"
        }
    }
}
