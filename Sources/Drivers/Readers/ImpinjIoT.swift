import Model

extension Driver {
    /// Impinj R700 and R720 whose RFID interface is "Impinj IoT device interface". Source: Impinj Reader Configuration REST API
    /// 1.6 (OpenAPI), /data/stream, /profiles, /system.
    public static let impinjIoT = Driver(
        name: "impinj-iot", title: "Impinj R700 and R720, IoT device interface (HTTP stream)", kind: .reader,
        line: .tcp(port: 80), source: "Impinj Reader Configuration REST API 1.6 (OpenAPI); impinj-iot 0.2.0",
        session: { ImpinjIoT(settings: $0) })
}

/// One connection: who the reader is, its region, the profile started, then one response that never ends, a JSON object a line.
///
/// Without `power-dbm` its preset `default` is started, as the reader's owner left it, and one that runs already stays; with it
/// the reader gets this site's antennas, power and memory. Nothing can be asked while the stream runs, so the profile goes on
/// when we leave. The secret stands in the Authorization field only.
struct ImpinjIoT: Session {
    /// How long a reply may take; starting a profile takes about a second (our limit).
    static let patience: Duration = .seconds(10)
    /// CR LF comes every 30 s when there is nothing else (/data/stream); a second one may be late.
    static let silence: Duration = .seconds(65)
    /// Longest event and longest reply, in bytes (our limits); an event is about 400.
    static let lineLimit = 16 * 1024
    static let replyLimit = 64 * 1024

    enum Question: Equatable {
        case system, region, stop, start, stream
    }

    private let settings: SessionSettings
    private var http = HTTPStream()
    private var lines = LineBuffer(limit: ImpinjIoT.lineLimit)
    private var body: [UInt8] = []
    private var head: HTTPStream.Head?
    private var question: Question?
    /// Asked first after a connection that the reader ends with each reply.
    private var next: Question?
    private var due: Instant?

