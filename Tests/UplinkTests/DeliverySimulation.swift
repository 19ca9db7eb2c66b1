import Model
import TestSupport
import Testing
import Uplink

/// Delivery against the centre's rules under loss, repetition, disorder, crashes of either side and a link that comes
/// and goes, on one virtual clock from one seed. The oracle: every row exactly once, and all of them once healed.
struct World {
    struct Frame {
        var first: UInt64
        var rows: [UInt64]
    }

    enum Message {
        case frame(Frame)
        case hello(nonce: UInt64, lowest: UInt64)
        case ack(Ack)
    }

    var random: SeededRandom
    var now = Instant.milliseconds(1000)
    var story: [String] = []

    // The agent: what is on its disk, and the value under test.
    var produced: UInt64 = 0
    var forgotten: UInt64 = 0
    var delivery: Delivery
    var nonce: UInt64 = 1
    var linked = false

    // The centre: what is committed.
    var applied: [UInt64: Int] = [:]
    var frontier: UInt64 = 0
    var ahead: Set<UInt64> = []
    var centreUp = true

    var toCentre: [(at: Instant, message: Message)] = []
    var toAgent: [(at: Instant, message: Message)] = []
    var faulty = true

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        delivery = Delivery(epoch: 7, nonce: 1, frontier: 0, highest: 0, pendingBytes: 0)
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    mutating func send(_ message: Message, up: Bool) {
        guard linked else { return }
        if faulty, chance(15) { return }
        for _ in 0..<(faulty && chance(10) ? 2 : 1) {
            let delay = Int64.random(in: 1...(faulty ? 200 : 5), using: &random)
            if up {
                toCentre.append((now + .milliseconds(delay), message))
            } else {
                toAgent.append((now + .milliseconds(delay), message))
            }
        }
    }

    mutating func perform(_ steps: [Delivery.Step]) {
        for step in steps {
            switch step {
            case .hello: send(.hello(nonce: nonce, lowest: forgotten + 1), up: true)
            case .forget(let last, _):
                precondition(last <= frontier, "forgotten before it was committed: \(last) > \(frontier)")
                forgotten = max(forgotten, last)
            case .reissue(let reason): story.append("reissue: \(reason)")
            case .stop(let reason): story.append("stop: \(reason)")
            }
        }
    }

    /// The centre's rules: the database decides what is new, the frontier moves over what is contiguous.
    mutating func centre(_ message: Message) {
        guard centreUp else { return }
        switch message {
        case .frame(let frame):
            for seq in frame.rows where seq > frontier && !ahead.contains(seq) {
                applied[seq, default: 0] += 1
                ahead.insert(seq)
            }
            while ahead.remove(frontier + 1) != nil { frontier += 1 }
            if faulty, chance(5) { return }  // crash between commit and ack
            send(.ack(ack()), up: false)
        case .hello(let nonce, _):
            var answer = ack()
            answer.hello = nonce
            send(.ack(answer), up: false)
        case .ack: break
        }
    }

    func ack() -> Ack {
        var ranges: [ClosedRange<UInt64>] = []
        for seq in ahead.sorted() {
            if let last = ranges.last, last.upperBound + 1 == seq {
                ranges[ranges.count - 1] = last.lowerBound...seq
            } else if ranges.count < Ack.rangeLimit {
                ranges.append(seq...seq)
            }
        }
        return Ack(epoch: 7, lane: .bulk, cumulative: frontier, selective: ranges)
    }

    mutating func step() {
        now = now + .milliseconds(Int64.random(in: 1...20, using: &random))
        if faulty {
            if chance(3) {
                linked.toggle()
                if linked { perform(delivery.connected(at: now)) } else { delivery.disconnected() }
            }
            if chance(1) {  // the agent is killed and starts from its disk
                nonce += 1
                delivery = Delivery(
                    epoch: 7, nonce: nonce, frontier: forgotten, highest: produced,
                    pendingBytes: Int(produced - forgotten) * 40)
                linked = false
            }
            if chance(2) { centreUp.toggle() }
            if chance(30) {
                produced += UInt64.random(in: 1...40, using: &random)
                delivery.appended(upTo: produced, bytes: 40 * 20)
            }
        }
        let due = toCentre.filter { $0.at <= now }
        toCentre.removeAll { $0.at <= now }
        for item in due { centre(item.message) }
        let back = toAgent.filter { $0.at <= now }
        toAgent.removeAll { $0.at <= now }
        for item in back where linked {
            if case .ack(let ack) = item.message { perform(delivery.acknowledged(ack, wroteTip: true, at: now)) }
        }
        perform(delivery.tick(at: now))
        for _ in 0..<8 {
            guard linked, case .frame(let first, let count)? = delivery.ready(at: now) else { break }
            precondition(first > forgotten && first <= produced, "asked for \(first) of \(forgotten + 1)...\(produced)")
            let last = min(produced, first + UInt64(min(count, 60)) - 1)
            send(.frame(Frame(first: first, rows: Array(first...last))), up: true)
            delivery.sent(
                first: first, last: last, rows: Int(last - first + 1) * 40, bytes: Int(last - first + 1) * 10, at: now)
        }
    }

    /// Runs the faults, heals everything, and says what went wrong; nil when all is well.
    mutating func run() -> String? {
        for _ in 0..<150 { step() }
        faulty = false
        centreUp = true
        if !linked {
            linked = true
            perform(delivery.connected(at: now))
        }
        var steps = 0
        while forgotten < produced {
            step()
            steps += 1
            if steps > 20_000 {
                return "not delivered 3 minutes after everything was healed: \(forgotten) of \(produced)"
            }
        }
        if let twice = applied.first(where: { $0.value != 1 }) {
            return "row \(twice.key) applied \(twice.value) times"
        }
        if UInt64(applied.count) != produced { return "\(applied.count) rows applied of \(produced) produced" }
        if !story.isEmpty { return story.joined(separator: "; ") }
        return nil
    }
}

struct DeliverySimulation {
    /// Ten thousand in the ordinary run; QUAI_SEEDS asks for another number.
    static let seeds = UInt64(environment("QUAI_SEEDS") ?? "10000") ?? 10_000

    @Test func everyRowArrivesOnceWhateverFails() {
        for seed in 1...DeliverySimulation.seeds {
            var world = World(seed: seed)
            if let failure = world.run() {
                Issue.record("seed \(seed): \(failure)")
                return
            }
        }
    }

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
                == [.forget(upTo: 1, rejected: [])])
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

    /// The model's first fault: rows committed while the line was away must be forgotten with the greeting's answer.
    @Test func theAnswerToAGreetingSettlesWhatWasCommitted() {
        var delivery = Delivery(epoch: 1, nonce: 2, frontier: 0, highest: 3, pendingBytes: 120)
        _ = delivery.connected(at: .zero)
        let answer = Ack(
            epoch: 1, lane: .bulk, cumulative: 3, rejected: [.init(seq: 2, code: "malformed-row")], hello: 2)
        #expect(
            delivery.acknowledged(answer, wroteTip: true, at: .zero) == [.forget(upTo: 3, rejected: [2])])
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
