import Platform
import Testing

@testable import IngestServer

/// What wakes those who read what was committed.
struct BellTests {
    @Test func eachRingIsATurnAndAFaultEndsNothing() async {
        struct Fault: Error {}
        let bell = Bell()
        let (turns, told) = AsyncStream.makeStream(of: Int.self)
        let count = Locked(0)
        // The clock does not ring again within this test: the first ring is its.
        let service = Task {
            await bell.follow(every: .seconds(100_000)) { _ in
                told.yield(-1)
            } _: {
                let turn = count.with { count -> Int in
                    count += 1
                    return count
                }
                if turn == 2 { throw Fault() }
                told.yield(turn)
            }
        }
        var seen: [Int] = []
        for await turn in turns {
            seen.append(turn)
            if seen.count == 3 { break }
            bell.ring()
        }
        service.cancel()
        await service.value
        #expect(seen == [1, -1, 3])
    }
}
