import Model

/// What GET_READER_CONFIG shows and SET_READER_CONFIG changes (LLRP 1.0.1 §12).
struct LLRPDeviceConfiguration: Sendable {
    /// Kinds of events that a client can ask for.
    enum Event: UInt16, CaseIterable, Sendable {
        case hopping, input, roSpec, bufferFilling, exception, survey, aiSpec, aiSpecWithSingulation, antenna
    }

    /// Of an antenna: bodies of RFReceiver and RFTransmitter, and Gen2 commands whole.
    private struct Antenna: Sendable {
        var receiver: [UInt8]
        var transmitter: [UInt8]
        var command: [UInt8]
        /// In hundredths of dBi.
        var gain: Int16 = 600
    }

    /// Of an antenna's C1G2InventoryCommand, in bytes (our limit).
    static let commandLimit = 4096
    /// The worst priority of a ROSpec.
    static let leastPriority: UInt8 = 7

    /// In milliseconds; 0 sends none.
    private(set) var keepalive: UInt32 = 0
    /// Whether reports and events wait for ENABLE_EVENTS_AND_REPORTS on the next connection.
    private(set) var isHolding = false
    private(set) var events: Set<Event> = []
    private(set) var report = LLRPDeviceReport.factory
    private var accessTrigger: UInt8 = 0
    private var antennas: [Antenna]
    private var inputs = [Bool](repeating: true, count: Int(LLRPDevice.ports))
    private var outputs = [Bool](repeating: false, count: Int(LLRPDevice.ports))
    /// LLRPConfigurationStateValue: another number after every change.
    private var state: UInt32 = 1

    /// As it comes from the factory: full power, on the first channel or the first hop table.
    init(band: LLRPDevice.Band) {
        let (table, channel): (UInt16, UInt16) = band == .europe ? (0, 1) : (1, 0)
        let power = UInt16(LLRPDevice.powers.count)
        antennas = Array(
            repeating: Antenna(
                receiver: bigEndian(UInt16(1)),
                transmitter: bigEndian(table) + bigEndian(channel) + bigEndian(power),
                command: llrpPart(
                    LLRPPartType.inventoryCommand,
                    [0] + llrpPart(LLRPPartType.rfControl, bigEndian(UInt16(1)) + [0, 0])
                        + llrpPart(LLRPPartType.singulation, [0x40] + bigEndian(UInt16(32)) + bigEndian(UInt32(0))))),
            count: Int(LLRPDevice.antennas))
    }

    /// Reset to what the factory set.
    init(band: LLRPDevice.Band, after old: LLRPDeviceConfiguration) {
        self.init(band: band)
        state = old.state
    }

    var keepalivePeriod: Duration? { keepalive == 0 ? nil : .milliseconds(Int64(keepalive)) }

    // MARK: set

    /// All or, when it throws, a value to throw away.
    mutating func apply(_ parts: [LLRPPart]) throws {
        for part in parts { try apply(part) }
        state &+= 1
    }

    private mutating func apply(_ part: LLRPPart) throws {
        var fields = LLRPFields(part.body)
        switch part.type {
        case LLRPPartType.keepalive:
            let (type, time) = (try fields.u8(), try fields.u32())
            guard type == 0 || type == 1 && time > 0 else {
                throw LLRPRefusal.parameter(part.type, 201, "keepalives are off, or come at a period above 0")
            }
            keepalive = type == 0 ? 0 : time
        case LLRPPartType.eventsAndReports: isHolding = try fields.u8() & 0x80 != 0
        case LLRPPartType.eventSelection:
            for state in try fields.parts() where state.type == LLRPPartType.eventState {
                var fields = LLRPFields(state.body)
                guard let event = Event(rawValue: try fields.u16()) else {
                    throw LLRPRefusal.parameter(state.type, 201, "there is no such event")
                }
                if try fields.u8() & 0x80 != 0 { events.insert(event) } else { events.remove(event) }
            }
        case LLRPPartType.reportSpec: report = try LLRPDeviceReport(part.body)
        case LLRPPartType.accessReport: accessTrigger = try fields.u8()
        case LLRPPartType.antennaProperties:
            _ = try fields.u8()
            let chosen = try indices(try fields.u16())
            let gain = Int16(bitPattern: try fields.u16())
            for index in chosen { antennas[index].gain = gain }
        case LLRPPartType.antennaConfiguration:
            for index in try checked(part.body) { try change(index, by: part.body.dropFirst(2)) }
        case LLRPPartType.input:
            let port = try port(try fields.u16())
            inputs[port] = try fields.u8() & 0x80 != 0
        case LLRPPartType.output:
            let port = try port(try fields.u16())
            outputs[port] = try fields.u8() & 0x80 != 0
        case LLRPPartType.custom: break
        default: throw LLRPRefusal.parameter(part.type, 102, "parameter \(part.type) is nothing that can be set")
        }
    }

    /// Which antennas an AntennaConfiguration's body means; its power must be in the table.
    func checked(_ body: ArraySlice<UInt8>) throws -> [Int] {
        var fields = LLRPFields(body)
        let chosen = try indices(try fields.u16())
        if let transmitter = try fields.parts().first(LLRPPartType.transmitter) {
            var values = LLRPFields(transmitter.body)
            _ = try values.u32()
            guard (1...LLRPDevice.powers.count).contains(Int(try values.u16())) else {
                throw LLRPRefusal.parameter(transmitter.type, 201, "no transmit power has that index")
            }
        }
        return chosen
    }

