import Broker
import Glibc
import Model
import Platform
import Rig

/// A scanner behind a serial server: lines as fast as they are taken, or at a pace.
final class ScanLine: Sendable {
    let port: UInt16
    private let listener: Int32
    private let state = Locked(State())

    private struct State {
        var connection: Int32 = -1
        var next = 1
        var sent: [Int: Instant] = [:]
    }

    init() {
        let (listener, port) = Sockets.listen(port: 0)!
        (self.listener, self.port) = (listener, port)
    }

    /// When each scan was sent, by its number.
    var sent: [Int: Instant] { state.with { $0.sent } }

    func waitForAgent() -> Bool {
        for _ in 0..<100 {
            _ = waitFor([(listener, Int16(POLLIN))], milliseconds: 50)
            guard let connection = Sockets.accept(listener) else { continue }
            state.with { $0.connection = connection }
            return true
        }
        return false
    }

    func reset() { state.with { _ = close($0.connection) } }

    func scan() {
        let (connection, number) = state.with { state in
            defer { state.next += 1 }
            state.sent[state.next] = Clocks.now
            return (state.connection, state.next)
        }
        write(ScanLine.line(number), to: connection)
    }

    private static func line(_ number: Int) -> [UInt8] { Array("0103608439390616210\(number)\r".utf8) }

    private func write(_ bytes: [UInt8], to connection: Int32) {
        var at = 0
        while at < bytes.count {
            let sent = bytes.withUnsafeBytes {
                send(connection, $0.baseAddress! + at, bytes.count - at, Int32(MSG_NOSIGNAL))
            }
            if sent > 0 {
                at += sent
            } else if errno == EAGAIN {
                _ = waitFor([(connection, Int16(POLLOUT))], milliseconds: 1000)
            } else {
                return
            }
        }
    }

    func flood(for time: Duration) {
        // Made before the clock starts: the sender shall cost little.
        let pieces = (0..<100).map { piece in (0..<200).flatMap { ScanLine.line(1_000_000 + piece * 200 + $0) } }
        startThread("flood") { [self] in
            let connection = state.with { $0.connection }
            let end = Clocks.now + time
            while Clocks.now < end {
                for piece in pieces where Clocks.now < end { write(piece, to: connection) }
            }
        }
    }

    func pace(perSecond: Int, for time: Duration) {
        let start = Clocks.now
        var number: Int64 = 0
        while Clocks.now - start < time {
            number += 1
            let due = start + .nanoseconds(number * 1_000_000_000 / Int64(perSecond))
            let wait = (due - Clocks.now).nanoseconds / 1000
            if wait > 0 { usleep(UInt32(wait)) }
            scan()
        }
    }

    /// The number of a scan from its text.
    static func number(in text: Substring) -> Int? { Int(text.dropFirst("0103608439390616210".count)) }
}

/// When the agent said of each scan that it is on disk, and under which number.
final class SavedWatch: Sendable {
    private let rows = Locked<[Int: (seq: UInt64, at: Instant)]>([:])
    private let descriptor: Int32

    init(_ socket: String) throws {
        var connected: Int32?
        for _ in 0..<4000 where connected == nil {
            connected = connectUnix(socket)
            if connected == nil { usleep(1000) }
        }
        guard let connected else { throw PageClient.Failure(description: "the agent does not start") }
        descriptor = connected
        let question = Array("{\"verb\":\"tail\"}\n".utf8)
        send(connected, question, question.count, Int32(MSG_NOSIGNAL))
        // What is scanned before the agent says that it is being watched is not told.
        var byte: UInt8 = 0
        while byte != 0x0A {
            guard read(connected, &byte, 1) == 1 else {
                throw PageClient.Failure(description: "the agent does not answer")
            }
        }
        startThread("saved") { [self] in loop() }
    }

    private func loop() {
        var pending: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return }
            let now = Clocks.now
            pending += buffer[..<count]
            while let end = pending.firstIndex(of: 0x0A) {
                let json = try? JSON(parsing: Array(pending[..<end]))
                pending.removeFirst(end + 1)
                guard let seq = json?["seq"]?.integer, let text = json?["text"]?.text,
                    let number = ScanLine.number(in: text[...])
                else { continue }
                rows.change { $0[number] = (UInt64(seq), now) }
            }
        }
    }

    func first(milliseconds: Int64) -> Instant? {
        rows.wait(timeout: milliseconds) { $0.values.map(\.at).min() }
    }

    func stop() -> [Int: (seq: UInt64, at: Instant)] {
        shutdown(descriptor, Int32(SHUT_RDWR))
        return rows.with { $0 }
    }
}

/// When the centre's acknowledgements passed the broker.
final class AckWatch: Sendable {
    private let acks = Locked<[(cumulative: UInt64, at: Instant)]>([])
    private let stopping = Locked(false)

    init(port: UInt16) {
        startThread("acks") { [self] in
            let link = BrokerLink(
                options: BrokerOptions(host: "127.0.0.1", port: port, clientID: "quai-bench"), now: Clocks.now, seed: 1)
            while !stopping.with({ $0 }) {
                let interest = link.interest(now: Clocks.now)
                let ready = waitFor([(interest.descriptor, interest.events)], milliseconds: 20)
                let now = Clocks.now
                for event in link.advance(ready[0], now: now) {
                    if case .up = event { link.subscribe(["quai/1/+/dock/ack"]) }
                    guard case .message(_, let payload) = event, let json = try? JSON(parsing: payload),
                        let ack = Ack(json: json), ack.lane == .bulk
                    else { continue }
                    acks.with { $0.append((ack.cumulative, now)) }
                }
            }
            link.disconnect()
        }
    }

    func stop() -> [(cumulative: UInt64, at: Instant)] {
        stopping.with { $0 = true }
        return acks.with { $0 }
    }
}
