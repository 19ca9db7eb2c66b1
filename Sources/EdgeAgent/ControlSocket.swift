import Glibc
import Model
import Platform

/// How the verbs talk to the running agent: a Unix socket in its state folder, for its own user only.
/// One line of JSON asks, JSON lines answer: `{"verb":"devices"}`, `buffer`, `metrics`, or `tail`, which goes on.
final class ControlSocket: Sendable {
    /// Clients at once; further ones are refused with a sentence.
    static let clientLimit = 32
    /// A client that does not read is let go when this much waits for it, in bytes.
    static let outgoingLimit = 1 << 20

    private struct Client {
        var descriptor: Int32
        var incoming: [UInt8] = []
        var outgoing: [UInt8] = []
        var watch: Int?
        var ending = false
    }

    private let path: String
    private let agent: Agent
    private let wake = Wakeup()
    private let stopping = Locked(false)

    init(path: String, agent: Agent) {
        self.path = path
        self.agent = agent
    }

    func stop() {
        stopping.change { $0 = true }
        wake.signal()
    }

    func run() {
        guard let listener = listen() else { return }
        defer {
            close(listener)
            unlink(path)
        }
        var clients: [Client] = []
        while !stopping.with({ $0 }) {
            var items: [(Int32, Int16)] = [(wake.descriptor, Int16(POLLIN)), (listener, Int16(POLLIN))]
            items += clients.map { ($0.descriptor, Int16(POLLIN) | ($0.outgoing.isEmpty ? 0 : Int16(POLLOUT))) }
            let ready = waitFor(items, milliseconds: 1000)
            if ready[0] != 0 { wake.drain() }
            for index in clients.indices { serve(&clients[index], ready[index + 2]) }
            for client in clients where client.ending {
                if let watch = client.watch { agent.feed.leave(watch) }
                close(client.descriptor)
            }
            clients.removeAll(where: \.ending)
            if ready[1] != 0 { accept(listener, &clients) }
        }
        for client in clients { close(client.descriptor) }
    }

    private func listen() -> Int32? {
        unlink(path)
        let descriptor = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0, let (address, length) = unixAddress(path) else { return nil }
        var copy = address
        let mask = umask(0o177)
        let bound = withUnsafePointer(to: &copy) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        umask(mask)
        guard bound == 0, Glibc.listen(descriptor, 8) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    private func accept(_ listener: Int32, _ clients: inout [Client]) {
        let descriptor = Glibc.accept(listener, nil, nil)
        guard descriptor >= 0 else { return }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        var client = Client(descriptor: descriptor)
        if clients.count >= ControlSocket.clientLimit {
            client.outgoing = JSON.object([("error", "too many clients of the control socket")]).text8 + [0x0A]
            write(&client)
            close(descriptor)
            return
        }
        clients.append(client)
    }

    private func serve(_ client: inout Client, _ ready: Int16) {
        if ready & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = Glibc.read(client.descriptor, &buffer, buffer.count)
            if count == 0 || count < 0 && errno != EAGAIN {
                client.ending = true
                return
            }
            if count > 0 { client.incoming += buffer[..<count] }
            if let end = client.incoming.firstIndex(of: 0x0A) {
                answer(Array(client.incoming[..<end]), &client)
                client.incoming.removeFirst(end + 1)
            } else if client.incoming.count > 4096 {
                client.ending = true
            }
        }
        // Somebody who reads slowly is not cut: the feed drops lines and says how many.
        if let watch = client.watch, client.outgoing.count < ControlSocket.outgoingLimit / 4 {
            client.outgoing += agent.feed.take(watch)
        }
        if !client.outgoing.isEmpty { write(&client) }
        if client.watch == nil, client.outgoing.count > ControlSocket.outgoingLimit { client.ending = true }
    }

    private func answer(_ line: [UInt8], _ client: inout Client) {
        let question = try? JSON(parsing: line)
        let reply: JSON
        switch question?["verb"]?.text {
        case "status", "devices", "buffer": reply = agent.description
        case "doctor": reply = agent.facts.with("findings", agent.findings.with { $0.json })
        case "metrics": reply = .object([("text", .string(agent.metrics))])
        case "reopen":
            let pump = agent.fleet.pumps.first { $0.device.name == question?["device"]?.text }
            pump?.post(.reopen)
            reply = .object([pump == nil ? ("error", "there is no such device") : ("reopened", true)])
        case "accept":
            let trouble = agent.fleet.accept(question?["device"]?.text ?? "", driver: question?["driver"]?.text)
            reply = .object([trouble.map { ("error", .string($0)) } ?? ("accepted", true)])
        case "tail":
            client.watch = agent.feed.watch(
                wake, Feed.Interest(raw: question?["raw"]?.truth ?? false, device: question?["device"]?.text))
            reply = .object([("event", "watching"), ("agent", .string(agent.configuration.agent))])
        default: reply = .object([("error", "unknown verb")])
        }
        client.outgoing += reply.text8 + [0x0A]
    }

    private func write(_ client: inout Client) {
        let count = client.outgoing.withUnsafeBytes {
            send(client.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count > 0 { client.outgoing.removeFirst(count) } else if count < 0, errno != EAGAIN { client.ending = true }
    }
}
