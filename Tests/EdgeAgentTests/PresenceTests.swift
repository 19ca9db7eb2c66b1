import Drivers
import Model
import TestSupport
import Testing
import Uplink

@testable import EdgeAgent

struct PresenceTests {
    static let tag = TagRead(id: TagID(.epcGen2, [1, 2, 3]), rssiDBm: -60)

    static func presence(_ change: (inout Presence.Rules) -> Void = { _ in }) -> Presence {
        var rules = Presence.Rules(zone: "dock", departure: .seconds(3))
        change(&rules)
        return Presence(rules: ["r": rules])
    }

    static func read(_ rssi: Double, antenna: Int = 1) -> TagRead {
        TagRead(id: tag.id, rssiDBm: rssi, antenna: antenna)
    }

    @Test func fiftySightingsAreOneAppearanceAndSilenceIsADeparture() {
        var presence = PresenceTests.presence()
        var changes: [Presence.Change] = []
        for index in 0..<50 {
            if let change = presence.fold(PresenceTests.tag, device: "r", at: .milliseconds(Int64(index) * 50)) {
                changes.append(change)
            }
        }
        #expect(changes == [.appeared(.init(device: "r", zone: "dock", read: PresenceTests.tag))])
        #expect(presence.expire(at: .milliseconds(4000)).isEmpty)
        guard case .left(let place, let present, nil)? = presence.expire(at: .milliseconds(5500)).first else {
            Issue.record("it never left")
            return
        }
        #expect(place.read.count == 50 && present == .milliseconds(2450))
        #expect(presence.count(device: "r") == 0 && presence.deadline == nil)
    }

    /// A 125 kHz clone repeats its frame every 1.6 s: one card that stays is one appearance, not one every second frame.
    @Test func aCardOnASlowCloneStaysPresent() {
        let rules = Presence.Rules(zone: "door", departure: Driver.rdm6300.departure)
        var presence = Presence(rules: ["badge": rules])
        var session = Driver.rdm6300.session(SessionSettings())
        var changes: [Presence.Change] = []
        var left = 0
        for index in 0..<12 {
            let now = Instant.milliseconds(Int64(index) * 1600)
            left += presence.expire(at: now).count
            let reaction = session.handle(.bytes([0x02] + Array("0C000621A58E".utf8) + [0x03]), at: now)
            for case .tag(let read) in reaction.observations {
                if let change = presence.fold(read, device: "badge", at: now) { changes.append(change) }
            }
        }
        #expect(changes.count == 1 && left == 0)
        #expect(presence.expire(at: .milliseconds(11 * 1600 + 3100)).count == 1)
    }

