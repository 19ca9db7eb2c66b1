import Model

/// A request of HTTP/1.1 (RFC 9112) as somebody sent it to us: nothing in it is decoded, and nothing is to be believed.
public struct HTTPRequest: Equatable, Sendable {
    public struct Field: Equatable, Sendable {
        /// In lower case.
        public var name: String
        public var value: String

        public init(name: String, value: String) { (self.name, self.value) = (name, value) }
    }

    public var method: String
    /// Before the `?`, with its percent signs.
    public var path: String
    /// Behind the `?`; empty where there is none.
    public var query: String
    /// Whom the sender believes to speak with: in lower case, without port and brackets.
    public var host: String
    public var fields: [Field]
    public var body: [UInt8] = []
    /// The sender has more to ask on this connection.
    public var keepsOpen: Bool

    /// The first field of that name, which is in lower case.
    public subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }
}

/// Cuts requests out of what one connection sends, however it is cut. A value without I/O; stricter than it would have to be,
/// because nobody but browsers asks: what is not plain is refused, and the connection ends with it.
public struct HTTPRequestReader: Sendable {
    /// Longest request line with its fields, in bytes.
    public static let headLimit = 8 * 1024
    /// Longest body, in bytes.
    public static let bodyLimit = 4 * 1024
    /// Fields of one request; browsers send some twenty.
    static let fieldLimit = 64

    public enum Outcome: Equatable, Sendable {
        case more
        case request(HTTPRequest)
        /// With this status; the stream is of no use after it.
        case refused(Int)
    }

    private struct Refused: Error { var status: Int }

    private var pending: [UInt8] = []
    /// No end of a head begins before it.
    private var looked = 0
    /// The head that came, and the length of the body that belongs to it.
    private var head: (request: HTTPRequest, length: Int)?
    private var refused: Int?

    public init() {}

    /// Nothing of a request has come.
    public var isIdle: Bool { pending.isEmpty && head == nil }

    public mutating func take(_ bytes: some Sequence<UInt8>) {
        if refused == nil { pending += bytes }
    }

    /// The next whole request, if it has come.
    public mutating func next() -> Outcome {
        if let refused { return .refused(refused) }
        do {
            guard let request = try cut() else { return .more }
            return .request(request)
        } catch {
            (refused, pending, head) = (error.status, [], nil)
            return .refused(error.status)
        }
    }

    private mutating func cut() throws(Refused) -> HTTPRequest? {
        if head == nil {
            // An empty line before a request is nothing (RFC 9112 §2.2).
            while pending.starts(with: [0x0D, 0x0A]) {
                pending.removeFirst(2)
                looked = 0
            }
            guard let end = end() else {
                guard pending.count <= Self.headLimit else { throw Refused(status: 431) }
                return nil
            }
            guard end <= Self.headLimit else { throw Refused(status: 431) }
            head = try Self.head(pending[..<end])
            pending.removeFirst(end + 4)
            looked = 0
        }
        guard let whole = head, pending.count >= whole.length else { return nil }
        var request = whole.request
        request.body = Array(pending.prefix(whole.length))
        pending.removeFirst(whole.length)
        head = nil
        return request
    }

    /// Where the head ends: before CR LF CR LF.
    private mutating func end() -> Int? {
        var at = looked
        while at + 4 <= pending.count {
            if pending[at] == 0x0D, pending[at + 1] == 0x0A, pending[at + 2] == 0x0D, pending[at + 3] == 0x0A {
                return at
            }
            at += 1
        }
        looked = at
        return nil
    }

    // MARK: the head

