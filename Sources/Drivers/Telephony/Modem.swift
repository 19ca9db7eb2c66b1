import Model

extension Driver {
    /// A modem that tells who calls on an analogue line. Source: ITU-T V.250 and V.253; ETSI EN 300 659-3.
    public static let modem = Driver(
        name: "modem", title: "Caller-id modem", kind: .telephony, line: .serial(baud: 115200),
        source: "ITU-T V.253, ETSI EN 300 659-3; no capture yet", session: { Modem(settings: $0) })
}

/// Switches the caller's number on and listens: RING, what the line says between the first rings, silence.
///
/// Whether somebody answered cannot be told apart from a caller who gave up: the call ends as `lost` from sight.
struct Modem: Session {
    static let lineLimit = 256
    static let patience: Duration = .seconds(2)
    /// Rings come every 5 s in France, every 6 s elsewhere; without one for this long it stopped.
    static let silence: Duration = .seconds(8)
    /// Of a formatted report, after which nothing more of it comes.
    static let reportGap: Duration = .milliseconds(500)

    /// Tried in turn after a reset; the last ones are alternatives of older chips.
    private static let setup = ["AT&F", "ATE0"]
    private static let identify = ["AT+VCID=1", "AT#CID=1", "AT%CCID=1"]

    private struct Report: Equatable {
        var number: String?
        var name: String?
        var isWithheld = false

        var party: Party { isWithheld ? .hidden : Party(number: number, name: name) }
    }

    private let settings: SessionSettings
    private var voice: CallSignals
    private var commands: [String] = []
    private var alternatives: [String] = []
    private var due: Instant?
    private var lines = LineBuffer(limit: Modem.lineLimit, ends: [0x0A, 0x0D])
    /// A raw data message: what is there of it.
    private var packet: [UInt8]?
    private var report: Report?
    private var reported: Instant?
    private var call: String?
    private var isTold = false
    private var lastRing = Instant.zero
    private var rings = 0
    private var count = 0

