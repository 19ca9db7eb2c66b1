import Model
import TestSupport
import Testing
import Uplink
import World

/// The whole road in the simulated world: outbox and centre on disks that fail, everything in between, from one seed.
struct WorldTests {
    /// Ten thousand in the ordinary run; QUAI_SEEDS asks for another number.
    static let seeds = UInt64(environment("QUAI_SEEDS") ?? "10000") ?? 10_000

    @Test(arguments: 0..<4 as Range<UInt64>) func everyAcceptedScanHasItsEffectOnce(part: UInt64) {
        for seed in 1...WorldTests.seeds where seed % 4 == part {
            var world = World(seed: seed)
            let outcome = world.run()
            world.close()
            if let failure = outcome.failure {
                Issue.record("seed \(seed): \(failure)\n\(outcome.story.joined(separator: "\n"))")
                return
            }
        }
    }
}

struct DeliveryTests {
    @Test func aRowAloneIsSentAtOnceAndMoreFillUpWhileItsAckIsAwaited() {
        var delivery = Delivery(epoch: 1, nonce: 2, frontier: 0, highest: 0, pendingBytes: 0)
        #expect(delivery.connected(at: .zero) == [.hello])
        _ = delivery.acknowledged(Ack(epoch: 1, lane: .bulk, cumulative: 0, hello: 2), wroteTip: true, at: .zero)
        delivery.appended(upTo: 1, bytes: 40)
        #expect(delivery.ready(at: .zero) == .frame(from: 1, count: Frame.rowLimit))
        delivery.sent(first: 1, last: 1, rows: 40, bytes: 60, at: .zero)
        delivery.appended(upTo: 5, bytes: 160)
        #expect(delivery.ready(at: .milliseconds(1)) == nil)
        #expect(
            delivery.acknowledged(Ack(epoch: 1, lane: .bulk, cumulative: 1), wroteTip: true, at: .milliseconds(2))
                == [.forget(upTo: 1, refused: 0)])
        #expect(delivery.ready(at: .milliseconds(2)) == .frame(from: 2, count: Frame.rowLimit))
    }

    @Test func aBufferThatWentBackInTimeOpensANewEpoch() {
        var delivery = Delivery(epoch: 1, nonce: 2, frontier: 0, highest: 10, pendingBytes: 400)
        _ = delivery.connected(at: .zero)
        let beyond = Ack(epoch: 1, lane: .bulk, cumulative: 50, hello: 2, boot: Boot(counter: 3, random: 9))
        guard case .reissue? = delivery.acknowledged(beyond, wroteTip: true, at: .zero).first else {
            Issue.record("a frontier beyond our own rows must not be believed")
            return
        }
        // New scans may have overtaken the frontier: then only the boot tells.
        var overtaken = Delivery(epoch: 1, nonce: 2, frontier: 0, highest: 100, pendingBytes: 400)
        _ = overtaken.connected(at: .zero)
        guard case .reissue? = overtaken.acknowledged(beyond, wroteTip: false, at: .zero).first else {
            Issue.record("an unknown boot means that the file went back in time")
            return
        }
    }

    /// The lease's model, fault 11: the centre's database went back (a standby that lacked commits), and nobody disconnected.
    @Test func aCentreThatWentBackIsGreeted() {
        var delivery = Delivery(epoch: 1, nonce: 2, frontier: 9, highest: 9, pendingBytes: 0)
        _ = delivery.connected(at: .zero)
        _ = delivery.acknowledged(Ack(epoch: 1, lane: .bulk, cumulative: 9, hello: 2), wroteTip: true, at: .zero)
        delivery.appended(upTo: 10, bytes: 40)
        delivery.sent(first: 10, last: 10, rows: 40, bytes: 60, at: .zero)
        let ack = Ack(epoch: 1, lane: .bulk, cumulative: 7, selective: [10...10])
        #expect(delivery.acknowledged(ack, wroteTip: true, at: .milliseconds(1)).isEmpty)
        #expect(delivery.deadline == .milliseconds(1000))
        #expect(delivery.tick(at: .milliseconds(999)).isEmpty)
        #expect(delivery.tick(at: .milliseconds(1000)) == [.hello])
        // It says that what is missing is lost, and goes on.
        let answer = Ack(epoch: 1, lane: .bulk, cumulative: 10, hello: 2)
        let settled = delivery.acknowledged(answer, wroteTip: true, at: .milliseconds(1001))
        #expect(settled == [.forget(upTo: 10, refused: 0)])
    }

    /// The model's first fault: rows committed while the line was away must be forgotten with the greeting's answer.
    @Test func theAnswerToAGreetingSettlesWhatWasCommitted() {
        var delivery = Delivery(epoch: 1, nonce: 2, frontier: 0, highest: 3, pendingBytes: 120)
        _ = delivery.connected(at: .zero)
        let answer = Ack(
            epoch: 1, lane: .bulk, cumulative: 3, rejected: [.init(seq: 2, code: "malformed-row")], hello: 2)
        #expect(
            delivery.acknowledged(answer, wroteTip: true, at: .zero) == [.forget(upTo: 3, refused: 1)])
    }

    /// The second: behind a hole the frontier says nothing, the highest row does.
    @Test func aBufferThatWentBackBehindAHoleOpensANewEpoch() {
        var delivery = Delivery(epoch: 1, nonce: 2, frontier: 0, highest: 2, pendingBytes: 80)
        _ = delivery.connected(at: .zero)
        let answer = Ack(
            epoch: 1, lane: .bulk, cumulative: 0, selective: [2...2], hello: 2, tip: 2,
            boot: Boot(counter: 3, random: 9))
        guard case .reissue? = delivery.acknowledged(answer, wroteTip: false, at: .zero).first else {
            Issue.record("a number that another boot wrote must not be believed")
            return
        }
    }

    /// The fourth: two machines hear what is said to one name.
    @Test func anothersVerdictIsNotObeyed() {
        var delivery = Delivery(epoch: 1, nonce: 2, frontier: 0, highest: 10, pendingBytes: 400)
        _ = delivery.connected(at: .zero)
        let verdict = Ack(epoch: 1, lane: .bulk, cumulative: 0, hello: 3, verdict: .cloned)
        #expect(delivery.acknowledged(verdict, wroteTip: true, at: .zero).isEmpty)
    }

    @Test func aCloneIsStopped() {
        var delivery = Delivery(epoch: 1, nonce: 2, frontier: 0, highest: 10, pendingBytes: 400)
        _ = delivery.connected(at: .zero)
        let steps = delivery.acknowledged(
            Ack(epoch: 1, lane: .bulk, cumulative: 0, hello: 2, verdict: .cloned), wroteTip: true, at: .zero)
        guard case .stop? = steps.first else {
            Issue.record("not stopped")
            return
        }
        #expect(delivery.connected(at: .zero).isEmpty && delivery.ready(at: .zero) == nil)
    }
}