    private static func head(_ bytes: ArraySlice<UInt8>) throws(Refused) -> (HTTPRequest, Int) {
        var lines: [ArraySlice<UInt8>] = []
        var start = bytes.startIndex
        for at in bytes.indices where bytes[at] == 0x0A {
            guard at > start, bytes[at - 1] == 0x0D else { throw Refused(status: 400) }
            lines.append(bytes[start..<at - 1])
            start = at + 1
        }
        lines.append(bytes[start...])
        guard lines.count <= fieldLimit + 1 else { throw Refused(status: 431) }
        // What is left of CR and NUL would be read in another way by somebody else.
        for line in lines where !line.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) {
            throw Refused(status: 400)
        }
        var request = try requestLine(lines[0])
        for line in lines.dropFirst() { request.fields.append(try field(line)) }
        request.host = try host(request.fields)
        let connection = request["connection"]?.lowercased() ?? ""
        if connection.split(separator: ",").contains(where: { $0.drop { $0 == " " }.prefix { $0 != " " } == "close" }) {
            request.keepsOpen = false
        }
        guard request["transfer-encoding"] == nil else { throw Refused(status: 501) }
        return (request, try length(request.fields))
    }

    /// `GET /path?query HTTP/1.1`
    private static func requestLine(_ line: ArraySlice<UInt8>) throws(Refused) -> HTTPRequest {
        let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard words.count == 3, (1...16).contains(words[0].count), words[0].allSatisfy({ (0x41...0x5A).contains($0) }),
            words[1].first == UInt8(ascii: "/"), words[1].allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw Refused(status: 400) }
        let version = String(decoding: words[2], as: UTF8.self)
        guard version.hasPrefix("HTTP/") else { throw Refused(status: 400) }
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else { throw Refused(status: 505) }
        let target = words[1].split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        return HTTPRequest(
            method: String(decoding: words[0], as: UTF8.self), path: String(decoding: target[0], as: UTF8.self),
            query: target.count == 2 ? String(decoding: target[1], as: UTF8.self) : "", host: "", fields: [],
            keepsOpen: version == "HTTP/1.1")
    }

    /// `Name: value`; a line that goes on in the next one and a space before the colon are refused (RFC 9112 §5.1, §5.2).
    private static func field(_ line: ArraySlice<UInt8>) throws(Refused) -> HTTPRequest.Field {
        guard let colon = line.firstIndex(of: 0x3A), colon > line.startIndex, line[..<colon].allSatisfy(isToken) else {
            throw Refused(status: 400)
        }
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        var value = line[(colon + 1)...].drop(while: isBlank)
        while value.last.map(isBlank) ?? false { value.removeLast() }
        return HTTPRequest.Field(
            name: String(decoding: line[..<colon], as: UTF8.self).lowercased(),
            value: String(decoding: value, as: UTF8.self))
    }

    /// RFC 9110 §5.6.2.
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// Exactly one, also from those who speak 1.0: without it nobody knows whether a page of somebody else asks.
    private static func host(_ fields: [HTTPRequest.Field]) throws(Refused) -> String {
        let hosts = fields.filter { $0.name == "host" }
        guard hosts.count == 1, let host = HTTPRequest.host(of: hosts[0].value) else { throw Refused(status: 400) }
        return host
    }

    private static func length(_ fields: [HTTPRequest.Field]) throws(Refused) -> Int {
        let lengths = fields.filter { $0.name == "content-length" }
        guard let text = lengths.first?.value else { return 0 }
        guard lengths.count == 1, (1...9).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(text)
        else { throw Refused(status: 400) }
        guard length <= bodyLimit else { throw Refused(status: 413) }
        return length
    }
}

extension HTTPRequest {
    /// The host of `HOST[:PORT]` in lower case, IPv6 without its brackets; nil for what is not written so.
    public static func host(of authority: String) -> String? {
        let text = authority.lowercased()
        guard (1...255).contains(text.utf8.count) else { return nil }
        var host = text[...]
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return nil }
            let inside = host[host.index(after: host.startIndex)..<end]
            guard isPort(host[host.index(after: end)...]), inside.contains(":"),
                inside.utf8.allSatisfy({ $0 == 0x3A || $0 == 0x2E || Hex.digit($0) != nil })
            else { return nil }
            return String(inside)
        }
        if let colon = host.firstIndex(of: ":") {
            guard isPort(host[colon...]) else { return nil }
            host = host[..<colon]
        }
        let isPlain = host.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x2E
                || byte == 0x5F
        }
        return isPlain && !host.isEmpty ? String(host) : nil
    }

    /// Nothing, or `:` with a port.
    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || text.first == ":" && UInt16(text.dropFirst()) != nil
    }
}
