/// Where things stand in a device's input reports, read from its HID report descriptor (HID 1.11 §6.2.2).
struct HIDReport: Equatable {
    struct Field: Equatable {
        var reportID: UInt8
        /// From the start of the report, report id included where there is one.
        var bitOffset: Int
        var bitSize: Int
        var count: Int
        var usagePage: UInt16
        /// Usages in order; one alone stands for all, a range for as many as there are.
        var usages: [UInt16]
        /// Each value is an index into the usages (an array item) instead of one value for each usage.
        var isArray: Bool
        var isConstant: Bool
    }

    /// More items than any device has; a descriptor that claims more is not read further.
    static let limit = 4096

    private(set) var fields: [Field] = []
    private(set) var hasReportIDs = false

    init(descriptor: [UInt8]) {
        var (page, size, count, id): (UInt16, Int, Int, UInt8) = (0, 0, 0, 0)
        var usages: [UInt16] = []
        var range: (UInt16?, UInt16?) = (nil, nil)
        var offsets: [UInt8: Int] = [:]
        var stack: [(UInt16, Int, Int, UInt8)] = []
        var at = 0
        var items = 0
        while at < descriptor.count, items < HIDReport.limit {
            items += 1
            let head = descriptor[at]
            if head == 0xFE {  // a long item: its length follows, nobody uses them
                guard at + 1 < descriptor.count else { return }
                at += 3 + Int(descriptor[at + 1])
                continue
            }
            let length = [0, 1, 2, 4][Int(head & 3)]
            guard at + 1 + length <= descriptor.count else { return }
            let value = descriptor[at + 1..<at + 1 + length].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            at += 1 + length
            switch head & 0xFC {
            case 0x04: page = UInt16(truncatingIfNeeded: value)
            case 0x74: size = Int(value & 0xFFFF)
            case 0x94: count = Int(value & 0xFFFF)
            case 0x84:
                id = UInt8(truncatingIfNeeded: value)
                hasReportIDs = true
            case 0x08: if usages.count < 512 { usages.append(UInt16(truncatingIfNeeded: value)) }
            case 0x18: range.0 = UInt16(truncatingIfNeeded: value)
            case 0x28: range.1 = UInt16(truncatingIfNeeded: value)
            case 0xA4: if stack.count < 16 { stack.append((page, size, count, id)) }
            case 0xB4: if let top = stack.popLast() { (page, size, count, id) = top }
            case 0x80:
                let start = offsets[id] ?? (hasReportIDs ? 8 : 0)
                if let low = range.0, let high = range.1, low <= high {
                    usages += Array(low...min(high, low + min(511, .max - low)))
                }
                fields.append(
                    Field(
                        reportID: id, bitOffset: start, bitSize: size, count: count, usagePage: page, usages: usages,
                        isArray: value & 2 == 0, isConstant: value & 1 != 0))
                offsets[id] = start + size * count
                (usages, range) = ([], (nil, nil))
            case 0x90, 0xB0, 0xA0, 0xC0: (usages, range) = ([], (nil, nil))
            default: break
            }
        }
    }

    /// The unsigned value at a place of a report; nil beyond its end or wider than 32 bits.
    static func value(_ report: [UInt8], bit: Int, size: Int) -> UInt32? {
        guard (1...32).contains(size), bit >= 0, bit + size <= report.count * 8 else { return nil }
        var out: UInt32 = 0
        for index in 0..<size where report[(bit + index) / 8] >> UInt8((bit + index) % 8) & 1 == 1 {
            out |= 1 << UInt32(index)
        }
        return out
    }
}
