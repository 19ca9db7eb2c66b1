import Model

extension Driver {
    /// A program of the site's own or of a maker's, in any language. Source: docs/how-to/join-a-vendor-sdk.md.
    public static let exec = Driver(
        name: "exec", title: "A program that prints observations as JSON lines", kind: .reader, line: .process,
        sealing: .lines, experimental: false,
        source: "docs/how-to/join-a-vendor-sdk.md",
        session: { Exec(settings: $0) })
}

/// Reads one observation a line, in the form that `decode` prints; tells the program its settings and what is safe.
struct Exec: Session {
    /// Longest line, in bytes; a program that never ends its line costs no more than this.
    static let limit = 64 * 1024
    /// Lines that are refused in a row before the program is started anew.
    static let patience = 100

    private let settings: SessionSettings
    private var line: [UInt8] = []
    private var overflowing = false
    private var refusals = 0
    private var discarded = 0
    private var isOpen = false

    init(settings: SessionSettings) { self.settings = settings }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            (line, overflowing, refusals, isOpen) = ([], false, 0, true)
            reaction.condition = .ready
            reaction.send = tell([
                ("settings", 1), ("device", .string(settings.name)),
                ("region", settings.region.map { .string($0.rawValue) }),
                ("powerDBm", settings.powerDBm.map(JSON.number)),
                ("antennas", settings.antennas.isEmpty ? nil : .array(settings.antennas.map { .int(Int64($0)) })),
            ])
        case .bytes(let bytes):
            var rest = bytes[...]
            while let end = rest.firstIndex(of: 0x0A) {
                take(rest[..<end], &reaction)
                finish(&reaction)
                rest = rest[(end + 1)...]
            }
            take(rest, &reaction)
        case .accepted(let count):
            if settings.beeps { reaction.send = tell([("accepted", .int(Int64(count)))]) }
        case .closing, .closed: (line, overflowing, isOpen) = ([], false, false)
        case .tick, .descriptor, .command, .recall: break
        }
        return reaction
    }

    private func tell(_ fields: [(String, JSON?)]) -> [UInt8] { JSON.object(fields).text8 + [0x0A] }

    private mutating func take(_ piece: ArraySlice<UInt8>, _ reaction: inout Reaction) {
        if !overflowing, line.count + piece.count <= Exec.limit {
            line += piece
            return
        }
        let count = piece.count + line.count
        reaction.noise += count
        (line, overflowing) = ([], true)
        // A line without an end is a bad one for each that it could have been.
        discarded += count
        while discarded > Exec.limit {
            discarded -= Exec.limit
            refuse("it never ends its line; print one JSON object a line", &reaction)
        }
    }

    private mutating func finish(_ reaction: inout Reaction) {
        defer { (line, overflowing) = ([], false) }
        if line.last == 0x0D { line.removeLast() }
        if overflowing {
            discarded = 0
            return refuse("a line is longer than \(Exec.limit) bytes", &reaction)
        }
        guard !line.isEmpty else { return }
        do {
            reaction.observations.append(try Observation(json: JSON(parsing: line)))
            refusals = 0
        } catch {
            reaction.noise += line.count
            refuse((error as? ObservationError)?.text ?? "not JSON", &reaction)
        }
    }

    /// The first of a row is told; the rest are counted as noise, so that a babbling program does not fill the log.
    private mutating func refuse(_ reason: String, _ reaction: inout Reaction) {
        refusals += 1
        if refusals == 1 {
            reaction.observations.append(
                .fault(Fault(code: "bad-line", text: "the program printed a bad line: \(reason)")))
        }
        guard refusals == Exec.patience, isOpen else { return }
        reaction.condition = .failing(code: "babbling", text: "\(Exec.patience) bad lines in a row: \(reason)")
        reaction.restart = .seconds(5)
    }
}

/// Why a JSON object is no observation.
struct ObservationError: Error, Equatable {
    var text: String
}

extension Observation {
    /// A tag, barcode, key, fault or identity in the form of `edge-agent decode`; calls come from telephony drivers only.
    init(json: JSON) throws(ObservationError) {
        func text(_ name: String) throws(ObservationError) -> String {
            guard let value = json[name]?.text, !value.isEmpty, value.utf8.count <= 4096 else {
                throw ObservationError(text: "\"\(name)\" must be a text of 1 to 4096 bytes")
            }
            return value
        }
        switch json["kind"]?.text {
        case "tag": self = .tag(try TagRead(json: json))
        case "barcode":
            if let symbology = json["symbology"], AIMIdentifier.text(Array((symbology.text ?? "").utf8)[...]) == nil {
                throw ObservationError(text: "\"symbology\" must be an AIM identifier such as ]C1")
            }
            self = .barcode(Barcode(symbology: json["symbology"]?.text, text: try text("text")))
        case "key": self = .key(try text("text"))
        case "fault": self = .fault(Fault(code: try text("code"), text: try text("text")))
        case "identity": self = .identity(Identity(field: try text("field"), text: try text("text")))
        default: throw ObservationError(text: "\"kind\" must be tag, barcode, key, fault or identity")
        }
    }
}

extension TagRead {
    private static func memory(_ json: JSON, _ name: String) throws(ObservationError) -> [UInt8]? {
        guard let value = json[name] else { return nil }
        guard let bytes = value.text.flatMap({ Hex.bytes($0) }), (1...TagID.limit).contains(bytes.count) else {
            throw ObservationError(text: "\"\(name)\" must be hex of 1 to \(TagID.limit) bytes")
        }
        return bytes
    }

    fileprivate init(json: JSON) throws(ObservationError) {
        guard let id = json["id"]?.text.flatMap({ Hex.bytes($0) }), (1...TagID.limit).contains(id.count) else {
            throw ObservationError(text: "\"id\" must be hex of 1 to \(TagID.limit) bytes")
        }
        guard let scheme = TagID.Scheme(rawValue: json["scheme"]?.text ?? "raw") else {
            let names = TagID.Scheme.allCases.map(\.rawValue).joined(separator: ", ")
            throw ObservationError(text: "\"scheme\" must be one of \(names)")
        }
        self.init(id: TagID(scheme, id))
        if let value = json["rssiDBm"] {
            guard let rssi = value.double, (-150...50).contains(rssi) else {
                throw ObservationError(text: "\"rssiDBm\" must be a number from -150 to 50")
            }
            rssiDBm = rssi
        }
        if let value = json["antenna"] {
            guard let number = value.integer, (1...256).contains(number) else {
                throw ObservationError(text: "\"antenna\" must be from 1 to 256")
            }
            antenna = Int(number)
        }
        if let value = json["count"] {
            guard let number = value.integer, (1...1_000_000).contains(number) else {
                throw ObservationError(text: "\"count\" must be from 1 to 1000000")
            }
            count = Int(number)
        }
        if let value = json["pc"] {
            guard let word = value.text.flatMap({ UInt16($0, radix: 16) }) else {
                throw ObservationError(text: "\"pc\" must be four hex digits")
            }
            protocolControl = word
        }
        tid = try TagRead.memory(json, "tid")
        userMemory = try TagRead.memory(json, "user")
        deviceMicroseconds = json["at"]?.integer
    }
}
