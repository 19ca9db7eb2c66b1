import Model

/// Messages of HTTP/1.1 (RFC 9112), cut out of a stream as they come: the head whole, the body in pieces of any size.
///
///     head → body… → end → head …
///
/// What is not HTTP throws; the stream is of no use after that.
struct HTTPStream: Sendable {
    /// Longest head or trailer, in bytes (our limit).
    static let headLimit = 16 * 1024

    struct Head: Equatable, Sendable {
        /// The request or status line.
        var line: String
        /// Names in lower case.
        var fields: [(name: String, value: String)]

        subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }

        /// Of a response; nil for a request.
        var status: Int? {
            let words = line.split(separator: " ", maxSplits: 2)
            guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].utf8.count == 3 else { return nil }
            return Int(words[1]).flatMap { (100...599).contains($0) ? $0 : nil }
        }

        /// Of a request, such as `POST`; nil for a response and for what is neither.
        var method: Substring? {
            let words = line.split(separator: " ")
            return words.count == 3 && words[2].hasPrefix("HTTP/1.") ? words[0] : nil
        }

        var endsConnection: Bool { self["connection"]?.lowercased() == "close" || line.hasSuffix("HTTP/1.0") }

        static func == (a: Head, b: Head) -> Bool {
            a.line == b.line && a.fields.elementsEqual(b.fields) { $0 == $1 }
        }
    }

    enum Piece: Equatable {
        case head(Head)
        case body(ArraySlice<UInt8>)
        case end
    }

    struct Problem: Error, Equatable { var text: String }

    private enum State: Equatable {
        case head, chunkSize, chunkEnd, trailer, untilClose
        case body(left: Int)
        case chunk(left: Int)
    }

    private var state = State.head
    private var line: [UInt8] = []
    private var lines: [[UInt8]] = []
    private var room = HTTPStream.headLimit

    mutating func take(_ bytes: [UInt8]) throws(Problem) -> [Piece] {
        var pieces: [Piece] = []
        var at = 0
        while at < bytes.count {
            switch state {
            case .untilClose:
                pieces.append(.body(bytes[at...]))
                return pieces
            case .body(let left), .chunk(let left):
                let count = min(left, bytes.count - at)
                pieces.append(.body(bytes[at..<at + count]))
                at += count
                if case .chunk = state {
                    state = count == left ? .chunkEnd : .chunk(left: left - count)
                } else if count == left {
                    end(&pieces)
                } else {
                    state = .body(left: left - count)
                }
            case .head, .chunkSize, .chunkEnd, .trailer:
                let end = bytes[at...].firstIndex(of: 0x0A)
                let piece = bytes[at..<(end ?? bytes.count)]
                room -= piece.count + 1
                guard room >= 0 else { throw Problem(text: "a head longer than \(HTTPStream.headLimit) bytes") }
                line += piece
                at = end.map { $0 + 1 } ?? bytes.count
                guard end != nil else { return pieces }
                if line.last == 0x0D { line.removeLast() }
                let whole = line
                line = []
                try take(line: whole, &pieces)
            }
        }
        return pieces
    }

    private mutating func take(line: [UInt8], _ pieces: inout [Piece]) throws(Problem) {
        switch state {
        case .head:
            // A line feed between two messages is nothing (RFC 9112 §2.2).
            guard !line.isEmpty || !lines.isEmpty else { return }
            guard line.isEmpty else {
                lines.append(line)
                return
            }
            try takeHead(&pieces)
        case .chunkSize:
            let digits = line.prefix { $0 != 0x3B && $0 != 0x20 }
            let values = digits.compactMap(Hex.digit)
            guard (1...7).contains(digits.count), values.count == digits.count else {
                throw Problem(text: "a chunk without a length")
            }
            let size = values.reduce(0) { $0 << 4 | Int($1) }
            room = HTTPStream.headLimit
            state = size == 0 ? .trailer : .chunk(left: size)
        case .chunkEnd:
            guard line.isEmpty else { throw Problem(text: "a chunk longer than it says") }
            state = .chunkSize
        case .trailer: if line.isEmpty { end(&pieces) }
        case .body, .chunk, .untilClose: break
        }
    }

    private mutating func takeHead(_ pieces: inout [Piece]) throws(Problem) {
        let texts = lines.map { String(decoding: $0, as: UTF8.self) }
        lines = []
        room = HTTPStream.headLimit
        let fields = texts.dropFirst().compactMap { text -> (name: String, value: String)? in
            guard let colon = text.firstIndex(of: ":") else { return nil }
            let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            return (text[..<colon].lowercased(), String(value))
        }
        let head = Head(line: texts[0], fields: fields)
        guard head.status != nil || head.method != nil else { throw Problem(text: "no HTTP/1.1") }
        pieces.append(.head(head))
        if let coding = head["transfer-encoding"] {
            guard coding.lowercased() == "chunked" else {
                throw Problem(text: "a transfer encoding that is not chunked")
            }
            state = .chunkSize
            return
        }
        if let status = head.status, status < 200 || status == 204 || status == 304 { return end(&pieces) }
        if let length = head["content-length"] {
            guard length.utf8.count <= 9, length.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let size = Int(length)
            else { throw Problem(text: "a length that is none") }
            if size == 0 { return end(&pieces) }
            state = .body(left: size)
        } else if head.status != nil {
            state = .untilClose
        } else {
            end(&pieces)
        }
    }

    private mutating func end(_ pieces: inout [Piece]) {
        (state, room) = (.head, HTTPStream.headLimit)
        pieces.append(.end)
    }
}
