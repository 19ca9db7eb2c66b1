import Glibc
import Model
import Platform
import Testing

@testable import Ports

/// What is sent to the page at the depot by browsers, and by others.
@Suite(.serialized)
struct HTTPRequestTests {
    private static let plain =
        "GET /status.json?x=1 HTTP/1.1\r\nHost: Dock-1.local:8088\r\nAccept: */*\r\nX-Empty:\r\n\r\n"

    private static func first(_ text: String) -> HTTPRequestReader.Outcome {
        var reader = HTTPRequestReader()
        reader.take(text.utf8)
        return reader.next()
    }

    private static func get(_ lines: String...) -> String {
        (["GET / HTTP/1.1"] + lines).joined(separator: "\r\n") + "\r\n\r\n"
    }

    private static let hostile: [(String, Int)] = [
        (get(), 400), (get("Host: a", "Host: a"), 400), (get("Host: a b"), 400), (get("Host:"), 400),
        (get("Host: a/b"), 400), (get("Host: a@b"), 400), (get("Host: [::1"), 400), (get("Host: a:99999"), 400),
        (get("Host : a"), 400), (get("Host: a", " folded"), 400), (get("Host: a", "no colon"), 400),
        (get("Host: a", ": nameless"), 400), (get("Host: a", "X: \u{1}"), 400), (get("Host: a", "X: a\nY: b"), 400),
        (get("Host: a", "X: a\rY: b"), 400), (get("Host: a", "Content-Length: -1"), 400),
        (get("Host: a", "Content-Length: 1", "Content-Length: 1"), 400), (get("Host: a", "Content-Length: +1"), 400),
        (get("Host: a", "Content-Length: 99999999999999999999"), 400), (get("Host: a", "Content-Length: 5000"), 413),
        (get("Host: a", "Transfer-Encoding: chunked"), 501), ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("get / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /é HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("SSH-2.0-x\r\n\r\n", 400), ("\u{16}\u{3}\u{1}\r\n\r\n", 400),
        ("\r\n\r\n\r\n /\r\n\r\n", 400), (get("Host: a", String(repeating: "x", count: 9000)), 431),
        (String(repeating: "x", count: 9000), 431),
        ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "a: b\r\n", count: 100) + "\r\n", 431),
    ]

    @Test(arguments: [1, 2, 3, 7, 1000])
    func aRequestIsTheSameHoweverItIsCut(size: Int) throws {
        let bytes = Array((Self.plain + "\r\n" + Self.plain).utf8)
        var reader = HTTPRequestReader()
        var requests: [HTTPRequest] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            reader.take(bytes[start..<min(start + size, bytes.count)])
            while case .request(let request) = reader.next() { requests.append(request) }
        }
        #expect(requests.count == 2 && requests.first == requests.last && reader.isIdle)
        let request = try #require(requests.first)
        #expect(request.method == "GET" && request.path == "/status.json" && request.query == "x=1")
        #expect(request.host == "dock-1.local" && request.keepsOpen && request.body.isEmpty)
        #expect(request["accept"] == "*/*" && request["x-empty"] == "" && request["x-none"] == nil)
    }

    @Test func aBodyIsReadAsLongAsItSays() throws {
        var reader = HTTPRequestReader()
        reader.take("POST / HTTP/1.1\r\nHost: [::1]:8088\r\nContent-Length: 5\r\n\r\nhel".utf8)
        let before = reader.next()
        #expect(before == .more && !reader.isIdle)
        reader.take("loGET".utf8)
        guard case .request(let request) = reader.next() else {
            Issue.record("no request")
            return
        }
        #expect(request.body == Array("hello".utf8) && request.host == "::1")
        let after = reader.next()
        #expect(after == .more && !reader.isIdle)
    }

    @Test func whoClosesIsBelieved() {
        for line in ["Connection: close", "connection: Keep-Alive, Close"] {
            guard case .request(let request) = Self.first(Self.get("Host: a", line)) else {
                Issue.record("refused: \(line)")
                continue
            }
            #expect(!request.keepsOpen)
        }
        guard case .request(let old) = Self.first("GET / HTTP/1.0\r\nHost: a\r\n\r\n") else {
            Issue.record("HTTP/1.0 is refused")
            return
        }
        #expect(!old.keepsOpen)
    }

    @Test(arguments: HTTPRequestTests.hostile)
    func whatIsNotPlainIsRefused(text: String, status: Int) {
        #expect(Self.first(text) == .refused(status))
    }

    @Test func afterARefusalNothingIsReadAnyMore() {
        var reader = HTTPRequestReader()
        reader.take("nonsense\r\n\r\n".utf8)
        let first = reader.next()
        reader.take(Self.plain.utf8)
        let second = reader.next()
        #expect(first == .refused(400) && second == .refused(400))
    }

    @Test func anyBytesGiveAnOutcomeAndStayBounded() {
        var random = SystemRandomNumberGenerator()
        let pieces = [
            "GET ", "/", " HTTP/1.1", "\r\n", "Host: a", ":", "Content-Length: 3", "\0", "\r", "\n", "é", "[", "]",
        ]
        for _ in 0..<2000 {
            var reader = HTTPRequestReader()
            for _ in 0..<30 {
                reader.take(pieces.randomElement(using: &random)!.utf8)
                _ = reader.next()
            }
        }
    }

    // MARK: the server

    /// A server that says which path was asked for, on a port that was free; it ends with `body`.
    private func withServer(_ body: (UInt16, Locked<HTTPServer.Use>) throws -> Void) throws {
        let use = Locked(HTTPServer.Use())
        let port = freePort()
        let isUp = Locked(false)
        let server = HTTPServer(
            host: "127.0.0.1", port: port, use: use, told: { trouble in isUp.change { $0 = trouble == nil } },
            answer: { HTTPReply(200, type: "text/plain", body: Array($0.path.utf8)) })
        let isDone = Locked(false)
        startThread("test-page") {
            server.run()
            isDone.change { $0 = true }
        }
        #expect(isUp.wait(timeout: 5000) { $0 ? true : nil } == true)
        try body(port, use)
        server.stop()
        #expect(isDone.wait(timeout: 5000) { $0 ? true : nil } == true)
    }

    /// One that the system has free at this moment.
    private func freePort() -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(descriptor, $0, length)
                _ = getsockname(descriptor, $0, &length)
            }
        }
        return UInt16(bigEndian: address.sin_port)
    }

    /// What comes back until `isWhole`, or for five seconds.
    private func read(_ port: TCPPort, until isWhole: (String) -> Bool) -> String {
        var text = ""
        for _ in 0..<100 {
            _ = waitFor([(port.descriptor, Int16(POLLIN))], milliseconds: 50)
            do { text += String(decoding: try port.read(), as: UTF8.self) } catch { return text }
            if isWhole(text) { break }
        }
        return text
    }

    @Test func requestsAreAnsweredOneAfterTheOther() throws {
        try withServer { number, use in
            let port = try TCPPort(host: "127.0.0.1", port: number)
            let two = Array(
                "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8)
            #expect(try port.write(two[...]) == two.count)
            let text = read(port) { _ in false }
            #expect(text.ranges(of: "HTTP/1.1 200 OK").count == 2)
            #expect(text.contains("\r\n\r\n/a") && text.hasSuffix("\r\n\r\n/b"))
            #expect(text.contains("Content-Security-Policy: default-src 'none'"))
            #expect(!text.contains("Access-Control-Allow"))
            #expect(use.with { $0.requests } == 2)
        }
    }

    @Test func aRefusalIsReadBeforeTheConnectionEnds() throws {
        try withServer { number, use in
            let port = try TCPPort(host: "127.0.0.1", port: number)
            _ = try port.write(Array(String(repeating: "x", count: 9000).utf8)[...])
            let text = read(port) { _ in false }
            #expect(text.hasPrefix("HTTP/1.1 431 "))
            #expect(use.with { $0.refused } == 1)
        }
    }

    @Test func theSeventeenthConnectionTakesThePlaceOfTheQuietest() throws {
        try withServer { number, use in
            var ports: [TCPPort] = []
            for _ in 0...HTTPServer.connectionLimit { ports.append(try TCPPort(host: "127.0.0.1", port: number)) }
            let last = try #require(ports.last)
            let request = Array("GET /last HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
            #expect(try last.write(request[...]) == request.count)
            #expect(read(last) { $0.hasSuffix("/last") }.hasSuffix("/last"))
            #expect(use.with { $0.displaced } == 1)
            #expect(use.with { $0.connections } <= HTTPServer.connectionLimit)
        }
    }

    @Test func whoIsSlowHasItsTime() {
        let start = Instant.milliseconds(1000)
        var connection = HTTPServer.Connection(descriptor: -1, since: start)
        #expect(!connection.isLate(at: start + .seconds(29)) && connection.isLate(at: start + .seconds(30)))
        connection.enter(.reading, at: start)
        // A byte now and then does not begin the time anew.
        connection.enter(.reading, at: start + .seconds(9))
        #expect(!connection.isLate(at: start + .seconds(9)) && connection.isLate(at: start + .seconds(10)))
    }

    @Test func aPortThatIsTakenIsSaid() throws {
        let number = freePort()
        let holder = try ListenerPort(host: "127.0.0.1", port: number)
        let said = Locked<String?>(nil)
        let server = HTTPServer(
            host: "127.0.0.1", port: number, use: Locked(HTTPServer.Use()), told: { text in said.change { $0 = text } },
            answer: { _ in HTTPReply(404) })
        startThread("test-page") { server.run() }
        #expect(said.wait(timeout: 5000) { $0 }?.contains("cannot be listened at") == true)
        server.stop()
        withExtendedLifetime(holder) {}
    }
}
