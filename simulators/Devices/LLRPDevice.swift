public import Drivers
public import Model

/// A fixed reader with its antennas: greets, takes one ROSpec and reports the tags in its field (LLRP 1.1).
public struct LLRPDevice: SimulatedDevice {
    static let cycle: Duration = .milliseconds(50)

    private typealias Kind = LLRPMessage.Kind

    /// LLRP versions it knows: 1 is 1.0.1, 2 is 1.1.
    private let versions: ClosedRange<UInt8>
    public var field = Field()
    private var pending: [UInt8] = []
    private var roSpec: [UInt8]?
    private var isEnabled = false
    private var isHolding = false
    private var held: [UInt8] = []
    private var version: UInt8 = 1
    private var keepalive: Duration?
    private var nextKeepalive: Instant?
    private var next: Instant?
    private var counter: UInt32 = 1000

    /// Reports kept while nobody takes them, in bytes; beyond it the reader says that it lost some.
    static let buffer = 1 << 20

    public var isSpokenTo: Bool { true }

    public init(versions: ClosedRange<UInt8> = 1...2) { self.versions = versions }

    public mutating func perform(_ act: DeviceAct, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch act {
        case .antenna(let number, let connected):
            reaction.send = event(0xFF, [connected ? 1 : 0] + bigEndian(UInt16(number)))
        default: return standard(act, at: now)
        }
        reaction.deadline = due
        return reaction
    }

