import Model
import TestSupport
import Testing

@testable import EdgeAgent

struct PresenceTests {
    static let tag = TagRead(id: TagID(.epcGen2, [1, 2, 3]), rssiDBm: -60)

    @Test func fiftySightingsAreOneAppearanceAndSilenceIsADeparture() {
        var presence = Presence(departure: .seconds(3))
        var changes: [Presence.Change] = []
        for index in 0..<50 {
            if let change = presence.fold(PresenceTests.tag, at: .milliseconds(Int64(index) * 50)) {
                changes.append(change)
            }
        }
        #expect(changes == [.appeared(PresenceTests.tag)])
        #expect(presence.expire(at: .milliseconds(4000)).isEmpty)
        guard case .left(let read, let present)? = presence.expire(at: .milliseconds(5500)).first else {
            Issue.record("it never left")
            return
        }
        #expect(read.count == 50 && present == .milliseconds(2450) && presence.count == 0 && presence.deadline == nil)
    }

    /// Whatever the reads: each tag appears before it leaves, and never twice in a row.
    @Test func appearancesAndDeparturesAlternate() {
        for seed in 1...200 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            var presence = Presence(departure: .milliseconds(500))
            var inside: Set<TagID> = []
            var now = Instant.zero
            func check(_ change: Presence.Change) {
                switch change {
                case .appeared(let read): #expect(inside.insert(read.id).inserted, "seed \(seed)")
                case .left(let read, _): #expect(inside.remove(read.id) != nil, "seed \(seed)")
                }
            }
            for _ in 0..<300 {
                now = now + .milliseconds(Int64.random(in: 0...120, using: &random))
                let id = TagID(.epcGen2, [UInt8.random(in: 0...5, using: &random)])
                if let change = presence.fold(TagRead(id: id), at: now) { check(change) }
                for change in presence.expire(at: now) { check(change) }
            }
            for change in presence.expire(at: now + .seconds(10)) { check(change) }
            #expect(inside.isEmpty)
        }
    }

    @Test func aTagWhoseOwnChecksumDoesNotFitNeedsASecondSighting() {
        var presence = Presence(departure: .seconds(3))
        var read = PresenceTests.tag
        read.crcIsValid = false
        #expect(presence.fold(read, at: .zero) == nil)
        #expect(presence.fold(read, at: .milliseconds(3000)) == nil)
        #expect(presence.fold(read, at: .milliseconds(3100)) == .appeared(read))
    }

    @Test func anUnsavedTagAppearsAgain() {
        var presence = Presence(departure: .seconds(3))
        _ = presence.fold(PresenceTests.tag, at: .zero)
        presence.forget(PresenceTests.tag.id)
        #expect(presence.fold(PresenceTests.tag, at: .milliseconds(50)) == .appeared(PresenceTests.tag))
    }
}

struct UrgentLaneTests {
    @Test func aNewerStateReplacesAnOlderOneAndStaleOnesAreNotSent() {
        var lane = UrgentLane(next: 1)
        lane.post(.call("a"), type: "quai.call", data: .string("ringing"), life: .seconds(30), at: .zero)
        lane.post(.call("b"), type: "quai.call", data: .string("ringing"), life: .seconds(30), at: .zero)
        lane.post(.call("a"), type: "quai.call", data: .string("answered"), life: .seconds(10), at: .milliseconds(100))
        #expect(lane.messages.map(\.data) == [.string("ringing"), .string("answered")])
        let due = lane.due(at: .milliseconds(200))
        #expect(due.count == 2 && due[1].ttl == 9)
        for (message, _) in due { lane.sent(message.seq, at: .milliseconds(200)) }
        #expect(lane.due(at: .milliseconds(300)).isEmpty)
        #expect(lane.due(at: .milliseconds(1300)).count == 2)
        lane.acknowledged(Ack(epoch: 1, lane: .urgent, cumulative: 0, selective: [2...2]))
        #expect(lane.messages.count == 1)
        #expect(lane.due(at: .milliseconds(11_000)).isEmpty && lane.messages.isEmpty)
    }

    @Test func theLaneIsBounded() {
        var lane = UrgentLane(next: 1)
        for index in 0..<1000 { lane.post(.call("\(index)"), type: "t", data: .null, life: .seconds(30), at: .zero) }
        #expect(lane.messages.count == UrgentLane.limit && lane.expired == UInt64(1000 - UrgentLane.limit))
    }
}
