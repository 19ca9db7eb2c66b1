import Model

extension Driver {
    /// TSL handhelds over USB or Bluetooth serial. Source: TSL ASCII protocol 2.0.
    public static let tslASCII = Driver(
        name: "tsl-ascii", title: "TSL 1128, 1153, 2128 handhelds (ASCII 2.0)", kind: .reader,
        line: .serial(baud: 115200),
        probes: [Probe(step: 8, baud: 115200, send: Array(".vr\r\n".utf8), wait: .milliseconds(500))],
        recognise: { bytes in
            // What a shell echoes is no answer: the handheld writes CS: in front.
            String(decoding: bytes, as: UTF8.self).contains("CS: .") ? .certain("an answer in ASCII 2.0") : .none
        },
        sealing: .lines,
        source: "TSL ASCII protocol 2.0, response format; dajaco81/python-rfid",
        session: { TSLASCII(settings: $0) })
}

/// The person pulls the trigger and the handheld reports; we set what it reports and ask now and then how it is.
///
/// States: idle; asking (one question after the other, each ends with its `OK:` or `ER:`); listening. Groups that begin
/// with a `CS:` of the trigger's are taken in every state.
struct TSLASCII: Session {
    static let patience: Duration = .milliseconds(500)
    /// How often the battery is asked for: it is the only sign of life between two pulls of the trigger.
    static let period: Duration = .seconds(60)
    /// A group whose empty line never comes is complete after this.
    static let groupPatience: Duration = .milliseconds(500)
    /// Longest line, in bytes; a barcode is the longest (our limit).
    static let lineLimit = 4096

    private let settings: SessionSettings
    private var line = TSLLine()
    private var fields: [String: String] = [:]
    private var message: String?
    /// A raw barcode that waits for its other form.
    private var rawBarcode: String?
    private var hadBarcode = false
    private var setup: Dialogue<String>
    private var isOpen = false
    private var isReady = false
    private var groupDue: Instant?
    private var next: Instant?
    private var unanswered = 0

