/// The address of a page in a program of the site's own, with places for what is known of a call: `https://crm/?tel={e164}`.
/// What is put in a place is percent-encoded, so that no caller's name becomes part of an address.
public struct CardLink: Equatable, Sendable {
    /// What may stand in braces.
    public enum Place: String, CaseIterable, Sendable {
        /// `+33612340091`, and `06 12 34 00 91` as people of the region write it: of the other side.
        case e164, national
        /// The client where there is only one, or what the exchange sent; may be empty.
        case name
        /// The call as the centre names it, and the telephone of whoever looks.
        case call, `extension`
    }

    /// Why a template is none: a sentence that goes on from the name of the setting.
    public struct Problem: Error, Equatable, Sendable {
        public var text: String
    }

    private enum Part: Equatable {
        case text(String)
        case place(Place)
    }

    /// Longest template, in bytes.
    public static let limit = 2000
    /// Longest value put in a place, in characters; callers choose names.
    static let valueLimit = 128

    private let parts: [Part]

    /// Only `http` and `https`, with a host that is written out: nothing that a caller sends can choose where a page leads.
    public init(_ template: String) throws(Problem) {
        guard template.utf8.count <= CardLink.limit else {
            throw Problem(text: "is longer than \(CardLink.limit) bytes")
        }
        let isPlain = template.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"\"<>\\^`|".utf8.contains($0) }
        guard isPlain else { throw Problem(text: "has spaces or signs that must be percent-encoded") }
        let lower = template.lowercased()
        guard let scheme = ["https://", "http://"].first(where: lower.hasPrefix) else {
            throw Problem(text: "must begin with https:// or http://")
        }
        let authority = template.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
        guard !authority.isEmpty, !authority.hasPrefix(":"), !authority.contains(where: { "{}@".contains($0) }) else {
            throw Problem(text: "needs a host that is written out, without a user or a place")
        }
        var parts: [Part] = []
        var rest = template[...]
        while let open = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[open] == "{", let close = rest[open...].firstIndex(of: "}") else {
                throw Problem(text: "has a brace without its other half")
            }
            let name = rest[rest.index(after: open)..<close]
            guard let place = Place(rawValue: String(name)) else {
                let known = Place.allCases.map { "{\($0.rawValue)}" }.joined(separator: ", ")
                throw Problem(text: "has {\(name)}; known are \(known)")
            }
            if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
            parts.append(.place(place))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        self.parts = parts
    }

    /// A value for every place, to try a template with.
    public static let sample: [Place: String] = [
        .e164: "+33612340091", .national: "06 12 34 00 91", .name: "Dupont", .call: "dock/pbx/1", .extension: "101",
    ]

    /// Nil where a place has no value: a page about nobody helps nobody. A name may be missing.
    public func url(_ values: [Place: String]) -> String? {
        var url = ""
        for part in parts {
            switch part {
            case .text(let text): url += text
            case .place(let place):
                let value = values[place] ?? ""
                guard !value.isEmpty || place == .name else { return nil }
                url += CardLink.encoded(String(value.prefix(CardLink.valueLimit)))
            }
        }
        return url
    }

    /// Unreserved signs stay (RFC 3986 2.3); dots alone would be a step up in a path.
    static func encoded(_ text: String) -> String {
        guard !text.allSatisfy({ $0 == "." }) else { return "" }
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { out, byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                out += "%"
                out.append(digits[Int(byte >> 4)])
                out.append(digits[Int(byte & 15)])
            }
        }
    }
}
