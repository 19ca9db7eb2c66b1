internal import CEpoll
import Glibc
import Model
import Platform
import Rig

/// The loop of a crowd: one epoll, one wheel of a slot for each millisecond.
struct FleetLoop {
    enum Stage: String { case away, probing, connecting, greeting, up }

    private struct Line {
        var stage = Stage.away
        var descriptor: Int32 = -1
        var input: [UInt8] = []
        var output: [UInt8] = []
        var backoff: Backoff
        var until = Instant.zero
        var next: UInt16 = 1
        /// The kernel is asked when there is room.
        var isWriting = false
    }

    private enum Due {
        case connect(Int)
        case check(Int)
        case beat(Int)
    }

    private static let slots = 1 << 16

    private let port: UInt16
    private let bulk: Int
    private let sums: Locked<FleetCrowd.Sums>
    private let epoll = epoll_create1(0)
    private var gateways: [FleetGateway]
    private var lines: [Line]
    private var beats: [Int]
    private var wheel: [[Due]] = Array(repeating: [], count: slots)
    private var told: Int64
    private var owed = 0.0
    private var nextScan = 0
    private var buffer = [UInt8](repeating: 0, count: 1 << 18)
    private var events = [epoll_event](repeating: epoll_event(), count: 2048)

    init(port: UInt16, count: Int, bulk: Int, sites: Int, ramp: Int, sums: Locked<FleetCrowd.Sums>) {
        (self.port, self.bulk, self.sums) = (port, bulk, sums)
        let wall = Clocks.wall
        gateways = (0..<count).map { FleetGateway($0, of: count, sites: sites, boot: UInt64(wall), at: wall) }
        lines = (0..<count * 2).map {
            Line(
                backoff: Backoff(
                    first: .milliseconds(100), cap: .seconds(30), seed: UInt64($0) &* 0x9E37_79B9_7F4A_7C15))
        }
        beats = (0..<count).map { $0 % 30 }
        told = Clocks.now.milliseconds
        for gateway in 0..<count {
            let begin = Int64(gateway * 1000 / ramp)
            later(.connect(gateway * 2), in: begin)
            if gateway < bulk { later(.connect(gateway * 2 + 1), in: begin) }
            later(.beat(gateway), in: begin + 1000)
        }
    }

    private mutating func later(_ due: Due, in milliseconds: Int64) {
        let slot = told + min(max(1, milliseconds), Int64(FleetLoop.slots - 1))
        wheel[Int(slot) & (FleetLoop.slots - 1)].append(due)
    }

    mutating func turn(scansPerSecond: Int) {
        let ready = epoll_wait(epoll, &events, Int32(events.count), 1)
        let now = Clocks.now
        for index in 0..<Int(max(0, ready)) {
            let event = events[index]
            advance(Int(event.data.u64), event.events, now)
        }
        while told < now.milliseconds {
            told += 1
            owed += Double(scansPerSecond) / 1000
            let slot = Int(told) & (FleetLoop.slots - 1)
            let due = wheel[slot]
            wheel[slot] = []
            for one in due { perform(one, now) }
            while owed >= 1, bulk > 0 {
                owed -= 1
                nextScan = (nextScan + 1) % bulk
                gateways[nextScan].scan(at: .milliseconds(told))
                sums.with { $0.scans += 1 }
                push(nextScan, now)
            }
        }
    }

    private mutating func perform(_ due: Due, _ now: Instant) {
        switch due {
        case .connect(let line): if lines[line].stage == .away { open(line, .probing, now) }
        case .check(let line):
            switch lines[line].stage {
            case .probing, .connecting, .greeting:
                guard now >= lines[line].until else {
                    // The wheel runs behind the clock while a turn is long: not asked again, only the kernel would end it, after two minutes.
                    return later(.check(line), in: (lines[line].until - now).milliseconds + 1)
                }
                fall(line, now, lines[line].stage == .greeting ? "no CONNACK in 10 s" : "no connection in 5 s")
            case .away, .up: break
            }
        case .beat(let gateway):
            later(.beat(gateway), in: 1000)
            beats[gateway] += 1
            let (urgent, scans) = (gateway * 2, gateway * 2 + 1)
            if lines[urgent].stage == .up, gateways[gateway].hasCentre {
                say(urgent, MQTTWire.publish(gateways[gateway].topics.beat, [], id: nil), now)
                if beats[gateway] % 30 == 0 { status(gateway, now) }
            }
            if lines[scans].stage == .up, beats[gateway] % 30 == 15 { say(scans, MQTTWire.ping, now) }
            // A hello that nobody answered is said again.
            if !gateways[gateway].isOpen, beats[gateway] % 5 == 0 { greet(gateway, now) }
            push(gateway, now)
        }
    }

