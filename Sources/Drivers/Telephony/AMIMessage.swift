internal import CCrypto
import Model

/// One AMI message: header lines in order, names without regard to case (AMI v2 Specification).
public struct AMIMessage: Equatable, Sendable {
    public struct Header: Equatable, Sendable {
        /// Lower case.
        public var name: String
        public var value: String
    }

    public var headers: [Header]

    public subscript(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    /// A value that says something: not empty and not one of Asterisk's words for "unknown".
    func known(_ name: String) -> String? {
        guard let value = self[name], !value.isEmpty, value != "<unknown>", value != "unknown", value != "<none>" else {
            return nil
        }
        return value
    }

    /// An event may carry a `Response:` header; only the first header's name decides.
    public var event: String? { headers.first?.name == "event" ? headers[0].value : nil }
    public var isResponse: Bool { headers.first?.name == "response" }
    public var action: String? { headers.first?.name == "action" ? headers[0].value : nil }
    public var id: String? { self["actionid"] }

    /// A channel variable, with or without a channel in brackets, whatever the case of its name.
    func variable(_ name: String) -> String? {
        let name = name.lowercased()
        for header in headers where header.name == "chanvariable" || header.name.hasPrefix("chanvariable(") {
            guard let equals = header.value.firstIndex(of: "="), header.value[..<equals].lowercased() == name else {
                continue
            }
            return String(header.value[header.value.index(after: equals)...])
        }
        return nil
    }
}

/// Cuts a stream into AMI messages, whatever pieces it comes in.
public struct AMIParser: Sendable {
    public enum Step: Equatable, Sendable {
        case banner(String)
        case message(AMIMessage)
        case noise(Int)
    }

    /// Longest line taken; Asterisk's own values end well below. A longer one is noise.
    public static let lineLimit = 16 * 1024
    /// Headers kept of one message; the rest is noise.
    public static let headerLimit = 512

    private var line: [UInt8] = []
    private var overflow = 0
    private var headers: [AMIMessage.Header] = []

    public init() {}

    public mutating func reset() { self = AMIParser() }

    /// What is whole in these bytes and those before; the rest is kept.
    public mutating func take(_ bytes: [UInt8]) -> [Step] {
        var steps: [Step] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0A) {
            // A line that came in one piece is read where it lies.
            if line.isEmpty, overflow == 0, end - rest.startIndex <= AMIParser.lineLimit {
                finish(rest[..<end], &steps)
            } else {
                append(rest[..<end])
                if overflow > 0 {
                    steps.append(.noise(overflow + 1))
                } else {
                    let whole = line
                    finish(whole[...], &steps)
                }
                line.removeAll(keepingCapacity: true)
                overflow = 0
            }
            rest = rest[(end + 1)...]
        }
        append(rest)
        return steps
    }

    private mutating func append(_ piece: ArraySlice<UInt8>) {
        if overflow > 0 || line.count + piece.count > AMIParser.lineLimit {
            overflow += line.count + piece.count
            line = []
        } else {
            line += piece
        }
    }

    /// A line without its line feed.
    private mutating func finish(_ whole: ArraySlice<UInt8>, _ steps: inout [Step]) {
        let ending = whole.last == 0x0D ? 2 : 1
        let line = ending == 2 ? whole.dropLast() : whole
        guard !line.isEmpty else {
            if !headers.isEmpty { steps.append(.message(AMIMessage(headers: headers))) }
            headers = []
            return
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            if line.starts(with: "Asterisk Call Manager/".utf8) {
                headers = []
                steps.append(.banner(Windows1252.text(line.dropFirst(22))))
            } else {
                steps.append(.noise(line.count + ending))
            }
            return
        }
        guard headers.count < AMIParser.headerLimit else {
            steps.append(.noise(line.count + ending))
            return
        }
        if headers.isEmpty { headers.reserveCapacity(32) }
        var value = line[(colon + 1)...]
        if value.first == 0x20 { value = value.dropFirst() }
        headers.append(.init(name: AMIParser.name(line[..<colon]), value: Windows1252.text(value)))
    }

    /// In lower case; names are ASCII, and what is not is treated as text.
    private static func name(_ bytes: ArraySlice<UInt8>) -> String {
        guard bytes.allSatisfy({ $0 < 0x80 }) else { return Windows1252.text(bytes).lowercased() }
        return String(unsafeUninitializedCapacity: bytes.count) { buffer in
            var index = 0
            for byte in bytes {
                buffer[index] = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
                index += 1
            }
            return index
        }
    }
}

/// Writes an action. Values lose their control characters: CR and LF would add headers of a stranger's choice.
public func amiAction(_ name: String, id: String, _ fields: [(String, String)] = []) -> [UInt8] {
    func clean(_ value: String) -> String {
        String(String.UnicodeScalarView(value.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
    }
    var text = "Action: \(clean(name))\r\nActionID: \(clean(id))\r\n"
    for (field, value) in fields { text += "\(clean(field)): \(clean(value))\r\n" }
    return Array((text + "\r\n").utf8)
}

/// What a login proves: the hex MD5 of challenge and secret (AMI action Challenge).
public func amiLoginKey(challenge: String, secret: String) -> String {
    var digest = [UInt8](repeating: 0, count: 16)
    let text = Array((challenge + secret).utf8)
    EVP_Digest(text, text.count, &digest, nil, EVP_md5(), nil)
    return Hex.string(digest).lowercased()
}
