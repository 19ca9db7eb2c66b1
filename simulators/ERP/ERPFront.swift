public import ERP
import Glibc
import Model
import Platform
import Rig

/// HTTP/1.1 on loopback in front of a stand-in: what a development server of the real thing does, a connection closed after
/// each answer.
public final class ERPFront: Sendable {
    public typealias Answer = @Sendable (ERPRequest) -> ERPReply?

    public let port: UInt16
    private let listener: Int32
    private let stopping = Locked(false)

    /// Nil when the port is taken; 0 takes a free one. No answer (nil) leaves the connection open until the asker gives up.
    public init?(port: UInt16, answer: @escaping Answer) {
        guard let (descriptor, port) = Sockets.listen(port: port) else { return nil }
        (self.port, listener) = (port, descriptor)
        startThread("erp-front") { [stopping] in
            while !stopping.with({ $0 }) {
                guard waitFor([(descriptor, Int16(POLLIN))], milliseconds: 200)[0] != 0,
                    let connection = Sockets.accept(descriptor)
                else { continue }
                startThread("erp-call") {
                    ERPFront.serve(connection, answer)
                    close(connection)
                }
            }
            close(descriptor)
        }
    }

    public func stop() { stopping.with { $0 = true } }

    private static func serve(_ connection: Int32, _ answer: Answer) {
        var bytes: [UInt8] = []
        guard let head = read(connection, &bytes, until: { find([13, 10, 13, 10], in: $0) }) else { return }
        let lines = String(decoding: bytes[..<head], as: UTF8.self).split(separator: "\r\n").map(String.init)
        let words = (lines.first ?? "").split(separator: " ").map(String.init)
        guard words.count == 3 else { return }
        var request = ERPRequest(method: words[0], path: words[1], summary: words[1])
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            request.headers.append(.init(name: String(line[..<colon]), value: String(value)))
        }
        let length = request.headers.first { $0.name.lowercased() == "content-length" }.flatMap { Int($0.value) } ?? 0
        let start = head + 4
        guard length <= 32 << 20, read(connection, &bytes, until: { $0.count >= start + length ? start : nil }) != nil
        else {
            return
        }
        if length > 0 { request.body = try? JSON(parsing: Array(bytes[start..<start + length])) }
        guard let reply = answer(request) else {
            // It is silent: the asker's patience ends first.
            _ = waitFor([(connection, Int16(POLLIN))], milliseconds: 300_000)
            return
        }
        var text = "HTTP/1.1 \(reply.status) \(reply.status < 400 ? "OK" : "Error")\r\nConnection: close\r\n"
        for (name, value) in reply.headers where name != "content-length" { text += "\(name): \(value)\r\n" }
        if reply.headers["content-type"] == nil { text += "Content-Type: application/json\r\n" }
        text += "Content-Length: \(reply.body.count)\r\n\r\n"
        send(connection, Array(text.utf8) + reply.body)
    }

    private static func find(_ mark: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= mark.count else { return nil }
        return (0...bytes.count - mark.count).first { bytes[$0..<$0 + mark.count].elementsEqual(mark) }
    }

    private static func read(_ descriptor: Int32, _ bytes: inout [UInt8], until done: ([UInt8]) -> Int?) -> Int? {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let position = done(bytes) { return position }
            guard waitFor([(descriptor, Int16(POLLIN))], milliseconds: 30_000)[0] != 0 else { return nil }
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count > 0 else { return nil }
            bytes += chunk[..<count]
        }
    }

    private static func send(_ descriptor: Int32, _ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            guard waitFor([(descriptor, Int16(POLLOUT))], milliseconds: 30_000)[0] != 0 else { return }
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }
}
