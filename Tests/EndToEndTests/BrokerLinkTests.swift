import Broker
import Glibc
import Model
import Platform
import Rig
import Testing

/// A link against a broker of a few bytes: what it says of itself, and how it takes what comes in a heap. MQTT 5.0, 3.1 to 3.4.
@Suite(.serialized)
struct BrokerLinkTests {
    /// Turns the link until `found` finds something, on a machine that is as busy as it likes.
    private static func turn<T>(_ link: BrokerLink, until found: ([BrokerEvent]) -> T?) -> T? {
        for _ in 0..<6000 { if let result = found(link.turn(atMost: 5)) { return result } }
        return nil
    }

    private static func read(_ descriptor: Int32) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        return Array(buffer.prefix(max(0, count)))
    }

    /// The link and the broker's end of its connection, with its CONNECT; the plain connect that looks whether anybody is there says nothing.
    private static func connected(_ listener: (descriptor: Int32, port: UInt16)) throws -> (BrokerLink, Int32, [UInt8])
    {
        let link = BrokerLink(
            options: BrokerOptions(host: "127.0.0.1", port: listener.port, clientID: "dock"), now: Clocks.now, seed: 1)
        var (ends, word): ([Int32], [UInt8]) = ([], [])
        let end = turn(link) { _ -> Int32? in
            while let one = Sockets.accept(listener.descriptor) { ends.append(one) }
            return ends.first {
                word = read($0)
                return !word.isEmpty
            }
        }
        for one in ends where one != end { close(one) }
        return (link, try #require(end), word)
    }

    @Test func theBrokerNeedNotWaitForUsAfterEachTwenty() throws {
        let listener = try #require(Sockets.listen(port: 0))
        let (link, end, word) = try Self.connected(listener)
        defer {
            link.disconnect()
            close(end)
            close(listener.descriptor)
        }
        // 10 LL  00 04 4D 51 54 54  05  02  00 14  03  21 27 10  …
        // 0  1   2                  8   9   10     12  13           type len "MQTT" version flags keep-alive properties
        #expect(word.first == 0x10 && word[8] == 5 && word[12] == 3)
        #expect(Array(word[13..<16]) == [0x21, 0x27, 0x10], "Receive Maximum 10 000")
    }

    @Test func aHeapIsTakenAtOnceAndAnsweredTogether() throws {
        let listener = try #require(Sockets.listen(port: 0))
        let (link, end, _) = try Self.connected(listener)
        defer {
            link.disconnect()
            close(end)
            close(listener.descriptor)
        }
        let count: UInt8 = 50
        var bytes: [UInt8] = [0x20, 0x03, 0, 0, 0]
        #expect(write(end, bytes, bytes.count) == bytes.count)
        #expect(Self.turn(link) { $0.contains(.up) ? true : nil } == true)
        bytes = []
        for id in 1...count { bytes += [0x32, 7, 0, 1, 0x74, 0, id, 0, id] }
        #expect(write(end, bytes, bytes.count) == bytes.count)
        let first = Self.turn(link) { $0.isEmpty ? nil : $0 }
        #expect(first == (1...count).map { .message(topic: "t", payload: [$0]) })
        var answers: [UInt8] = []
        _ = Self.turn(link) { _ -> Bool? in
            answers += Self.read(end)
            return answers.count >= Int(count) * 4 ? true : nil
        }
        #expect(answers == (1...count).flatMap { [0x40, 2, 0, $0] })
    }
}