    // MARK: connections

    private mutating func open(_ line: Int, _ stage: Stage, _ now: Instant) {
        let descriptor = socket(
            AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return fall(line, now, "no socket") }
        Sockets.hurry(descriptor)
        // From several addresses of the loopback: there are not ports enough on one.
        var own = FleetLoop.address(0x7F00_0002 + UInt32(line % 8), 0)
        var broker = FleetLoop.address(0x7F00_0001, port)
        var late: Int32 = 1
        setsockopt(descriptor, 0, 24, &late, 4)  // IP_BIND_ADDRESS_NO_PORT
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let begun = withUnsafePointer(to: &own) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) == 0 }
        }
        let asked = withUnsafePointer(to: &broker) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, size) == 0 || errno == EINPROGRESS
            }
        }
        lines[line].descriptor = descriptor
        lines[line].stage = stage
        lines[line].isWriting = true
        guard begun, asked else { return fall(line, now, "no connect") }
        lines[line].until = now + .seconds(5)
        later(.check(line), in: 5001)
        var event = epoll_event(events: EPOLLIN.rawValue | EPOLLOUT.rawValue, data: epoll_data(u64: UInt64(line)))
        epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
    }

    private static func address(_ host: UInt32, _ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = host.bigEndian
        return address
    }

    private func patience(_ milliseconds: Int32, of line: Int) {
        var value = milliseconds
        setsockopt(lines[line].descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &value, 4)
    }

    private mutating func want(_ line: Int, _ writing: Bool) {
        guard lines[line].isWriting != writing else { return }
        lines[line].isWriting = writing
        var event = epoll_event(
            events: EPOLLIN.rawValue | (writing ? EPOLLOUT.rawValue : 0), data: epoll_data(u64: UInt64(line)))
        epoll_ctl(epoll, EPOLL_CTL_MOD, lines[line].descriptor, &event)
    }

    private func note(_ what: StaticString, _ line: Int, _ now: Instant) {
        sums.with { $0.trails[line / 2].note(line % 2 == 0 ? "urgent:" : "bulk:", what, at: now) }
    }

    private mutating func fall(_ line: Int, _ now: Instant, _ why: StaticString) {
        note(why, line, now)
        let wasUp = lines[line].stage == .up
        if lines[line].descriptor >= 0 { Glibc.close(lines[line].descriptor) }
        (lines[line].descriptor, lines[line].stage) = (-1, .away)
        (lines[line].input, lines[line].output) = ([], [])
        later(.connect(line), in: lines[line].backoff.next().milliseconds)
        sums.with {
            $0.falls += 1
            if wasUp { $0.connected -= 1 }
        }
        gateways[line / 2].close()
        if line % 2 == 0 {
            (gateways[line / 2].hasUrgent, gateways[line / 2].hasCentre) = (false, false)
        } else {
            gateways[line / 2].hasBulk = false
        }
    }

    private mutating func advance(_ line: Int, _ ready: UInt32, _ now: Instant) {
        switch lines[line].stage {
        case .away: break
        case .probing, .connecting:
            var code: Int32 = 0
            var size = socklen_t(4)
            getsockopt(lines[line].descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
            guard code == 0 else { return fall(line, now, "refused") }
            guard ready & EPOLLOUT.rawValue != 0 else { return }
            if lines[line].stage == .probing {
                note("probed", line, now)
                Glibc.close(lines[line].descriptor)
                return open(line, .connecting, now)
            }
            // As `BrokerLink` has it: whom the broker's full queue has forgotten finds it out by that.
            patience(4000, of: line)
            lines[line].stage = .greeting
            note("connected", line, now)
            lines[line].until = now + .seconds(10)
            later(.check(line), in: 10_001)
            let gateway = gateways[line / 2]
            say(
                line,
                line % 2 == 0
                    ? MQTTWire.connect(gateway.name, keepAlive: 5, will: gateway.will)
                    : MQTTWire.connect("\(gateway.name).b", keepAlive: 60), now)
        case .greeting, .up:
            if ready & EPOLLOUT.rawValue != 0 { flush(line, now) }
            if ready & ~EPOLLOUT.rawValue != 0 { hear(line, now) }
        }
    }

    private mutating func say(_ line: Int, _ bytes: [UInt8], _ now: Instant) {
        sums.with { $0.sent += bytes.count }
        lines[line].output += bytes
        flush(line, now)
    }

    private mutating func flush(_ line: Int, _ now: Instant) {
        let (descriptor, waiting) = (lines[line].descriptor, lines[line].output.count)
        guard descriptor >= 0 else { return }
        if waiting > 0 {
            let sent = lines[line].output.withUnsafeBytes {
                send(descriptor, $0.baseAddress, waiting, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 || errno == EAGAIN else { return fall(line, now, "send failed") }
            lines[line].output.removeFirst(max(0, sent))
        }
        want(line, !lines[line].output.isEmpty)
    }

    private mutating func hear(_ line: Int, _ now: Instant) {
        let count = read(lines[line].descriptor, &buffer, buffer.count)
        guard count > 0 else {
            if count == 0 || errno != EAGAIN { fall(line, now, count == 0 ? "closed" : "reset") }
            return
        }
        sums.with { $0.received += count }
        var bytes = lines[line].input
        bytes += buffer[..<count]
        var at = 0
        while let packet = MQTTWire.next(bytes, &at) {
            take(packet, line, now)
            guard lines[line].descriptor >= 0 else { return }
        }
        lines[line].input = at == bytes.count ? [] : Array(bytes[at...])
    }

    // MARK: what is said

    private mutating func take(_ packet: MQTTWire.Packet, _ line: Int, _ now: Instant) {
        let gateway = line / 2
        switch packet {
        case .greeted(let reason):
            guard reason == 0 else { return fall(line, now, "CONNACK refuses") }
            patience(15000, of: line)
            lines[line].stage = .up
            note("up", line, now)
            lines[line].backoff.reset()
            sums.with { $0.connected += 1 }
            if line % 2 == 0 {
                gateways[gateway].hasUrgent = true
                say(line, MQTTWire.subscribe(gateways[gateway].subscriptions, id: number(line)), now)
            } else {
                gateways[gateway].hasBulk = true
                greet(gateway, now)
            }
        case .message(let topic, let payload, let id):
            if let id { say(line, MQTTWire.acknowledge(id), now) }
            if topic.starts(with: Topic.presence.utf8) {
                let lives = (try? JSON(parsing: Array(payload)))?["online"]?.truth == true
                guard lives != gateways[gateway].hasCentre else { return }
                gateways[gateway].hasCentre = lives
                note(lives ? "centre lives" : "centre gone", line, now)
                if lives {
                    status(gateway, now)
                    greet(gateway, now)
                } else {
                    gateways[gateway].close()
                }
            } else if topic.suffix(4).elementsEqual("/ack".utf8) {
                guard let ack = (try? JSON(parsing: Array(payload))).flatMap(Ack.init(json:)) else { return }
                let wasOpen = gateways[gateway].isOpen
                let waits = gateways[gateway].take(ack, at: now)
                if !wasOpen, gateways[gateway].isOpen {
                    note("answered", line, now)
                    sums.with { $0.served[gateway] = now }
                    // It delivers: worth telling after the pause between two statuses.
                    beats[gateway] = 28
                }
                if !waits.isEmpty {
                    sums.with {
                        guard $0.waits.count < FleetCrowd.waitLimit else { return }
                        $0.waits += waits.map { Float($0.nanoseconds) / 1e6 }
                    }
                }
                push(gateway, now)
            }
        case .taken, .other: break
        }
    }

    private mutating func number(_ line: Int) -> UInt16 {
        defer { lines[line].next = lines[line].next == .max ? 1 : lines[line].next + 1 }
        return lines[line].next
    }

    private mutating func greet(_ gateway: Int, _ now: Instant) {
        let one = gateways[gateway]
        guard one.hasUrgent, one.hasCentre, one.hasBulk || gateway >= bulk else { return }
        let line = gateway * 2
        note("hello", line, now)
        say(
            line,
            MQTTWire.publish(one.topics.hello, one.hello(at: Clocks.wall), id: number(line), expiry: 10), now)
    }

    private mutating func status(_ gateway: Int, _ now: Instant) {
        let line = gateway * 2
        let payload = gateways[gateway].status(at: Clocks.wall)
        sums.with { $0.statuses += 1 }
        say(line, MQTTWire.publish(gateways[gateway].topics.status, payload, id: number(line), retain: true), now)
    }

    private mutating func push(_ gateway: Int, _ now: Instant) {
        let before = gateways[gateway].again
        guard let frame = gateways[gateway].frame(at: now, wall: Clocks.wall) else { return }
        if gateways[gateway].again != before { sums.with { $0.again += 1 } }
        let line = gateway * 2 + 1
        say(line, MQTTWire.publish(gateways[gateway].topics.bulk, frame, id: number(line)), now)
    }

    mutating func close() {
        for line in lines where line.descriptor >= 0 { Glibc.close(line.descriptor) }
        Glibc.close(epoll)
    }
}
