import Model
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Who looked at whom: told once in ten minutes, within limits that say what they left out.
struct PersonalReadsTests {
    private let nadia = Author("Nadia", station: "dock-1")
    private var reads = PersonalReads()

    private mutating func note(_ kind: PersonalRead.Kind, _ subject: String, at: Int64, by who: Author? = nil) {
        reads.note(PersonalRead(kind, subject, by: who ?? nadia, at: at))
    }

    private mutating func told(at now: Int64) -> [String] {
        reads.take(at: now).map { "\($0.author.who) \($0.kind.rawValue) \($0.subject)" }
    }

    @Test mutating func aCardThatIsOpenedAgainIsToldOnceInTenMinutes() {
        note(.card, "17", at: 0)
        note(.card, "17", at: 1000)
        note(.card, "18", at: 2000)
        note(.card, "17", at: 3000, by: Author("Karim"))
        #expect(told(at: 4000) == ["Nadia card 17", "Nadia card 18", "Karim card 17"])
        note(.card, "17", at: PersonalReads.window - 1)
        #expect(told(at: PersonalReads.window - 1) == [])
        note(.card, "17", at: PersonalReads.window)
        #expect(told(at: PersonalReads.window) == ["Nadia card 17"])
    }

    @Test mutating func aTextThatIsTypedIsToldWhenItIsWhole() {
        for (index, text) in ["d", "du", "dup", "dupont"].enumerated() { note(.search, text, at: Int64(index * 300)) }
        #expect(told(at: 1000) == [])
        #expect(told(at: 900 + PersonalReads.settling) == ["Nadia search dupont"])
        note(.search, "", at: 10_000)
        #expect(told(at: 10_000) == ["Nadia search *"], "a list without a text is nobody's typing")
    }

    @Test mutating func whoLooksAtAllOfThemIsToldAsHowMany() {
        for id in 0..<PersonalReads.perPerson + 37 { note(.card, String(id), at: 1) }
        #expect(told(at: 2).count == PersonalReads.perPerson)
        #expect(told(at: PersonalReads.window + 1) == ["Nadia many 37"])
        #expect(reads.lost == 0 && reads.isEmpty)
    }

    @Test mutating func whatWaitsIsBoundedAndWhatIsLostIsCounted() {
        for person in 0..<30 {
            for id in 0..<100 { note(.card, String(id), at: 1, by: Author("P\(person)")) }
        }
        #expect(reads.lost == UInt64(30 * 100 - PersonalReads.waitingLimit))
        let portion = reads.take(at: 2)
        #expect(portion.count == PersonalReads.portion)
        reads.putBack(portion)
        #expect(reads.takeLast(at: 3).count == PersonalReads.waitingLimit)
    }

    @Test func theyStandInTheTrailBesideTheDeeds() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        try store.tell(Fact(.deliveryClosed, 17), by: nadia, at: 1)
        try ReadDesk(store).tell([PersonalRead(.card, "17", by: nadia, at: 2)])
        for seq in 1...2 as ClosedRange<Int64> { try store.trail.add(seq) }
        func seqs(_ query: TrailTable.Query) throws -> [Int64] {
            try store.trail.entries(query, before: nil, limit: 10).map(\.seq)
        }
        #expect(try seqs(.init(subject: "17")) == [2, 1])
        // Moments of a stranger: out of all time, and none ends the process.
        #expect(try seqs(.init(from: .min, to: .max)) == [2, 1] && seqs(.init(from: .max, to: .min)) == [])
        #expect(try seqs(.init(kind: "reads")) == [2] && seqs(.init(kind: "deeds")) == [1])
        #expect(try seqs(.init(kind: "delivery")) == [1] && seqs(.init(kind: "deliver")) == [])
        #expect(try seqs(.init(kind: "personal.card")) == [2])
        #expect(try seqs(.init(from: 2)) == [2] && seqs(.init(to: 1)) == [1] && seqs(.init(from: 3)) == [])
        #expect(try store.ledger.verify().broken == nil)
    }
}