    init(settings: SessionSettings) { self.settings = settings }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            (http, body, head) = (HTTPStream(), [], nil)
            lines.reset()
            reaction.condition = .starting
            ask(next ?? .system, now, &reaction)
            next = nil
        case .bytes(let bytes) where question != nil: take(bytes, now, &reaction)
        case .bytes(let bytes): reaction.noise += bytes.count
        case .tick:
            guard let moment = due, now >= moment else { break }
            if question == .stream, head != nil {
                fail("silent", "no sign of life for 65 s: check the reader's power and network", .seconds(1), &reaction)
            } else {
                fail(
                    "no-answer", "connected, but nobody answers HTTP: is this the reader's port 80, or 443 with tls:?",
                    .seconds(2), &reaction)
            }
        case .closing, .closed: (question, due) = (nil, nil)
        case .descriptor, .command, .recall, .accepted: break
        }
        reaction.deadline = due
        return reaction
    }

    private mutating func fail(_ code: String, _ text: String, _ pause: Duration, _ reaction: inout Reaction) {
        (question, due) = (nil, nil)
        reaction.condition = .failing(code: code, text: text)
        reaction.restart = pause
    }

    // MARK: what comes

    private mutating func take(_ bytes: [UInt8], _ now: Instant, _ reaction: inout Reaction) {
        let pieces: [HTTPStream.Piece]
        do { pieces = try http.take(bytes) } catch {
            reaction.noise += bytes.count
            return fail(
                "not-http", "what answers here speaks no HTTP (\(error.text)): check the port", .seconds(10), &reaction)
        }
        if question == .stream { due = now + ImpinjIoT.silence }
        for piece in pieces where question != nil {
            switch piece {
            case .head(let head):
                self.head = head
                body = []
                if question == .stream, head.status == 200 {
                    reaction.condition = .ready
                    if settings.region == nil { reaction.remark = Region.keepsOwn }
                }
            case .body(let bytes) where question == .stream && head?.status == 200:
                for byte in bytes {
                    if let line = lines.take(byte, noise: &reaction.noise) { understand(line, &reaction) }
                }
            case .body(let bytes):
                guard body.count + bytes.count <= ImpinjIoT.replyLimit else {
                    return fail("too-long", "the reader's reply is longer than 64 KiB", .seconds(10), &reaction)
                }
                body += bytes
            case .end: answered(now, &reaction)
            }
        }
    }

    private mutating func answered(_ now: Instant, _ reaction: inout Reaction) {
        guard let question, let head, let status = head.status, status >= 200 else { return }
        switch status {
        case 401, 403:
            return fail(
                "refused", "the reader refused user and secret: write user = and secret = in its [reader.…]",
                .seconds(60), &reaction)
        case 200..<300 where question == .stream:
            return fail("closed", "the reader ended its stream", .seconds(1), &reaction)
        case 200..<300: learn(question, &reaction)
        // A preset runs already: what it reads is wanted all the same.
        case 409 where question == .start && settings.powerDBm == nil: break
        case _ where question == .stop || question == .region: break
        default:
            let text =
                status == 404 && question != .system
                ? "the reader's RFID interface is another: choose the Impinj IoT device interface on its page"
                : "the reader refused \(ImpinjIoT.path(of: question)) with status \(status): \(reason)"
            return fail("refused", text, .seconds(10), &reaction)
        }
        let following: Question =
            switch question {
            case .system: .region
            case .region: settings.powerDBm == nil ? .start : .stop
            case .stop: .start
            case .start, .stream: .stream
            }
        if head.endsConnection {
            (next, self.question, due) = (following, nil, nil)
            reaction.restart = .zero
        } else {
            ask(following, now, &reaction)
        }
    }

    /// What it says of a refusal, short.
    private var reason: String {
        let json = try? JSON(parsing: body)
        let text = json?["message"]?.text ?? json?["detail"]?.text ?? String(decoding: body.prefix(200), as: UTF8.self)
        return String(text.prefix(200))
    }

    private func learn(_ question: Question, _ reaction: inout Reaction) {
        guard let json = try? JSON(parsing: body) else { return }
        let told: [(String, String)] =
            switch question {
            case .system: [("hardware", "productModel"), ("serial", "serialNumber")]
            case .region: [("region", "operatingRegion")]
            case .stop, .start, .stream: []
            }
        for (field, name) in told {
            guard let text = json[name]?.text, !text.isEmpty else { continue }
            reaction.observations.append(.identity(Identity(field: field, text: String(text.prefix(100)))))
        }
    }

    /// A line of the stream; an empty one is a sign of life.
    private func understand(_ line: [UInt8], _ reaction: inout Reaction) {
        let line = line.last == 0x0D ? line.dropLast() : line[...]
        guard !line.isEmpty else { return }
        guard let json = try? JSON(parsing: line), json.isObject else {
            reaction.noise += line.count
            return
        }
        if let tag = json["tagInventoryEvent"] {
            if let read = TagRead(impinj: tag) {
                reaction.observations.append(.tag(read))
            } else if tag["epc"]?.text != "", tag["epcHex"]?.text != "" {
                reaction.noise += line.count
            }
        } else if let status = json["inventoryStatusEvent"]?["inventoryStatus"]?.text {
            reaction.observations.append(.identity(Identity(field: "inventory", text: String(status.prefix(100)))))
        }
    }

    // MARK: what goes

    private static func path(of question: Question) -> String {
        switch question {
        case .system: "/api/v1/system"
        case .region: "/api/v1/system/region"
        case .stop: "/api/v1/profiles/stop"
        case .start: "/api/v1/profiles/inventory/start"
        case .stream: "/api/v1/data/stream"
        }
    }

    private mutating func ask(_ question: Question, _ now: Instant, _ reaction: inout Reaction) {
        (self.question, head, due) = (question, nil, now + ImpinjIoT.patience)
        var (path, method, content) = (ImpinjIoT.path(of: question), "GET", [UInt8]?.none)
        if question == .stop || question == .start { (method, content) = ("POST", []) }
        if question == .start {
            if let power = settings.powerDBm {
                content = profile(power).text8
            } else {
                path = "/api/v1/profiles/inventory/presets/default/start"
            }
        }
        var lines = ["\(method) \(path) HTTP/1.1", "Host: reader", "Accept: application/json"]
        if let user = settings.user, let secret = settings.secret {
            lines.append("Authorization: Basic \(Base64.text(Array("\(user):\(secret)".utf8)))")
        }
        if let content {
            if !content.isEmpty { lines.append("Content-Type: application/json") }
            lines.append("Content-Length: \(content.count)")
        }
        reaction.send += Array((lines + ["", ""]).joined(separator: "\r\n").utf8) + (content ?? [])
    }

    /// Mode 2 is good with many readers and there in every region; session 1 and both targets keep a tag that stays being told
    /// (InventoryAntennaConfiguration).
    private func profile(_ powerDBm: Double) -> JSON {
        let memory = settings.memory.map { read in
            JSON.object([
                ("memoryBank", .string(read.bank.rawValue)), ("wordOffset", 0), ("wordCount", .int(Int64(read.words))),
            ])
        }
        let antennas = (settings.antennas.isEmpty ? [1] : settings.antennas).map { antenna in
            JSON.object([
                ("antennaPort", .int(Int64(antenna))), ("transmitPowerCdbm", .int(Int64((powerDBm * 100).rounded()))),
                ("rfMode", 2), ("inventorySession", 1), ("inventorySearchMode", "dual-target"),
                ("estimatedTagPopulation", 32), ("tagMemoryReads", memory.isEmpty ? nil : .array(memory)),
            ])
        }
        return .object([("antennaConfigs", .array(antennas))])
    }
}

extension TagRead {
    /// A `tagInventoryEvent`: `epcHex`, or `epc` in base64; all else may be missing.
    fileprivate init?(impinj json: JSON) {
        let hex = json["epcHex"]?.text.flatMap { Hex.bytes($0) }
        guard let epc = hex ?? json["epc"]?.text.flatMap(Base64.bytes), (1...TagID.limit).contains(epc.count) else {
            return nil
        }
        self.init(id: TagID(.epcGen2, epc))
        if let port = json["antennaPort"]?.integer, Bounded.antennas.contains(port), port > 0 { antenna = Int(port) }
        if let hundredths = json["peakRssiCdbm"]?.double, (-15_000...5000).contains(hundredths) {
            rssiDBm = hundredths / 100
        }
        if let word = json["pc"]?.text.flatMap(Base64.bytes), word.count == 2 {
            protocolControl = UInt16(word[0]) << 8 | UInt16(word[1])
        }
        tid = TagRead.memory(json["tidHex"]?.text.flatMap { Hex.bytes($0) } ?? json["tid"]?.text.flatMap(Base64.bytes))
        for read in json["tagMemoryData"]?.list ?? [] {
            guard let data = TagRead.memory(read["tagDataHex"]?.text.flatMap { Hex.bytes($0) }) else { continue }
            switch read["memoryBank"]?.text {
            case "tid": tid = data
            case "user": userMemory = data
            default: break
            }
        }
    }

    static func memory(_ bytes: [UInt8]?) -> [UInt8]? {
        bytes.flatMap { (1...TagID.limit).contains($0.count) ? $0 : nil }
    }
}
