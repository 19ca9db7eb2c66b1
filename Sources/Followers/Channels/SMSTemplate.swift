import Model

/// A provider of text messages, as a request with places: `{number}`, `{text}` and, where the provider wants a secret, `{secret}`. What is
/// put in is escaped as the place asks, so that no text becomes a part of the request.
public struct SMSTemplate: Equatable, Sendable {
    public var method: String
    public var url: String
    /// `Content-Type` says how the body is escaped.
    public var headers: [Header]
    public var body: String

    public struct Header: Equatable, Sendable {
        public var name: String
        public var value: String

        public init(name: String, value: String) { (self.name, self.value) = (name, value) }
    }

    /// Why a template is none, for people.
    public enum Fault: Error, Equatable, CustomStringConvertible {
        case place(String)
        case open
        case noNumber
        case noText
        case header(String)
        case type(String)

        public var description: String {
            switch self {
            case .place(let name): "has no {\(name)}: {number}, {text} and {secret} can be written"
            case .open: "has a { that is not closed; in JSON, write {{ and }} for braces of its own"
            case .noNumber: "has no {number}, neither in the url nor in the body"
            case .noText: "has no {text}, neither in the url nor in the body"
            case .header(let line): "\"\(line)\" is no header such as \"Authorization: Bearer {secret}\""
            case .type(let type): "of type \(type) cannot be escaped: JSON, form, XML and plain text can"
            }
        }
    }

    /// Characters of one message: some three parts, as telephones join them (3GPP TS 23.040, 9.2.3.24.1).
    public static let limit = 400

    enum Escape: Equatable { case none, percent, json, xml }

    /// Checks each place, so that `request` cannot fail.
    public init(method: String, url: String, headers: [String], body: String) throws(Fault) {
        (self.method, self.url, self.body) = (method, url, body)
        var read: [Header] = []
        for line in headers {
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex,
                line[..<colon].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
                line.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else { throw .header(line) }
            read.append(
                Header(
                    name: String(line[..<colon]), value: String(line[line.index(after: colon)...].drop { $0 == " " })))
        }
        self.headers = read
        _ = try self.escape
        var named: Set<String> = []
        for text in [url, body] + read.map(\.value) {
            _ = try SMSTemplate.fill(text, .none) {
                named.insert($0)
                return ""
            }
        }
        if let odd = named.subtracting(["number", "text", "secret"]).sorted().first { throw .place(odd) }
        var inside: Set<String> = []
        for text in [url, body] {
            _ = try SMSTemplate.fill(text, .none) {
                inside.insert($0)
                return ""
            }
        }
        guard inside.contains("number") else { throw .noNumber }
        guard inside.contains("text") else { throw .noText }
    }

    private var type: String {
        headers.first { $0.name.lowercased() == "content-type" }?.value.lowercased() ?? ""
    }

    private var escape: Escape {
        get throws(Fault) {
            let type = String(type.prefix { $0 != ";" && $0 != " " })
            if type == "application/json" || type.hasSuffix("+json") { return .json }
            if type == "application/x-www-form-urlencoded" { return .percent }
            if type.hasSuffix("/xml") || type.hasSuffix("+xml") { return .xml }
            if type == "text/plain" || body.isEmpty { return .none }
            throw .type(type.isEmpty ? "none" : type)
        }
    }

    public func request(number: String, text: String, secret: String?) -> ChannelRequest {
        let values = ["number": number, "text": text, "secret": secret ?? ""]
        func filled(_ template: String, _ escape: Escape) -> String {
            (try? SMSTemplate.fill(template, escape) { values[$0] ?? "" }) ?? ""
        }
        let how = (try? escape) ?? .percent
        return ChannelRequest(
            method: method, url: filled(url, .percent),
            headers: headers.map { header in
                // A line break would begin another header.
                (header.name, filled(header.value, .none).filter { !$0.isNewline })
            }, body: Array(filled(body, how).utf8))
    }

    /// `{{` and `}}` are braces.
    private static func fill(
        _ template: String, _ escape: Escape, _ value: (String) -> String
    ) throws(Fault) -> String {
        var out = ""
        var rest = template[...]
        while let first = rest.first {
            if rest.hasPrefix("{{") || rest.hasPrefix("}}") {
                out.append(first)
                rest = rest.dropFirst(2)
            } else if first == "{" {
                guard let close = rest.firstIndex(of: "}") else { throw .open }
                out += escaped(value(String(rest[rest.index(after: rest.startIndex)..<close])), escape)
                rest = rest[rest.index(after: close)...]
            } else {
                out.append(first)
                rest = rest.dropFirst()
            }
        }
        return out
    }

    static func escaped(_ text: String, _ escape: Escape) -> String {
        switch escape {
        case .none: return text
        case .percent: return InboxFollower.escaped(text)
        case .json: return String(JSON.string(text).description.dropFirst().dropLast())
        case .xml:
            return text.unicodeScalars.reduce(into: "") { out, scalar in
                switch scalar {
                case "&": out += "&amp;"
                case "<": out += "&lt;"
                case ">": out += "&gt;"
                case "\"": out += "&quot;"
                case "'": out += "&apos;"
                // XML 1.0, 2.2: no others of these may stand in one.
                case "\t", "\n", "\r": out.unicodeScalars.append(scalar)
                case "\u{0}"..."\u{1F}": out += " "
                default: out.unicodeScalars.append(scalar)
                }
            }
        }
    }
}