    private mutating func change(_ index: Int, by body: ArraySlice<UInt8>) throws {
        for part in try LLRPFields(body).parts() {
            switch part.type {
            // They are shown together in one parameter, whose length has 16 bits: their own fields, and no more.
            case LLRPPartType.receiver: antennas[index].receiver = Array(part.body.prefix(2))
            case LLRPPartType.transmitter: antennas[index].transmitter = Array(part.body.prefix(6))
            case LLRPPartType.inventoryCommand:
                guard part.whole.count <= LLRPDeviceConfiguration.commandLimit else {
                    throw LLRPRefusal.parameter(part.type, 205, "the command is too long")
                }
                antennas[index].command = Array(part.whole)
            default: break
            }
        }
    }

    /// 0 means all.
    private func indices(_ antenna: UInt16) throws -> [Int] {
        guard antenna <= LLRPDevice.antennas else {
            throw LLRPRefusal.parameter(
                LLRPPartType.antennaConfiguration, 201, "there is no antenna \(antenna)")
        }
        return antenna == 0 ? Array(antennas.indices) : [Int(antenna) - 1]
    }

    private func port(_ number: UInt16) throws -> Int {
        guard (1...LLRPDevice.ports).contains(number) else {
            throw LLRPRefusal.parameter(LLRPPartType.input, 201, "there is no port \(number)")
        }
        return Int(number) - 1
    }

    // MARK: get

    /// The parameters asked for: 0 is all, 1 to 11 are one kind each; antenna and ports 0 are all of them.
    func parts(
        _ wanted: UInt8, antenna: UInt16, input: UInt16, output: UInt16, connected: Set<UInt16>
    ) throws -> [UInt8] {
        guard wanted <= 11 else { throw LLRPRefusal.field(1, "there is no configuration \(wanted)", code: 301) }
        guard antenna <= LLRPDevice.antennas else {
            throw LLRPRefusal.field(0, "there is no antenna \(antenna)", code: 301)
        }
        guard input <= LLRPDevice.ports else { throw LLRPRefusal.field(2, "there is no input \(input)", code: 301) }
        guard output <= LLRPDevice.ports else { throw LLRPRefusal.field(3, "there is no output \(output)", code: 301) }
        func those(_ number: UInt16, of count: UInt16) -> ClosedRange<UInt16> {
            number == 0 ? 1...count : number...number
        }
        let all = those(antenna, of: LLRPDevice.antennas)
        // In the order of the standard's message; the number is the one that asks for it alone.
        let kinds: [(UInt8, () -> [UInt8])] = [
            (1, { llrpPart(LLRPPartType.identification, [0, 0, 8, 0x00, 0x16, 0x25, 0xFF, 0xFE, 0x10, 0x20, 0x30]) }),
            (2, { all.flatMap { properties($0, isConnected: connected.contains($0)) } }),
            (3, { all.flatMap(settings) }),
            (5, { llrpPart(LLRPPartType.eventSelection, Event.allCases.flatMap(selection)) }),
            (4, { report.bytes }),
            (6, { llrpPart(LLRPPartType.accessReport, [accessTrigger]) }),
            (7, { llrpPart(LLRPPartType.stateValue, bigEndian(state)) }),
            (8, { llrpPart(LLRPPartType.keepalive, [keepalive == 0 ? 0 : 1] + bigEndian(keepalive)) }),
            (
                9,
                {
                    those(input, of: LLRPDevice.ports).flatMap {
                        // Low, as nothing is on them.
                        llrpPart(LLRPPartType.input, bigEndian($0) + [inputs[Int($0) - 1] ? 0x80 : 0, 0])
                    }
                }
            ),
            (
                10,
                {
                    those(output, of: LLRPDevice.ports).flatMap {
                        llrpPart(LLRPPartType.output, bigEndian($0) + [outputs[Int($0) - 1] ? 0x80 : 0])
                    }
                }
            ),
            (11, { llrpPart(LLRPPartType.eventsAndReports, [isHolding ? 0x80 : 0]) }),
        ]
        return kinds.filter { wanted == 0 || wanted == $0.0 }.flatMap { $0.1() }
    }

    private func properties(_ antenna: UInt16, isConnected: Bool) -> [UInt8] {
        llrpPart(
            LLRPPartType.antennaProperties,
            [isConnected ? 0x80 : 0] + bigEndian(antenna) + bigEndian(antennas[Int(antenna) - 1].gain))
    }

    private func settings(_ antenna: UInt16) -> [UInt8] {
        let settings = antennas[Int(antenna) - 1]
        return llrpPart(
            LLRPPartType.antennaConfiguration,
            bigEndian(antenna) + llrpPart(LLRPPartType.receiver, settings.receiver)
                + llrpPart(LLRPPartType.transmitter, settings.transmitter) + settings.command)
    }

    private func selection(_ event: Event) -> [UInt8] {
        llrpPart(LLRPPartType.eventState, bigEndian(event.rawValue) + [events.contains(event) ? 0x80 : 0])
    }
}
