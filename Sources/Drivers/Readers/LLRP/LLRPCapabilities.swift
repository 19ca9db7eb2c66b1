import Model

/// What a reader has told about itself during one connection.
struct LLRPCapabilities: Equatable {
    var speaksVersion2 = false
    var holdsReports = false
    /// Our ROSpec is already there and enabled.
    var isReading = false
    /// One of our number is there that is not as we want it: its AccessSpec may be there too.
    var hasFormer = false

    private var maximumAntennas = 0
    private var maker: UInt32 = 0
    private var model: UInt32 = 0
    private var firmware = ""
    private var standard: UInt16 = 0
    /// Power table: index to hundredths of dBm.
    private var powers: [(index: UInt16, hundredths: Int)] = []
    private var serial: String?
    private var antennas: [(number: Int, connected: Bool)] = []
    /// Each antenna's hop table, channel and power index, as the reader has them now.
    private var transmitters: [UInt16: (hop: UInt16, channel: UInt16)] = [:]

    static func == (a: LLRPCapabilities, b: LLRPCapabilities) -> Bool {
        a.speaksVersion2 == b.speaksVersion2 && a.holdsReports == b.holdsReports && a.isReading == b.isReading
            && a.maker == b.maker && a.model == b.model && a.firmware == b.firmware
    }

    mutating func takeVersion(_ body: ArraySlice<UInt8>) {
        // Current version, highest supported version, status.
        speaksVersion2 = body.count >= 2 && body[body.startIndex + 1] >= 2
    }

    mutating func takeCapabilities(_ body: ArraySlice<UInt8>) {
        if let general = LLRPParameter.first(LLRPParameter.Kind.generalCapabilities, in: body) {
            var reader = ByteReader(general.body)
            maximumAntennas = Int((try? reader.u16()) ?? 0)
            _ = try? reader.u16()
            maker = (try? reader.u32()) ?? 0
            model = (try? reader.u32()) ?? 0
            let length = Int((try? reader.u16()) ?? 0)
            firmware = String(decoding: (try? reader.take(length)) ?? [], as: UTF8.self)
        }
        if let llrp = LLRPParameter.first(LLRPParameter.Kind.llrpCapabilities, in: body), let flags = llrp.body.first {
            holdsReports = flags & 0x08 != 0
        }
        guard let regulatory = LLRPParameter.first(LLRPParameter.Kind.regulatoryCapabilities, in: body) else { return }
        var reader = ByteReader(regulatory.body)
        _ = try? reader.u16()
        standard = (try? reader.u16()) ?? 0
        guard let band = LLRPParameter.first(LLRPParameter.Kind.band, in: reader.rest) else { return }
        var table: [(UInt16, Int)] = []
        _ = LLRPParameter.walk(band.body) { entry in
            var reader = ByteReader(entry.body)
            guard entry.type == LLRPParameter.Kind.powerEntry, let index = try? reader.u16(),
                let value = try? reader.u16()
            else { return }
            table.append((index, Int(Int16(bitPattern: value))))
        }
        powers = table
    }

    mutating func takeConfiguration(_ body: ArraySlice<UInt8>) {
        var seen: [(Int, Bool)] = []
        var settings: [UInt16: (UInt16, UInt16)] = [:]
        var identification: String?
        _ = LLRPParameter.walk(body) { parameter in
            var reader = ByteReader(parameter.body)
            switch parameter.type {
            case LLRPParameter.Kind.identification:
                guard (try? reader.u8()) != nil, let length = try? reader.u16(),
                    let id = try? reader.take(Int(length))
                else { return }
                identification = Hex.string(id)
            case LLRPParameter.Kind.antennaProperties:
                guard let flags = try? reader.u8(), let number = try? reader.u16() else { return }
                seen.append((Int(number), flags & 0x80 != 0))
            case LLRPParameter.Kind.antennaConfiguration:
                guard let number = try? reader.u16(),
                    let transmitter = LLRPParameter.first(LLRPParameter.Kind.transmitter, in: reader.rest)
                else { return }
                var fields = ByteReader(transmitter.body)
                guard let hop = try? fields.u16(), let channel = try? fields.u16() else { return }
                settings[number] = (hop, channel)
            default: break
            }
        }
        serial = identification
        antennas = seen
        transmitters = settings.mapValues { (hop: $0.0, channel: $0.1) }
    }

    var identities: [Identity] {
        let makers: [UInt32: String] = [
            25882: "Impinj", 161: "Zebra", 26554: "ThingMagic", 5771: "Alien", 22695: "FEIG",
        ]
        var out = [Identity(field: "hardware", text: "\(makers[maker] ?? "maker \(maker)") model \(model)")]
        if !firmware.isEmpty { out.append(Identity(field: "firmware", text: firmware)) }
        if maximumAntennas > 0 { out.append(Identity(field: "antennas", text: "\(maximumAntennas)")) }
        if standard > 0 { out.append(Identity(field: "region", text: standardName)) }
        return out
    }

    var stateIdentities: [Identity] {
        (serial.map { [Identity(field: "serial", text: $0)] } ?? [])
            + antennas.map {
                Identity(field: "antenna-\($0.number)", text: $0.connected ? "connected" : "not connected")
            }
    }

    /// Communication standards (LLRP 1.1 §10.2.4): what the reader was made to transmit by.
    var standardName: String {
        switch standard {
        case 1: "FCC part 15 (United States)"
        case 2, 3: "ETSI (Europe)"
        case 4, 5: "Australia"
        case 6: "Japan"
        case 7: "Hong Kong"
        case 8: "Taiwan"
        case 9: "Korea"
        default: "an unnamed standard"
        }
    }

    /// A reader made for another part of the world must not transmit; one that does not say is trusted.
    func forbids(_ region: Region) -> Bool {
        switch region {
        case .eu: ![0, 2, 3].contains(standard) && standard <= 9
        case .us: ![0, 1].contains(standard) && standard <= 9
        case .kr: ![0, 9].contains(standard) && standard <= 9
        case .cn800, .cn900: (1...9).contains(standard)
        case .au, .nz: ![0, 4, 5].contains(standard) && standard <= 9
        case .br: ![0, 1].contains(standard) && standard <= 9
        case .in: ![0, 2, 3].contains(standard) && standard <= 9
        case .jp: ![0, 6].contains(standard) && standard <= 9
        case .tw: ![0, 8].contains(standard) && standard <= 9
        case .own: false
        }
    }

    /// The strongest power of the table that is not above what the site asked for, for each antenna.
    func transmitters(at powerDBm: Double, antennas chosen: [Int]) -> [LLRPSpec.Transmitter] {
        let limit = Int((powerDBm * 100).rounded())
        // Asked for less than it can, it takes its least: never its own, which may be its most.
        guard
            let entry = powers.filter({ $0.hundredths <= limit }).max(by: { $0.hundredths < $1.hundredths })
                ?? powers.min(by: { $0.hundredths < $1.hundredths })
        else { return [] }
        let numbers = chosen.isEmpty ? [0] : chosen.map { UInt16($0) }
        return numbers.map { number in
            let now = transmitters[number] ?? transmitters.min { $0.key < $1.key }?.value
            return LLRPSpec.Transmitter(
                antenna: number, hopTable: now?.hop ?? 0, channel: now?.channel ?? 1, power: entry.index)
        }
    }
}
