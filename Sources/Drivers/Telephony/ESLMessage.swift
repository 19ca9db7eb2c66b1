import Model

/// One block of FreeSWITCH's event socket: header lines, an empty line, and as many bytes of body as they say.
struct ESLMessage: Equatable {
    /// Names as they stand; FreeSWITCH writes each in one way.
    var headers: [String: String]
    var body: [UInt8]

    var type: String { headers["Content-Type"] ?? "" }

    /// The event inside: of a plain one with its values decoded, of a JSON one as they are.
    var event: [String: String]? {
        switch type {
        case "text/event-plain": return ESLMessage.fields(body)
        case "text/event-json":
            guard let json = try? JSON(parsing: body), let members = json.fields else { return nil }
            return Dictionary(members.compactMap { member in member.value.text.map { (member.name, $0) } }) { $1 }
        default: return channelData
        }
    }

    /// A plain event.
    static func fields(_ body: [UInt8]) -> [String: String] {
        var fields: [String: String] = [:]
        for line in body.split(separator: 0x0A, omittingEmptySubsequences: false) {
            // After its empty line comes a body of its own.
            guard !line.isEmpty else { break }
            guard let (name, value) = ESLMessage.header(line) else { continue }
            fields[name] = ESLMessage.unescaped(value)
        }
        return fields
    }

    /// The channel that an outbound connection is about: the reply to `connect` is its description, encoded like an event.
    var channelData: [String: String]? {
        guard type == "command/reply", headers["Unique-ID"] != nil else { return nil }
        return headers.mapValues { ESLMessage.unescaped($0) }
    }

    /// The body inside a plain event's body (BACKGROUND_JOB), or `_body` of a JSON one.
    var innerBody: String? {
        if type == "text/event-json" { return event?["_body"] }
        let text = String(decoding: body, as: UTF8.self)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        while let line = lines.first, !line.isEmpty { lines.removeFirst() }
        return lines.isEmpty ? nil : lines.dropFirst().joined(separator: "\n")
    }

    static func header(_ line: ArraySlice<UInt8>) -> (String, String)? {
        guard let colon = line.firstIndex(of: 0x3A) else { return nil }
        var value = line[(colon + 1)...]
        if value.first == 0x20 { value = value.dropFirst() }
        if value.last == 0x0D { value = value.dropLast() }
        return (Windows1252.text(line[..<colon]), Windows1252.text(value))
    }

    private static func unescaped(_ text: String) -> String {
        var out: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == 0x25, rest.count >= 2, let value = Hex.bytes(ascii: rest.prefix(2))?.first {
                out.append(value)
                rest = rest.dropFirst(2)
            } else {
                out.append(byte)
            }
        }
        return Windows1252.text(out[...])
    }
}

/// Cuts a stream into messages, whatever pieces it comes in.
struct ESLParser {
    enum Step: Equatable {
        case message(ESLMessage)
        case noise(Int)
    }

    /// Longest header block and body, in bytes: an event is 4 to 6 KiB, a list of channels some hundred.
    static let headerLimit = 64 * 1024
    static let bodyLimit = 4 << 20

    private var pending: [UInt8] = []
    private var headers: [String: String]?
    private var wanted = 0

    mutating func take(_ bytes: [UInt8]) -> [Step] {
        pending += bytes
        var steps: [Step] = []
        while let step = next() { steps.append(step) }
        return steps
    }

    private mutating func next() -> Step? {
        if let headers {
            guard pending.count >= wanted else { return nil }
            let body = Array(pending.prefix(wanted))
            pending.removeFirst(wanted)
            self.headers = nil
            return .message(ESLMessage(headers: headers, body: body))
        }
        var blank = 0
        while blank < pending.count, pending[blank] == 0x0A || pending[blank] == 0x0D { blank += 1 }
        if blank > 0 { pending.removeFirst(blank) }
        guard let end = ESLParser.end(of: pending) else {
            guard pending.count > ESLParser.headerLimit else { return nil }
            defer { pending = [] }
            return .noise(pending.count)
        }
        let block = pending[..<end.at]
        var found: [String: String] = [:]
        for line in block.split(separator: 0x0A) {
            if let (name, value) = ESLMessage.header(line) { found[name] = value }
        }
        pending.removeFirst(end.at + end.length)
        guard found["Content-Type"] != nil else { return .noise(end.at + end.length) }
        let length = found["Content-Length"].flatMap { Int($0) } ?? 0
        // A length that lies: what follows is read as it comes.
        guard (0...ESLParser.bodyLimit).contains(length) else { return .noise(end.at + end.length) }
        (headers, wanted) = (found, length)
        return next()
    }

    private static func end(of bytes: [UInt8]) -> (at: Int, length: Int)? {
        var index = 0
        while index + 1 < bytes.count {
            if bytes[index] == 0x0A {
                if bytes[index + 1] == 0x0A { return (index, 2) }
                if bytes[index + 1] == 0x0D, index + 2 < bytes.count, bytes[index + 2] == 0x0A { return (index, 3) }
            }
            index += 1
        }
        return nil
    }
}
