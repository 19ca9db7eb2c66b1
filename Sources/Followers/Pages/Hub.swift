import Depot
import Model

/// The open browsers, and nothing about those that are not: who comes back asks the ledger. Used on one executor.
public struct Hub {
    private var sockets: [UInt64: BrowserSocket] = [:]
    /// A person's connections, the one used last at the end.
    private var used: [Int64: [UInt64]] = [:]
    /// Browsers that did not read.
    public private(set) var cut: UInt64 = 0
    private var isClosed = false
    /// How far the ledger was followed: every message says it.
    public var seq: Int64

    public init(seq: Int64) { self.seq = seq }

    public var count: Int { sockets.count }
    public var people: Set<Int64> { Set(used.keys) }
    public var sessions: Set<String> { Set(sockets.values.map(\.session)) }

    /// Of all the tabs and machines of a person one is loud: the one that was used last.
    /// False when it is here already, or nobody is let in any more.
    @discardableResult
    public mutating func join(_ socket: BrowserSocket, at now: Int64) -> Bool {
        guard !isClosed else {
            socket.close()
            return false
        }
        guard sockets.updateValue(socket, forKey: socket.id) == nil else { return false }
        used[socket.person, default: []].insert(socket.id, at: 0)
        sayWhoIsLoud(socket.person, at: now)
        return true
    }

    public mutating func leave(_ id: UInt64, at now: Int64) {
        guard let socket = sockets.removeValue(forKey: id) else { return }
        if socket.isSlow { cut += 1 }
        socket.close()
        used[socket.person]?.removeAll { $0 == id }
        if used[socket.person]?.isEmpty ?? false { used[socket.person] = nil }
        sayWhoIsLoud(socket.person, at: now)
    }

    /// Somebody looks at this one.
    public mutating func use(_ id: UInt64, at now: Int64) {
        guard let person = sockets[id]?.person, used[person]?.last != id else { return }
        used[person]?.removeAll { $0 == id }
        used[person]?.append(id)
        sayWhoIsLoud(person, at: now)
    }

    private func sayWhoIsLoud(_ person: Int64, at now: Int64) {
        guard let order = used[person] else { return }
        for id in order {
            sockets[id]?.send(
                PageMessage(.loud, .object([("loud", .bool(id == order.last))])).encoded(seq: seq, at: now))
        }
    }

    /// The browsers that a person has open.
    public func labels(of person: Int64) -> [String] { (used[person] ?? []).compactMap { sockets[$0]?.label } }

    public func close(person: Int64) { for id in used[person] ?? [] { sockets[id]?.signOut() } }

    public func close(session: String) {
        for socket in sockets.values where socket.session == session { socket.signOut() }
    }

    /// Those whose session is none of `sessions` any more.
    public func close(exceptSessions sessions: Set<String>) {
        for socket in sockets.values where !sessions.contains(socket.session) { socket.signOut() }
    }

    /// For good: whoever comes again is sent away too.
    public mutating func closeAll() {
        isClosed = true
        for socket in sockets.values { socket.close() }
    }

    /// To one person's browsers.
    public func tell(_ person: Int64, _ message: PageMessage, at now: Int64) {
        tell(message, (used[person] ?? []).lazy.compactMap { sockets[$0] }, at: now)
    }

    /// To everybody who is connected and may see it.
    public func tellAll(_ message: PageMessage, at now: Int64) { tell(message, sockets.values, at: now) }

    /// Encoded once, and once for each sight of those who see less of it.
    private func tell(_ message: PageMessage, _ sockets: some Sequence<BrowserSocket>, at now: Int64) {
        var encoded: [PageMessage.Sight: [UInt8]] = [:]
        for socket in sockets where socket.sees(message) {
            let sight = socket.sight.map { PageMessage.Sight($0, of: message.kind) } ?? .whole
            let bytes =
                encoded[sight]
                ?? (socket.sight?.shown(message) ?? message).encoded(seq: seq, at: now)
            encoded[sight] = bytes
            socket.send(bytes)
        }
    }

    /// To those who do not see every zone: what they saw may have gone elsewhere, or come.
    public func tellScoped(_ message: PageMessage, at now: Int64) {
        tell(message, sockets.values.lazy.filter { $0.sight?.reach.zones != nil }, at: now)
    }
}
