import Drivers
import Model

/// What the reader does with each message of a client (LLRP 1.0.1 §16.1).
extension LLRPDevice {
    private typealias Kind = LLRPMessage.Kind

    /// Messages beyond those that the driver has a name for.
    private enum Other {
        static let addAccessSpec: UInt16 = 40
        static let deleteAccessSpec: UInt16 = 41
        static let enableAccessSpec: UInt16 = 42
        static let disableAccessSpec: UInt16 = 43
        static let getAccessSpecs: UInt16 = 44
    }

    /// What only a reader says.
    private static let readerOnly: Set<UInt16> = Set(11...13).union([4]).union(30...36).union(50...54)
        .union([56, 57, 61, 62, 63])

    mutating func answer(_ question: LLRPMessage, _ now: Instant, _ reaction: inout Reaction) {
        switch question.type {
        // Nobody answers an error with an error.
        case Kind.error: return
        case Kind.getSupportedVersion, Kind.setVersion:
            reaction.send += negotiate(question)
            return
        case _ where question.version != version:
            reaction.send += error(
                question, 110, "this connection speaks version \(version), not \(question.version)")
            return
        case Kind.keepaliveAck: return
        case Kind.enableEvents: return release(now, &reaction)
        case Kind.getReport:
            reaction.send += report(question)
            return
        case Kind.custom:
            reaction.send += custom(question)
            return
        case let type where LLRPDevice.readerOnly.contains(type):
            reaction.send += error(question, 112, "only a reader says this")
            return
        default: break
        }
        // What began or ended is told after the reply.
        var after = Reaction()
        do {
            guard let body = try reply(to: question, now, &after) else {
                reaction.send += error(question, 109, "there is no message \(question.type)")
                return
            }
            reaction.send += response(question, LLRPRefusal.none + body)
        } catch let refusal as LLRPRefusal {
            reaction.send += response(question, refusal.status)
        } catch { reaction.send += response(question, LLRPRefusal(401, "\(error)").status) }
        reaction.send += after.send
        if question.type == Kind.closeConnection { reaction.restart = .zero }
        run(now, &reaction)
    }

    /// Of an unknown version it is told in that version (LLRP 1.0.1 §14.1.1).
    private func error(_ question: LLRPMessage, _ code: UInt16, _ text: String) -> [UInt8] {
        LLRPMessage(
            Kind.error, id: question.id, version: code == 110 ? question.version : version,
            LLRPRefusal(code, text).status
        ).bytes
    }

    private func response(_ question: LLRPMessage, _ body: [UInt8], version other: UInt8? = nil) -> [UInt8] {
        LLRPMessage(Kind.reply(to: question.type), id: question.id, version: other ?? version, body).bytes
    }

    /// LLRP 1.1 §9: both messages carry version 2, whatever is spoken.
    private mutating func negotiate(_ question: LLRPMessage) -> [UInt8] {
        guard versions.contains(2) else { return error(question, 110, "this reader speaks LLRP 1.0.1 only") }
        if question.type == Kind.getSupportedVersion {
            return response(question, [version, versions.upperBound] + LLRPRefusal.none, version: 2)
        }
        guard let wanted = question.body.first, versions.contains(wanted) else {
            return response(question, LLRPRefusal(110, "this reader does not speak that version").status, version: 2)
        }
        version = wanted
        return response(question, LLRPRefusal.none, version: 2)
    }

