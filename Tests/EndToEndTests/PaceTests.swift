import Model
import Testing

@testable import IngestServer

struct PaceTests {
    @Test func whatIsDoneNowAndThenIsDoneOnceInAPeriod() {
        var (soon, later) = (Pace(.seconds(5)), Pace(.seconds(5), after: .zero))
        let turns = (0...12).map { Instant.zero + .seconds($0) }
        #expect(turns.map { soon.isDue(at: $0) }.indices(of: true) == [0, 5, 10])
        #expect(turns.map { later.isDue(at: $0) }.indices(of: true) == [5, 10])
    }
}

extension [Bool] {
    fileprivate func indices(of value: Bool) -> [Int] { indices.filter { self[$0] == value } }
}
