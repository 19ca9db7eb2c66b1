/// What we ask a reader to do, as parameters (LLRP 1.1 §17.2).
enum LLRPSpec {
    struct Transmitter: Equatable {
        var antenna: UInt16
        var hopTable: UInt16
        var channel: UInt16
        var power: UInt16
    }

    private typealias Kind = LLRPParameter.Kind

    /// SET_READER_CONFIG: keepalive, which events we want, and whether reports wait for us across a lost connection.
    static func configuration(holding: Bool) -> [UInt8] {
        // GPI, ROSpec, buffer warning, exception, antenna.
        let events: [UInt16] = [1, 2, 3, 4, 8]
        let selection = events.flatMap { LLRPParameter.encode(Kind.eventState, $0.bigEndianBytes + [0x80]) }
        return [0] + LLRPParameter.encode(Kind.eventSelection, selection)
            + LLRPParameter.encode(Kind.keepalive, [1] + LLRP.keepalive.bigEndianBytes)
            + (holding ? LLRPParameter.encode(Kind.eventsAndReports, [0x80]) : [])
    }

    /// One ROSpec that starts when it is enabled and never stops: Gen2, the antennas named (none means all), every tag
    /// reported as it is seen, with antenna, RSSI, first seen, count, PC and CRC. With `accesses` the number of the AccessSpec
    /// stands with its results.
    static func roSpec(id: UInt32, antennas: [Int], transmitters: [Transmitter], accesses: Bool = false) -> [UInt8] {
        let boundary = LLRPParameter.encode(
            Kind.boundary,
            LLRPParameter.encode(Kind.startTrigger, [1])
                + LLRPParameter.encode(Kind.stopTrigger, [0] + UInt32(0).bigEndianBytes))
        let ids = antennas.isEmpty ? [UInt16(0)] : antennas.map { UInt16($0) }
        let configured = transmitters.flatMap { transmitter in
            LLRPParameter.encode(
                Kind.antennaConfiguration,
                transmitter.antenna.bigEndianBytes
                    + LLRPParameter.encode(
                        Kind.transmitter,
                        transmitter.hopTable.bigEndianBytes + transmitter.channel.bigEndianBytes
                            + transmitter.power.bigEndianBytes))
        }
        let aiSpec = LLRPParameter.encode(
            Kind.aiSpec,
            UInt16(ids.count).bigEndianBytes + ids.flatMap(\.bigEndianBytes)
                + LLRPParameter.encode(Kind.aiStop, [0] + UInt32(0).bigEndianBytes)
                + LLRPParameter.encode(Kind.inventorySpec, UInt16(1).bigEndianBytes + [1] + configured))
        let report = LLRPParameter.encode(
            Kind.reportSpec,
            [1] + UInt16(1).bigEndianBytes
                + LLRPParameter.encode(
                    Kind.selector,
                    UInt16(accesses ? 0x16C0 : 0x1680).bigEndianBytes
                        + LLRPParameter.encode(Kind.memorySelector, [0xC0])))
        return LLRPParameter.encode(
            Kind.roSpec, id.bigEndianBytes + [0, 0] + boundary + aiSpec + report)
    }
}
