import Model

extension Driver {
    /// Contactless HF readers. Source: PC/SC part 3 §3.2.2; CCID 1.1; ACR122U API.
    public static let pcsc = Driver(
        name: "pcsc", title: "HF readers through PC/SC (ACR122U and relatives)", kind: .reader, line: .ccid,
        hints: [.usb(vendor: 0x072F, product: 0x2200, shared: false)],
        sealing: .frames({ CCIDFrame.take(from: &$0) }),
        source: "PC/SC part 3 (contactless storage cards); CCID 1.1; ACR122U API and libnfc traces",
        session: { PCSC(settings: $0) })
}

/// Asks every card that comes for its UID, again while it stays, so that presence knows when it has gone.
///
/// It speaks CCID: the PC/SC port speaks it for pcscd, and a reader without pcscd speaks it by itself.
struct PCSC: Session {
    static let patience: Duration = .seconds(2)
    /// How often a card that stays is asked again.
    static let period: Duration = .milliseconds(500)
    /// A frame that is still torn after this was cut short.
    static let gap: Duration = .milliseconds(500)

    private static let readUID: [UInt8] = [0xFF, 0xCA, 0, 0, 0]

    private let beeps: Bool
    private var pending: [UInt8] = []
    private var torn: Instant?
    private var sequence: UInt8 = 0
    private var isPresent = false
    private var due: Instant?
    private var isISO15693: Bool?

    init(settings: SessionSettings) { beeps = settings.beeps }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            (pending, torn, isPresent, due) = ([], nil, false, nil)
            reaction.condition = .ready
            // A card that lay there before we came makes no interrupt.
            send(CCIDFrame.Kind.slotStatus, [], &reaction)
        case .bytes(let bytes):
            pending += bytes
            drain(now, &reaction)
        case .tick:
            if let torn, now >= torn, !pending.isEmpty {
                pending.removeFirst()
                reaction.noise += 1
                drain(now, &reaction)
            }
            if let due, now >= due, isPresent { ask(now, &reaction) }
        case .accepted:
            // Green light and one short beep (ACR122U API §6.2); other readers answer with an error, which is harmless.
            if beeps { send(CCIDFrame.Kind.transfer, [0xFF, 0, 0x40, 0x28, 4, 1, 1, 1, 1], &reaction) }
        case .closing, .closed: (pending, torn, isPresent, due) = ([], nil, false, nil)
        case .descriptor, .command, .recall: break
        }
        reaction.deadline = [torn, due].compactMap(\.self).min()
        return reaction
    }

    private mutating func drain(_ now: Instant, _ reaction: inout Reaction) {
        while let step = CCIDFrame.take(from: &pending) {
            switch step {
            case .frame(.slotChange(let bits)): card(present: bits & 1 != 0, now, &reaction)
            case .frame(.message(let message)): take(message, now, &reaction)
            case .noise(let count): reaction.noise += count
            }
        }
        torn = pending.isEmpty ? nil : now + PCSC.gap
    }

    private mutating func card(present: Bool, _ now: Instant, _ reaction: inout Reaction) {
        guard present != isPresent else { return }
        (isPresent, isISO15693, due) = (present, nil, nil)
        if present {
            send(CCIDFrame.Kind.powerOn, [], &reaction)
            due = now + PCSC.period
        }
    }

    private mutating func ask(_ now: Instant, _ reaction: inout Reaction) {
        send(CCIDFrame.Kind.transfer, PCSC.readUID, &reaction)
        due = now + PCSC.period
    }

    private mutating func send(_ type: UInt8, _ data: [UInt8], _ reaction: inout Reaction) {
        sequence &+= 1
        reaction.send += CCIDFrame.Message(type, sequence: sequence, data).bytes
    }

    private mutating func take(_ message: CCIDFrame.Message, _ now: Instant, _ reaction: inout Reaction) {
        switch message.type {
        case CCIDFrame.Kind.status:
            // Low bits: 0 active, 1 inactive, 2 absent.
            if message.data.isEmpty { card(present: message.extra[0] & 3 < 2, now, &reaction) }
        case CCIDFrame.Kind.data where message.data.isEmpty:
            // 80: the card wants more time; anything else is a card that does not answer.
            break
        case CCIDFrame.Kind.data: answer(message.data, now, &reaction)
        case CCIDFrame.Kind.escapeReply: break
        default: break
        }
    }

    private mutating func answer(_ data: [UInt8], _ now: Instant, _ reaction: inout Reaction) {
        if data.first == 0x3B || data.first == 0x3F, !data.hasStatus {
            // An ATR: the card is on. PC/SC part 3 writes the standard into its historical bytes.
            isISO15693 = PCSC.standard(data)
            if isPresent { ask(now, &reaction) }
            return
        }
        guard data.count >= 2 else { return }
        let status = (data[data.count - 2], data[data.count - 1])
        if status.0 == 0x61 {
            // Old readers keep the answer until they are asked for it.
            return send(CCIDFrame.Kind.transfer, [0xFF, 0xC0, 0, 0, status.1], &reaction)
        }
        guard status == (0x90, 0x00) else { return }
        let body = Array(data.dropLast(2))
        guard let uid = PCSC.target(body) ?? PCSC.uid(body) else { return }
        reaction.observations.append(.tag(read(uid)))
    }

    private func read(_ bytes: [UInt8]) -> TagRead {
        // ISO 15693: eight bytes that begin with E0; some readers send the last byte first.
        if isISO15693 ?? true, bytes.count == 8, bytes.first == 0xE0 || bytes.last == 0xE0 {
            return TagRead(id: TagID(.iso15693, bytes.first == 0xE0 ? bytes : bytes.reversed()))
        }
        var read = TagRead(id: TagID(.iso14443a, bytes))
        // Four bytes that begin with 08 are drawn anew on each tap (ISO/IEC 14443-3 §6.5.4).
        read.isRandom = bytes.count == 4 && bytes[0] == 0x08
        return read
    }

    private static func uid(_ body: [UInt8]) -> [UInt8]? { [4, 7, 8, 10].contains(body.count) ? body : nil }

    /// A PN532's answer to InListPassiveTarget: D5 4B, one target, its number, ATQA 2, SAK, length, UID.
    private static func target(_ body: [UInt8]) -> [UInt8]? {
        guard body.count > 8, body[0] == 0xD5, body[1] == 0x4B, body[2] == 1 else { return nil }
        let length = Int(body[7])
        guard length > 0, body.count >= 8 + length else { return nil }
        return Array(body[8..<8 + length])
    }

    /// Historical bytes 80 4F 0C A0 00 00 03 06, then the standard: 09 to 0C are ISO 15693, 01 to 08 ISO 14443.
    private static func standard(_ atr: [UInt8]) -> Bool? {
        guard atr.count >= 13, atr[5] == 0x4F, Array(atr[7..<12]) == [0xA0, 0, 0, 3, 6] else { return nil }
        return (0x09...0x0C).contains(atr[12])
    }
}

extension [UInt8] {
    /// Ends with the status word of success.
    fileprivate var hasStatus: Bool { count >= 2 && self[count - 2] == 0x90 && self[count - 1] == 0 }
}
