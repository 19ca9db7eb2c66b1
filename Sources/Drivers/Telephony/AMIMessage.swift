internal import CCrypto
import Glibc
import Model

/// One AMI message: header lines in order, names without regard to case (AMI v2 Specification). It keeps the bytes as they
/// came; a value becomes text when somebody asks for it.
public struct AMIMessage: Equatable, Sendable {
    /// Where a header lies in `bytes`.
    struct Header: Equatable {
        var start: UInt32
        var colon: UInt32
        var value: UInt32
        var end: UInt32
    }

    private let bytes: [UInt8]
    private let headers: [Header]
    /// An event may carry a `Response:` header; only the first header's name decides.
    public let event: String?

    init(bytes: [UInt8], headers: [Header]) {
        (self.bytes, self.headers) = (bytes, headers)
        let isEvent = headers.first.map { AMIMessage.matches(bytes, $0, "", "event") } ?? false
        event = isEvent ? AMIMessage.text(bytes, headers[0]) : nil
    }

    public var isResponse: Bool { headers.first.map { AMIMessage.matches(bytes, $0, "", "response") } ?? false }
    public var action: String? {
        guard let first = headers.first, AMIMessage.matches(bytes, first, "", "action") else { return nil }
        return AMIMessage.text(bytes, first)
    }
    public var id: String? { self["actionid"] }

    /// The value of the first header of this name, which is given in lower case.
    public subscript(_ name: StaticString) -> String? { value(name, after: "") }

    /// The same of a header whose name has a prefix: `DestChannel`.
    func value(_ name: StaticString, after prefix: StaticString) -> String? {
        header(name, after: prefix).map { AMIMessage.text(bytes, $0) }
    }

    func has(_ name: StaticString, after prefix: StaticString) -> Bool { header(name, after: prefix) != nil }

    /// A value that says something: not empty and not one of Asterisk's words for "unknown".
    func known(_ name: StaticString, after prefix: StaticString = "") -> String? {
        guard let header = header(name, after: prefix), header.value < header.end else { return nil }
        let value = AMIMessage.text(bytes, header)
        return value == "<unknown>" || value == "unknown" || value == "<none>" ? nil : value
    }

    /// A channel variable, with or without a channel in brackets, whatever the case of its name, which is given in lower
    /// case.
    func variable(_ name: StaticString) -> String? {
        for header in headers where AMIMessage.matches(bytes, header, "", "chanvariable", isWhole: false) {
            let value = bytes[Int(header.value)..<Int(header.end)]
            guard let equals = value.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let left = Header(start: header.value, colon: UInt32(equals), value: 0, end: 0)
            guard AMIMessage.matches(bytes, left, "", name) else { continue }
            return Windows1252.text(value[(equals + 1)...])
        }
        return nil
    }

    /// The same headers, wherever they lie.
    public static func == (one: AMIMessage, other: AMIMessage) -> Bool {
        one.headers.elementsEqual(other.headers) { mine, theirs in
            one.bytes[Int(mine.start)..<Int(mine.colon)] == other.bytes[Int(theirs.start)..<Int(theirs.colon)]
                && one.bytes[Int(mine.value)..<Int(mine.end)] == other.bytes[Int(theirs.value)..<Int(theirs.end)]
        }
    }

    private func header(_ name: StaticString, after prefix: StaticString) -> Header? {
        headers.first { AMIMessage.matches(bytes, $0, prefix, name) }
    }

    private static func text(_ bytes: [UInt8], _ header: Header) -> String {
        Windows1252.text(bytes[Int(header.value)..<Int(header.end)])
    }

    /// Whether a header has this name; not `isWhole`: this name, or this name and an opening bracket.
    @inline(__always)
    private static func matches(
        _ bytes: [UInt8], _ header: Header, _ prefix: StaticString, _ name: StaticString, isWhole: Bool = true
    ) -> Bool {
        let (head, tail) = (prefix.utf8CodeUnitCount, name.utf8CodeUnitCount)
        let (start, count) = (Int(header.start), Int(header.colon - header.start))
        guard count == head + tail || !isWhole && count > head + tail else { return false }
        if count > head + tail, bytes[start + head + tail] != UInt8(ascii: "(") { return false }
        return isSame(bytes, start, prefix) && isSame(bytes, start + head, name)
    }

