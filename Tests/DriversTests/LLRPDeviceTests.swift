import Devices
import Drivers
import Model
import Testing

/// The simulated LLRP reader as a client sees it: what LLRP 1.0.1 makes every reader do.
struct LLRPDeviceTests {
    /// A parameter with those inside it, of the types that hold others.
    struct Part: Equatable {
        var type: UInt16
        var body: [UInt8]

        static func list(_ bytes: some Collection<UInt8>) -> [Part] {
            // Without a length: type, then as many bytes.
            let fixed: [UInt8: Int] = [
                1: 2, 2: 8, 3: 8, 4: 8, 5: 8, 6: 1, 7: 2, 8: 2, 9: 4, 10: 2, 11: 2, 12: 2, 13: 12, 14: 2, 16: 4,
            ]
            var left = Array(bytes)
            var parts: [Part] = []
            while let head = left.first {
                let (type, start, end): (UInt16, Int, Int)
                if head & 0x80 != 0 {
                    (type, start, end) = (UInt16(head & 0x7F), 1, 1 + fixed[head & 0x7F]!)
                } else {
                    (type, start, end) = (UInt16(left[0]) << 8 | UInt16(left[1]), 4, Int(left[2]) << 8 | Int(left[3]))
                }
                parts.append(Part(type: type, body: Array(left[start..<end])))
                left.removeFirst(end)
            }
            return parts
        }
    }

    /// A client at the reader, in virtual time.
    final class Client {
        var device: LLRPDevice
        var now = Instant.milliseconds(5_000)
        var heard: [LLRPMessage] = []
        private var bytes: [UInt8] = []
        private var id: UInt32 = 0

        init(_ device: LLRPDevice = LLRPDevice()) {
            self.device = device
            hear(self.device.handle(.opened, at: now))
        }

        func hear(_ reaction: Reaction) {
            bytes += reaction.send
            // Not by the driver's framing, which knows two versions.
            while bytes.count >= 10 {
                func number(_ range: Range<Int>) -> Int { bytes[range].reduce(0) { $0 << 8 | Int($1) } }
                let (word, length) = (number(0..<2), number(2..<6))
                guard (10...bytes.count).contains(length) else {
                    Issue.record("no message")
                    return
                }
                heard.append(
                    LLRPMessage(
                        UInt16(word & 0x3FF), id: UInt32(number(6..<10)), version: UInt8(word >> 10),
                        Array(bytes[10..<length])))
                bytes.removeFirst(length)
            }
        }

        /// What is answered under the question's number.
        @discardableResult
        func ask(_ type: UInt16, _ body: [UInt8] = [], version: UInt8 = 1) -> LLRPMessage? {
            id += 1
            hear(device.handle(.bytes(LLRPMessage(type, id: id, version: version, body).bytes), at: now))
            return heard.last { $0.id == id }
        }

        func pass(_ time: Duration) {
            let end = now + time
            while let next = device.due, next <= end {
                now = max(now, next)
                hear(device.handle(.tick, at: now))
            }
            now = end
        }

        func show(_ tags: [TagID], antennas: [Int] = [1], lasting: Duration = .seconds(60)) {
            hear(device.perform(.pass(tags, antennas: antennas, lasting: lasting), at: now))
        }

        func reconnect() {
            _ = device.handle(.closed, at: now)
            hear(device.handle(.opened, at: now))
        }

        func messages(_ type: UInt16) -> [LLRPMessage] { heard.filter { $0.type == type } }

        /// The entries of each report.
        var reports: [[Part]] { messages(61).map { Part.list($0.body).filter { $0.type == 240 } } }

        /// Numbers of the events, in order; ROSpec events as their types.
        func events(_ type: UInt16) -> [[UInt8]] {
            messages(63).flatMap { Part.list($0.body) }.flatMap { Part.list($0.body) }.filter { $0.type == type }.map(
                \.body)
        }

        /// GET_ROSPECS: number and state of each.
        func states() -> [UInt8: UInt8] {
            let specs = Part.list(ask(26)?.body ?? []).filter { $0.type == 177 }
            return Dictionary(uniqueKeysWithValues: specs.map { ($0.body[3], $0.body[5]) })
        }
    }

    static func code(_ message: LLRPMessage?) -> Int? {
        guard let status = message.flatMap({ Part.list($0.body).first { $0.type == 287 } }) else { return nil }
        return Int(status.body[0]) << 8 | Int(status.body[1])
    }

    static func part(_ type: UInt16, _ body: [UInt8]) -> [UInt8] { LLRPParameter.encode(type, body) }

    static func number(_ id: UInt8) -> [UInt8] { [0, 0, 0, id] }

    static let null = part(179, [0])
    static let immediate = part(179, [1])
    static let never: [UInt8] = [0, 0, 0, 0, 0]

    /// An ADD_ROSPEC's body. `ends` and each part's `stop` are type and milliseconds.
    static func roSpec(
        _ id: UInt8 = 1, start: [UInt8] = immediate, ends: [UInt8] = never, priority: UInt8 = 0,
        parts: [(antennas: [UInt8], stop: [UInt8])] = [([0], never)], trigger: UInt8 = 1, count: UInt8 = 1,
        selector: [UInt8] = [0x10, 0x80], memory: UInt8 = 0, inventory: [UInt8] = []
    ) -> [UInt8] {
        let specs = parts.flatMap { antennas, stop in
            part(
                183,
                [0, UInt8(antennas.count)] + antennas.flatMap { [0, $0] } + part(184, stop)
                    + part(186, [0, 1, 1] + inventory))
        }
        return part(
            177,
            number(id) + [priority, 0] + part(178, start + part(182, ends)) + specs
                + part(237, [trigger, 0, count] + part(238, selector + part(348, [memory]))))
    }

    static func keepalive(_ milliseconds: UInt16) -> [UInt8] {
        part(220, [1, 0, 0, UInt8(milliseconds >> 8), UInt8(milliseconds & 0xFF)])
    }

    /// ADD_ACCESSSPEC's body: reads `words` of a bank of every tag.
    static func accessSpec(_ id: UInt8, bank: UInt8, words: UInt8, times: UInt8 = 0) -> [UInt8] {
        part(
            207,
            number(id) + [0, 0, 1, 0] + number(0) + part(208, [times == 0 ? 0 : 1, 0, times])
                + part(
                    209,
                    part(338, part(339, [0x60, 0, 0, 0, 0, 0, 0]))
                        + part(341, [0, 9, 0, 0, 0, 0, bank << 6, 0, 0, 0, words])))
    }

    static let tags = (0..<3).map { TagID(.epcGen2, Hex.bytes("3074257BF7194E4000001A8\($0)")!) }
}
