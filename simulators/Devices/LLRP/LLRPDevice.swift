public import Drivers
public import Model

/// A fixed reader with four antennas (LLRP 1.0.1 and 1.1): greets, takes ROSpecs and AccessSpecs, runs them with or without a
/// client, and reports the tags in its field.
public struct LLRPDevice: SimulatedDevice {
    /// The part of the world that it was made for.
    public enum Band: Sendable {
        /// ETSI EN 302 208: four fixed channels.
        case europe
        /// FCC part 15: hops over fifty channels.
        case america
    }

    /// One inventory round.
    static let cycle: Duration = .milliseconds(50)
    static let antennas: UInt16 = 4
    /// Inputs, and as many outputs.
    static let ports: UInt16 = 4
    /// Reports and events kept while nobody takes them, in bytes; beyond it the reader says that it lost some.
    static let buffer = 1 << 20
    /// Specs of either kind that it keeps.
    static let specLimit = 32

    /// LLRP versions it knows: 1 is 1.0.1, 2 is 1.1.
    let versions: ClosedRange<UInt8>
    let band: Band
    /// What its clock showed, in seconds of Unix time, when the simulation's own began: nobody sets it.
    let epoch: Int64
    public var field = Field()
    private var pending: [UInt8] = []
    var version: UInt8 = 1
    private var isConnected = false
    private var isHolding = false
    private var held: [UInt8] = []
    private var hasLost = false
    var configuration: LLRPDeviceConfiguration
    var roSpecs: [UInt32: LLRPDeviceROSpec] = [:]
    var accessSpecs: [UInt32: LLRPDeviceAccessSpec] = [:]
    private var nextKeepalive: Instant?
    /// Of the inventory, while a ROSpec is active.
    var nextCycle: Instant?
    /// Antennas with something on them; those that a cable was pulled from read nothing.
    var connected: Set<UInt16> = [1, 2]
    var pulled: Set<UInt16> = []
    private var counter: UInt32 = 1000

    public var isSpokenTo: Bool { true }
    public var turnsAway: Bool { true }

    public init(versions: ClosedRange<UInt8> = 1...2, band: Band = .europe, epoch: Int64 = 1_795_000_000) {
        (self.versions, self.band, self.epoch) = (versions, band, epoch)
        configuration = LLRPDeviceConfiguration(band: band)
    }

    public mutating func perform(_ act: DeviceAct, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch act {
        case .antenna(let number, let isOn):
            guard let antenna = UInt16(exactly: number) else { break }
            if isOn {
                connected.insert(antenna)
                pulled.remove(antenna)
            } else {
                connected.remove(antenna)
                pulled.insert(antenna)
            }
            tell(.antenna, LLRPPartType.antennaEvent, [isOn ? 1 : 0] + bigEndian(antenna), now, &reaction)
        default: return standard(act, at: now)
        }
        reaction.deadline = due
        return reaction
    }

