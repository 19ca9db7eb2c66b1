import Model

/// Many connections of one device as one line (FreeSWITCH's outbound socket connects once for each call): what happens
/// on each, in order, as bytes, so that a capture keeps it and a session stays a value.
///
/// `conn N open`, `conn N data LENGTH` followed by that many bytes, `conn N close`, each line ended by a line feed;
/// towards the device `data` and `close`.
public struct GatheredLine: Sendable {
    public enum Event: Equatable, Sendable {
        case opened(Int)
        case bytes(Int, [UInt8])
        case closed(Int)
    }

    /// Most bytes in one piece.
    public static let pieceLimit = 1 << 16
    private static let headLimit = 48

    private var pending: [UInt8] = []

    public init() {}

    /// Events that are whole, and how many bytes belonged to none.
    public mutating func take(_ bytes: [UInt8]) -> (events: [Event], noise: Int) {
        pending += bytes
        var (events, noise, start) = ([Event](), 0, 0)
        while let end = pending[start...].firstIndex(of: 0x0A) {
            switch GatheredLine.event(pending[start..<end]) {
            case .bytes(let id, let size)?:
                let length = size.count
                guard pending.count - end - 1 >= length else {
                    pending.removeFirst(start)
                    return (events, noise)
                }
                events.append(.bytes(id, Array(pending[(end + 1)..<(end + 1 + length)])))
                start = end + 1 + length
            case let event?:
                events.append(event)
                start = end + 1
            case nil:
                noise += end + 1 - start
                start = end + 1
            }
        }
        pending.removeFirst(start)
        if pending.count > GatheredLine.headLimit {
            noise += pending.count
            pending = []
        }
        return (events, noise)
    }

    /// A head; of `data` the bytes are still to come, zeroes stand for them.
    private static func event(_ head: ArraySlice<UInt8>) -> Event? {
        let words = String(decoding: head.prefix(headLimit), as: UTF8.self).split(separator: " ")
        guard words.count >= 3, words[0] == "conn", let id = Int(words[1]), id >= 0 else { return nil }
        switch words[2] {
        case "open" where words.count == 3: return .opened(id)
        case "close" where words.count == 3: return .closed(id)
        case "data" where words.count == 4:
            guard let length = Int(words[3]), (1...pieceLimit).contains(length) else { return nil }
            return .bytes(id, [UInt8](repeating: 0, count: length))
        default: return nil
        }
    }

    public static func encode(_ event: Event) -> [UInt8] {
        switch event {
        case .opened(let id): Array("conn \(id) open\n".utf8)
        case .closed(let id): Array("conn \(id) close\n".utf8)
        case .bytes(let id, let bytes): Array("conn \(id) data \(bytes.count)\n".utf8) + bytes
        }
    }
}
