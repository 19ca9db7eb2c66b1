public import Model

/// Decides what to send next on the bulk lane and what may be forgotten. A value: no clock, no socket, no disk.
///
/// After `connected` it greets until the centre answers with its frontier, then keeps a window of frames on their way.
public struct Delivery: Sendable {
    public enum Step: Equatable, Sendable {
        case hello
        /// Everything up to here is the centre's; so many of this epoch it could not apply.
        case forget(upTo: UInt64, refused: UInt64)
        /// The file went back in time: open a new epoch and call `restarted`.
        case reissue(reason: String)
        /// Another process lives with this epoch; send nothing more.
        case stop(reason: String)
    }

    public enum Next: Equatable, Sendable {
        /// A frame beginning here; `count` bounds its rows (a resend repeats what was lost, no more).
        case frame(from: UInt64, count: Int)
    }

    private struct Flight: Equatable {
        var first: UInt64
        var last: UInt64
        var bytes: Int
        var sentAt: Instant
        var resent: Bool
        var arrived = false
        /// Its time ran out: it goes again at the next chance.
        var overdue = false
    }

    private enum Link: Equatable {
        case down
        /// Accepts the answer to a hello.
        case greeting(next: Instant, tries: Int)
        /// Accepts acks.
        case open
        case stopped
    }

    public static let frameLimit = 64
    static let windowFloor = 8 * 1024
    static let windowCeiling = 1 << 20
    static let retryFloor: Duration = .seconds(1)
    static let retryCeiling: Duration = .seconds(30)

    public private(set) var epoch: UInt64
    private let nonce: UInt64
    private var link = Link.down
    /// The centre has everything up to here.
    public private(set) var frontier: UInt64
    public private(set) var highest: UInt64
    private var next: UInt64
    private var unsentBytes: Int
    private var flights: [Flight] = []
    private var credit = Delivery.frameLimit
    private var window = 64 * 1024
    private var smoothed: Duration?
    private var variation: Duration = .zero
    private var shortest: Duration?
    private var retry: Duration = Delivery.retryFloor
    private var timeouts = 0

    /// `pendingBytes` is what waits on disk between `frontier` and `highest`.
    public init(epoch: UInt64, nonce: UInt64, frontier: UInt64, highest: UInt64, pendingBytes: Int) {
        self.epoch = epoch
        self.nonce = nonce
        self.frontier = frontier
        self.highest = highest
        next = frontier + 1
        unsentBytes = pendingBytes
    }

    public var isDown: Bool { link == .down }
    public var isOpen: Bool { link == .open }

    // MARK: what happened

    public mutating func appended(upTo last: UInt64, bytes: Int) {
        guard last > highest else { return }
        highest = last
        unsentBytes += bytes
    }

    public mutating func connected(at now: Instant) -> [Step] {
        guard link != .stopped else { return [] }
        link = .greeting(next: now + Delivery.retryFloor, tries: 1)
        return [.hello]
    }

    public mutating func disconnected() {
        guard link != .stopped else { return }
        link = .down
        rewind()
    }

    /// A new epoch was opened on disk.
    public mutating func restarted(epoch: UInt64, highest: UInt64, pendingBytes: Int, at now: Instant) -> [Step] {
        self.epoch = epoch
        self.highest = highest
        frontier = 0
        unsentBytes = pendingBytes
        flights = []
        next = 1
        return connected(at: now)
    }

    /// `wroteTip` says whether the boot that the centre names for the highest row it has is the one that wrote that number
    /// in our file; false means that the file has gone back in time and taken numbers that were used before.
    public mutating func acknowledged(_ ack: Ack, wroteTip: Bool, at now: Instant) -> [Step] {
        guard ack.epoch == epoch, ack.lane == .bulk, link != .stopped, link != .down else { return [] }
        let before = frontier
        if ack.verdict == .cloned {
            // Two machines hear what is said to one name: only whoever was asked about is meant.
            guard ack.hello == nonce else { return [] }
            link = .stopped
            return [.stop(reason: "another machine sends with a copy of this agent's buffer")]
        }
        if let hello = ack.hello {
            guard hello == nonce else { return [] }
            guard ack.cumulative <= highest, ack.tip ?? 0 <= highest, wroteTip || ack.boot == nil else {
                link = .down
                return [.reissue(reason: "this agent's buffer is older than what the centre has from it")]
            }
            link = .open
            retry = Delivery.retryFloor
            timeouts = 0
            rewind(to: max(frontier, ack.cumulative))
        }
        guard link == .open, ack.cumulative <= highest else { return [] }
        credit = max(1, min(ack.credit, Delivery.frameLimit))
        frontier = max(frontier, ack.cumulative)
        measure(ack, at: now)
        flights.removeAll { $0.last <= frontier }
        // Cut differently before a break, a frame may be half settled: what is settled may be gone from the disk.
        for index in flights.indices where flights[index].first <= frontier { flights[index].first = frontier + 1 }
        for range in ack.selective {
            for index in flights.indices
            where range.contains(flights[index].first) && range.contains(flights[index].last) {
                flights[index].arrived = true
            }
        }
        if next <= frontier { next = frontier + 1 }
        guard frontier > before else { return [] }
        retry = Delivery.retryFloor
        timeouts = 0
        return [.forget(upTo: frontier, refused: ack.refused)]
    }

