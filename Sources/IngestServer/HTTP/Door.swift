import Depot
import Glibc
import HTTPTypes
import Model
import NIOCore
import Platform
import Synchronization

/// Counts who is inside: connections, WebSockets and bodies, of each and of all, and who was refused.
final class Door: Sendable {
    /// The one of this process, which has one port.
    static let ofProcess = Door(limits: ConnectionLimits().within(descriptors: Descriptors.raise()))

    /// Why somebody was refused or put out; the metric's label.
    enum Refusal: String, CaseIterable {
        case total
        case source
        /// TLS: it was not finished in time, or failed.
        case handshake
        case headerTimeout = "header-timeout"
        case bodyTimeout = "body-timeout"
        case parseError = "parse-error"
        case hosts = "two-hosts"
        case sockets
        case uploads
        case frame
    }

    private struct State {
        var open = 0
        var sources: [String: Int] = [:]
        var sockets = 0
        var socketsOf: [Int64: Int] = [:]
        var uploads = 0
        var uploadsOf: [String: Int] = [:]
        var refused: [Refusal: UInt64] = [:]
    }

    let limits: ConnectionLimits
    private let state = Mutex(State())

    init(limits: ConnectionLimits) { self.limits = limits }

    func count(_ refusal: Refusal) { state.withLock { $0.refused[refusal, default: 0] += 1 } }

    // MARK: connections

    /// Whether one more may come from there; who got in leaves by `leave`. From a proxy everybody comes, as from this machine.
    func enter(from source: String, isProxy: Bool = false) -> Bool {
        state.withLock { state in
            guard state.open < limits.total else {
                state.refused[.total, default: 0] += 1
                return false
            }
            let count = state.sources[source, default: 0]
            guard count < limits.source || isProxy || Sources.isLoopback(source) else {
                state.refused[.source, default: 0] += 1
                return false
            }
            state.open += 1
            state.sources[source] = count + 1
            return true
        }
    }

    func leave(from source: String) {
        state.withLock { state in
            state.open -= 1
            let count = state.sources[source, default: 1] - 1
            state.sources[source] = count > 0 ? count : nil
        }
    }

    // MARK: WebSockets

    func enterSocket(of person: Int64) -> Bool {
        state.withLock { state in
            let count = state.socketsOf[person, default: 0]
            guard state.sockets < limits.sockets, count < limits.socketsOfPerson else {
                state.refused[.sockets, default: 0] += 1
                return false
            }
            state.sockets += 1
            state.socketsOf[person] = count + 1
            return true
        }
    }

    func leaveSocket(of person: Int64) {
        state.withLock { state in
            state.sockets -= 1
            let count = state.socketsOf[person, default: 1] - 1
            state.socketsOf[person] = count > 0 ? count : nil
        }
    }

    // MARK: bodies

    enum Room: Equatable { case taken, fullForOne, fullForAll }

    func take(_ count: Int, for uploader: String) -> Room {
        state.withLock { state in
            let own = state.uploadsOf[uploader, default: 0]
            guard own + count <= limits.uploadsOfPerson else {
                state.refused[.uploads, default: 0] += 1
                return .fullForOne
            }
            guard state.uploads + count <= limits.uploads else {
                state.refused[.uploads, default: 0] += 1
                return .fullForAll
            }
            state.uploads += count
            state.uploadsOf[uploader] = own + count
            return .taken
        }
    }

    func giveBack(_ count: Int, of uploader: String) {
        state.withLock { state in
            state.uploads -= count
            let own = state.uploadsOf[uploader, default: count] - count
            state.uploadsOf[uploader] = own > 0 ? own : nil
        }
    }

    // MARK: metrics

    var metrics: String {
        let (open, uploads, refused) = state.withLock { ($0.open, $0.uploads, $0.refused) }
        var metrics = Prometheus()
        metrics.add(
            "quai_ingest_http_connections", "gauge", "Open connections, of \(limits.total) at most.",
            [([], Double(open))])
        metrics.add(
            "quai_ingest_http_upload_bytes", "gauge", "Bytes of bodies in memory, of \(limits.uploads) at most.",
            [([], Double(uploads))])
        metrics.add(
            "quai_ingest_http_refused_total", "counter", "Connections, frames and bodies refused or cut, by reason.",
            Refusal.allCases.map { ([("reason", $0.rawValue)], Double(refused[$0] ?? 0)) })
        return metrics.text
    }
}

/// Room for one request's body, given back when the request is over.
final class UploadRoom: Sendable {
    private let door: Door
    private let uploader: String
    private let taken = Mutex(0)

    init(_ door: Door, for uploader: String) {
        self.door = door
        self.uploader = uploader
    }

    deinit {
        let count = taken.withLock { $0 }
        if count > 0 { door.giveBack(count, of: uploader) }
    }

    /// Throws 429 where the person, 503 where everybody together has too much under way.
    func take(_ count: Int) throws {
        switch door.take(count, for: uploader) {
        case .taken: taken.withLock { $0 += count }
        case .fullForOne:
            throw APIProblem(
                .tooManyRequests, "too-many-uploads", "Too much of yours is being sent at once: wait a little.",
                [("seconds", .int(5))])
        case .fullForAll:
            throw APIProblem(
                .serviceUnavailable, "too-many-uploads", "Too much is being sent at once: wait a little.",
                [("seconds", .int(5))])
        }
    }
}

/// Names of where requests come from.
enum Sources {
    /// The address; of IPv6 the network of 64 bits, which one host may roam in. "local" where there is none.
    static func name(_ address: SocketAddress?) -> String {
        guard let address else { return "local" }
        switch address {
        case .v6:
            // Behind family, port and flow (RFC 3493 §3.3).
            let bytes = address.withSockAddr { Array(UnsafeRawBufferPointer(start: $0, count: $1)[8..<24]) }
            if bytes.prefix(15).allSatisfy({ $0 == 0 }), bytes.last == 1 { return "::1" }
            // ::ffff:a.b.c.d is IPv4 (RFC 4291 §2.5.5.2).
            if bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
                return bytes.suffix(4).map { "\($0)" }.joined(separator: ".")
            }
            let groups = stride(from: 0, to: 8, by: 2).map {
                String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16)
            }
            return groups.joined(separator: ":") + "::/64"
        case .v4, .unixDomainSocket: return address.ipAddress ?? "local"
        }
    }

    static func isLoopback(_ source: String) -> Bool {
        source == "local" || source == "::1" || source.hasPrefix("127.")
    }
}
