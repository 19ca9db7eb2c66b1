import Glibc
public import Model
import Platform

/// A browser's network side without the browser: signs in, claims an extension, follows the live stream.
public final class PageClient: @unchecked Sendable {
    // Requests come from one thread; the stream's reader only touches what is behind `Locked`.
    private let port: UInt16
    private var cookie = ""
    private let messages = Locked<[(at: Instant, json: JSON)]>([])
    private let socket = Locked<Int32>(-1)

    public struct Failure: Error, CustomStringConvertible {
        public var description: String

        public init(description: String) { self.description = description }
    }

    public init(port: UInt16, name: String, password: String? = nil) throws {
        self.port = port
        let (head, _) = try exchange(
            "POST", "/api/v1/session", JSON.object([("name", .string(name)), ("password", password.map(JSON.string))]))
        guard let line = head.split(separator: "\r\n").first(where: { $0.lowercased().hasPrefix("set-cookie:") }) else {
            throw Failure(description: "no session: \(head)")
        }
        cookie = String(line.dropFirst(11).prefix { $0 != ";" }.drop { $0 == " " })
    }

    /// Somebody without a session.
    public init(anonymousAt port: UInt16) throws { self.port = port }

    deinit { disconnect() }

    /// The body of an answer that is no JSON, such as a file.
    public func text(_ path: String) throws -> String { try exchange("GET", path, nil).body }

    /// The cookie of its session.
    public var session: String { cookie }

    /// Everything that came and was not waited for.
    public var kept: [JSON] { messages.with { $0.map(\.json) } }

    /// A message to the server.
    public func tell(_ json: JSON) { say(json, socket.with { $0 }) }

    /// One request; the body of the answer.
    @discardableResult
    public func request(_ method: String, _ path: String, _ body: JSON? = nil) throws -> JSON {
        let (head, text) = try exchange(method, path, body)
        guard head.hasPrefix("HTTP/1.1 2") else {
            throw Failure(description: "\(method) \(path): \(head.prefix(40)) \(text)")
        }
        return text.isEmpty ? .null : try JSON(parsing: text)
    }

    /// One request, whatever it comes to: the status, and the code of a problem.
    public func attempt(_ method: String, _ path: String, _ body: JSON? = nil) throws -> (status: Int, code: String?) {
        let (head, text) = try exchange(method, path, body)
        let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return (status, status < 400 ? nil : (try? JSON(parsing: text))?["code"]?.text)
    }

    /// A body that is no JSON document, with headers of its own.
    @discardableResult
    public func request(_ method: String, _ path: String, text: String, headers: [(String, String)]) throws -> JSON {
        let (head, answer) = try exchange(method, path, Array(text.utf8), headers)
        guard head.hasPrefix("HTTP/1.1 2") else {
            throw Failure(description: "\(method) \(path): \(head.prefix(40)) \(answer)")
        }
        return try JSON(parsing: answer)
    }

    /// Waits until the first gateway has this many devices and all of them work.
    public func waitForDevices(_ count: Int, milliseconds: Int64) -> Bool {
        let end = Clocks.now + .milliseconds(milliseconds)
        while Clocks.now < end {
            let gateway = (try? request("GET", "/api/v1/gateways"))?.list?.first
            let devices = gateway?["status"]?["devices"]?.list ?? []
            if gateway?["online"]?.truth == true, devices.count == count,
                devices.allSatisfy({ $0["state"]?.text == "ready" })
            {
                return true
            }
            usleep(50_000)
        }
        return false
    }

    private func exchange(_ method: String, _ path: String, _ body: JSON?) throws -> (head: String, body: String) {
        try exchange(method, path, body?.text8 ?? [], [])
    }