    public mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            (pending, version) = ([], 1)
            reaction.send = event(LLRPParameter.Kind.connectionAttempt, [0, 0])
        case .bytes(let bytes):
            pending += bytes
            while let step = LLRPMessage.take(from: &pending) {
                if case .frame(let message) = step { answer(message, now, &reaction) }
            }
        case .tick:
            if let moment = nextKeepalive, now >= moment, let keepalive {
                nextKeepalive = now + keepalive
                reaction.send += message(Kind.keepalive, [])
            }
            if let moment = next, now >= moment {
                next = isEnabled ? now + LLRPDevice.cycle : nil
                report(now, &reaction)
            }
        case .closed: (pending, nextKeepalive, isHolding) = ([], nil, isEnabled)
        default: break
        }
        reaction.deadline = due
        return reaction
    }

    public var due: Instant? { [next, nextKeepalive].compactMap(\.self).min() }

    private mutating func answer(_ question: LLRPMessage, _ now: Instant, _ reaction: inout Reaction) {
        func reply(_ body: [UInt8], _ version: UInt8) -> [UInt8] {
            LLRPMessage(Kind.reply(to: question.type), id: question.id, version: version, body).bytes
        }
        let good = LLRPDevice.status(0)
        switch question.type {
        case Kind.getSupportedVersion where versions.contains(2):
            reaction.send += reply([version, versions.upperBound] + good, 2)
        case Kind.setVersion where question.body.first.map(versions.contains) ?? false:
            version = question.body[0]
            reaction.send += reply(good, 2)
        case Kind.getSupportedVersion, Kind.setVersion:
            reaction.send += LLRPMessage(Kind.error, id: question.id, LLRPDevice.status(110)).bytes
        case Kind.getCapabilities: reaction.send += reply(good + LLRPDevice.capabilities, version)
        case Kind.getConfig: reaction.send += reply(good + LLRPDevice.configuration, version)
        case Kind.setConfig:
            keepalive = .seconds(10)
            nextKeepalive = now + .seconds(10)
            isHolding = true
            reaction.send += reply(good, version)
        case Kind.getROSpecs: reaction.send += reply(good + (roSpec.map(shown) ?? []), version)
        case Kind.addROSpec:
            roSpec = question.body
            reaction.send += reply(good, version)
        case Kind.enableROSpec:
            isEnabled = roSpec != nil
            next = now + LLRPDevice.cycle
            reaction.send += reply(isEnabled ? good : LLRPDevice.status(101), version)
        case Kind.disableROSpec, Kind.stopROSpec:
            isEnabled = false
            reaction.send += reply(good, version)
        case Kind.deleteROSpec:
            (roSpec, isEnabled) = (nil, false)
            reaction.send += reply(good, version)
        case Kind.enableEvents:
            isHolding = false
            reaction.send += held
            held = []
        case Kind.closeConnection: reaction.send += reply(good, version)
        case Kind.keepaliveAck: break
        default: reaction.send += LLRPMessage(Kind.error, id: question.id, LLRPDevice.status(109)).bytes
        }
    }

    private mutating func report(_ now: Instant, _ reaction: inout Reaction) {
        for sighting in field.sightings(at: now) where isEnabled {
            let epc = sighting.tag.bytes
            let pc = UInt16(epc.count / 2) << 11
            let crc = Gen2CRC.checksum(bigEndian(pc) + epc)
            let id = epc.count == 12 ? [0x8D] + epc : LLRPParameter.encode(241, bigEndian(UInt16(epc.count * 8)) + epc)
            let body =
                id + [0x81] + bigEndian(UInt16(sighting.antenna)) + [0x86, UInt8(bitPattern: Int8(sighting.rssiDBm))]
                + [0x88, 0, 1, 0x8C] + bigEndian(pc) + [0x8B] + bigEndian(crc)
            let bytes = message(Kind.report, LLRPParameter.encode(LLRPParameter.Kind.tagReport, body))
            if !isHolding {
                reaction.send += bytes
            } else if held.count + bytes.count <= LLRPDevice.buffer {
                held += bytes
            }
        }
    }

    private mutating func message(_ type: UInt16, _ body: [UInt8]) -> [UInt8] {
        counter += 1
        return LLRPMessage(type, id: counter, version: version, body).bytes
    }

    private mutating func event(_ type: UInt16, _ body: [UInt8]) -> [UInt8] {
        // Uptime, because a simulated reader has no clock of its own.
        let uptime = LLRPParameter.encode(129, [0, 0, 0, 0, 0, 0, 0, 1])
        return message(
            Kind.event, LLRPParameter.encode(LLRPParameter.Kind.eventData, uptime + LLRPParameter.encode(type, body)))
    }

    /// An ADD_ROSPEC's parameter with its state set to active.
    private func shown(_ spec: [UInt8]) -> [UInt8] {
        var spec = spec
        if spec.count > 9 { spec[9] = isEnabled ? 2 : 0 }
        return spec
    }

    private static func status(_ code: UInt16) -> [UInt8] {
        LLRPParameter.encode(LLRPParameter.Kind.status, bigEndian(code) + [0, 0])
    }

    /// Four antennas, holds reports, ETSI, three powers: 10, 20 and 30 dBm.
    private static let capabilities: [UInt8] =
        LLRPParameter.encode(
            137,
            bigEndian(UInt16(4)) + [0xC0, 0] + bigEndian(UInt32(25882)) + bigEndian(UInt32(2_001_052)) + [0, 5]
                + Array("8.0.0".utf8))
        + LLRPParameter.encode(142, [0x68, 1, 0, 0] + (0..<5).flatMap { _ in bigEndian(UInt32(32)) })
        + LLRPParameter.encode(
            143,
            bigEndian(UInt16(250)) + bigEndian(UInt16(2))
                + LLRPParameter.encode(
                    144,
                    (1...3).flatMap { LLRPParameter.encode(145, bigEndian(UInt16($0)) + bigEndian(UInt16($0 * 1000))) })
        )

    private static let configuration: [UInt8] =
        LLRPParameter.encode(218, [0, 0, 8, 0x00, 0x16, 0x25, 0xFF, 0xFE, 0x10, 0x20, 0x30])
        + (1...4).flatMap { LLRPParameter.encode(221, [$0 <= 2 ? 0x80 : 0, 0, UInt8($0), 0, 0]) }
        + (1...4).flatMap {
            LLRPParameter.encode(222, [0, UInt8($0)] + LLRPParameter.encode(224, [0, 0, 0, 1, 0, 3]))
        }
}

/// Most significant byte first.
func bigEndian<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian, Array.init)
}
