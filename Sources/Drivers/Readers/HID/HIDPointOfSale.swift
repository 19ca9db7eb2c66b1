import Model

extension Driver {
    /// Scanners in HID POS mode. Source: USB HID Point of Sale Usage Tables 1.02; Access-IS LSR118 manual, appendix B.
    public static let hidPOS = Driver(
        name: "hid-pos", title: "Scanners in HID point-of-sale mode", kind: .scanner, line: .hid(.pointOfSale),
        source: "HID point of sale usage tables 1.02 (page 8C); Access-IS LSR118 manual, appendix B",
        session: { HIDPointOfSale(settings: $0) })
}

/// A scan in one or several reports, with its AIM identifier.
// 02 0E 5D 43 30 30 30 36 …          00
// 0  1  2        5          61 62    63    report id, bytes of data, AIM identifier, data, reserved, more follows
struct HIDPointOfSale: Session {
    /// Longest scan, in bytes (our limit).
    static let limit = 4096
    /// The rest of a scan that does not come within this is lost, and a part is not a scan.
    static let patience: Duration = .milliseconds(500)

    private let separator: String?
    private var shape = PointOfSaleShape.common
    private var symbology: String?
    private var data: [UInt8] = []
    private var isUnfinished = false
    private var overflowing = false
    private var due: Instant?

    init(settings: SessionSettings) { separator = settings.groupSeparator }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened: reaction.condition = .ready
        case .descriptor(let bytes): shape = PointOfSaleShape(descriptor: bytes)
        case .bytes(let report): take(report, now, &reaction)
        case .tick:
            if let due, now >= due { drop(&reaction) }
        case .closing, .closed: (symbology, data, isUnfinished, overflowing, due) = (nil, [], false, false, nil)
        case .command, .recall, .accepted: break
        }
        reaction.deadline = due
        return reaction
    }

    private mutating func take(_ report: [UInt8], _ now: Instant, _ reaction: inout Reaction) {
        guard let part = shape.read(report) else {
            reaction.noise += report.count
            return
        }
        if !isUnfinished { (symbology, data, overflowing) = (part.symbology, [], false) }
        if data.count + part.data.count > HIDPointOfSale.limit { overflowing = true }
        if overflowing {
            reaction.noise += data.count + part.data.count
            data = []
        } else {
            data += part.data
        }
        isUnfinished = part.continues
        due = part.continues ? now + HIDPointOfSale.patience : nil
        guard !part.continues, !overflowing, !data.isEmpty else { return }
        reaction.observations.append(
            ScannedText(symbology: symbology, bytes: data, separator: separator).observation(typed: false))
        data = []
    }

    private mutating func drop(_ reaction: inout Reaction) {
        reaction.noise += data.count
        (symbology, data, isUnfinished, overflowing, due) = (nil, [], false, false, nil)
    }
}

/// Where a point-of-sale report has its parts; by the descriptor where it tells, else the common layout.
struct PointOfSaleShape: Equatable {
    private var reportID: UInt8? = 2
    private var lengthAt = 1
    private var symbologyAt = 2
    private var dataAt = 5
    private var dataSize = 56
    private var moreAt: Int? = 63

    static let common = PointOfSaleShape()

    private init() {}

    init(descriptor: [UInt8]) {
        let report = HIDReport(descriptor: descriptor)
        // FE decoded data, FB symbology identifier, FF data continued, all on page 8C; whole bytes only.
        func field(_ usage: UInt16) -> HIDReport.Field? {
            report.fields.first { $0.usagePage == 0x8C && $0.usages.contains(usage) && $0.bitOffset % 8 == 0 }
        }
        guard let data = field(0xFE), data.bitSize == 8, data.count > 0 else { return }
        reportID = report.hasReportIDs ? data.reportID : nil
        dataAt = data.bitOffset / 8
        dataSize = data.count
        if let symbology = field(0xFB) { symbologyAt = symbology.bitOffset / 8 }
        lengthAt = reportID == nil ? 0 : 1
        moreAt = field(0xFF).map { $0.bitOffset / 8 }
    }

    func read(_ report: [UInt8]) -> (symbology: String?, data: ArraySlice<UInt8>, continues: Bool)? {
        if let reportID, report.first != reportID { return nil }
        guard lengthAt < report.count, symbologyAt + 3 <= report.count, dataAt < report.count else { return nil }
        let count = Int(report[lengthAt])
        guard count <= dataSize, dataAt + count <= report.count else { return nil }
        let mark = report[symbologyAt..<symbologyAt + 3]
        let continues = moreAt.map { $0 < report.count && report[$0] & 1 != 0 } ?? false
        return (AIMIdentifier.text(mark), report[dataAt..<dataAt + count], continues)
    }
}
