import Drivers
import Model

/// When a report is given and what stands in it: ROReportSpec (LLRP 1.0.1 §13.2.1).
struct LLRPDeviceReport: Equatable, Sendable {
    /// What a TagReportContentSelector can ask for, from its first bit on.
    struct Content: OptionSet {
        var rawValue: UInt16
        static let roSpec = Content(rawValue: 0x8000)
        static let specIndex = Content(rawValue: 0x4000)
        static let inventory = Content(rawValue: 0x2000)
        static let antenna = Content(rawValue: 0x1000)
        static let channel = Content(rawValue: 0x0800)
        static let rssi = Content(rawValue: 0x0400)
        static let first = Content(rawValue: 0x0200)
        static let last = Content(rawValue: 0x0100)
        static let count = Content(rawValue: 0x0080)
        static let accessSpec = Content(rawValue: 0x0040)
    }

    /// 0 none; 1 and 2 so many tags, or the end of the AISpec or ROSpec; 3 to 6 (LLRP 1.1) so many seconds or
    /// milliseconds, or the end of the one or the other.
    var trigger: UInt8
    var count: UInt16
    var content: Content
    /// Of a Gen2 tag: 80 its CRC, 40 its PC.
    var memory: UInt8

    /// As it comes from the factory: every tag, with everything but AccessSpecs.
    static let factory = LLRPDeviceReport(trigger: 1, count: 1, content: Content(rawValue: 0xFF80), memory: 0)

    init(trigger: UInt8, count: UInt16, content: Content, memory: UInt8) {
        (self.trigger, self.count, self.content, self.memory) = (trigger, count, content, memory)
    }

    init(_ body: ArraySlice<UInt8>) throws {
        var fields = LLRPFields(body)
        trigger = try fields.u8()
        count = try fields.u16()
        guard trigger <= 6 else {
            throw LLRPRefusal.parameter(LLRPPartType.reportSpec, 201, "there is no such report trigger")
        }
        var selector = LLRPFields(
            try fields.parts().required(LLRPPartType.selector, "TagReportContentSelector").body)
        content = Content(rawValue: try selector.u16() & 0xFFC0)
        memory = try selector.parts().first(LLRPPartType.memorySelector)?.body.first ?? 0
    }

    var bytes: [UInt8] {
        llrpPart(
            LLRPPartType.reportSpec,
            [trigger] + bigEndian(count)
                + llrpPart(
                    LLRPPartType.selector,
                    bigEndian(content.rawValue) + llrpPart(LLRPPartType.memorySelector, [memory])))
    }
}

/// One entry of a report: a tag as it was read, once or several times (LLRP 1.0.1 §13.2.3).
struct LLRPDeviceTag: Sendable {
    /// Entries that wait in one ROSpec; those beyond are not kept.
    static let most = 4096

    /// What makes two reads one entry: equal in all that the report tells of them, but strength, times and count.
    struct Key: Hashable {
        var epc: [UInt8]
        var antenna: Int
        var results: [UInt8]
    }

    var epc: [UInt8]
    var antenna: Int
    var rssiDBm: Int
    /// By the reader's clock, in microseconds since 1970.
    var first: UInt64
    var last: UInt64
    var count: UInt16 = 1
    var roSpec: UInt32
    /// From 1.
    var specIndex: UInt16
    var inventory: UInt16
    var channel: UInt16
    var accessSpec: UInt32 = 0
    /// What an AccessSpec's operations gave, as parameters.
    var results: [UInt8] = []

    var pc: UInt16 { UInt16(truncatingIfNeeded: (epc.count + 1) / 2) << 11 }
    var crc: UInt16 { Gen2CRC.checksum(bigEndian(pc) + epc) }

    /// A bank of its memory: 1 CRC, PC and EPC, 2 TID, 3 user; the reserved bank is locked.
    func memory(_ bank: UInt8) -> [UInt8] {
        switch bank {
        case 1: bigEndian(crc) + bigEndian(pc) + epc
        case 2:
            [0xE2, 0x80, 0x11, 0x05, 0x20, 0x00] + [UInt8](repeating: 0, count: 6 - min(6, epc.count))
                + epc.suffix(6)
        case 3: [UInt8](repeating: 0, count: 8)
        default: []
        }
    }

    func key(_ report: LLRPDeviceReport) -> Key {
        Key(epc: epc, antenna: report.content.contains(.antenna) ? antenna : 0, results: results)
    }

    mutating func add(_ other: LLRPDeviceTag) {
        count = count == .max ? .max : count + 1
        (last, rssiDBm) = (other.last, max(rssiDBm, other.rssiDBm))
    }

    /// TagReportData. Fields without a length have their number and the top bit in one byte.
    func bytes(_ report: LLRPDeviceReport) -> [UInt8] {
        let content = report.content
        var body =
            epc.count == 12
            ? [0x80 | 13] + epc : llrpPart(LLRPPartType.epcData, bigEndian(UInt16(epc.count * 8)) + epc)
        func tell(_ what: LLRPDeviceReport.Content, _ number: UInt8, _ value: [UInt8]) {
            if content.contains(what) { body += [0x80 | number] + value }
        }
        tell(.roSpec, 9, bigEndian(roSpec))
        tell(.specIndex, 14, bigEndian(specIndex))
        tell(.inventory, 10, bigEndian(inventory))
        tell(.antenna, 1, bigEndian(UInt16(clamping: antenna)))
        tell(.rssi, 6, [UInt8(bitPattern: Int8(clamping: rssiDBm))])
        tell(.channel, 7, bigEndian(channel))
        tell(.first, 2, bigEndian(first))
        tell(.last, 4, bigEndian(last))
        tell(.count, 8, bigEndian(count))
        if report.memory & 0x40 != 0 { body += [0x80 | 12] + bigEndian(pc) }
        if report.memory & 0x80 != 0 { body += [0x80 | 11] + bigEndian(crc) }
        if !results.isEmpty { tell(.accessSpec, 16, bigEndian(accessSpec)) }
        return llrpPart(LLRPPartType.tagReport, body + results)
    }
}
