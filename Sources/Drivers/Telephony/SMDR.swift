import Model

extension Driver {
    /// Call records that an exchange prints after each call. Source: Panasonic KX-NS1000 Feature Guide 2.22,
    /// SMDR; Avaya IP Office, SMDR fields.
    public static let smdr = Driver(
        name: "smdr", title: "Call records (SMDR), line by line", kind: .telephony, line: .tcp(port: 2300),
        source: "Panasonic KX-NS1000 Feature Guide 2.22; Avaya IP Office SMDR; no capture yet",
        session: { SMDR(settings: $0) })
}

/// One line a call, or several that share its id; for the history, since nothing rings any more when it comes.
struct SMDR: Session {
    static let lineLimit = 1024
    /// Calls of which more records are to come, at most.
    static let openLimit = 500

    private let settings: SessionSettings
    private let format: SMDRFormat?
    private var plan: DialPlan
    private var voice: CallSignals
    private var lines = LineBuffer(limit: SMDR.lineLimit, ends: [0x0A, 0x0C, 0x0D])
    private var count = 0
    /// By the exchange's id: our name of the call, and how many legs it has.
    private var open: [String: (name: String, legs: Int)] = [:]
    private var order: [String] = []

    init(settings: SessionSettings) {
        self.settings = settings
        // A recording says by itself which of the two known ones it is.
        format = settings.format.flatMap { SMDRFormat($0) }
        plan = DialPlan(pattern: settings.internalPlan)
        voice = CallSignals(source: settings.name)
    }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            lines.reset()
            reaction.condition = .ready
        case .bytes(let bytes): for byte in bytes { take(byte, &reaction) }
        case .command(let command):
            let cause = "call records only come; nothing can be dialled"
            reaction.observations.append(.progress(CommandProgress(id: command.id, state: .failed, cause: cause)))
        case .closed: lines.reset()
        case .tick, .closing, .descriptor, .recall, .accepted: break
        }
        reaction.observations += voice.take()
        return reaction
    }

    private mutating func take(_ byte: UInt8, _ reaction: inout Reaction) {
        if let line = lines.take(byte, noise: &reaction.noise) {
            if !understand(Windows1252.text(line[...])) { reaction.noise += line.count }
        } else if !lines.isFresh {
            login(&reaction)
        }
    }

    /// Panasonic's port asks for a user (a hyphen) and a password before it prints.
    private mutating func login(_ reaction: inout Reaction) {
        guard let user = settings.user, let secret = settings.secret else { return }
        let line = lines.pending
        if line == [0x2D] {
            reaction.send += Array("\(user)\r\n".utf8)
            lines.reset()
        } else if line.count < 40, String(decoding: line, as: UTF8.self).lowercased().hasSuffix("password:") {
            reaction.send += Array("\(secret.filter { !$0.isNewline })\r\n".utf8)
            lines.reset()
        }
    }

    // MARK: records

    private mutating func understand(_ text: String) -> Bool {
        // The head of each page, and the line under it.
        if text.hasPrefix("Date ") || text.allSatisfy({ $0 == "-" || $0 == " " }) { return true }
        let guess =
            text.split(separator: ",", omittingEmptySubsequences: false).count > 8 ? "avaya-ipo" : "panasonic-80"
        guard let fields = (format ?? SMDRFormat(guess))?.fields(of: text) else { return false }
        let when = fields["start"] ?? "\(fields["date"] ?? "") \(fields["time"] ?? "")"
        guard when.count(where: \.isNumber) >= 8, let record = Record(fields, &plan) else { return false }
        tell(record, when.filter(\.isNumber))
        return true
    }

    struct Record: Equatable {
        var direction: CallDirection
        var desk: String?
        /// The other side.
        var party: Party
        var called: String?
        var ring: Int?
        var talk: Int
        var id: String?
        var isLast: Bool

        init?(_ fields: [String: String], _ plan: inout DialPlan) {
            guard let connected = fields["connected"].flatMap(SMDR.seconds) else { return nil }
            talk = fields["code"] == "NA" ? 0 : connected
            ring = fields["ring"].flatMap(SMDR.seconds)
            id = fields["id"].flatMap { $0.isEmpty ? nil : $0 }
            isLast = fields["more"] != "1"
            if let text = fields["number"] {
                guard let desk = fields["ext"], plan.isExtension(desk) else { return nil }
                self.desk = desk
                var rest = text[...]
                direction = text.hasPrefix("<") ? .inbound : plan.isExtension(text) ? .internal : .outbound
                if rest.hasPrefix("<D>") {
                    called = String(rest.dropFirst(3).prefix { $0 != "<" })
                    rest = rest.dropFirst(3).drop { $0 != "<" }
                }
                if rest.hasPrefix("<I>") { rest = rest.dropFirst(3) }
                let isNumber = rest.allSatisfy { $0.isNumber || "+*#".contains($0) }
                party = Party(
                    number: isNumber && !rest.isEmpty ? String(rest) : nil,
                    name: isNumber ? nil : CallerText.clean(String(rest)))
                if direction != .inbound { called = String(rest) }
                return
            }
            guard let caller = fields["caller"], let called = fields["called"], !(caller.isEmpty && called.isEmpty)
            else { return nil }
            let isOut = fields["direction"] == "O"
            let dialled = fields["dialled"].flatMap { $0.isEmpty ? nil : $0 }
            self.called = isOut ? called : dialled ?? called
            direction = fields["internal"] == "1" ? .internal : isOut ? .outbound : .inbound
            let own = isOut ? caller : called
            // `E201` is extension 201.
            let device = fields["device"].flatMap { $0.hasPrefix("E") ? String($0.dropFirst()) : nil } ?? ""
            desk = plan.isExtension(own) ? own : plan.isExtension(device) ? device : nil
            let other = isOut ? called : caller
            party = Party(number: other.isEmpty ? nil : other, name: nil)
        }
    }

    private mutating func tell(_ record: Record, _ when: String) {
        let known = record.id.flatMap { open[$0] }
        count += 1
        let call = known?.name ?? "\(record.id ?? "\(record.desk ?? "")-\(count)")-\(when)"
        let leg = "\(call)/\((known?.legs ?? 0) + 1)"
        let answered = record.talk > 0
        let isInbound = record.direction == .inbound
        if known == nil {
            voice.say(.offered, call) {
                $0.direction = record.direction
                $0.caller = isInbound ? record.party : record.desk.map { Party(number: $0, name: nil) }
                $0.called = record.called
            }
        }
        // What is known of the other telephone of an internal call is its number.
        let desk = isInbound ? record.desk : record.direction == .internal ? record.party.number : nil
        voice.say(.ringing, call) { ($0.leg, $0.desk) = (leg, desk) }
        if answered { voice.say(.answered, call) { ($0.leg, $0.desk) = (leg, desk) } }
        let cause: CallCause = answered ? .normal : isInbound ? .callerGaveUp : .noAnswer
        voice.say(.legEnded, call) { ($0.leg, $0.desk, $0.cause) = (leg, desk, cause) }
        if let id = record.id, !record.isLast {
            if known == nil { order.append(id) }
            open[id] = (call, (known?.legs ?? 0) + 1)
            if order.count > SMDR.openLimit, let old = open.removeValue(forKey: order.removeFirst()) {
                end(old.name, .lost)
            }
            return
        }
        if let id = record.id, open.removeValue(forKey: id) != nil { order.removeAll { $0 == id } }
        voice.say(.ended, call) { ($0.cause, $0.ringSeconds, $0.talkSeconds) = (cause, record.ring, record.talk) }
    }

    private mutating func end(_ call: String, _ cause: CallCause) { voice.say(.ended, call) { $0.cause = cause } }

    /// `7`, `0'07`, `00:02'21`, `00:02:21`; nil for anything else.
    static func seconds(_ text: String) -> Int? {
        let parts = text.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "'" }
        guard (1...3).contains(parts.count) else { return nil }
        var total = 0
        for part in parts {
            guard part.utf8.count <= 6, let number = Int(part), number >= 0 else { return nil }
            total = total * 60 + number
        }
        return total
    }
}
