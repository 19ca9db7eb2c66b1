public import Drivers
public import Model

/// A PN532 board: acknowledges each command at once and answers a little later, a search when a card comes or its tries are
/// used up (UM0701-02, 7.3.5).
public struct PN532Device: SimulatedDevice {
    /// What a command takes, and one look for a card.
    static let work: Duration = .milliseconds(10)

    public var field = Field()
    private var pending = Incoming()
    private var answer: [UInt8]?
    /// How many cards are looked for, and how many looks are left; FF is without end.
    private var search: (cards: Int, looks: Int?)?
    private var retries: UInt8 = 0xFF
    private var next: Instant?

    public init() {}

    public var due: Instant? { next }

    public mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .bytes(let bytes):
            pending.add(bytes, at: now)
            while let step = PN532Frame.take(from: &pending.bytes) {
                switch step {
                case .frame(.command(let code, let data)):
                    // A new command ends the one that runs.
                    (answer, search) = (nil, nil)
                    reaction.send += PN532Frame.ack.bytes
                    begin(code, data)
                    next = now + PN532Device.work
                case .frame(.ack): (answer, search, next) = (nil, nil, nil)
                default: break
                }
            }
        case .tick:
            guard let due = next, now >= due else { break }
            next = nil
            if let answer { reaction.send += answer }
            answer = nil
            look(now, &reaction)
        default: break
        }
        reaction.deadline = next
        return reaction
    }

    private mutating func begin(_ code: UInt8, _ data: [UInt8]) {
        switch code {
        case PN532Frame.Code.firmware: answer = PN532Frame.answer(code + 1, [0x32, 0x01, 0x06, 0x07]).bytes
        case PN532Frame.Code.samConfiguration: answer = PN532Frame.answer(code + 1, []).bytes
        case PN532Frame.Code.rfConfiguration:
            if data.first == 0x05, data.count == 4 { retries = data[3] }
            answer = PN532Frame.answer(code + 1, []).bytes
        case PN532Frame.Code.listPassiveTarget where data.count >= 2 && (1...2).contains(data[0]) && data[1] == 0:
            search = (Int(data[0]), retries == 0xFF ? nil : Int(retries) + 1)
        default: answer = PN532Frame.error.bytes
        }
    }

    private mutating func look(_ now: Instant, _ reaction: inout Reaction) {
        guard let search else { return }
        // Only numbers of ISO 14443-3: 4, 7 or 10 bytes.
        let cards = field.sightings(at: now).map(\.tag.bytes).filter { [4, 7, 10].contains($0.count) }
        let looks = search.looks.map { $0 - 1 }
        guard !cards.isEmpty || looks ?? 1 <= 0 else {
            self.search = (search.cards, looks)
            next = now + PN532Device.work
            return
        }
        self.search = nil
        let found = cards.prefix(search.cards)
        var data = [UInt8(found.count)]
        for (index, uid) in found.enumerated() {
            data += [UInt8(index + 1), 0x00, uid.count == 4 ? 0x04 : 0x44, 0x00, UInt8(uid.count)] + uid
        }
        reaction.send += PN532Frame.answer(PN532Frame.Code.listPassiveTarget + 1, data).bytes
    }
}
