import Model
import Platform
import Ports

/// What the page at the depot answers: a fixed table of files that are in the program, and the state as JSON. A value: the
/// request goes in, the answer comes out.
struct LocalPage: Sendable {
    /// Names, in lower case, by which it may be asked, besides addresses in digits and `localhost`.
    var hosts: Set<String>
    /// The state, as bytes of JSON.
    var status: @Sendable () -> [UInt8]
    /// Deliveries, as bytes of JSON.
    var goods: @Sendable () -> [UInt8] = { Array("null".utf8) }
    /// What the agent counts, for Prometheus: device names and numbers, as the state shows them.
    var metrics: @Sendable () -> [UInt8] = { [] }
    /// Takes what is scanned in the page; nil where the page only shows.
    var scan: Scanning?
    /// Refused because of their `Host`.
    var refused: @Sendable () -> Void = {}

    /// Who may scan in the page: whoever has read the token, which pages of others cannot.
    struct Scanning: Sendable {
        /// Of this run.
        var token: String
        var zones: @Sendable () -> [String]
        var take: @Sendable (LocalScans.Scan) -> HTTPReply
        /// Nil where nobody decides here, or the centre has not said to which key PINs are sealed.
        var decide: @Sendable () -> (@Sendable (LocalDecision) -> HTTPReply)? = { nil }

        /// For the page, in its state.
        var json: JSON {
            .object([
                ("token", .string(token)), ("zones", .array(zones().map(JSON.string))),
                ("decide", decide() == nil ? nil : .bool(true)),
            ])
        }
    }

    func answer(_ request: HTTPRequest) -> HTTPReply {
        guard isOurs(request.host) else {
            refused()
            return HTTPReply(421)
        }
        if request.path == "/scan" || request.path == "/decide", let scan { return answer(request, scan) }
        guard request.method == "GET" else {
            var reply = HTTPReply(405)
            reply.fields = [HTTPRequest.Field(name: "Allow", value: "GET")]
            return reply
        }
        switch request.path {
        case "/": return HTTPReply(200, type: "text/html", body: Array(LocalPage.document.utf8))
        case "/page.css": return HTTPReply(200, type: "text/css", body: Array(LocalPage.style.utf8))
        case "/page.js": return HTTPReply(200, type: "text/javascript", body: Array(LocalPage.script.utf8))
        case "/decide.js": return HTTPReply(200, type: "text/javascript", body: Array(LocalPage.deciding.utf8))
        case "/status.json": return HTTPReply(200, type: "application/json", body: status())
        case "/goods.json": return HTTPReply(200, type: "application/json", body: goods())
        case "/metrics": return HTTPReply(200, type: "text/plain; version=0.0.4", body: metrics())
        default: return HTTPReply(404)
        }
    }

    /// A page of somebody else can have a browser send a form here, but not this: without the token, without the type, which would have
    /// the browser ask first, and with its own origin (Fetch §3.2).
    private func answer(_ request: HTTPRequest, _ scanning: Scanning) -> HTTPReply {
        guard request.method == "POST" else {
            var reply = HTTPReply(405)
            reply.fields = [HTTPRequest.Field(name: "Allow", value: "POST")]
            return reply
        }
        let host = request["host"]?.lowercased() ?? ""
        guard ["http://\(host)", "https://\(host)"].contains(request["origin"]?.lowercased() ?? ""),
            request["content-type"] == "application/json", request["x-quai-token"] == scanning.token
        else {
            refused()
            return HTTPReply(403)
        }
        if request.path == "/decide" {
            guard let decide = scanning.decide() else { return HTTPReply(404) }
            guard let decision = LocalDecision(request.body, zones: scanning.zones()) else { return HTTPReply(400) }
            return decide(decision)
        }
        guard let scan = LocalScans.Scan(request.body, zones: scanning.zones()) else { return HTTPReply(400) }
        return scanning.take(scan)
    }

    /// A name that somebody else can point at this machine would make their page one of ours (DNS rebinding); an address in
    /// digits is nobody's to point.
    func isOurs(_ host: String) -> Bool {
        host == "localhost" || hosts.contains(host) || AgentConfiguration.Local.isAddress(host)
    }

    /// This machine's name, as people on its network say it.
    static func names(of machine: String) -> Set<String> {
        let name = machine.lowercased()
        let short = String(name.prefix { $0 != "." })
        return Set([name, short, "\(short).local"].filter { !$0.isEmpty && !$0.hasPrefix(".") })
    }
}

/// The state as the page is told: what `edge-agent devices` and `buffer` know, without what only a technician needs, and the
/// last reads.
enum LocalStatus {
    private static let deviceFields = [
        "name", "title", "kind", "zone", "state", "reason", "since", "lastSeen", "present", "readsPerSecond",
        "notSaved",
    ]

    /// `description` is the agent's own (docs/reference/topics.md, `st`).
    static func json(_ description: JSON, reads: [RecentReads.Read], scan: JSON? = nil) -> JSON {
        func part(_ json: JSON?, _ names: [String]) -> JSON {
            .object(names.map { ($0, json?[$0]) })
        }
        let about = ["agent", "site", "version", "clock", "synced", "started", "buffer", "account"]
        return part(description, about)
            .with("uplink", part(description["uplink"], uplinkFields))
            .with("devices", .array((description["devices"]?.list ?? []).map { part($0, deviceFields) }))
            .with("reads", .array(reads.map(\.json))).with("scan", scan)
    }

    private static let uplinkFields = ["connected", "centre", "delivering", "alarm", "lastAck", "since"]
}
