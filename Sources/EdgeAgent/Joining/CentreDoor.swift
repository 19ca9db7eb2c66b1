import Glibc
import Model
import Platform
import Ports
import Settings

/// Asks a centre's pages one question at a time.
struct CentreDoor {
    /// For one question and its answer.
    static let patience: Duration = .seconds(20)

    let address: CentreAddress
    /// PEM file of the authority that the centre's certificate must come from; nil: whoever answers is asked for what is known by its
    /// digest, and told nothing.
    var authority: String?

    init(_ address: CentreAddress, authority: String? = nil) throws(CentreAddress.Wrong) {
        guard address.isTLS || HostName.isLoopback(address.host) else { throw .plain }
        (self.address, self.authority) = (address, authority)
    }

    func get(_ path: String) throws -> CentreAnswer { try ask("GET \(path)", []) }

    func post(_ path: String, _ body: JSON) throws -> CentreAnswer { try ask("POST \(path)", body.text8) }

    private func ask(_ what: String, _ body: [UInt8]) throws -> CentreAnswer {
        let port: any Port
        if address.isTLS {
            let trust = authority.map { TLSTrust(authority: $0) } ?? .anybody
            port = try TLSPort(host: address.host, port: address.port, trust: trust)
        } else {
            port = try TCPPort(host: address.host, port: address.port)
        }
        let head =
            "\(what) HTTP/1.0\r\nHost: \(address.authority)\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
            + "Content-Length: \(body.count)\r\nConnection: close\r\n\r\n"
        var rest = (Array(head.utf8) + body)[...]
        let end = Clocks.now + CentreDoor.patience
        func wait(_ events: Int16) throws {
            var item = pollfd(fd: port.descriptor, events: events, revents: 0)
            let left = Int32(clamping: max(0, (end - Clocks.now).milliseconds))
            guard left > 0, poll(&item, 1, left) >= 0 else {
                throw PortError.missing("\(address.authority) takes the connection and does not answer")
            }
        }
        while !rest.isEmpty {
            let count = try port.write(rest)
            rest = rest.dropFirst(count)
            if count == 0 { try wait(Int16(POLLOUT)) }
        }
        var answer: [UInt8] = []
        while answer.count <= CentreAnswer.limit {
            do {
                let bytes = try port.read()
                answer += bytes
                if bytes.isEmpty { try wait(Int16(POLLIN)) }
            } catch let error {
                // The end of the connection is the end of the answer.
                guard case .gone = error as? PortError else { throw error }
                break
            }
        }
        guard let read = CentreAnswer(answer) else {
            throw PortError.failed(
                "\(address.authority) answers, and not as a centre does: is it another program's port?")
        }
        return read
    }
}
