import Glibc
import Model
import Rig
import Testing

@testable import IngestServer

/// What a stranger may take of the HTTP port.
@Suite(.serialized)
struct DoorTests {
    private static let limits = ConnectionLimits()

    private static func at(_ seconds: Int64) -> Instant { .milliseconds(seconds * 1000) }

    @Test func aSilentConnectionHasTenSecondsForItsHeader() {
        let state = ConnectionState(limits: DoorTests.limits, at: DoorTests.at(0))
        #expect(state.overdue(at: DoorTests.at(9)) == nil)
        #expect(state.overdue(at: DoorTests.at(10)) == .header)
    }

    @Test func aBodyMayPauseButNotForEver() {
        var state = ConnectionState(limits: DoorTests.limits, at: DoorTests.at(0))
        state.head(at: DoorTests.at(0))
        #expect(state.overdue(at: DoorTests.at(30)) == .body)
        for second in stride(from: Int64(20), through: 280, by: 20) { state.body(at: DoorTests.at(second)) }
        #expect(state.overdue(at: DoorTests.at(299)) == nil)
        #expect(state.overdue(at: DoorTests.at(300)) == .body)
    }

    @Test func whileWeWorkNobodyIsLate() {
        var state = ConnectionState(limits: DoorTests.limits, at: DoorTests.at(0))
        state.head(at: DoorTests.at(0))
        state.end(at: DoorTests.at(0))
        #expect(state.deadline == nil)
        state.answering()
        state.answered(at: DoorTests.at(100))
        #expect(state.overdue(at: DoorTests.at(159)) == nil)
        #expect(state.overdue(at: DoorTests.at(160)) == .idle)
    }

    @Test func aRefusalWaitsForOlderAnswersAndNeverFollowsHalfOfOne() {
        var state = ConnectionState(limits: DoorTests.limits, at: DoorTests.at(0))
        state.head(at: DoorTests.at(0))
        state.end(at: DoorTests.at(0))
        state.head(at: DoorTests.at(0))
        let behind = state.refuse()
        state.answering()
        state.answered(at: DoorTests.at(1))
        let alone = state.refuse()
        state.answering()
        let halfway = state.refuse()
        #expect([behind, alone, halfway] == [.wait, .answer, .close])
    }

    @Test func oneAddressCannotTakeAllPlacesButLoopbackMay() {
        var limits = ConnectionLimits()
        (limits.total, limits.source) = (4, 2)
        let door = Door(limits: limits)
        #expect(door.enter(from: "203.0.113.9") && door.enter(from: "203.0.113.9"))
        #expect(!door.enter(from: "203.0.113.9"))
        door.leave(from: "203.0.113.9")
        #expect(door.enter(from: "127.0.0.1") && door.enter(from: "127.0.0.1") && door.enter(from: "127.0.0.1"))
        #expect(!door.enter(from: "127.0.0.1"))
        #expect(door.metrics.contains("quai_ingest_http_refused_total{reason=\"source\"} 1"))
    }

    @Test func bodiesHaveRoomForEachAndForAll() {
        var limits = ConnectionLimits()
        (limits.uploads, limits.uploadsOfPerson) = (10, 6)
        let door = Door(limits: limits)
        #expect(door.take(6, for: "a") == .taken)
        #expect(door.take(1, for: "a") == .fullForOne)
        #expect(door.take(5, for: "b") == .fullForAll)
        door.giveBack(6, of: "a")
        #expect(door.take(5, for: "b") == .taken)
    }

    // MARK: the real port