    private func exchange(_ method: String, _ path: String, _ payload: [UInt8], _ headers: [(String, String)]) throws
        -> (head: String, body: String)
    {
        guard let descriptor = Sockets.connect(port: port) else {
            throw Failure(description: "nobody listens at \(port)")
        }
        defer { close(descriptor) }
        let head =
            "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\nCookie: \(cookie)\r\n"
            + headers.map { "\($0.0): \($0.1)\r\n" }.joined()
            + "Content-Type: application/json\r\nContent-Length: \(payload.count)\r\n\r\n"
        let bytes = Array(head.utf8) + payload
        _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = read(descriptor, &buffer, buffer.count), count > 0 { answer += buffer[..<count] }
        let text = String(decoding: answer, as: UTF8.self)
        guard let gap = text.firstRange(ofLine: "\r\n\r\n") else { throw Failure(description: "no answer") }
        return (String(text[..<gap.lowerBound]), String(text[gap.upperBound...]))
    }

    /// Opens the live stream and reads it on a thread of its own until it ends; or, a frozen browser, does not read.
    public func follow(resume: Int64? = nil, reading: Bool = true) throws {
        guard let descriptor = Sockets.connect(port: port) else {
            throw Failure(description: "nobody listens at \(port)")
        }
        let head =
            "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nCookie: \(cookie)\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        _ = send(descriptor, head, head.utf8.count, Int32(MSG_NOSIGNAL))
        var answer: [UInt8] = []
        var byte: UInt8 = 0
        while !answer.suffix(4).elementsEqual([13, 10, 13, 10]) {
            guard read(descriptor, &byte, 1) == 1 else { throw Failure(description: "no upgrade") }
            answer.append(byte)
        }
        guard String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 101") else {
            throw Failure(description: "refused")
        }
        socket.with { $0 = descriptor }
        say(JSON.object([("resume", resume.map(JSON.int) ?? .null)]), descriptor)
        guard reading else { return }
        startThread("sim-ws") { [weak self] in PageClient.loop(descriptor) { self?.take($0) } }
    }

    public func disconnect() {
        socket.with {
            if $0 >= 0 { shutdown($0, Int32(SHUT_RDWR)) }
            $0 = -1
        }
    }

    /// What an address answers once it is so; after 30 s what it answers then. A message of the urgent lane comes before the record
    /// that an answer is made of.
    public func ask(_ path: String, until isSo: (JSON) -> Bool) throws -> JSON {
        let end = Clocks.now + .seconds(30)
        while true {
            let answer = try request("GET", path)
            if isSo(answer) || Clocks.now > end { return answer }
            usleep(20_000)
        }
    }

    /// The first message from now on (or kept since the last call) that fits, with its moment of arrival.
    public func wait(milliseconds: Int64, for fits: @Sendable @escaping (JSON) -> Bool) -> (at: Instant, json: JSON)? {
        messages.wait(timeout: milliseconds) { box -> (at: Instant, json: JSON)? in
            guard let index = box.firstIndex(where: { fits($0.json) }) else { return nil }
            let found = box[index]
            box.removeSubrange(...index)
            return found
        }
    }

    private func take(_ json: JSON) {
        let now = Clocks.now
        messages.change { $0.append((now, json)) }
    }

    /// A masked text frame; the mask is zero, which is a mask.
    private func say(_ json: JSON, _ descriptor: Int32) {
        let payload = json.text8
        let frame: [UInt8] = [0x81, 0x80 | UInt8(payload.count), 0, 0, 0, 0] + payload
        _ = frame.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    private static func loop(_ descriptor: Int32, _ take: (JSON) -> Void) {
        defer { close(descriptor) }
        var pending: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = read(descriptor, &buffer, buffer.count), count > 0 {
            pending += buffer[..<count]
            while pending.count >= 2 {
                // The header says the length, or in how many bytes it follows (RFC 6455 §5.2).
                let code = Int(pending[1] & 0x7F)
                let at = code == 126 ? 4 : code == 127 ? 10 : 2
                guard pending.count >= at else { break }
                let length = at == 2 ? code : pending[2..<at].reduce(0) { $0 << 8 | Int($1) }
                guard pending.count >= at + length else { break }
                if pending[0] & 0x0F == 1, let json = try? JSON(parsing: pending[at..<at + length]) { take(json) }
                pending.removeFirst(at + length)
            }
        }
    }
}

extension String {
    fileprivate func firstRange(ofLine text: String) -> Range<String.Index>? { ranges(of: text).first }
}
