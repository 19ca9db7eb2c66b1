/// What the reader says that it can (LLRP 1.0.1 §9.2, §15.2.1.1).
extension LLRPDevice {
    /// Transmit powers by their index from 1, in hundredths of dBm.
    static let powers: [UInt16] = [1000, 2000, 3000]

    /// The parameters that were asked for: 0 is all, 1 to 4 are one each.
    func capabilities(_ wanted: UInt8) throws -> [UInt8] {
        switch wanted {
        case 0: general + limits + regulatory + gen2
        case 1: general
        case 2: limits
        case 3: regulatory
        case 4: gen2
        default: throw LLRPRefusal.field(0, "there are no capabilities \(wanted)", code: 301)
        }
    }

    /// Impinj's numbers, so that drivers do with it what they do with most of the world's readers. It has a clock, and its
    /// antennas' gains can be set.
    private var general: [UInt8] {
        let firmware = Array("8.0.0".utf8)
        let fields =
            bigEndian(LLRPDevice.antennas) + [0xC0, 0] + bigEndian(UInt32(25882)) + bigEndian(UInt32(2_001_052))
            + bigEndian(UInt16(firmware.count)) + firmware
        // In dB above its most sensitive.
        let sensitivities = (0..<3).flatMap {
            llrpPart(LLRPPartType.sensitivityEntry, bigEndian(UInt16($0 + 1)) + bigEndian(Int16($0 * 10)))
        }
        let ranges = (1...LLRPDevice.antennas).flatMap {
            llrpPart(LLRPPartType.sensitivityRange, bigEndian($0) + bigEndian(UInt16(1)) + bigEndian(UInt16(3)))
        }
        let ports = llrpPart(LLRPPartType.gpio, bigEndian(LLRPDevice.ports) + bigEndian(LLRPDevice.ports))
        // One protocol each: Gen2.
        let protocols = (1...LLRPDevice.antennas).flatMap {
            llrpPart(LLRPPartType.airProtocols, bigEndian($0) + bigEndian(UInt16(1)) + [1])
        }
        return llrpPart(LLRPPartType.generalCapabilities, fields + sensitivities + ranges + ports + protocols)
    }

    /// It warns of a full buffer and holds reports; no survey, no client's operations, no state-aware singulation.
    private var limits: [UInt8] {
        let most = UInt32(LLRPDevice.specLimit)
        return llrpPart(
            LLRPPartType.llrpCapabilities,
            [0x48, LLRPDeviceConfiguration.leastPriority, 0, 0]
                + [most, most, 1, most, UInt32(LLRPDeviceAccessSpec.most)].flatMap(bigEndian))
    }

    private var regulatory: [UInt8] {
        let powers = LLRPDevice.powers.enumerated().flatMap { index, power in
            llrpPart(LLRPPartType.powerEntry, bigEndian(UInt16(index + 1)) + bigEndian(power))
        }
        let frequencies: [UInt8]
        let (country, standard): (UInt16, UInt16)
        switch band {
        case .europe:
            // France; ETSI EN 302 208. Channels in kHz.
            (country, standard) = (250, 2)
            let channels: [UInt32] = [865_700, 866_300, 866_900, 867_500]
            frequencies =
                [0] + llrpPart(LLRPPartType.fixedTable, bigEndian(UInt16(channels.count)) + channels.flatMap(bigEndian))
        case .america:
            (country, standard) = (840, 1)
            let channels = (0..<50).map { UInt32(902_750 + 500 * ($0 * 7 % 50)) }
            frequencies =
                [0x80]
                + llrpPart(
                    LLRPPartType.hopTable, [1, 0] + bigEndian(UInt16(channels.count)) + channels.flatMap(bigEndian))
        }
        return llrpPart(
            LLRPPartType.regulatory,
            bigEndian(country) + bigEndian(standard)
                + llrpPart(
                    LLRPPartType.band, powers + llrpPart(LLRPPartType.frequencies, frequencies) + modes))
    }

    /// UHFC1G2RFModeTable: one robust and one fast way to talk to a tag.
    private var modes: [UInt8] {
        func mode(_ number: UInt32, symbols: UInt8, rate: UInt32, tari: UInt32) -> [UInt8] {
            // DR 64/3, not of a conformance list; PR-ASK; dense-interrogator mask; rate in bit/s, PIE in thousandths, Tari in ns.
            llrpPart(
                LLRPPartType.modeEntry,
                bigEndian(number) + [0x80, symbols, 0, 3] + [rate, 2000, tari, tari, 0].flatMap(bigEndian))
        }
        return llrpPart(
            LLRPPartType.modeTable,
            mode(1, symbols: 2, rate: 274_000, tari: 20_000) + mode(2, symbols: 0, rate: 640_000, tari: 6_250))
    }

    /// No block erase, no block write; two filters a query.
    private var gen2: [UInt8] { llrpPart(LLRPPartType.gen2Capabilities, [0] + bigEndian(UInt16(2))) }
}
