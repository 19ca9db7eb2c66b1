import Model

extension Driver {
    /// Zebra's fixed readers, whose IoT Connector posts its data interface to us. Source: Zebra IoT Connector documentation, data
    /// interface over HTTP POST; RFID_ZIOTC_Examples (tag data JSON).
    public static let zebraIoT = Driver(
        name: "zebra-iotc", title: "Zebra FX and FXR readers, IoT Connector (HTTP POST)", kind: .reader,
        line: .gathered(port: 8085), source: "Zebra IoT Connector documentation; ZebraDevs RFID_ZIOTC_Examples",
        session: { ZebraIoT(settings: $0) })
}

/// Readers connect and post JSON: one tag event, a list of them, or one a line. They are told nothing but that it came; what
/// starts their radio is set on their own page.
///
/// A connection that begins with `{` or `[` sends the same JSON bare, a document a line; it is taken where no secret is set.
struct ZebraIoT: Session {
    /// Connections at once: the longest silent one goes when another comes (our limit).
    static let connectionLimit = 32
    /// Longest body and longest bare line, in bytes (our limit): about a thousand tags.
    static let bodyLimit = 256 * 1024

    private struct Connection {
        enum Speech { case unknown, http, bare }
        var speech = Speech.unknown
        var http = HTTPStream()
        var lines = LineBuffer(limit: ZebraIoT.bodyLimit)
        var head: HTTPStream.Head?
        var body: [UInt8] = []
        /// When it last said something, in events counted.
        var heard: UInt64 = 0
    }

    /// `Basic` and user with secret, as the readers must send it; nil takes everybody.
    private let authorization: String?
    private let hasRegion: Bool
    private var line = GatheredLine()
    private var connections: [Int: Connection] = [:]
    private var clock: UInt64 = 0
    /// Bad documents in a row: the first is told.
    private var refusals = 0

