import NIOCore
import Platform

/// A unit `edge-ingest.socket` of the site's own, which gives the centre the pages' socket (systemd.socket(5)).
struct SocketUnit {
    /// `ListenStream=`, as they are written.
    var listens: [String] = []

    /// Where units are looked for, the first that is there counts; drop-ins of administrators come after it.
    static var here: SocketUnit {
        let folders = ["/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"]
        let unit = folders.map { "\($0)/edge-ingest.socket" }.first(where: Files.exists)
        guard let unit else { return SocketUnit() }
        let more = Files.list("/etc/systemd/system/edge-ingest.socket.d").filter { $0.hasSuffix(".conf") }.sorted()
            .map { "/etc/systemd/system/edge-ingest.socket.d/\($0)" }
        return SocketUnit(
            texts: ([unit] + more).compactMap { try? Files.read($0, limit: 65_536) }.map {
                String(decoding: $0, as: UTF8.self)
            })
    }

    init() {}

    /// An empty one takes those before it back.
    init(texts: [String]) {
        for line in texts.flatMap({ $0.split(whereSeparator: \.isNewline) }) {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].filter({ $0 != " " }) == "ListenStream" else { continue }
            let value = parts[1].filter { $0 != " " }
            if value.isEmpty { listens = [] } else { listens.append(value) }
        }
    }

    /// Both, where none of the unit's is what the configuration says.
    func disagreement(_ address: String, _ port: Int) -> [String] {
        guard !listens.isEmpty else { return [] }
        let wanted = try? SocketAddress.makeAddressResolvingHost(address, port: port)
        let isThere = listens.contains { GivenSockets.serves(SocketUnit.address($0), wanted) }
        return isThere ? [] : ["edge-ingest.socket: \(listens.joined(separator: ", "))", "[http]: \(address):\(port)"]
    }

    /// `8443` is all addresses; nil for what is none of TCP.
    private static func address(_ text: String) -> SocketAddress? {
        guard let colon = text.lastIndex(of: ":") else {
            return Int(text).flatMap { try? SocketAddress(ipAddress: "::", port: $0) }
        }
        let host = text[..<colon].filter { $0 != "[" && $0 != "]" }
        return Int(text[text.index(after: colon)...]).flatMap { try? SocketAddress(ipAddress: host, port: $0) }
    }
}