    /// Whatever the reads, from two readers over four zones with every rule on: each tag appears before it moves, stays
    /// or leaves, is in one zone at a time, and none is counted where it is not.
    @Test func appearancesMovesAndDeparturesAlternate() {
        for seed in 1...300 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            var a = Presence.Rules(zone: "a", antennaZones: [2: "b"], departure: .milliseconds(500))
            a.thresholdDBm = Bool.random(using: &random) ? -65 : nil
            a.entryAntennas = [1, 2]
            a.repeatEvery = .milliseconds(300)
            let b = Presence.Rules(zone: "b", antennaZones: [1: "c"], departure: .milliseconds(800))
            var presence = Presence(rules: ["a": a, "b": b])
            var inside: [TagID: String] = [:]
            var now = Instant.zero
            func check(_ change: Presence.Change) {
                switch change {
                case .appeared(let place):
                    #expect(inside.updateValue(place.zone, forKey: place.read.id) == nil, "seed \(seed)")
                case .moved(let place, let from):
                    #expect(from != place.zone)
                    #expect(inside.updateValue(place.zone, forKey: place.read.id) == from, "seed \(seed)")
                case .still(let place): #expect(inside[place.read.id] == place.zone, "seed \(seed)")
                case .left(let place, _, _):
                    #expect(inside.removeValue(forKey: place.read.id) == place.zone, "seed \(seed)")
                }
            }
            for _ in 0..<400 {
                now = now + .milliseconds(Int64.random(in: 0...80, using: &random))
                var read = TagRead(id: TagID(.epcGen2, [UInt8.random(in: 0...5, using: &random)]))
                read.rssiDBm = Bool.random(using: &random) ? Double(Int.random(in: -80 ... -40, using: &random)) : nil
                read.antenna = Int.random(in: 1...3, using: &random)
                read.crcIsValid = Int.random(in: 0...9, using: &random) == 0 ? false : nil
                read.confirmation = Int.random(in: 0...9, using: &random) == 0 ? .milliseconds(100) : nil
                let device = Bool.random(using: &random) ? "a" : "b"
                if let change = presence.fold(read, device: device, at: now) { check(change) }
                for change in presence.expire(at: now) { check(change) }
                #expect(presence.count(device: "a") + presence.count(device: "b") == inside.count, "seed \(seed)")
            }
            for change in presence.expire(at: now + .seconds(10)) { check(change) }
            #expect(inside.isEmpty)
        }
    }

    @Test func aTagWhoseOwnChecksumDoesNotFitNeedsASecondSighting() {
        var presence = PresenceTests.presence()
        var read = PresenceTests.tag
        read.crcIsValid = false
        #expect(presence.fold(read, device: "r", at: .zero) == nil)
        #expect(presence.fold(read, device: "r", at: .milliseconds(3000)) == nil)
        #expect(presence.fold(read, device: "r", at: .milliseconds(3100)) != nil)
        #expect(presence.suspects == 2)
    }

    /// One frame of a 125 kHz module may be a motor; two within 300 ms are a tag (letscontrolit/ESPEasy issue 2982).
    @Test func aPhantomOfALowFrequencyReaderIsSuppressed() {
        var presence = PresenceTests.presence()
        var read = TagRead(id: TagID(.em4100, [1, 2, 3, 4, 5]))
        read.confirmation = .milliseconds(300)
        #expect(presence.fold(read, device: "r", at: .zero) == nil)
        #expect(presence.fold(read, device: "r", at: .milliseconds(400)) == nil)
        #expect(presence.fold(read, device: "r", at: .milliseconds(465)) != nil)
    }

    @Test func anUnsavedTagAppearsAgain() {
        var presence = PresenceTests.presence()
        _ = presence.fold(PresenceTests.tag, device: "r", at: .zero)
        presence.forget(PresenceTests.tag.id)
        #expect(presence.fold(PresenceTests.tag, device: "r", at: .milliseconds(50)) != nil)
    }

    @Test func whatIsBeyondTheDoorIsNotInsideIt() {
        var presence = PresenceTests.presence { $0.thresholdDBm = -60 }
        for step in 0..<20 {
            #expect(presence.fold(PresenceTests.read(-68), device: "r", at: .milliseconds(Int64(step) * 50)) == nil)
        }
        // One strong reflection does not lift the mean of four over the threshold; coming nearer does.
        #expect(presence.fold(PresenceTests.read(-40), device: "r", at: .milliseconds(1050)) == nil)
        #expect(presence.fold(PresenceTests.read(-50), device: "r", at: .milliseconds(1100)) != nil)
        // Slightly weaker inside the door is still inside.
        for step in 0..<80 {
            _ = presence.fold(PresenceTests.read(-62), device: "r", at: .milliseconds(1150 + Int64(step) * 50))
            #expect(presence.expire(at: .milliseconds(1150 + Int64(step) * 50)).isEmpty)
        }
    }

    @Test func aTagBetweenTwoZonesDoesNotFlutterAndIsHandedOverOnce() {
        var presence = PresenceTests.presence { $0.antennaZones = [2: "store"] }
        var changes: [Presence.Change] = []
        var now = Instant.zero
        func both(_ near: Double, _ far: Double) {
            now = now + .milliseconds(50)
            for (rssi, antenna) in [(near, 1), (far, 2)] {
                let read = PresenceTests.read(rssi, antenna: antenna)
                if let change = presence.fold(read, device: "r", at: now) { changes.append(change) }
            }
            changes += presence.expire(at: now)
        }
        for step in 0..<100 { both(step % 2 == 0 ? -55 : -58, step % 2 == 0 ? -57 : -54) }
        #expect(changes.count == 1)
        for _ in 0..<20 { both(-66, -52) }
        guard changes.count == 2, case .moved(let place, from: "dock") = changes[1] else {
            Issue.record("\(changes)")
            return
        }
        #expect(place.zone == "store" && place.read.antenna == 2)
    }

    @Test(arguments: [([1, 2], Row.Direction.entry), ([2, 1], .exit)])
    func theOrderOfAntennasTellsTheDirection(order: [Int], expected: Row.Direction) {
        var presence = PresenceTests.presence { $0.entryAntennas = [1, 2] }
        for step in 0..<20 {
            let read = PresenceTests.read(-55, antenna: order[step / 10])
            _ = presence.fold(read, device: "r", at: .milliseconds(Int64(step) * 50))
        }
        guard case .left(_, _, let direction)? = presence.expire(at: .milliseconds(10_000)).first else {
            Issue.record("it never left")
            return
        }
        #expect(direction == expected)
    }

    @Test func twoReadersOverOneZoneTellOfATagOnce() {
        let rules = Presence.Rules(zone: "dock", departure: .seconds(1))
        var presence = Presence(rules: ["left": rules, "right": rules])
        #expect(presence.fold(PresenceTests.tag, device: "left", at: .zero) != nil)
        #expect(presence.fold(PresenceTests.tag, device: "right", at: .milliseconds(20)) == nil)
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