    init(settings: SessionSettings) {
        self.settings = settings
        voice = CallSignals(source: settings.name)
    }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            (packet, report) = (nil, nil)
            lines.reset()
            commands = Modem.setup + Modem.identify.prefix(1)
            alternatives = Array(Modem.identify.dropFirst())
            reaction.condition = .starting
            next(now, &reaction)
        case .bytes(let bytes):
            for byte in bytes { take(byte, now, &reaction) }
        case .tick: tick(now, &reaction)
        case .command(let command):
            let cause = "a caller-id modem cannot dial"
            reaction.observations.append(.progress(CommandProgress(id: command.id, state: .failed, cause: cause)))
        case .closed:
            if let call { end(call) }
            (commands, due) = ([], nil)
        case .closing, .descriptor, .recall, .accepted: break
        }
        reaction.observations += voice.take()
        reaction.deadline = [due, call.map { _ in lastRing + Modem.silence }, reported.map { $0 + Modem.reportGap }]
            .compactMap(\.self).min()
        return reaction
    }

    private mutating func next(_ now: Instant, _ reaction: inout Reaction) {
        guard let command = commands.first else {
            due = nil
            reaction.condition = .ready
            return
        }
        reaction.send += Array("\(command)\r".utf8)
        due = now + Modem.patience
    }

    private mutating func tick(_ now: Instant, _ reaction: inout Reaction) {
        if let moment = due, now >= moment {
            due = now + .seconds(10)
            reaction.condition = .failing(code: "silent", text: "the modem does not answer AT commands")
            reaction.restart = .seconds(10)
        }
        if let moment = reported, now - moment >= Modem.reportGap { offer(now) }
        if let call, now - lastRing >= Modem.silence { end(call) }
    }

    // MARK: bytes

    private mutating func take(_ byte: UInt8, _ now: Instant, _ reaction: inout Reaction) {
        if var packet {
            packet.append(byte)
            self.packet = packet
            guard packet.count >= 2, packet.count == Int(packet[1]) + 3 else { return }
            self.packet = nil
            read(packet, now, &reaction)
            return
        }
        if lines.isFresh, byte == 0x80 || byte == 0x04 {
            packet = [byte]
        } else if let line = lines.take(byte, noise: &reaction.noise) {
            understand(line, now, &reaction)
        }
    }

    private mutating func understand(_ line: [UInt8], _ now: Instant, _ reaction: inout Reaction) {
        let text = Windows1252.text(line[...]).trimmed
        guard !text.isEmpty else { return }
        let upper = text.uppercased()
        switch upper {
        case "RING": return ring(now)
        case "OK":
            if !commands.isEmpty {
                commands.removeFirst()
                next(now, &reaction)
            }
            return
        case "ERROR":
            // The echo of an older chip's dialect; the last alternative refused leaves nothing to try.
            if !commands.isEmpty {
                commands.removeFirst()
                if commands.isEmpty, !alternatives.isEmpty { commands = [alternatives.removeFirst()] }
                if commands.isEmpty {
                    due = nil
                    let text = "the modem does not tell callers' numbers (it knows none of AT+VCID, AT#CID, AT%CCID)"
                    reaction.condition = .failing(code: "no-caller-id", text: text)
                    return
                }
                next(now, &reaction)
            }
            return
        default: break
        }
        // A raw message as hex text (AT+VCID=2).
        if upper.utf8.count >= 8, upper.hasPrefix("80") || upper.hasPrefix("04"),
            let bytes = Hex.bytes(ascii: line[...].trimmed)
        {
            return read(bytes, now, &reaction)
        }
        guard let sign = text.firstIndex(of: "=") else {
            if !upper.hasPrefix("AT"), !["BUSY", "NO CARRIER", "NO DIALTONE"].contains(upper) {
                reaction.noise += line.count
            }
            return
        }
        let name = text[..<sign].description.trimmed.uppercased()
        let value = text[text.index(after: sign)...].description.trimmed
        var found = report ?? Report()
        switch name {
        case "DATE", "TIME": break
        case "NMBR", "DDN_NMBR", "CALL NUMBER":
            switch value.uppercased() {
            case "P", "PRIVATE": found.isWithheld = true
            case "O", "": break
            default: if CallerText.isWithheld(value) { found.isWithheld = true } else { found.number = value }
            }
        case "NAME", "CALLER NAME":
            switch value.uppercased() {
            case "P", "PRIVATE": found.isWithheld = true
            case "O", "": break
            default: found.name = CallerText.clean(value)
            }
        case "MESG": if let bytes = Hex.bytes(value) { return read(bytes, now, &reaction) }
        default:
            reaction.noise += line.count
            return
        }
        (report, reported) = (found, now)
    }

    /// MDMF `80 len (type len data)… checksum`, SDMF `04 len MMDDhhmm number checksum`; all bytes sum to 0.
    private mutating func read(_ bytes: [UInt8], _ now: Instant, _ reaction: inout Reaction) {
        guard bytes.count >= 3, bytes.count == Int(bytes[1]) + 3, bytes.reduce(0, &+) == 0 else {
            reaction.noise += bytes.count
            return
        }
        var found = Report()
        var body = bytes[2..<(bytes.count - 1)]
        func text(_ bytes: ArraySlice<UInt8>) -> String { Windows1252.text(bytes).trimmed }
        if bytes[0] == 0x04 {
            let number = text(body.dropFirst(8))
            if number == "P" {
                found.isWithheld = true
            } else if number != "O", !number.isEmpty {
                found.number = number
            }
        } else {
            while body.count >= 2 {
                let (kind, length) = (body[body.startIndex], Int(body[body.startIndex + 1]))
                guard body.count >= 2 + length else { break }
                let value = body.dropFirst(2).prefix(length)
                body = body.dropFirst(2 + length)
                switch kind {
                case 0x02: found.number = text(value)
                case 0x07: found.name = CallerText.clean(text(value))
                case 0x04, 0x08: if text(value) == "P" { found.isWithheld = true }
                default: break
                }
            }
        }
        report = found
        offer(now)
    }

    // MARK: the call

    private mutating func ring(_ now: Instant) {
        if let call, now - lastRing >= Modem.silence { end(call) }
        lastRing = now
        rings += 1
        if call == nil { begin(now) }
        // The number stands between the first ring and the second: with the second, what is known is all.
        if report != nil || rings >= 2 { offer(now) }
    }

    /// The modem has no name for a call, and its clock no year.
    private mutating func begin(_ now: Instant) {
        count += 1
        call = "\(now.milliseconds)-\(count)"
        isTold = false
    }

    private mutating func offer(_ now: Instant) {
        reported = nil
        if call == nil {
            begin(now)
            lastRing = now
        }
        guard let call, !isTold else { return }
        isTold = true
        let (party, number) = (report?.party ?? Party(number: nil, name: nil), settings.number)
        voice.say(.offered, call) { ($0.direction, $0.caller, $0.called) = (.inbound, party, number) }
    }

    private mutating func end(_ call: String) {
        // A single ring without a word about who it was: a call all the same.
        offer(lastRing)
        voice.say(.ended, call) { $0.cause = .lost }
        (self.call, report, reported, rings, isTold) = (nil, nil, nil, 0, false)
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return String(text)
    }
}

extension ArraySlice<UInt8> {
    fileprivate var trimmed: ArraySlice<UInt8> {
        var bytes = self
        while bytes.first == 0x20 { bytes = bytes.dropFirst() }
        while bytes.last == 0x20 { bytes = bytes.dropLast() }
        return bytes
    }
}
