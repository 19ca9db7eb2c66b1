import Drivers
import Ports

extension AgentConfiguration {
    /// Matches of udev for the serial lines that are this agent's: configured, named in `[discovery] only`, or recognised
    /// (`remembered`, keys of `ClaimMemory`).
    func claimedLines(remembered: [String]) -> [String] {
        var lines: [String] = []
        for device in devices {
            if case .serial(let path) = device.address { lines.append(contentsOf: Self.match(path: path)) }
        }
        for selector in discovery.only {
            switch selector {
            case .usb(let id): lines.append(contentsOf: Self.match(id: id))
            case .serial(let serial):
                lines.append(contentsOf: Self.value(serial).map { "ATTRS{serial}==\"\($0)\"" }.list)
            case .path(let path): lines.append(contentsOf: Self.match(path: path))
            }
        }
        // usb:1A86:7523:A1B2, or usb:1A86:7523:@1-2.3, the socket.
        for key in remembered where key.hasPrefix("usb:") {
            let parts = key.dropFirst(4).split(separator: ":").map(String.init)
            guard parts.count >= 3, let id = Self.match(id: "\(parts[0]):\(parts[1])".lowercased()).first else {
                continue
            }
            if parts[2].hasPrefix("@") {
                let place = parts[2].dropFirst()
                if let place = Self.value(String(place)) { lines.append("KERNELS==\"\(place)\", \(id)") }
            } else if let serial = Self.value(parts[2]) {
                lines.append("\(id), ATTRS{serial}==\"\(serial)\"")
            }
        }
        var seen: Set<String> = []
        return lines.filter { seen.insert($0).inserted }
    }

    private static func match(id: String) -> [String] {
        let parts = id.split(separator: ":")
        guard parts.count == 2, let vendor = value(String(parts[0])), let product = value(String(parts[1])) else {
            return []
        }
        return ["ATTRS{idVendor}==\"\(vendor)\", ATTRS{idProduct}==\"\(product)\""]
    }

    /// The node itself, or what udev names its links by: `by-id/usb-NAME-if00-port0`, `by-path/PLACE`.
    private static func match(path: String) -> [String] {
        let name = String(path.split(separator: "/").last ?? "")
        if path.hasPrefix("/dev/serial/by-id/usb-"), let head = Self.head(of: name, before: "-if") {
            return value(String(head.dropFirst(4))).map {
                "IMPORT{builtin}=\"usb_id\", ENV{ID_SERIAL}==\"\($0)\""
            }.list
        }
        if path.hasPrefix("/dev/serial/by-path/") {
            return value(head(of: name, before: "-port") ?? name).map {
                "IMPORT{builtin}=\"path_id\", ENV{ID_PATH}==\"\($0)\""
            }.list
        }
        return value(name).map { "KERNEL==\"\($0)\"" }.list
    }

    /// What stands before the last `mark`.
    private static func head(of name: String, before mark: String) -> String? {
        name.indices.last { name[$0...].hasPrefix(mark) }.map { String(name[..<$0]) }
    }

    /// Nil for a text that would mean something else in a rule.
    private static func value(_ text: String) -> String? {
        let isPlain = text.utf8.allSatisfy { byte in
            let sign = Character(Unicode.Scalar(byte))
            return byte < 0x80 && (sign.isLetter || sign.isNumber || "-_.:+#,".contains(sign))
        }
        return isPlain && !text.isEmpty ? text : nil
    }
}

extension Optional {
    fileprivate var list: [Wrapped] { map { [$0] } ?? [] }
}
