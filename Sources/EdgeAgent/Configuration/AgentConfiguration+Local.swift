import Glibc
import Ports
import Settings

extension AgentConfiguration {
    /// The page that this agent shows of itself, at the depot. Off unless the agent's own file asks for it.
    struct Local: Equatable, Sendable {
        /// An address of this machine in digits, and a port.
        struct Place: Equatable, Sendable {
            var host: String
            var port: UInt16
        }

        var listen: Place?
        /// Names, in lower case, by which people reach it, besides this machine's own.
        var hosts: Set<String> = []
        /// Whoever sees it may scan in it.
        var mayScan = false
        /// Whoever has a name and a PIN at the centre may decide in it.
        var mayDecide = false

        /// As a browser is given it; an address that stands for all of this machine's is the machine's name.
        var url: String? {
            guard let listen else { return nil }
            let host = ["0.0.0.0", "::"].contains(listen.host) ? AgentConfiguration.hostName : listen.host
            return "http://\(host.contains(":") ? "[\(host)]" : host):\(listen.port)/"
        }
    }
}

extension AgentConfiguration.Local {
    init(_ section: Section, devices: [AgentConfiguration.Device]) {
        if let text = section.string("listen") {
            if case .listen(let host, let port)? = PortAddress("listen:\(text)"), Self.isAddress(host) {
                listen = Place(host: host, port: port)
            } else {
                section.reject(
                    "listen",
                    "must be ADDRESS:PORT, the address in digits: \"127.0.0.1:8088\", \"[::1]:8088\" or this machine's on "
                        + "its network, not \"\(text)\"")
            }
        }
        mayScan = section.boolean("scan") ?? false
        mayDecide = section.boolean("decide") ?? false
        if mayDecide, !mayScan {
            section.reject("decide", "needs scan = true")
        }
        for host in section.strings("hosts") ?? [] {
            if let name = HTTPRequest.host(of: host), name == host.lowercased() {
                hosts.insert(name)
            } else {
                section.reject("hosts", "lists names without a port, such as \"dock-1.depot.lan\", not \"\(host)\"")
            }
        }
        if let listen {
            let isTaken = devices.contains { device in
                if case .listen(_, let port) = device.address { port == listen.port } else { false }
            }
            if isTaken { section.reject("listen", "has a port at which a device of this file is listened for") }
        } else if !section.has("listen") {
            section.require("listen", "where the page is, such as \"127.0.0.1:8088\"")
        }
    }

    /// IPv4 or IPv6 in digits.
    static func isAddress(_ host: String) -> Bool {
        var room = in6_addr()
        return inet_pton(AF_INET, host, &room) == 1 || inet_pton(AF_INET6, host, &room) == 1
    }
}