    init(settings: SessionSettings) {
        self.settings = settings
        let power = settings.powerDBm.map { " -o \(min(30, max(10, Int($0.rounded()))))" } ?? ""
        // Parameters only, no inventory now; RSSI, PC and CRC with each tag.
        setup = Dialogue(
            [".vr", ".iv -n -x -r on -e on -c on\(power)", ".bl"], patience: TSLASCII.patience)
    }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            (line, fields, message, rawBarcode) = (TSLLine(), [:], nil, nil)
            (isOpen, isReady, groupDue, next, unanswered) = (true, false, nil, nil, 0)
            reaction.condition = .starting
            turn(setup.begin(at: now), now, &reaction)
        case .bytes(let bytes):
            for byte in bytes {
                switch line.take(byte) {
                case .text(let text, let size): take(text, size, now, &reaction)
                case .noise(let count): reaction.noise += count
                case nil: break
                }
            }
            groupDue = fields.isEmpty && line.isEmpty && rawBarcode == nil ? nil : now + TSLASCII.groupPatience
        case .tick: tick(now, &reaction)
        case .accepted:
            if settings.beeps, isOpen { reaction.send += TSLASCII.command(".al") }
        case .closing, .closed:
            (line, fields, isOpen, isReady, groupDue, next) = (TSLLine(), [:], false, false, nil, nil)
        case .descriptor, .command, .recall: break
        }
        reaction.deadline = [groupDue, isOpen ? setup.due : nil, next].compactMap(\.self).min()
        return reaction
    }

    private mutating func tick(_ now: Instant, _ reaction: inout Reaction) {
        if let due = groupDue, now >= due {
            reaction.noise += line.reset()
            finishGroup(&reaction)
            groupDue = nil
        }
        if let step = setup.overdue(at: now) { turn(step, now, &reaction) }
        guard let due = next, now >= due else { return }
        unanswered += 1
        next = now + (unanswered == 1 ? TSLASCII.period : .seconds(2))
        if unanswered > 3 {
            (isReady, next) = (false, nil)
            reaction.condition = .failing(
                code: "silent", text: "the handheld stopped answering: is it charged and near?")
            reaction.restart = .seconds(2)
        } else {
            reaction.send += TSLASCII.command(".bl")
        }
    }

    private mutating func turn(_ turn: Dialogue<String>.Turn, _ now: Instant, _ reaction: inout Reaction) {
        switch turn {
        case .send(let command): reaction.send += TSLASCII.command(command)
        case .finished:
            isReady = true
            next = now + TSLASCII.period
            reaction.condition = .ready
        case .unanswered:
            reaction.condition = .failing(
                code: "no-answer", text: "no answer to .vr: is the handheld on, paired and speaking ASCII 2.0?")
            reaction.restart = .seconds(2)
        }
    }

    private static func command(_ text: String) -> [UInt8] { Array((text + "\r\n").utf8) }

    // MARK: lines

    /// `size` is the line's length in bytes.
    private mutating func take(_ text: String, _ size: Int, _ now: Instant, _ reaction: inout Reaction) {
        guard !text.isEmpty else { return finishGroup(&reaction) }
        guard let colon = text.firstIndex(of: ":"), text.distance(from: text.startIndex, to: colon) == 2 else {
            reaction.noise += size
            return
        }
        let name = String(text[..<colon])
        var value = text[text.index(after: colon)...]
        if value.first == " " { value = value.dropFirst() }
        switch name {
        case "CS":
            finishGroup(&reaction)
            unanswered = 0
        case "OK", "ER":
            finishTag(&reaction)
            if name == "ER" { fail(String(value), &reaction) }
            if isOpen, setup.current != nil { turn(setup.answered(at: now), now, &reaction) }
        case "EP", "RI", "PC", "CR", "IX", "DT", "TD":
            // The order of a tag's fields is the handheld's own; one that comes again begins the next tag.
            if fields[name] != nil { finishTag(&reaction) }
            fields[name] = String(value)
        case "BC", "BR": barcode(name, String(value), &reaction)
        case "ME": message = String(value)
        case "MF", "US", "PV", "UF", "RF", "BP", "BA":
            let names = [
                "MF": "maker", "US": "serial", "PV": "protocol", "UF": "firmware", "RF": "radio", "BP": "battery",
                "BA": "bluetooth",
            ]
            reaction.observations.append(.identity(Identity(field: names[name]!, text: String(value))))
        default: break
        }
    }

    /// BC and BR are the same scan in two forms; the raw one counts where the other does not come.
    private mutating func barcode(_ name: String, _ value: String, _ reaction: inout Reaction) {
        finishTag(&reaction)
        guard !value.isEmpty else { return }
        guard name == "BC" else {
            if !hadBarcode { rawBarcode = value }
            return
        }
        (rawBarcode, hadBarcode) = (nil, true)
        reaction.observations.append(
            ScannedText(characters: value, separator: settings.groupSeparator).observation(typed: false))
    }

    private mutating func finishGroup(_ reaction: inout Reaction) {
        finishTag(&reaction)
        if let raw = rawBarcode { barcode("BC", raw, &reaction) }
        (message, hadBarcode) = (nil, false)
    }

    private mutating func finishTag(_ reaction: inout Reaction) {
        defer { fields = [:] }
        guard let text = fields["EP"] else { return }
        guard let epc = Hex.bytes(text), !epc.isEmpty, epc.count <= TagID.limit else {
            // A line that is not UTF-8 has one byte a character, and fewer than its UTF-8 would have.
            reaction.noise += text.unicodeScalars.count
            return
        }
        var read = TagRead(id: TagID(.epcGen2, epc))
        read.rssiDBm = fields["RI"].flatMap(Double.init)
        read.protocolControl = fields["PC"].flatMap { UInt16($0, radix: 16) }
        if let pc = read.protocolControl, let crc = fields["CR"].flatMap({ UInt16($0, radix: 16) }) {
            read.crcIsValid = Gen2CRC.checksum(pc, epc) == crc
        }
        reaction.observations.append(.tag(read))
    }

    /// 005 says that an inventory met no tag, which is no fault.
    private mutating func fail(_ code: String, _ reaction: inout Reaction) {
        guard let number = Int(code.prefix { $0.isNumber }), number != 5 else { return }
        let text = message ?? "the handheld reports error \(code)"
        reaction.observations.append(.fault(Fault(code: "tsl-\(number)", text: text)))
    }
}

/// One line ended by CR LF; ESC in front of CR, LF and ESC keeps them inside a barcode; stray FF and 00 are dropped.
struct TSLLine {
    enum Step: Equatable {
        /// And how many bytes it had.
        case text(String, Int)
        case noise(Int)
    }

    private var bytes: [UInt8] = []
    private var isEscaped = false
    private var overflow = false

    var isEmpty: Bool { bytes.isEmpty && !overflow }

    mutating func take(_ byte: UInt8) -> Step? {
        if isEscaped {
            isEscaped = false
            return keep(byte)
        }
        switch byte {
        case 0x1B:
            isEscaped = true
            return nil
        case 0x00, 0xFF: return .noise(1)
        case 0x0D: return nil
        case 0x0A:
            defer { (bytes, overflow) = ([], false) }
            return overflow ? nil : .text(ScannedText(symbology: nil, bytes: bytes, separator: nil).text, bytes.count)
        default: return keep(byte)
        }
    }

    private mutating func keep(_ byte: UInt8) -> Step? {
        if overflow { return .noise(1) }
        if bytes.count == TSLASCII.lineLimit {
            overflow = true
            defer { bytes = [] }
            return .noise(bytes.count + 1)
        }
        bytes.append(byte)
        return nil
    }

    /// Gives up on an unfinished line; returns how many bytes that were.
    mutating func reset() -> Int {
        defer { self = TSLLine() }
        return bytes.count
    }
}
