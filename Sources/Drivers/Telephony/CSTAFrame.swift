import Model

/// One message of CSTA phase III over TCP (ECMA-323 Annex J).
///
///     00 00 | length of the whole frame, 2 bytes | invoke id, 4 ASCII digits | XML
package struct CSTAFrame: Equatable {
    package static let head = 8
    /// Events of a monitor carry it in place of a request's number.
    package static let event = "9999"

    package var invoke: String
    package var xml: [UInt8]

    package init(invoke: String, xml: [UInt8]) {
        self.invoke = invoke
        self.xml = xml
    }

    package var encoded: [UInt8] {
        let length = CSTAFrame.head + xml.count
        return [0, 0, UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF)] + Array(invoke.utf8) + xml
    }

    package enum Step: Equatable {
        case frame(CSTAFrame)
        case noise(Int)
    }

    /// Nil asks for more bytes; anything returned has been removed from `bytes`. What cannot begin a frame is noise.
    package static func take(from bytes: inout [UInt8]) -> Step? {
        guard !bytes.isEmpty else { return nil }
        var start = 0
        while start < bytes.count, !isHead(bytes[start...]) { start += 1 }
        if start > 0 {
            bytes.removeFirst(start)
            return .noise(start)
        }
        guard bytes.count >= head else { return nil }
        let length = Int(bytes[2]) << 8 | Int(bytes[3])
        guard bytes.count >= length else { return nil }
        let frame = CSTAFrame(invoke: String(decoding: bytes[4..<8], as: UTF8.self), xml: Array(bytes[head..<length]))
        bytes.removeFirst(length)
        return .frame(frame)
    }

    /// As much of a head as is there: two zeros, a length that holds the head, digits.
    private static func isHead(_ bytes: ArraySlice<UInt8>) -> Bool {
        let head = Array(bytes.prefix(CSTAFrame.head))
        if head[0] != 0 || head.count > 1 && head[1] != 0 { return false }
        if head.count > 3, Int(head[2]) << 8 | Int(head[3]) < CSTAFrame.head { return false }
        return head.dropFirst(4).allSatisfy { (0x30...0x39).contains($0) }
    }
}
