import Model
import Testing

@testable import Depot

/// What goes into one transaction, in which order, and who is asked to write it.
struct ArrivalQueueTests {
    private var queue = ArrivalQueue()

    private static func arrival(_ first: UInt64, rows: Int = 1) -> Arrival {
        Arrival(
            agent: "dock",
            payload: ApplierTests.frame((0..<rows).map { ApplierTests.scan("\($0)") }, first: first))
    }

    private static func firsts(_ part: [Arrival]) -> [UInt64] {
        part.compactMap { if case .success(let content) = $0.content { content.frame.first } else { nil } }
    }

    @Test mutating func oneIsAskedUntilItHasTakenAll() {
        #expect(queue.put(Self.arrival(1)) == true)
        #expect(queue.put(Self.arrival(2)) == false, "somebody was asked already")
        #expect(Self.firsts(queue.take()) == [1, 2])
        #expect(queue.isEmpty && queue.take().isEmpty)
        #expect(queue.put(Self.arrival(3)) == true)
    }

    @Test mutating func aPartIsBoundedInFramesAndWhoTookItComesAgain() {
        let count = ArrivalQueue.framesAtOnce
        for first in 1...count * 2 { #expect(queue.put(Self.arrival(UInt64(first))) != nil) }
        #expect(queue.put(Self.arrival(9999)) == nil, "no room")
        #expect(Self.firsts(queue.take()) == (1...count).map(UInt64.init))
        #expect(queue.put(Self.arrival(9999)) == false, "more waits, and whoever took comes again")
        #expect(Self.firsts(queue.take()) == (count + 1...count * 2).map(UInt64.init))
        #expect(Self.firsts(queue.take()) == [9999] && queue.isEmpty)
    }

    @Test mutating func aPartIsBoundedInRows() {
        let inOne = ArrivalQueue.rowsAtOnce / Frame.rowLimit
        var first: UInt64 = 1
        while queue.put(Self.arrival(first, rows: Frame.rowLimit)) != nil { first += 1 }
        #expect(first - 1 == UInt64(inOne * 2))
        #expect(queue.take().count == inOne)
        #expect(queue.put(Self.arrival(first, rows: Frame.rowLimit)) == false)
    }

    @Test mutating func whatCannotBeReadGoesAlong() {
        _ = queue.put(Arrival(agent: "dock", payload: [1, 2, 3]))
        _ = queue.put(Self.arrival(1))
        #expect(queue.take().count == 2)
    }
}