    /// Time passes; call it at `deadline` at the latest.
    public mutating func tick(at now: Instant) -> [Step] {
        switch link {
        case .down, .stopped: return []
        case .greeting(let due, let tries):
            guard now >= due else { return [] }
            let pause = min(Delivery.retryCeiling, Delivery.retryFloor * (1 << min(tries, 5)))
            link = .greeting(next: now + pause, tries: tries + 1)
            return [.hello]
        case .open:
            if let due = foreignHole, now >= due {
                rewind()
                return connected(at: now)
            }
            guard let index = flights.firstIndex(where: { !$0.arrived }), !flights[index].overdue,
                now >= flights[index].sentAt + timeout
            else { return [] }
            flights[index].overdue = true
            timeouts += 1
            retry = min(Delivery.retryCeiling, retry * 2)
            guard timeouts >= 2 else { return [] }
            // Silence: perhaps the centre restarted. Its answer to a hello says where to go on.
            rewind()
            return connected(at: now)
        }
    }

    // MARK: what to do

    /// The next frame to send now, if any. Call `sent` with what was really sent, then ask again.
    public func ready(at now: Instant) -> Next? {
        guard link == .open else { return nil }
        if let lost = lostFlight(at: now) {
            return .frame(from: lost.first, count: Int(lost.last - lost.first) + 1)
        }
        guard next <= highest, flights.count < credit else { return nil }
        let outstanding = flights.reduce(0) { $0 + $1.bytes }
        guard outstanding == 0 || outstanding < window else { return nil }
        // Idle: at once. Loaded: only whole frames, the rest fills up while the ack is awaited.
        let waiting = highest - next + 1
        guard flights.isEmpty || waiting >= UInt64(Frame.rowLimit) || unsentBytes >= Frame.byteLimit - 1024 else {
            return nil
        }
        return .frame(from: next, count: Frame.rowLimit)
    }

    /// A frame went out. `rows` is the plain size of its rows, `bytes` its size on the wire.
    public mutating func sent(first: UInt64, last: UInt64, rows: Int, bytes: Int, at now: Instant) {
        if let index = flights.firstIndex(where: { $0.first == first }) {
            flights[index].sentAt = now
            flights[index].resent = true
            flights[index].overdue = false
            // Fewer rows than the first time: the rest of them is still to be sent again.
            if last < flights[index].last {
                var rest = flights[index]
                (rest.first, rest.overdue) = (last + 1, true)
                flights.insert(rest, at: index + 1)
            }
            flights[index].last = last
            return
        }
        flights.append(Flight(first: first, last: last, bytes: bytes, sentAt: now, resent: false))
        next = max(next, last + 1)
        unsentBytes = next > highest ? 0 : max(0, unsentBytes - rows)
    }

    public var deadline: Instant? {
        switch link {
        case .down, .stopped: return nil
        case .greeting(let due, _): return due
        case .open:
            guard let oldest = flights.first(where: { !$0.arrived }) else { return foreignHole }
            let hole = flights.last?.arrived == true ? oldest.sentAt + holePatience : nil
            return [foreignHole, hole, oldest.overdue ? nil : oldest.sentAt + timeout].compactMap(\.self).min()
        }
    }

    // MARK: arithmetic

    private mutating func rewind(to frontier: UInt64? = nil) {
        if let frontier { self.frontier = max(self.frontier, frontier) }
        flights = []
        next = self.frontier + 1
        // Not known any more; a full frame's worth keeps whole frames going.
        unsentBytes = next > highest ? 0 : max(unsentBytes, Frame.byteLimit)
    }

    private var timeout: Duration {
        guard let smoothed else { return retry }
        return max(retry, min(Delivery.retryCeiling, smoothed + variation * 4))
    }

    /// The first that is on its way has arrived and is not settled: what is missing before it is gone from our disk, for the centre went back
    /// to an older database while it was connected. It is greeted then, and says where to go on.
    private var foreignHole: Instant? { flights.first.flatMap { $0.arrived ? $0.sentAt + timeout : nil } }

    private var holePatience: Duration { max(.milliseconds(20), (smoothed ?? .zero) / 4) }

    /// A hole below something that arrived, or the oldest frame after its timeout.
    private func lostFlight(at now: Instant) -> Flight? {
        guard let oldest = flights.first(where: { !$0.arrived }) else { return nil }
        if flights.contains(where: { $0.arrived && $0.first > oldest.last }), now >= oldest.sentAt + holePatience {
            return oldest
        }
        return oldest.overdue ? oldest : nil
    }

    /// Round trips of frames sent once, and the window they allow: it grows while the delay stays near the shortest
    /// seen and shrinks above, so that the urgent lane finds the line free (the idea of RFC 6817).
    private mutating func measure(_ ack: Ack, at now: Instant) {
        guard let flight = flights.last(where: { $0.last <= ack.cumulative && !$0.resent }) else { return }
        let trip = now - flight.sentAt
        shortest = min(shortest ?? trip, trip)
        if let old = smoothed {
            let difference = old > trip ? old - trip : trip - old
            variation = (variation * 3 + difference) / 4
            smoothed = (old * 7 + trip) / 8
        } else {
            smoothed = trip
            variation = trip / 2
        }
        if trip < shortest! * 3 / 2 + .milliseconds(5) {
            window = min(Delivery.windowCeiling, window + flight.bytes)
        } else {
            window = max(Delivery.windowFloor, window - window / 8)
        }
    }
}
