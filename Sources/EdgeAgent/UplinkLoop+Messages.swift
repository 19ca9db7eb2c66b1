import Broker
import Glibc
import Logging
import Model
import Platform
import Uplink

/// What comes from the centre and what goes there.
extension UplinkLoop {
    func receive(_ topic: String, _ payload: [UInt8], _ state: State, _ now: Instant) {
        if topic.hasPrefix("\(Topic.presence)/") {
            let instance = String(topic.dropFirst(Topic.presence.count + 1))
            let lives = (try? JSON(parsing: payload))?["online"]?.truth ?? false
            let had = state.centres.contains(instance)
            if lives { state.centres.insert(instance) } else { state.centres.remove(instance) }
            if state.centres.isEmpty { state.delivery.disconnected() }
            if lives, !had || !state.delivery.isOpen { greet(state, now) }
            changeStatus(state) { _ in }
            return
        }
        guard let parsed = Topic(parsing: topic), parsed.agent == configuration.agent,
            let json = try? JSON(parsing: payload)
        else { return }
        switch parsed.leaf {
        case .ack:
            guard let ack = Ack(json: json) else { return }
            // The centre's clock is believed of an ack about this very journal; `Ack` has seen to its range.
            if ack.time > 0, ack.epoch == state.delivery.epoch { state.clockOffset = ack.time &- Clocks.wall }
            if ack.lane == .urgent { state.lane.acknowledged(ack) } else { acknowledge(ack, state, now) }
            changeStatus(state) { _ in }
        case .command: obey(json, state, now)
        case .configuration:
            configured(json)
            state.statusDue = true
        default: break
        }
    }

    func acknowledge(_ ack: Ack, _ state: State, _ now: Instant) {
        let wasOpen = state.delivery.isOpen
        if ack.hello != nil { try? state.builder.refresh() }
        let wrote = ack.boot.map { state.builder.wrote($0, seq: ack.tip ?? ack.cumulative) } ?? true
        perform(state.delivery.acknowledged(ack, wroteTip: wrote, at: now), state, now)
        status.with { $0.lastAck = Clocks.wall }
        if !wasOpen, state.delivery.isOpen {
            logger.info("delivering", metadata: ["from": "\(state.delivery.frontier + 1)"])
        }
    }

    func perform(_ steps: [Delivery.Step], _ state: State, _ now: Instant) {
        for step in steps {
            switch step {
            case .hello: sayHello(state)
            case .forget(let last, let refused): outbox.forget(upTo: last, refused: refused)
            case .reissue(let reason):
                logger.error("new epoch", metadata: ["reason": "\(reason)"])
                changeStatus(state) { $0.alarm = reason }
                reissue(state, now)
            case .stop(let reason):
                logger.critical("delivery stopped", metadata: ["reason": "\(reason)"])
                // The other machine has this one's name at the broker: the two would throw each other out for ever.
                state.isStopped = true
                state.urgentLink.disconnect()
                state.bulkLink.disconnect()
                changeStatus(state) {
                    $0.alarm = reason
                    $0.reason = reason
                }
            }
        }
    }

    func reissue(_ state: State, _ now: Instant) {
        let done = Locked(false)
        outbox.reissue(leaving: state.delivery.epoch) { done.change { $0 = true } }
        _ = done.wait(timeout: 10_000) { $0 ? true : nil }
        let current = outbox.now
        // A disk that refuses the new epoch is tried again with the next greeting.
        guard current.epoch != state.delivery.epoch else { return }
        try? state.builder.refresh()
        perform(
            state.delivery.restarted(
                epoch: current.epoch, highest: current.next - 1,
                pendingBytes: UplinkLoop.bytes(current.account.pending), at: now),
            state, now)
    }

    func sayHello(_ state: State) {
        let hello = Hello(
            epoch: state.delivery.epoch, boot: state.boot, nonce: state.nonce,
            bulk: .init(
                lowest: state.delivery.frontier + 1, highest: max(state.delivery.highest, state.delivery.frontier)),
            urgent: state.lane.extent, clock: Clocks.wall)
        state.urgentLink.publish(Topic(.hello, of: configuration.agent).name, hello.json.text8, expiry: 10)
    }

    func send(_ state: State, _ now: Instant) {
        if state.urgentLink.isUp, !state.centres.isEmpty {
            for (message, ttl) in state.lane.due(at: now) {
                let event = cloudEvent(message, epoch: state.delivery.epoch)
                guard
                    state.urgentLink.publish(Topic(.urgent, of: configuration.agent).name, event.text8, expiry: ttl)
                        != nil
                else { break }
                state.lane.sent(message.seq, at: now)
            }
        }
        // A bounded burst, so that the urgent lane is looked at in between; a frame takes a millisecond to make.
        state.hasMore = false
        for _ in 0..<UplinkLoop.burst {
            guard !inbox.with({ !$0.urgent.isEmpty }) else {
                state.hasMore = true
                break
            }
            guard state.bulkLink.isUp, case .frame(let first, let count)? = state.delivery.ready(at: now) else { break }
            guard let frame = try? state.builder.frame(epoch: state.delivery.epoch, from: first, count: count) else {
                break  // not visible to this connection yet; the next commit or tick asks again
            }
            let bytes = frame.encoded
            guard state.bulkLink.publish(Topic(.bulk, of: configuration.agent).name, bytes) != nil else { break }
            state.delivery.sent(
                first: frame.first, last: frame.last, rows: frame.count * 40, bytes: bytes.count, at: now)
            status.with {
                $0.framesSent += 1
                $0.bytesSent += UInt64(bytes.count)
            }
            if Clocks.now - now > UplinkLoop.burstTime {
                state.hasMore = true
                break
            }
        }
        changeStatus(state) { _ in }
    }

    func cloudEvent(_ message: UrgentLane.Message, epoch: UInt64) -> JSON {
        .object([
            ("specversion", "1.0"),
            ("id", .string("\(configuration.agent)/\(Hex.word(epoch))/c/\(message.seq)")),
            ("source", .string("quai/\(configuration.agent)")), ("type", .string(message.type)),
            ("time", .string(rfc3339(Clocks.wall))), ("data", message.data),
        ])
    }

    func obey(_ json: JSON, _ state: State, _ now: Instant) {
        guard let command = Command(json: json) else {
            logger.warning("command refused", metadata: ["reason": "not a command of this version"])
            return
        }
        // Void when its time has run out by the centre's clock: whoever clicked may have clicked again.
        let clock = Clocks.wall &+ (state.clockOffset ?? 0)
        let life = Int64(command.ttl) * 1000
        let left = min(life, command.issued &+ life &- clock)
        let until = now + .milliseconds(left)
        outbox.begin(command) { [weak self, commanded] begun in
            let answer: CommandProgress
            switch begun {
            case .first: return commanded(command, until)
            case .before(let progress): answer = progress
            case .refused(let error): answer = CommandProgress(id: command.id, state: .failed, cause: error.text)
            }
            self?.post(.command(command.id), type: "quai.command", data: answer.json, life: .seconds(60))
        }
    }

    func publishStatus(_ state: State, _ now: Instant) {
        state.nextStatus = now + UplinkLoop.heartbeat
        state.statusAllowed = now + UplinkLoop.statusPause
        state.toldAccount = outbox.now.account
        state.statusDue = false
        let oldest = try? state.builder.oldest()
        changeStatus(state) { $0.oldest = oldest ?? nil }
        guard state.urgentLink.isUp else { return }
        state.urgentLink.publish(
            Topic(.status, of: configuration.agent).name, describe(self.now).text8, retain: true)
    }
}