    public mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            (pending, version, isConnected) = ([], 1, true)
            isHolding = configuration.isHolding
            nextKeepalive = configuration.keepalivePeriod.map { now + $0 }
            // Never held: without it a client would wait for ever (LLRP 1.0.1 §12.2.6.4).
            reaction.send = greeting(0, now)
            if !isHolding { release(now, &reaction) }
        case .bytes(let bytes):
            pending += bytes
            while reaction.restart == nil, let message = nextMessage(now, &reaction) { answer(message, now, &reaction) }
        case .tick:
            if let moment = nextKeepalive, now >= moment {
                nextKeepalive = configuration.keepalivePeriod.map { now + $0 }
                reaction.send += message(LLRPMessage.Kind.keepalive, [])
            }
            run(now, &reaction)
        case .closed: (pending, nextKeepalive, isConnected) = ([], nil, false)
        default: break
        }
        reaction.deadline = due
        return reaction
    }

    public var due: Instant? { [nextSpecDue, nextKeepalive].compactMap(\.self).min() }

    /// One client at a time: the second is told so, and the first learns of it (LLRP 1.0.1 §13.2.6.11).
    public mutating func turnAway(at now: Instant) -> (stranger: [UInt8], reaction: Reaction) {
        var reaction = Reaction()
        deliver(greeting(4, now), &reaction)
        reaction.deadline = due
        return (greeting(2, now, version: 1), reaction)
    }

    // MARK: messages in and out

    /// The next message that is here whole. Its type and version are looked at by whoever answers it.
    private mutating func nextMessage(_ now: Instant, _ reaction: inout Reaction) -> LLRPMessage? {
        var fields = LLRPFields(pending)
        guard let word = try? fields.u16(), let length = try? fields.u32(), let id = try? fields.u32() else {
            return nil
        }
        guard (10...LLRPMessage.limit).contains(Int(length)) else {
            // Where the next message begins nobody knows: the connection ends.
            pending = []
            reaction.send +=
                LLRPMessage(
                    LLRPMessage.Kind.error, id: id, version: version,
                    LLRPRefusal(101, "no message has this length").status
                ).bytes
            // It ends what the client did not ask to end, and says so (LLRP 1.0.1 §13.2.6.12).
            reaction.send += self.message(LLRPMessage.Kind.event, eventData(LLRPPartType.connectionClosed, [], now))
            reaction.restart = .zero
            return nil
        }
        guard pending.count >= Int(length) else { return nil }
        let message = LLRPMessage(
            word & 0x3FF, id: id, version: UInt8(word >> 10 & 7), Array(pending[10..<Int(length)]))
        pending.removeFirst(Int(length))
        return message
    }

    mutating func message(_ type: UInt16, _ body: [UInt8], version other: UInt8? = nil) -> [UInt8] {
        counter &+= 1
        return LLRPMessage(type, id: counter, version: other ?? version, body).bytes
    }

    private mutating func greeting(_ status: UInt16, _ now: Instant, version: UInt8? = nil) -> [UInt8] {
        message(
            LLRPMessage.Kind.event, eventData(LLRPPartType.connectionAttempt, bigEndian(status), now), version: version)
    }

    private func eventData(_ type: UInt16, _ body: [UInt8], _ now: Instant) -> [UInt8] {
        llrpPart(
            LLRPPartType.eventData,
            llrpPart(LLRPPartType.utc, bigEndian(clock(now))) + llrpPart(type, body))
    }

    /// In microseconds since 1970.
    func clock(_ now: Instant) -> UInt64 { UInt64(clamping: epoch * 1_000_000 + now.nanoseconds / 1000) }

    /// When its clock shows so many microseconds; the far future for what no clock shows.
    func moment(_ clock: UInt64) -> Instant {
        .zero + .microseconds(min(Int64(clamping: clock), .max / 2000 + epoch * 1_000_000) - epoch * 1_000_000)
    }

    /// An event, where the client asked for its kind.
    mutating func tell(
        _ kind: LLRPDeviceConfiguration.Event, _ type: UInt16, _ body: [UInt8], _ now: Instant,
        _ reaction: inout Reaction
    ) {
        guard configuration.events.contains(kind) else { return }
        deliver(message(LLRPMessage.Kind.event, eventData(type, body, now)), &reaction)
    }

    /// A report or an event: sent, kept for whoever asked to have them kept, or lost.
    mutating func deliver(_ bytes: [UInt8], _ reaction: inout Reaction) {
        if isConnected, !isHolding {
            reaction.send += bytes
        } else if isConnected || configuration.isHolding {
            if held.count + bytes.count <= LLRPDevice.buffer { held += bytes } else { hasLost = true }
        }
    }

    /// ENABLE_EVENTS_AND_REPORTS ends the hold for the rest of the connection.
    mutating func release(_ now: Instant, _ reaction: inout Reaction) {
        isHolding = false
        reaction.send += held
        if hasLost {
            reaction.send += message(LLRPMessage.Kind.event, eventData(LLRPPartType.bufferOverflow, [], now))
        }
        (held, hasLost) = ([], false)
    }

    mutating func configure(_ new: LLRPDeviceConfiguration, _ now: Instant) {
        if new.keepalive != configuration.keepalive { nextKeepalive = new.keepalivePeriod.map { now + $0 } }
        configuration = new
    }
}