    init(settings: SessionSettings) {
        authorization = settings.secret.map { "Basic " + Base64.text(Array("\(settings.user ?? ""):\($0)".utf8)) }
        hasRegion = settings.region != nil
    }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            (line, connections) = (GatheredLine(), [:])
            reaction.condition = .ready
            if !hasRegion { reaction.remark = Region.keepsOwn }
        case .bytes(let bytes):
            let (events, noise) = line.take(bytes)
            reaction.noise += noise
            for event in events { take(event, &reaction) }
        case .closing, .closed: (line, connections) = (GatheredLine(), [:])
        case .tick, .descriptor, .command, .recall, .accepted: break
        }
        return reaction
    }

    private mutating func take(_ event: GatheredLine.Event, _ reaction: inout Reaction) {
        clock += 1
        switch event {
        case .opened(let id):
            if connections.count >= ZebraIoT.connectionLimit,
                let oldest = connections.min(by: { $0.value.heard < $1.value.heard })?.key
            {
                drop(oldest, &reaction)
            }
            connections[id] = Connection(heard: clock)
        case .closed(let id): connections[id] = nil
        case .bytes(let id, let bytes):
            guard var connection = connections.removeValue(forKey: id) else { return }
            connection.heard = clock
            if hear(bytes, on: id, &connection, &reaction) {
                connections[id] = connection
            } else {
                drop(id, &reaction)
            }
        }
    }

    private mutating func drop(_ id: Int, _ reaction: inout Reaction) {
        connections[id] = nil
        reaction.send += GatheredLine.encode(.closed(id))
    }

    /// False ends the connection.
    private mutating func hear(
        _ bytes: [UInt8], on id: Int, _ connection: inout Connection, _ reaction: inout Reaction
    ) -> Bool {
        if connection.speech == .unknown {
            guard let first = bytes.first else { return true }
            connection.speech = first == 0x7B || first == 0x5B ? .bare : .http
            if connection.speech == .bare, authorization != nil {
                refuse("a reader without user and secret was sent away", &reaction)
                return false
            }
        }
        if connection.speech == .bare {
            for byte in bytes {
                if let line = connection.lines.take(byte, noise: &reaction.noise) { _ = understand(line, &reaction) }
            }
            return true
        }
        do {
            for piece in try connection.http.take(bytes) {
                guard take(piece, on: id, &connection, &reaction) else { return false }
            }
            return true
        } catch {
            reaction.noise += bytes.count
            return false
        }
    }

    private mutating func take(
        _ piece: HTTPStream.Piece, on id: Int, _ connection: inout Connection, _ reaction: inout Reaction
    ) -> Bool {
        switch piece {
        case .head(let head):
            (connection.head, connection.body) = (head, [])
            guard head.method == "POST" || head.method == "PUT" else {
                say("405 Method Not Allowed", to: id, &reaction)
                return false
            }
            if let authorization, head["authorization"].map({ ZebraIoT.isSame($0, authorization) }) != true {
                refuse("a reader with another user or secret, or none, was sent away", &reaction)
                say("401 Unauthorized", "WWW-Authenticate: Basic realm=\"quai\"", to: id, &reaction)
                return false
            }
            // libcurl waits a second for it before it sends a longer body.
            if head["expect"]?.lowercased() == "100-continue" {
                reaction.send += GatheredLine.encode(.bytes(id, Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)))
            }
        case .body(let bytes):
            guard connection.body.count + bytes.count <= ZebraIoT.bodyLimit else {
                refuse("a reader posted more than \(ZebraIoT.bodyLimit) bytes at once", &reaction)
                say("413 Content Too Large", to: id, &reaction)
                return false
            }
            connection.body += bytes
        case .end:
            let isGood = understand(connection.body, &reaction)
            say(isGood ? "200 OK" : "400 Bad Request", to: id, &reaction)
            connection.body = []
            return connection.head?.endsConnection != true
        }
        return true
    }

    private func say(_ status: String, _ field: String? = nil, to id: Int, _ reaction: inout Reaction) {
        let lines = ["HTTP/1.1 \(status)", "Content-Length: 0"] + (field.map { [$0] } ?? []) + ["", ""]
        reaction.send += GatheredLine.encode(.bytes(id, Array(lines.joined(separator: "\r\n").utf8)))
    }

    /// In a time that does not tell how much of it was right.
    private static func isSame(_ a: String, _ b: String) -> Bool {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        return a.count == b.count && zip(a, b).reduce(UInt8(0)) { $0 | $1.0 ^ $1.1 } == 0
    }

    // MARK: what is posted

    /// One document, or one a line. False where a part of it is no JSON.
    private mutating func understand(_ body: [UInt8], _ reaction: inout Reaction) -> Bool {
        if let json = try? JSON(parsing: body) {
            take(json, &reaction)
            refusals = 0
            return true
        }
        var isGood = false
        for line in body.split(separator: 0x0A) {
            let line = line.last == 0x0D ? line.dropLast() : line
            guard !line.isEmpty else { continue }
            guard let json = try? JSON(parsing: line), json.isObject || json.list != nil else {
                reaction.noise += line.count
                refuse("what a reader posted is no JSON", &reaction)
                return false
            }
            take(json, &reaction)
            isGood = true
        }
        if isGood { refusals = 0 }
        return isGood || body.isEmpty
    }

    private mutating func refuse(_ text: String, _ reaction: inout Reaction) {
        refusals += 1
        if refusals == 1 { reaction.observations.append(.fault(Fault(code: "refused", text: text))) }
    }

    /// An event, a list of them, or a batch; heartbeats, inputs and alerts have no id and are let go.
    private func take(_ json: JSON, _ reaction: inout Reaction) {
        if let list = json.list {
            for event in list where event.isObject { take(event, &reaction) }
            return
        }
        guard let data = json["data"] else { return }
        for tag in data["tagData"]?.list ?? data.list ?? [data] {
            guard let id = tag["idHex"]?.text, !id.isEmpty else { continue }
            if let read = TagRead(zebra: tag, id: id) {
                reaction.observations.append(.tag(read))
            } else {
                reaction.noise += id.utf8.count
            }
        }
    }
}

extension TagRead {
    /// `idHex` and whatever else the operating mode's `tagMetaData` switches on; `peakRssi` in dBm, `antenna` from 1.
    fileprivate init?(zebra json: JSON, id: String) {
        guard let bytes = Hex.bytes(id), (1...TagID.limit).contains(bytes.count) else { return nil }
        self.init(id: TagID(.epcGen2, bytes))
        if let number = json["antenna"]?.integer, number > 0, Bounded.antennas.contains(number) {
            antenna = Int(number)
        }
        if let rssi = json["peakRssi"]?.double, (-150...50).contains(rssi) { rssiDBm = rssi }
        if let reads = json["reads"]?.integer, (1...1_000_000).contains(reads) { count = Int(reads) }
        if let word = json["PC"]?.text.flatMap({ Hex.bytes($0) }), word.count == 2 {
            protocolControl = UInt16(word[0]) << 8 | UInt16(word[1])
        }
        tid = TagRead.memory(json["TID"]?.text.flatMap { Hex.bytes($0) })
        userMemory = TagRead.memory(json["USER"]?.text.flatMap { Hex.bytes($0) })
    }
}
