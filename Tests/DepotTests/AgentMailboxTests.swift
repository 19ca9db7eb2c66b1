import Model
import Testing

@testable import Depot

/// What agents send and nobody has read yet: its order, its bounds, and what is counted where it is dropped.
struct AgentMailboxTests {
    private var box = AgentMailbox()

    private static func hello(_ nonce: UInt64) -> Hello {
        Hello(
            epoch: 1, boot: Boot(counter: 1, random: nonce), nonce: nonce, bulk: .init(lowest: 1, highest: 0),
            urgent: .init(lowest: 1, highest: 0), clock: 0)
    }

    private static func status(_ online: Bool, _ word: String = "") -> JSON {
        .object([("online", .bool(online)), ("word", .string(word))])
    }

    /// Everything that waits, as words: `dock f7` for a frame of the byte 7.
    private static func drain(_ box: inout AgentMailbox) -> [String] {
        var words: [String] = []
        while !box.isEmpty {
            for letter in box.take(atMost: 100) {
                let content =
                    switch letter.content {
                    case .frame(let bytes): "f\(bytes.first ?? 0)"
                    case .hello(let hello): "h\(hello.nonce)"
                    case .status(let json):
                        "\(json["online"]?.truth == true ? "on" : "off")\(json["word"]?.text ?? "")"
                    }
                words.append("\(letter.agent) \(content)")
            }
        }
        return words
    }

    // MARK: order

    @Test mutating func whatOneSaysComesOutAsItCame() {
        box.put(frame: [1], from: "dock")
        box.put(Self.hello(9), from: "dock")
        box.put(frame: [2], from: "dock")
        box.put(frame: [7], from: "gate")
        box.put(status: Self.status(true), of: 10, from: "dock")
        box.put(frame: [3], from: "dock")
        #expect(Self.drain(&box) == ["dock f1", "dock h9", "dock f2", "gate f7", "dock on", "dock f3"])
    }

    @Test mutating func noMoreIsTakenThanWasAskedFor() {
        for byte in 0..<5 as Range<UInt8> { box.put(frame: [byte], from: "dock") }
        #expect(box.take(atMost: 2).map(\.content) == [.frame([0]), .frame([1])])
        #expect(box.take(atMost: 0).isEmpty && !box.isEmpty)
        box.put(frame: [5], from: "dock")
        #expect(Self.drain(&box) == ["dock f2", "dock f3", "dock f4", "dock f5"])
    }

    /// While it is written, newer ones replace each other.
    @Test mutating func aStatusIsTheLastOfWhatIsTakenAtOnce() {
        box.put(frame: [1], from: "dock")
        box.put(status: Self.status(true), of: 10, from: "dock")
        box.put(frame: [2], from: "dock")
        #expect(box.take(atMost: 100).count == 2)
        #expect(box.take(atMost: 100).map(\.content) == [.frame([2])])
    }

    /// Ten thousand of them tell their status while others scan: what these send does not wait for it.
    @Test mutating func aStatusHoldsUpItsOwnAgentAlone() {
        box.put(status: Self.status(true), of: 10, from: "dock")
        box.put(frame: [1], from: "gate")
        box.put(status: Self.status(true), of: 10, from: "gate")
        box.put(Self.hello(3), from: "yard")
        box.put(frame: [2], from: "gate")
        #expect(box.take(atMost: 100).map(\.agent) == ["dock", "gate", "gate", "yard"])
        #expect(box.take(atMost: 100).map(\.content) == [.frame([2])])
    }

    // MARK: statuses

    @Test mutating func aNewerStatusTakesThePlaceOfAnUnreadOne() {
        for word in ["a", "b", "c"] { box.put(status: Self.status(true, word), of: 10, from: "dock") }
        box.put(status: Self.status(true, "z"), of: 10, from: "gate")
        #expect(box.droppedStatuses == 2)
        #expect(Self.drain(&box) == ["dock onc", "gate onz"])
        // One that was read is not replaced.
        box.put(status: Self.status(true, "d"), of: 10, from: "dock")
        #expect(Self.drain(&box) == ["dock ond"] && box.droppedStatuses == 2)
    }

    @Test mutating func comingAndGoingAreEachSaid() {
        for isOnline in [true, false, true] { box.put(status: Self.status(isOnline), of: 10, from: "dock") }
        #expect(box.droppedStatuses == 0)
        #expect(Self.drain(&box) == ["dock on", "dock off", "dock on"])
    }

