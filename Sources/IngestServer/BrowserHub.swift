import Model
import Synchronization

/// One open browser connection, as the hub sees it.
final class BrowserSocket: Sendable {
    /// Messages that wait for a browser at most; one that does not read is cut and told to come back.
    static let limit = 512

    let id: UInt64
    let person: Int64
    /// Which browser it is, in words a technician can act on.
    let label: String
    /// Digest of the session that opened it.
    let session: String
    let stream: AsyncStream<[UInt8]>
    private let continuation: AsyncStream<[UInt8]>.Continuation
    private let slow = Atomic(false)

    /// Ends the connection itself: its writer may be waiting for a browser that will never read.
    private let cut: @Sendable () -> Void

    init(id: UInt64, person: Int64, label: String, session: String, cut: @escaping @Sendable () -> Void) {
        self.id = id
        self.person = person
        self.label = label
        self.session = session
        self.cut = cut
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(BrowserSocket.limit))
    }

    private let signedOut = Atomic(false)

    /// Its person has signed out: it must not come back by itself.
    var isSignedOut: Bool { signedOut.load(ordering: .relaxed) }

    func signOut() {
        signedOut.store(true, ordering: .relaxed)
        continuation.finish()
    }

    var isSlow: Bool { slow.load(ordering: .relaxed) }

    func send(_ message: [UInt8]) {
        if case .dropped = continuation.yield(message) {
            guard !slow.exchange(true, ordering: .relaxed) else { return }
            continuation.finish()
            cut()
        }
    }

    func close() { continuation.finish() }
}

/// Numbers what each person is told and keeps the newest of it, so that a browser that was away misses nothing.
/// Used on the board's executor only.
struct BrowserHub {
    /// Messages kept for a person; who was away for longer starts afresh.
    static let logLimit = 1000

    private struct Log {
        var next: Int64
        var entries: [(seq: Int64, message: [UInt8])] = []
    }

    private var logs: [Int64: Log] = [:]
    private var sockets: [UInt64: BrowserSocket] = [:]
    /// A person's connections, the one used last at the end.
    private var used: [Int64: [UInt64]] = [:]
    /// Positions of another run of this process are below; nobody can take them for ours.
    private let base: Int64
    private(set) var cut: UInt64 = 0
    private var isClosed = false

    init(startedAt now: Int64) { base = (now / 1000) << 20 }

    var count: Int { sockets.count }

    /// Of all the tabs and machines of a person one is loud: the one that was used last.
    mutating func join(_ socket: BrowserSocket) {
        guard !isClosed else { return socket.close() }
        sockets[socket.id] = socket
        if used[socket.person] == nil { used[socket.person] = [] }
        used[socket.person]!.insert(socket.id, at: 0)
        sayWhoIsLoud(socket.person)
    }

    mutating func leave(_ id: UInt64) {
        guard let socket = sockets.removeValue(forKey: id) else { return }
        if socket.isSlow { cut += 1 }
        socket.close()
        used[socket.person]?.removeAll { $0 == id }
        if used[socket.person]?.isEmpty ?? false { used[socket.person] = nil }
        sayWhoIsLoud(socket.person)
    }

    /// Somebody looks at this one.
    mutating func use(_ id: UInt64) {
        guard let person = sockets[id]?.person, used[person]?.last != id else { return }
        used[person]?.removeAll { $0 == id }
        used[person]?.append(id)
        sayWhoIsLoud(person)
    }

    private func sayWhoIsLoud(_ person: Int64) {
        guard let order = used[person] else { return }
        for id in order {
            sockets[id]?.send(
                JSON.object([("type", "loud"), ("data", .object([("loud", .bool(id == order.last))]))]).text8)
        }
    }

    /// The browsers that a person has open.
    func labels(of person: Int64) -> [String] { (used[person] ?? []).compactMap { sockets[$0]?.label } }

    func close(person: Int64) { for socket in sockets.values where socket.person == person { socket.signOut() } }

    func close(session: String) { for socket in sockets.values where socket.session == session { socket.signOut() } }

    /// For good: whoever comes again is sent away too.
    mutating func closeAll() {
        isClosed = true
        for socket in sockets.values { socket.close() }
    }

    /// To one person's browsers.
    mutating func tell(_ person: Int64, _ type: String, _ data: JSON, at now: Int64) {
        let message = record(person, type, data, at: now)
        for socket in sockets.values where socket.person == person { socket.send(message) }
    }

    /// To everybody who is connected or was lately.
    mutating func tellAll(_ type: String, _ data: JSON, at now: Int64) {
        for person in Set(logs.keys).union(sockets.values.map(\.person)) { tell(person, type, data, at: now) }
    }

    private mutating func record(_ person: Int64, _ type: String, _ data: JSON, at now: Int64) -> [UInt8] {
        var log = logs[person] ?? Log(next: base + 1)
        let message = JSON.object([("seq", .int(log.next)), ("type", .string(type)), ("at", .int(now)), ("data", data)])
            .text8
        log.entries.append((log.next, message))
        log.next += 1
        if log.entries.count > BrowserHub.logLimit { log.entries.removeFirst(log.entries.count - BrowserHub.logLimit) }
        logs[person] = log
        return message
    }

    /// What a browser missed since `seq`, all of it, or nil when that is no longer known.
    mutating func missed(_ person: Int64, since seq: Int64) -> [[UInt8]]? {
        let log = logs[person] ?? Log(next: base + 1)
        logs[person] = log
        guard seq >= base, seq < log.next, seq >= (log.entries.first?.seq ?? log.next) - 1 else { return nil }
        return log.entries.filter { $0.seq > seq }.map(\.message)
    }

    mutating func position(_ person: Int64) -> Int64 {
        if logs[person] == nil { logs[person] = Log(next: base + 1) }
        return logs[person]!.next - 1
    }
}
