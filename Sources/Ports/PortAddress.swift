public import Drivers
import Model

/// Where a device is, as configuration writes it.
public enum PortAddress: Equatable, Sendable {
    case serial(path: String)
    case pty(path: String)
    case tcp(host: String, port: UInt16)
    case tls(host: String, port: UInt16)
    /// The device connects to us.
    case listen(host: String, port: UInt16)
    /// `serial` tells one of several equal devices; without it the socket `place` does, where one is named.
    case usb(vendor: UInt16, product: UInt16, serial: String?, place: String? = nil)
    /// A reader of pcscd by the beginning of its name; nil takes the first.
    case pcsc(name: String?)
    /// A program with its arguments.
    case process([String])

    /// The forms of `forms`; IPv6 hosts in brackets.
    public init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else {
            guard text.hasPrefix("/dev/") else { return nil }
            self = .serial(path: text)
            return
        }
        let rest = text[text.index(after: colon)...]
        switch text[..<colon] {
        case _ where text.hasPrefix("/dev/"): self = .serial(path: text)
        case "pty" where !rest.isEmpty: self = .pty(path: String(rest))
        case "tcp":
            guard let (host, port) = PortAddress.endpoint(rest) else { return nil }
            self = .tcp(host: host, port: port)
        case "tls":
            guard let (host, port) = PortAddress.endpoint(rest) else { return nil }
            self = .tls(host: host, port: port)
        case "listen":
            guard let (host, port) = PortAddress.endpoint(rest) else { return nil }
            self = .listen(host: host, port: port)
        case "usb":
            let parts = rest.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            let ids = parts.prefix(2).map { part in
                part.utf8.count == 4 && part.utf8.allSatisfy { Hex.digit($0) != nil } ? UInt16(part, radix: 16) : nil
            }
            guard ids.count == 2, let vendor = ids[0], let product = ids[1], parts.count < 3 || !parts[2].isEmpty
            else { return nil }
            let last = parts.count == 3 ? String(parts[2]) : nil
            let place = last.flatMap { $0.hasPrefix("@") ? String($0.dropFirst()) : nil }
            self = .usb(vendor: vendor, product: product, serial: place == nil ? last : nil, place: place)
        case "pcsc": self = .pcsc(name: rest.isEmpty ? nil : String(rest))
        case "exec":
            let words = rest.split(separator: " ").map(String.init)
            guard words.first?.hasPrefix("/") ?? false else { return nil }
            self = .process(words)
        default: return nil
        }
    }

    private static func endpoint(_ text: Substring) -> (String, UInt16)? {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return host.isEmpty ? nil : (String(host), port)
    }

    public static let forms =
        "/dev/serial/by-id/…, usb:VVVV:PPPP[:SERIAL or :@PLACE], tcp:HOST:PORT, tls:HOST:PORT, listen:ADDRESS:PORT, "
        + "pcsc:[NAME], exec:/PROGRAM ARGUMENTS or pty:PATH"

    /// Which drivers can speak through it.
    public func fits(_ line: Driver.Line) -> Bool {
        switch (self, line) {
        case (.serial, .serial), (.pty, .serial), (.tcp, .serial): true  // a serial server speaks TCP
        case (.tcp, .tcp), (.tls, .tcp), (.listen, .tcp), (.listen, .gathered): true
        case (.usb, .hid), (.usb, .ccid), (.pcsc, .ccid), (.process, .process): true
        case (.pty, .ccid): true  // the simulator's
        default: false
        }
    }

    /// Opens it. `baud` and `framing` concern serial lines, `trust` TLS. May wait for a connection for at most some seconds: call it on the
    /// pump's thread.
    public func open(
        line: Driver.Line, baud: Int, framing: SerialFraming = SerialFraming(), trust: TLSTrust = TLSTrust()
    ) throws(PortError) -> any Port {
        switch self {
        case .serial(let path): return try SerialPort(path: path, baud: baud, framing: framing)
        case .pty(let path): return try PTYPort(path: path)
        case .tcp(let host, let port): return try TCPPort(host: host, port: port)
        case .tls(let host, let port): return try TLSPort(host: host, port: port, trust: trust)
        case .listen(let host, let port):
            if case .gathered = line { return try GatheringPort(host: host, port: port) }
            return try ListenerPort(host: host, port: port)
        case .usb(let vendor, let product, let serial, let place):
            let use: USBPort.Use =
                switch line {
                case .hid(.pointOfSale): .pointOfSale
                case .ccid: .ccid
                default: .keyboard
                }
            return try USBPort(vendor: vendor, product: product, serial: serial, place: place, use: use)
        case .pcsc(let name): return try PCSCPort(name: name)
        case .process(let words): return try ProcessPort(words)
        }
    }
}

extension PortAddress: CustomStringConvertible {
    public var description: String {
        func endpoint(_ host: String, _ port: UInt16) -> String {
            host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
        switch self {
        case .serial(let path): return path
        case .pty(let path): return "pty:\(path)"
        case .tcp(let host, let port): return "tcp:\(endpoint(host, port))"
        case .tls(let host, let port): return "tls:\(endpoint(host, port))"
        case .listen(let host, let port): return "listen:\(endpoint(host, port))"
        case .usb(let vendor, let product, let serial, let place):
            return USBAddress.text(vendor, product) + (serial.map { ":\($0)" } ?? place.map { ":@\($0)" } ?? "")
        case .pcsc(let name): return "pcsc:\(name ?? "")"
        case .process(let words): return "exec:\(words.joined(separator: " "))"
        }
    }
}