    @Test mutating func whoComesAndGoesWithoutEndTakesFewPlaces() {
        for index in 0..<1000 { box.put(status: Self.status(index % 2 == 0), of: 10, from: "dock") }
        let words = Self.drain(&box)
        #expect(words.count == AgentMailbox.alternationsOfOne + 1)
        #expect(words.last == "dock off", "the last word counts")
        #expect(box.droppedStatuses == UInt64(1000 - words.count))
        // Once it is read, each is said again.
        for isOnline in [true, false] { box.put(status: Self.status(isOnline), of: 10, from: "dock") }
        #expect(Self.drain(&box).count == 2)
    }

    @Test mutating func aStatusOfAnotherProcessIsSaidAfterItsHello() {
        box.put(status: Self.status(true, "old"), of: 10, from: "dock")
        box.put(Self.hello(2), from: "dock")
        box.put(status: Self.status(true, "new"), of: 10, from: "dock")
        #expect(Self.drain(&box) == ["dock onold", "dock h2", "dock onnew"])
    }

    // MARK: bounds

    @Test mutating func framesAreBoundedInNumber() {
        for _ in 0..<AgentMailbox.frameLimit + 3 { box.put(frame: [1], from: "dock") }
        #expect(box.droppedFrames == 3)
        _ = box.take(atMost: 10)
        for _ in 0..<11 { box.put(frame: [1], from: "dock") }
        #expect(box.droppedFrames == 4, "what was read has made room")
    }

    @Test mutating func framesAreBoundedInBytes() {
        let large = [UInt8](repeating: 0, count: AgentMailbox.byteLimit / 4)
        for _ in 0..<5 { box.put(frame: large, from: "dock") }
        #expect(box.droppedFrames == 1)
        box.put(frame: [1], from: "gate")
        #expect(box.droppedFrames == 2)
        #expect(Self.drain(&box).count == 4)
        box.put(frame: large, from: "dock")
        #expect(box.droppedFrames == 2 && !box.isEmpty)
    }

    @Test mutating func statusesAreBoundedInBytesTogetherWithFrames() {
        box.put(frame: [UInt8](repeating: 0, count: AgentMailbox.byteLimit - 100), from: "dock")
        box.put(status: Self.status(true), of: 101, from: "dock")
        #expect(box.droppedStatuses == 1)
        box.put(status: Self.status(true, "a"), of: 60, from: "dock")
        #expect(box.droppedStatuses == 1)
        box.put(status: Self.status(true, "b"), of: 60, from: "gate")
        #expect(box.droppedStatuses == 2)
        #expect(Self.drain(&box).last == "dock ona")
    }

    /// Many small ones, each replaced by a large one, are not a way round the limit.
    @Test mutating func aLargeStatusDoesNotTakeASmallOnesPlaceBeyondTheLimit() {
        let half = AgentMailbox.byteLimit / 2
        for agent in ["dock", "gate", "yard"] { box.put(status: Self.status(true, "small"), of: 10, from: agent) }
        for agent in ["dock", "gate", "yard"] {
            box.put(status: Self.status(true, "large"), of: half - 10, from: agent)
        }
        #expect(box.droppedStatuses == 3)
        #expect(Self.drain(&box) == ["dock onlarge", "gate onlarge", "yard onsmall"])
        // All of it has been given back.
        box.put(frame: [UInt8](repeating: 0, count: AgentMailbox.byteLimit), from: "dock")
        #expect(box.droppedFrames == 0)
    }

    @Test mutating func hellosOfOneAreBoundedAndOthersHaveTheirOwn() {
        for nonce in 0..<10 as Range<UInt64> { box.put(Self.hello(nonce), from: "dock") }
        box.put(Self.hello(77), from: "gate")
        #expect(box.droppedHellos == UInt64(10 - AgentMailbox.hellosOfOne))
        #expect(Self.drain(&box).count == AgentMailbox.hellosOfOne + 1)
        box.put(Self.hello(11), from: "dock")
        #expect(Self.drain(&box) == ["dock h11"])
    }

    @Test mutating func inventedNamesDoNotTakeThePlacesOfKnownOnes() {
        box.know(["dock"])
        for index in 0..<AgentMailbox.agentLimit + 5 { box.put(frame: [], from: "invented-\(index)") }
        box.put(Self.hello(1), from: "late")
        box.put(status: Self.status(true), of: 10, from: "late")
        let (strangers, dropped) = (box.strangers, box.droppedFrames)
        #expect(strangers == 8 && dropped == 0, "each that may speak has room for one")
        box.put(Self.hello(1), from: "dock")
        #expect(box.strangers == strangers)
        #expect(Self.drain(&box).last == "dock h1")
    }
}