    /// The body after the status; nil for a message that does not exist.
    private mutating func reply(
        to question: LLRPMessage, _ now: Instant, _ after: inout Reaction
    ) throws -> [UInt8]? {
        var fields = LLRPFields(question.body)
        switch question.type {
        case Kind.getCapabilities: return try capabilities(try fields.u8())
        case Kind.getConfig:
            let antenna = try fields.u16()
            let wanted = try fields.u8()
            let (input, output) = (try fields.u16(), try fields.u16())
            return try configuration.parts(
                wanted, antenna: antenna, input: input, output: output, connected: connected)
        case Kind.setConfig:
            // First all is looked at, then all is done.
            var new =
                try fields.u8() & 0x80 == 0 ? configuration : LLRPDeviceConfiguration(band: band, after: configuration)
            try new.apply(try fields.parts())
            configure(new, now)
        case Kind.addROSpec: try add(try LLRPDeviceROSpec(try fields.parts()), now)
        case Kind.deleteROSpec:
            for id in try named(try fields.u32(), roSpecs.keys) {
                stop(id, now, &after)
                roSpecs[id] = nil
            }
        case Kind.enableROSpec: for id in try named(try fields.u32(), roSpecs.keys) { roSpecs[id]?.enable(now) }
        case Kind.disableROSpec:
            for id in try named(try fields.u32(), roSpecs.keys) {
                stop(id, now, &after)
                roSpecs[id]?.disable()
            }
        case Kind.startROSpec: try start(try one(try fields.u32()), now, &after)
        case Kind.stopROSpec:
            let id = try one(try fields.u32())
            guard roSpecs[id]?.state != .disabled else { throw LLRPRefusal.field(0, "ROSpec \(id) is disabled") }
            stop(id, now, &after)
        case Kind.getROSpecs: return roSpecs.sorted { $0.key < $1.key }.flatMap { $0.value.shown }
        case Other.addAccessSpec:
            let spec = try LLRPDeviceAccessSpec(try fields.parts())
            guard accessSpecs[spec.id] == nil else {
                throw LLRPRefusal.parameter(LLRPPartType.accessSpec, 201, "AccessSpec \(spec.id) is there already")
            }
            guard accessSpecs.count < LLRPDevice.specLimit else { throw LLRPRefusal(105, "no more AccessSpecs") }
            accessSpecs[spec.id] = spec
        case Other.deleteAccessSpec:
            for id in try named(try fields.u32(), accessSpecs.keys) { accessSpecs[id] = nil }
        case Other.enableAccessSpec, Other.disableAccessSpec:
            for id in try named(try fields.u32(), accessSpecs.keys) {
                accessSpecs[id]?.isEnabled = question.type == Other.enableAccessSpec
            }
        case Other.getAccessSpecs: return accessSpecs.sorted { $0.key < $1.key }.flatMap { $0.value.shown }
        case Kind.closeConnection: break
        default: return nil
        }
        return []
    }

    /// 0 means all, and there may be none; any other must be there.
    private func named<Keys: Collection<UInt32>>(_ id: UInt32, _ keys: Keys) throws -> [UInt32] {
        if id == 0 { return keys.sorted() }
        guard keys.contains(id) else { throw LLRPRefusal.field(0, "there is no spec \(id)") }
        return [id]
    }

    /// START and STOP name one.
    private func one(_ id: UInt32) throws -> UInt32 {
        guard id != 0, roSpecs[id] != nil else { throw LLRPRefusal.field(0, "there is no ROSpec \(id)") }
        return id
    }

    private mutating func add(_ spec: LLRPDeviceROSpec, _ now: Instant) throws {
        guard roSpecs[spec.id] == nil else {
            throw LLRPRefusal.parameter(LLRPPartType.roSpec, 201, "ROSpec \(spec.id) is there already")
        }
        guard roSpecs.count < LLRPDevice.specLimit else { throw LLRPRefusal(105, "no more ROSpecs") }
        for antenna in spec.parts.flatMap(\.antennas) where antenna > LLRPDevice.antennas {
            throw LLRPRefusal.parameter(LLRPPartType.aiSpec, 201, "there is no antenna \(antenna)")
        }
        for settings in spec.parts.flatMap(\.configurations) { _ = try configuration.checked(settings) }
        var spec = spec
        spec.counted = spec.clock.map(moment) ?? now
        roSpecs[spec.id] = spec
    }

    /// What has gathered is given now, whatever triggers say; the report carries the question's number.
    private mutating func report(_ question: LLRPMessage) -> [UInt8] {
        let entries = roSpecs.keys.sorted().flatMap { roSpecs[$0]?.takeTags(by: configuration.report) ?? [] }
        return LLRPMessage(Kind.report, id: question.id, version: version, entries.flatMap(\.self)).bytes
    }

    /// Makers' own: it understands that Impinj's are wished for (maker 25882, subtype 21), and nothing else.
    private func custom(_ question: LLRPMessage) -> [UInt8] {
        var fields = LLRPFields(question.body)
        guard (try? fields.u32()) == 25882, (try? fields.u8()) == 21 else {
            return error(question, 109, "this reader does not know that maker's message")
        }
        return LLRPMessage(
            Kind.custom, id: question.id, version: version, bigEndian(UInt32(25882)) + [22] + LLRPRefusal.none
        ).bytes
    }
}