    @inline(__always)
    private static func isSame(_ bytes: [UInt8], _ start: Int, _ word: StaticString) -> Bool {
        for index in 0..<word.utf8CodeUnitCount {
            let byte = bytes[start + index]
            let lower = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
            guard lower == word.utf8Start[index] else { return false }
        }
        return true
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

    /// The beginning of a line whose end has not come.
    private var line: [UInt8] = []
    private var overflow = 0
    /// The lines of a message that lie in earlier pieces.
    private var kept: [UInt8] = []
    private var headers: [AMIMessage.Header] = []

    public init() {}

    public mutating func reset() { self = AMIParser() }

    /// What is whole in these bytes and those before; the rest is kept.
    public mutating func take(_ bytes: [UInt8]) -> [Step] {
        var steps: [Step] = []
        // The message's part of this piece begins at `start`, the line to be read at `next`.
        var (start, next) = (0, 0)
        while let end = AMIParser.lineEnd(bytes, from: next) {
            if line.isEmpty, overflow == 0, end - next <= AMIParser.lineLimit {
                // A line that came in one piece is read where it lies.
                let isHeader = finish(bytes, next..<end, at: kept.count + next - start, &steps) { parser in
                    parser.kept += bytes[start..<next]
                }
                if !isHeader { start = end + 1 }
            } else {
                if !headers.isEmpty { kept += bytes[start..<next] }
                append(bytes[next..<end])
                if overflow > 0 {
                    steps.append(.noise(overflow + 1))
                } else {
                    let whole = line
                    let isHeader = finish(whole, 0..<whole.count, at: kept.count, &steps) { _ in }
                    if isHeader { kept += whole }
                }
                line.removeAll(keepingCapacity: true)
                overflow = 0
                start = end + 1
            }
            next = end + 1
        }
        if !headers.isEmpty { kept += bytes[start..<next] }
        append(bytes[next...])
        return steps
    }

    private static func lineEnd(_ bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBytes { buffer in
            guard start < buffer.count, let base = buffer.baseAddress,
                let found = memchr(base + start, 0x0A, buffer.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    private mutating func append(_ piece: ArraySlice<UInt8>) {
        if overflow > 0 || line.count + piece.count > AMIParser.lineLimit {
            overflow += line.count + piece.count
            line = []
        } else {
            line += piece
        }
    }

    /// A line without its line feed, which will lie at `place` of its message. False when it is no header: then `keep` has
    /// saved what comes before it.
    private mutating func finish(
        _ bytes: [UInt8], _ whole: Range<Int>, at place: Int, _ steps: inout [Step], keep: (inout AMIParser) -> Void
    ) -> Bool {
        var end = whole.upperBound
        if end > whole.lowerBound, bytes[end - 1] == 0x0D { end -= 1 }
        var colon = whole.lowerBound
        while colon < end, bytes[colon] != UInt8(ascii: ":") { colon += 1 }
        if colon < end, headers.count < AMIParser.headerLimit {
            if headers.isEmpty { headers.reserveCapacity(32) }
            let value = colon + 1 < end && bytes[colon + 1] == 0x20 ? colon + 2 : colon + 1
            let shift = place - whole.lowerBound
            headers.append(
                .init(
                    start: UInt32(place), colon: UInt32(colon + shift), value: UInt32(value + shift),
                    end: UInt32(end + shift)))
            return true
        }
        if !headers.isEmpty { keep(&self) }
        if end == whole.lowerBound {
            if !headers.isEmpty { steps.append(.message(AMIMessage(bytes: kept, headers: headers))) }
            (headers, kept) = ([], [])
        } else if colon == end, bytes[whole.lowerBound..<end].starts(with: "Asterisk Call Manager/".utf8) {
            (headers, kept) = ([], [])
            steps.append(.banner(Windows1252.text(bytes[(whole.lowerBound + 22)..<end])))
        } else {
            steps.append(.noise(whole.count + 1))
        }
        return false
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