    /// Sends and reads to the end of the connection; nil when it is not closed within five seconds.
    private static func talk(_ port: UInt16, _ bytes: [UInt8]) -> String? {
        guard let descriptor = Sockets.connect(port: port) else { return nil }
        defer { close(descriptor) }
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 { answer += buffer[..<count] } else if count == 0 { break } else { return nil }
        }
        return String(decoding: answer, as: UTF8.self)
    }

    private static func answers(in text: String?) -> Int { text?.ranges(of: "HTTP/1.1 ").count ?? -1 }

    @Test(.timeLimit(.minutes(2)))
    func wrongRequestsAreAnsweredOnceAndTheConnectionEnds() throws {
        let centre = try HostileTests.Centre("door")
        defer { centre.stand.stop() }
        let port = centre.stand.httpPort
        let host = "Host: 127.0.0.1:\(port)\r\n"
        let wrong = [
            "POST /api/v1/session HTTP/1.1\r\n\(host)Transfer-Encoding: identity\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            "POST /api/v1/session HTTP/1.1\r\n\(host)Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            "POST /api/v1/session HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\nzz\r\n",
            "GET /health HTTP/1.1\r\n\(host)Host: evil.example\r\n\r\n",
            "\u{1}\u{2}\r\n\r\n",
        ]
        for request in wrong {
            let answer = DoorTests.talk(port, Array(request.utf8))
            #expect(answer?.hasPrefix("HTTP/1.1 400 ") == true, "\(request): \(answer ?? "not closed")")
            #expect(DoorTests.answers(in: answer) == 1)
        }
        // The one before a wrong one still gets its answer.
        let both = DoorTests.talk(port, Array("GET /health HTTP/1.1\r\n\(host)\r\n\u{1}\u{2}\r\n\r\n".utf8))
        #expect(both?.hasPrefix("HTTP/1.1 200 ") == true)
        #expect(DoorTests.answers(in: both) == 2)
        #expect(centre.stand.ingest?.isRunning == true)
    }

    @Test(.timeLimit(.minutes(2)))
    func everyAnswerCarriesTheSecurityHeaders() throws {
        let centre = try HostileTests.Centre("headers")
        defer { centre.stand.stop() }
        let port = centre.stand.httpPort
        for path in ["/", "/api/v1/me", "/api/v1/gateways", "/health", "/metrics", "/nowhere", "/web/none.js"] {
            let answer = DoorTests.talk(
                port, Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n".utf8))
            let head = (answer ?? "").lowercased()
            for (name, value) in SecurityHeaders.all { #expect(head.contains("\(name): \(value)"), "\(path) \(name)") }
            #expect(head.contains("cache-control: no-"), "\(path)")
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func framesWithoutMaskOrWithReservedBitsEndTheSocket() throws {
        let centre = try HostileTests.Centre("frames")
        defer { centre.stand.stop() }
        let port = centre.stand.httpPort
        let body = "{\"name\":\"Camille\"}"
        let session = DoorTests.talk(
            port,
            Array(
                ("POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)").utf8))
        let cookie = try #require(session?.split(separator: "quai_session=").dropFirst().first?.prefix { $0 != ";" })
        let upgrade =
            "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Cookie: quai_session=\(cookie)\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        // In the same packet as the upgrade: what follows it is no HTTP.
        for frame: [UInt8] in [[0x81, 2, 0x7B, 0x7D], [0xC1, 0x82, 0, 0, 0, 0, 0x7B, 0x7D]] {
            let answer = DoorTests.talk(port, Array(upgrade.utf8) + frame)
            #expect(answer?.hasPrefix("HTTP/1.1 101 ") == true)
            #expect(answer?.contains("frames are masked") == true)
        }
        #expect(centre.stand.ingest?.isRunning == true)
        // A page that has not said yet what it wants does not keep a centre that ends.
        let silent = try #require(Sockets.connect(port: port))
        defer { close(silent) }
        _ = upgrade.utf8CString.withUnsafeBytes {
            send(silent, $0.baseAddress, upgrade.utf8.count, Int32(MSG_NOSIGNAL))
        }
        var buffer = [UInt8](repeating: 0, count: 65536)
        #expect(read(silent, &buffer, buffer.count) > 0)
        #expect(centre.stand.ingest?.terminate() == true)
        var last = ""
        while case let count = read(silent, &buffer, buffer.count), count > 0 {
            last += String(decoding: buffer[..<count], as: UTF8.self)
        }
        #expect(last.contains("come back"))
    }
}
